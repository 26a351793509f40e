/**
 * The commands on hashes, beside redis-server: the same bytes must come back from both.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import {
  bulksOf,
  type CollectionCases,
  compareDumps,
  compareInStates,
  compareScript,
  ofEachArity,
  scanned,
} from "./support/collection_cases.ts";
import { startServerPair } from "./support/differential.ts";
import { bytesOf, type Command, type Word } from "./support/raw_client.ts";

const LONG = "x".repeat(65);

const CASES: CollectionCases = {
  states: [
    [],
    [["HSET", "key", "f", "1", "g", "two", "n", "-5"]],
    [["HSET", "key", "f", "1", "g", LONG, "n", "-5"]],
    [["SET", "key", "text"]],
    [["HSET", "key", "f", "1"], ["EXPIRE", "key", 1000]],
  ],
  inspection: [
    ["TYPE", "key"],
    ["OBJECT", "ENCODING", "key"],
    ["HGETALL", "key"],
    ["HLEN", "key"],
    ["PTTL", "key"],
  ],
};

Deno.test("hashes are set, read and removed as by redis-server", async () => {
  await compareInStates(CASES, [
    ...["HSET", "HMSET", "HSETNX", "HGET", "HMGET", "HDEL", "HLEN", "HSTRLEN", "HEXISTS"].flatMap(
      (name) => ofEachArity(name, ["key", "f", "1", "g", "2"]),
    ),
    ...["HKEYS", "HVALS", "HGETALL", "HINCRBY", "HINCRBYFLOAT", "HSCAN"].flatMap(
      (name) => ofEachArity(name, ["key"]),
    ),
    ["HSET", "key", "f", "new", "f", "newer", "h", ""],
    ["HSET", "key", LONG, "v"],
    ["HSET", "key", "f", LONG],
    ["HSET", "key", "x".repeat(64), "x".repeat(64)],
    ["HSET", "key", "", "", bytesOf("\x00\xff\r\n"), bytesOf("\xff")],
    ["HSETNX", "key", "new", "1"],
    ["HMGET", "key", "f", "none", "g", "f"],
    ["HDEL", "key", "f", "f", "none"],
    ["HDEL", "key", "f", "g", "n", "f"],
    ["HSTRLEN", "key", "n"],
    ["HEXISTS", "key", "none"],
    ["HRANDFIELD"],
    ["HRANDFIELD", "none"],
  ]);
});

const NUMBERS: readonly Word[] = [
  ...["0", "1", "-1", "127", "128", "-4096", "4095", "4096", "-32768", "32767", "32768"],
  ...["8388607", "8388608", "-8388609", "2147483647", "2147483648", "-2147483649"],
  ...["9007199254740991", "9007199254740993", "9223372036854775807", "-9223372036854775808"],
  ...["9223372036854775808", "01", "-0", "+1", "", "x", "1.5", " 1", "1e3", "0x10", "inf", "nan"],
];

Deno.test("HINCRBY and HINCRBYFLOAT count as redis-server does", async () => {
  await compareScript(NUMBERS.flatMap((value) =>
    NUMBERS.flatMap((by): Command[] => [
      ["DEL", "key"],
      ["HSET", "key", "f", value],
      ["HINCRBY", "key", "f", by],
      ["DUMP", "key"],
      ["HSET", "key", "f", value],
      ["HINCRBYFLOAT", "key", "f", by],
      ["HINCRBYFLOAT", "key", "new", by],
      ["HINCRBY", "key", "other", by],
      ["DUMP", "key"],
    ])
  ));
});

Deno.test("hashes in RAM are packed byte for byte as in redis-server", async () => {
  const values = [...NUMBERS, ...[1, 62, 63, 64].map((length) => "y".repeat(length)), "é"];
  await compareScript([
    ...values.flatMap((value, at): Command[] => [
      ["HSET", "key", `field${at}`, value],
      ["HSET", "key", value, at],
      ["DUMP", "key"],
    ]),
    ...values.flatMap((value): Command[] => [["HDEL", "key", value], ["DUMP", "key"]]),
    ["CONFIG", "SET", "hash-max-listpack-value", 100000],
    ...[64, 126, 127, 4095, 4096, 16380, 20000].flatMap((length): Command[] => [
      ["HSET", "key", `long${length}`, "z".repeat(length)],
      ["HSET", "key", "front", "z".repeat(length)],
      ["DUMP", "key"],
    ]),
    ["HDEL", "key", "front", "long4096"],
    ["DUMP", "key"],
    ["HGETALL", "key"],
  ]);
});

Deno.test("hashes spread where redis-server's do", async () => {
  const fill = (count: number): Command[] =>
    Array.from({ length: count }, (_, at) => ["HSET", "key", `f${at}`, at]);
  const look: Command[] = [["OBJECT", "ENCODING", "key"], ["HGETALL", "key"], ["HLEN", "key"]];
  await compareScript([
    ["CONFIG", "GET", "hash-max-listpack-entries"],
    ["CONFIG", "GET", "hash-max-ziplist-value"],
    ...fill(512),
    ...look,
    ["HSET", "key", "f5", "again"],
    ...look,
    ["HSET", "key", "one more", 1],
    ...look,
    ["HDEL", "key", "one more", "f1"],
    ...look,
    ["COPY", "key", "other"],
    ["DEL", "key"],
    ["HGETALL", "other"],
    ["RENAME", "other", "key"],
    ["HGETALL", "key"],
    ["SET", "key", "string"],
    ["DEL", "key"],
    ["CONFIG", "SET", "hash-max-listpack-entries", 3],
    ["HSET", "key", "a", 1, "b", 2, "c", 3],
    ...look,
    ["HSET", "key", "d", 4],
    ...look,
    ["CONFIG", "SET", "hash-max-ziplist-entries", 0],
    ["HSET", "new", "d", 4],
    ["OBJECT", "ENCODING", "new"],
  ]);
});

Deno.test("DUMP of hashes is taken by either server from the other", async () => {
  await using pair = await startServerPair();
  const setups: Command[][] = [
    [["HSET", "key", "f", "1", "g", LONG.slice(1)]],
    [["HSET", "key", "f", "1", "g", LONG, "number", "123456"]],
    [["HSET", "key", ...Array.from({ length: 2000 }, (_, at) => `${at}:${"v".repeat(at % 50)}`)]],
    [["HSET", "key", ...Array.from({ length: 800 }, (_, at) => at)]],
  ];
  for (const setup of setups) {
    await pair.compare([["DEL", "key"], ...setup]);
    await compareDumps(pair, "key", ["HGETALL", "copy"]);
  }
});

Deno.test("HRANDFIELD chooses among all fields and no others", async () => {
  for (const protocol of [2, 3] as const) {
    await using pair = await startServerPair(protocol);
    const counts: Word[] = [0, 1, -1, 3, -3, "x", "9223372036854775807", "-9223372036854775808"];
    await pair.compare([
      ...[["HSET", "one", "f", "1"], ["HSET", "big", "f", LONG], ["SET", "text", "v"]],
      ...["one", "big", "none", "text"].flatMap((key): Command[] => [
        ["HRANDFIELD", key],
        ...counts.slice(0, 6).flatMap((count): Command[] => [
          ["HRANDFIELD", key, count],
          ["HRANDFIELD", key, count, "WITHVALUES"],
          ["HRANDFIELD", key, count, "bogus"],
          ["HRANDFIELD", key, count, "WITHVALUES", "more"],
        ]),
        ["HRANDFIELD", key, counts[7]!],
        ["HRANDFIELD", key, counts[7]!, "WITHVALUES"],
        ["HRANDFIELD", key, counts[6]!, "WITHVALUES"],
      ]),
    ]);
    for (const value of ["v", LONG]) {
      const fields = Array.from({ length: 60 }, (_, at) => `f${at}`);
      await pair.ours.exchange([["DEL", "key"], [
        "HSET",
        "key",
        ...fields.flatMap((field) => [field, value]),
      ]]);
      for (const count of [1, 10, 50, 60, 70]) {
        const [reply] = await pair.ours.exchange([["HRANDFIELD", "key", count]]);
        const found = bulksOf(reply!);
        assertEquals(new Set(found).size, Math.min(count, 60));
        assertEquals(found.filter((field) => !fields.includes(field)), []);
      }
      const [many] = await pair.ours.exchange([["HRANDFIELD", "key", -6000]]);
      assertEquals(new Set(bulksOf(many!)).size, 60);
    }
  }
});

Deno.test("HSCAN returns every field with its value, and refuses what redis-server refuses", async () => {
  await using pair = await startServerPair();
  const fields = Array.from({ length: 3000 }, (_, at) => [`f${at}`, `v${at}`]).flat();
  await pair.compare([
    ["HSET", "small", "a", 1, "b", 2, "ab", 3],
    ["HSET", "big", ...fields],
    ["SET", "text", "v"],
    ...["small", "none", "text"].flatMap((key): Command[] => [
      ["HSCAN", key],
      ["HSCAN", key, 0],
      ["HSCAN", key, "x"],
      ["HSCAN", key, 0, "MATCH", "a*"],
      ["HSCAN", key, 0, "COUNT", 1],
      ["HSCAN", key, 0, "COUNT", 0],
      ["HSCAN", key, 0, "COUNT", "x"],
      ["HSCAN", key, 0, "COUNT"],
      ["HSCAN", key, 0, "TYPE", "string"],
      ["HSCAN", key, 0, "match", "?", "count", 5],
    ]),
  ]);
  for (const options of [[], ["COUNT", 7], ["MATCH", "*1*"], ["MATCH", "f2?", "COUNT", 1000]]) {
    const command = ["HSCAN", "big", ...options];
    const found = await scanned(pair, "ours", command, 2);
    assertEquals(found, [...new Set(await scanned(pair, "redis", command, 2))]);
  }
});
