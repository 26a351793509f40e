/**
 * The commands on keys, databases, expiry and payloads, beside redis-server: the same bytes must come back from both.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { startServerPair } from "./support/differential.ts";
import { eventually } from "./support/eventually.ts";
import { bytesOf, type Command, type RawClient, type Word } from "./support/raw_client.ts";

const FUTURE_SECONDS = Math.floor(Date.now() / 1000) + 5000;
const FUTURE_MS = FUTURE_SECONDS * 1000;

/** Two keys, one with an expiry, and one in another database. */
const SETUP: readonly Command[] = [
  ["FLUSHALL"],
  ["SET", "a", "1"],
  ["SET", "b", "two", "EX", 3000],
  ["SELECT", 1],
  ["SET", "c", "three", "EX", 2000],
  ["SELECT", 0],
];

const INSPECTION: readonly Command[] = [0, 1].flatMap((database): Command[] => [
  ["SELECT", database],
  ["KEYS", "*"],
  ...["a", "b", "c"].flatMap((key): Command[] => [
    ["GET", key],
    ["PTTL", key],
    ["OBJECT", "REFCOUNT", key],
  ]),
  ["DBSIZE"],
]);

/** Runs each command on the same keys and looks at what became of them. */
async function compareEach(commands: readonly Command[]): Promise<void> {
  const script = commands.flatMap((command) => [...SETUP, command, ...INSPECTION]);
  for (const protocol of [2, 3] as const) {
    await using pair = await startServerPair(protocol);
    await pair.compare(script);
  }
}

/** All choices of a subset, in all orders, of up to three. */
function arrangements<T>(choices: readonly T[]): T[][] {
  const pairs = choices.flatMap((one) => choices.map((other) => [one, other]));
  const triples = pairs.flatMap((pair) => choices.map((third) => [...pair, third]));
  return [[], ...choices.map((one) => [one]), ...pairs, ...triples];
}

Deno.test("keys are counted, renamed, copied, moved and removed as by redis-server", async () => {
  const targets = ["a", "b", "c", "none"];
  const names = ["DEL", "UNLINK", "EXISTS", "TOUCH", "TYPE", "RENAME", "RENAMENX", "COPY", "MOVE"];
  await compareEach([
    ...[...names, "PERSIST", "DUMP", "RANDOMKEY", "DBSIZE", "KEYS", "TTL", "OBJECT"].flatMap(
      (name): Command[] => [[name], [name, "none"], [name, "a", "b", "c", "d", "e"]],
    ),
    ...["DEL", "UNLINK", "EXISTS", "TOUCH"].flatMap((name): Command[] => [
      [name, "a"],
      [name, "a", "b", "none", "a"],
    ]),
    ...targets.flatMap((from) =>
      targets.flatMap((to): Command[] => [
        ["RENAME", from, to],
        ["RENAMENX", from, to],
        ["COPY", from, to],
        ["COPY", from, to, "REPLACE"],
        ["COPY", from, to, "DB", 1],
        ["COPY", from, to, "db", 1, "replace"],
      ])
    ),
    ...targets.flatMap((key): Command[] =>
      [0, 1, 15, 16, -1, "x", "99999999999", "9223372036854775808"].flatMap((db): Command[] => [
        ["MOVE", key, db],
        ["COPY", key, "c", "DB", db],
      ])
    ),
    ["COPY", "a", "c", "DB"],
    ["COPY", "a", "c", "bogus"],
  ]);
});

Deno.test("databases are flushed and swapped as by redis-server", async () => {
  const numbers: Word[] = [0, 1, 2, 16, -1, "x", "4294967296"];
  await compareEach([
    ...["FLUSHDB", "FLUSHALL"].flatMap((name): Command[] => [
      [name],
      [name, "sync"],
      [name, "ASYNC"],
      [name, "bogus"],
      [name, "SYNC", "SYNC"],
    ]),
    ...numbers.flatMap((first) => numbers.map((second): Command => ["SWAPDB", first, second])),
  ]);
});

Deno.test("OBJECT tells of a value what redis-server tells", async () => {
  const subcommands = ["ENCODING", "REFCOUNT", "IDLETIME", "FREQ", "HELP", "BOGUS"];
  await compareEach(
    subcommands.flatMap((name): Command[] => [
      ["OBJECT", name],
      ["OBJECT", name, "a"],
      ["OBJECT", name, "b"],
      ["OBJECT", name, "none"],
      ["OBJECT", name, "a", "b"],
    ]),
  );
});

Deno.test("EXPIRE and its kin take conditions and bounds as redis-server does", async () => {
  const conditions = arrangements(["NX", "xx", "GT", "lt"]);
  const moments: Command[] = [["EXPIRE", "2500"], ["PEXPIRE", "5000000"], ["EXPIRE", "-1"]];
  moments.push(["EXPIREAT", FUTURE_SECONDS], ["PEXPIREAT", FUTURE_MS], ["PEXPIREAT", 1]);
  const values = [
    ...["0", "-1", "1.5", "x", "", "9223372036854775807", "9223372036854775808"],
    ...["-9223372036854775808", "9223372036854775", "9223372036854776", "-9223372036854776"],
    ...["9223370000000000", "-9223372036854775"],
  ];
  const names = ["EXPIRE", "PEXPIRE", "EXPIREAT", "PEXPIREAT"];
  await compareEach([
    ...["a", "b", "none"].flatMap((key) =>
      moments.flatMap(([name, value]) =>
        conditions.map((words): Command => [name!, key, value!, ...words])
      )
    ),
    ...names.flatMap((name) => values.map((value): Command => [name, "b", value])),
    ...names.flatMap((name): Command[] => [[name], [name, "b"], [name, "b", 10, "bogus"]]),
    ...["TTL", "PTTL", "EXPIRETIME", "PEXPIRETIME", "PERSIST"].flatMap((name): Command[] => [
      [name, "a"],
      [name, "b"],
      [name, "none"],
      [name, "a", "b"],
    ]),
  ]);
});

Deno.test("a key past its expiry is gone for every command", async () => {
  await using pair = await startServerPair();
  const keys = ["a", "b", "c", "d", "e"];
  await pair.compare(keys.map((key, at): Command => ["SET", key, "v", "PX", 20 + at]));
  await eventually(async () => {
    assertEquals(await pair.redis.exchange([["EXISTS", ...keys]]), [":0\r\n"]);
    assertEquals(await pair.ours.exchange([["EXISTS", ...keys]]), [":0\r\n"]);
  });
  await pair.compare([
    ["GET", "a"],
    ["RENAME", "b", "x"],
    ["INCR", "c"],
    ["TTL", "c"],
    ["SETNX", "d", "new"],
    ["GETDEL", "e"],
    ["KEYS", "*"],
    ["DBSIZE"],
  ]);
});

Deno.test("KEYS and SCAN match patterns as redis-server does", async () => {
  await using pair = await startServerPair();
  const keys = ["", "a", "b", "ab", "a*", "a\\", "[a]", "a-b", "]", "^", "\xff", "\x80b", "a]b"];
  const patterns = [
    ...["*", "**", "", "a", "a*", "*b", "?", "??", "[ab]", "[^a]", "[a-b]", "[b-a]", "[]", "[^"],
    ...["[", "[a", "[a-", "[a-]", "\\a", "\\*", "a\\", "a\\\\", "[\\]]", "*[*]*", "[a-\xff]"],
    ...["[\x80-\xff]*", "?*?", "*a*b*", "[^\\a]*", "a[-]b", "[", "[^]", "[^]*", "*]*"],
  ];
  await pair.compare([
    ...keys.map((key): Command => ["SET", key, "v"]),
    ...patterns.map((pattern): Command => ["KEYS", pattern]),
  ]);
  for (const pattern of patterns) {
    const found = await scanAll(pair.ours, ["MATCH", pattern, "COUNT", 2]);
    assertEquals(found, await scanAll(pair.redis, ["MATCH", pattern]), JSON.stringify(pattern));
  }
});

Deno.test("SCAN refuses what redis-server refuses, and filters by type", async () => {
  await using pair = await startServerPair();
  const cursors = ["0", "-0", "+0", "00", "x", "", " 0", "18446744073709551616", "1.0"];
  const options: Word[][] = [["COUNT"], ["COUNT", 0], ["COUNT", "x"], ["COUNT", -1], ["MATCH"]];
  options.push(["TYPE"], ["bogus", 1], ["TYPE", "string"], ["TYPE", "STRING"], ["TYPE", "list"]);
  await pair.compare([
    ["SCAN"],
    ...cursors.map((cursor): Command => ["SCAN", cursor]),
    ["SET", "only", "v"],
    ...options.map((words): Command => ["SCAN", 0, ...words]),
    ["SCAN", 0, "COUNT", 5, "MATCH", "o*", "TYPE", "string", "COUNT", 7],
  ]);
});

Deno.test("SCAN returns every key that stays, however many come and go meanwhile", async () => {
  await using pair = await startServerPair();
  const staying = Array.from({ length: 3000 }, (_, at) => `stay:${at}`);
  const passing = Array.from({ length: 3000 }, (_, at) => `{pass}:${at}`);
  await pair.ours.exchange(staying.map((key) => ["SET", key, "v"]));
  const seen: string[] = [];
  let cursor = "0";
  let step = 0;
  do {
    const change = step++ % 2 === 0 ? "SET" : "DEL";
    await pair.ours.exchange(
      passing.map((key) => change === "SET" ? [change, key, ""] : [change, key]),
    );
    const [reply] = await pair.ours.exchange([["SCAN", cursor, "COUNT", 200]]);
    const [next, ...found] = bulksOf(reply!);
    cursor = next!;
    seen.push(...found.filter((key) => key.startsWith("stay:")));
  } while (cursor !== "0");
  assertEquals(seen.sort(), staying.sort());
});

Deno.test("RANDOMKEY returns keys that are there", async () => {
  await using pair = await startServerPair();
  await pair.compare([["RANDOMKEY"], ["SET", "only", "v"], ["RANDOMKEY"]]);
  await pair.ours.exchange([["SET", "second", "v"]]);
  const replies = await pair.ours.exchange(Array.from({ length: 200 }, () => ["RANDOMKEY"]));
  assertEquals([...new Set(replies)].sort(), ["$4\r\nonly\r\n", "$6\r\nsecond\r\n"]);
});

Deno.test("RESTORE takes what either server dumps, and refuses what redis-server refuses", async () => {
  await using pair = await startServerPair();
  const values = [
    ...["", "0", "-1", "127", "128", "-32768", "32768", "2147483647", "2147483648", "-2147483649"],
    ...["01", "text", "x".repeat(20), "x".repeat(21), "ab".repeat(31), "x".repeat(16383)],
    ...["x".repeat(70000), "abc\x00\xff".repeat(40), "9".repeat(20)],
  ];
  const dumps = values.flatMap((value): Command[] => [["SET", "key", value], ["DUMP", "key"]]);
  await pair.compare(dumps);
  const payloads = (await pair.redis.exchange(dumps)).filter((reply) => reply[0] === "$")
    .map((reply) => bytesOf(bulksOf(reply)[0]!));
  const damaged = payloads.slice(0, 16).flatMap((payload) => damagedForms(payload));
  await pair.compare([
    ...payloads.flatMap((payload): Command[] => [
      ["RESTORE", "key", 0, payload],
      ["RESTORE", "key", 0, payload, "REPLACE"],
      ["GET", "key"],
      ["OBJECT", "ENCODING", "key"],
    ]),
    ...damaged.flatMap((payload): Command[] => [
      ["DEL", "key"],
      ["RESTORE", "key", 0, payload],
      ["EXISTS", "key"],
    ]),
    ...restoreOptions().flatMap((words): Command[] => [
      ["SET", "key", "old", "EX", 100],
      ["RESTORE", "key", words[0]!, payloads[11]!, ...words.slice(1)],
      ["GET", "key"],
      ["PTTL", "key"],
      ["DEL", "key"],
      ["RESTORE", "key", words[0]!, payloads[11]!, ...words.slice(1)],
      ["GET", "key"],
      ["PTTL", "key"],
    ]),
  ]);
});

function restoreOptions(): Word[][] {
  const ttls: Word[] = [0, 5000000, -1, "x", FUTURE_MS, 1];
  const options: Word[][] = [[], ["REPLACE"], ["ABSTTL"], ["replace", "absttl"], ["bogus"]];
  options.push(["IDLETIME", 5], ["IDLETIME", -1], ["IDLETIME"], ["FREQ", 255], ["FREQ", 256]);
  options.push(["REPLACE", "FREQ", 1, "IDLETIME", 1], ["REPLACE", "IDLETIME", 1, "FREQ", 1]);
  options.push(["REPLACE", "IDLETIME", 1], ["REPLACE", "FREQ", 7], ["FREQ", "x"]);
  return ttls.flatMap((ttl) => options.map((words) => [ttl, ...words]));
}

/** A payload cut off, of a later version, with a wrong checksum, of an unknown type. */
function damagedForms(payload: Uint8Array): Uint8Array[] {
  const later = payload.slice();
  later[later.length - 10] = 11;
  const changed = payload.slice();
  changed[0]! ^= 0x40;
  return [payload.slice(0, -1), payload.slice(0, 9), new Uint8Array(0), later, changed];
}

async function scanAll(client: RawClient, options: readonly Word[]): Promise<string[]> {
  const found: string[] = [];
  let cursor = "0";
  do {
    const [reply] = await client.exchange([["SCAN", cursor, ...options]]);
    const [next, ...keys] = bulksOf(reply!);
    assert(/^\d+$/.test(next!) && Number.isSafeInteger(Number(next)));
    cursor = next!;
    found.push(...keys);
  } while (cursor !== "0");
  return found.sort();
}

/** The bulk strings of a reply, in order. */
function bulksOf(reply: string): string[] {
  const bulks: string[] = [];
  for (let at = 0; at < reply.length;) {
    const lineEnd = reply.indexOf("\r\n", at);
    const isBulk = reply[at] === "$";
    const length = isBulk ? Number(reply.slice(at + 1, lineEnd)) : 0;
    if (isBulk) bulks.push(reply.slice(lineEnd + 2, lineEnd + 2 + length));
    at = isBulk ? lineEnd + 4 + length : lineEnd + 2;
  }
  return bulks;
}
