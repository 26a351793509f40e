/**
 * The commands on strings, beside redis-server: the same bytes must come back from both.
 *
 * @module
 */

import { startServerPair } from "./support/differential.ts";
import type { Command, Word } from "./support/raw_client.ts";

const PROTOCOLS = [2, 3] as const;
const FUTURE_SECONDS = Math.floor(Date.now() / 1000) + 5000;
const FUTURE_MS = FUTURE_SECONDS * 1000;

/** What a key may hold before a command: nothing, a string, a string that expires. */
const STATES: readonly (readonly Command[])[] = [
  [],
  [["SET", "key", "old"]],
  [["SET", "key", "12", "EX", 3000]],
];

/** What a client can see of a key. */
const INSPECTION: readonly Command[] = [
  ["GET", "key"],
  ["PTTL", "key"],
  ["OBJECT", "ENCODING", "key"],
  ["OBJECT", "REFCOUNT", "key"],
  ["DUMP", "key"],
];

/** Runs each command in each state and looks at the key afterwards. */
async function compareInAllStates(commands: readonly Command[]): Promise<void> {
  const script = commands.flatMap((command) =>
    STATES.flatMap((state) => [["FLUSHALL"], ...state, command, ...INSPECTION])
  );
  for (const protocol of PROTOCOLS) {
    await using pair = await startServerPair(protocol);
    await pair.compare(script);
  }
}

/** Runs commands one after the other over both protocols. */
async function compareScript(script: readonly Command[]): Promise<void> {
  for (const protocol of PROTOCOLS) {
    await using pair = await startServerPair(protocol);
    await pair.compare(script);
  }
}

/** All sequences of up to `length` of `choices`. */
function sequences<T>(choices: readonly T[], length: number): T[][] {
  if (length === 0) return [[]];
  const shorter = sequences(choices, length - 1);
  const longest = shorter.filter((sequence) => sequence.length === length - 1);
  return [...shorter, ...longest.flatMap((start) => choices.map((choice) => [...start, choice]))];
}

const EXPIRY_OPTIONS: readonly Word[][] = [
  ["EX", 100],
  ["px", 100000],
  ["EXAT", FUTURE_SECONDS],
  ["PXAT", FUTURE_MS],
];

Deno.test("SET takes and refuses all combinations of options as redis-server does", async () => {
  const flags: Word[][] = [["NX"], ["xx"], ["Get"], ["KEEPTTL"]];
  const odd: Word[][] = [["EX"], ["EX", 0], ["PX", -1], ["EX", "abc"], ["bogus"], ["PERSIST"]];
  const combinations = [
    ...sequences([...flags, ...EXPIRY_OPTIONS], 3),
    ...sequences([...flags, ...EXPIRY_OPTIONS, ...odd], 2),
  ];
  await compareInAllStates(
    combinations.map((options) => ["SET", "key", "value", ...options.flat()]),
  );
});

Deno.test("GETEX takes and refuses all combinations of options as redis-server does", async () => {
  const odd: Word[][] = [["PERSIST"], ["EX", 0], ["PXAT", 1], ["EXAT", 1], ["PX"], ["KEEPTTL"]];
  const combinations = sequences([...EXPIRY_OPTIONS, ...odd], 2);
  await compareInAllStates(combinations.map((options) => ["GETEX", "key", ...options.flat()]));
});

Deno.test("expiries beyond 64 bits are refused as redis-server refuses them", async () => {
  const values = [
    ...["9223372036854775807", "9223372036854775808", "-9223372036854775808", "9223372036854775"],
    ...["9223372036854776", "9223370000000000", "9007199254740993", "1.5", "+1", "01", "", " 1"],
  ];
  await compareInAllStates(values.flatMap((value): Command[] => [
    ["SET", "key", "v", "EX", value],
    ["SET", "key", "v", "PX", value],
    ["SET", "key", "v", "EXAT", value],
    ["SET", "key", "v", "PXAT", value],
    ["SETEX", "key", value, "v"],
    ["PSETEX", "key", value, "v"],
    ["GETEX", "key", "EX", value],
    ["GETEX", "key", "PX", value],
  ]));
});

Deno.test("strings are read, replaced and removed as by redis-server", async () => {
  const arity = ["GET", "SET", "SETNX", "SETEX", "PSETEX", "GETSET", "GETDEL", "GETEX", "MGET"];
  await compareInAllStates([
    ...[...arity, "STRLEN", "MSET", "MSETNX", "LCS", "APPEND", "INCRBYFLOAT"].flatMap((name) => [
      [name],
      [name, "key"],
      [name, "key", "1"],
      [name, "key", "1", "2"],
      [name, "key", "1", "2", "3"],
    ]),
    ["MGET", "none", "key", "key"],
    ["MSET", "key", "a", "key", "b"],
    ["MSETNX", "other", "a", "key", "b"],
    ["SETNX", "key", ""],
    ["GETSET", "key", "\x00\xff\r\n"],
    ["SET", "", ""],
    ["SET", "key", "x".repeat(44)],
    ["SET", "key", "x".repeat(45)],
    ["SET", "key", "-9223372036854775808"],
    ["SET", "key", "9223372036854775808"],
    ["SET", "key", "-0"],
  ]);
});

Deno.test("APPEND, SETRANGE and GETRANGE work on parts as in redis-server", async () => {
  const offsets: Word[] = [-10, -4, -2, -1, 0, 1, 2, 3, 5, 100, "9223372036854775807"];
  offsets.push("-9223372036854775808", "9223372036854775808", "x", "1.0");
  await compareInAllStates([
    ...offsets.flatMap((first) => offsets.map((last): Command => ["GETRANGE", "key", first, last])),
    ...offsets.map((first): Command => ["SUBSTR", "key", first, -1]),
    ...offsets.flatMap((offset): Command[] => [
      ["SETRANGE", "key", offset, "abc"],
      ["SETRANGE", "key", offset, ""],
    ]),
    ["SETRANGE", "key", 536870909, "abcd"],
    ["SETRANGE", "key", 536870912, ""],
    ["APPEND", "key", ""],
    ["APPEND", "key", "3"],
    ["APPEND", "key", "x".repeat(300)],
  ]);
});

const NUMBERS = [
  ...["0", "1", "-1", "9", "99", "9999", "10000", "2147483647", "-2147483649", "999999999999999"],
  ...["9007199254740991", "9007199254740992", "-9007199254740993", "9223372036854775806"],
  ...["9223372036854775807", "-9223372036854775807", "-9223372036854775808"],
  ...["9223372036854775808", "", " 1", "1 ", "+1", "01", "-0", "1.0", "abc", "1\x00"],
];

Deno.test("INCR, DECR and their kin are exact over 64 bits, and refuse what redis-server refuses", async () => {
  const script = NUMBERS.flatMap((value) =>
    [...NUMBERS.map((by): Command[] => [["INCRBY", "key", by], ["DECRBY", "key", by]]).flat(), [
      "INCR",
      "key",
    ], ["DECR", "key"]].flatMap((command): Command[] => [
      ["SET", "key", value, "EX", 1000],
      command,
      ...INSPECTION,
    ])
  );
  await compareScript([...script, ["DEL", "key"], ["INCRBY", "key", "5"], ["DECR", "none"]]);
});

Deno.test("INCR keeps a number that was appended to or computed as redis-server does", async () => {
  const changes: Command[] = [["APPEND", "key", "1"], ["INCR", "key"], ["INCRBYFLOAT", "key", "1"]];
  changes.push(["SETRANGE", "key", 0, "7"], ["COPY", "key", "key2"], ["RENAME", "key2", "key"]);
  await compareInAllStates(sequences(changes, 1).map((sequence) => sequence[0] ?? ["PING"]));
  await compareScript(
    sequences(changes, 3).flatMap((sequence): Command[] => [
      ["FLUSHALL"],
      ["SET", "key", "9998"],
      ...sequence,
      ...INSPECTION,
    ]),
  );
});

Deno.test("INCRBYFLOAT computes with long doubles as redis-server does", async () => {
  const values = [
    ...["0", "1", "-1", "0.1", "3.0e3", "10.5", "1e18", "1e-17", "5e-18", "4.9e-18", "-1e-30"],
    ...["18446744073709551615", "18446744073709551617", "1e308", "1e4932", "-1e4932", "1.2e4932"],
    ...["3.64519953188247460252840593361941e-4951", "1e-4960", "0x1.8p3", "0x", "0x.8", "inf"],
    ...["-infinity", "nan", "", " 1", "1 ", "1e", ".5", "5.", ".", "+2.5", "1e5000", "0e9999999"],
    ...["1.7976931348623157e308", "0.30000000000000004", "123456789012345678.123456789"],
  ];
  await compareScript(values.flatMap((value) =>
    values.flatMap((by): Command[] => [
      ["SET", "key", value],
      ["INCRBYFLOAT", "key", by],
      ["OBJECT", "ENCODING", "key"],
    ])
  ));
});

Deno.test("INCRBYFLOAT of random numbers prints redis-server's digits", async () => {
  const random = new Float64Array(crypto.getRandomValues(new Uint8Array(8 * 1500)).buffer);
  const texts = [...random].filter(Number.isFinite).flatMap((value) => [
    String(value),
    (value % 1e6).toFixed(9),
    String(Math.fround(value % 1000)),
  ]);
  await compareScript(texts.flatMap((text, at): Command[] => [
    ...(at % 5 === 0 ? [["SET", "key", String(at / 7)]] : []),
    ["INCRBYFLOAT", "key", text],
  ]));
});

Deno.test("LCS finds redis-server's subsequences", async () => {
  const options: Word[][] = [["LEN"], ["IDX"], ["WITHMATCHLEN"], ["MINMATCHLEN", 3]];
  options.push(["MINMATCHLEN"], ["MINMATCHLEN", "x"], ["MINMATCHLEN", -5], ["bogus"]);
  const texts = ["", "ohmytext", "mynewtext", "aaaa", "aab\x00baa", "xyz".repeat(20)];
  const pairs = texts.flatMap((a) => texts.map((b): Command => ["MSET", "a", a, "b", b]));
  await compareScript([
    ["LCS", "none", "none"],
    ...pairs.flatMap((pair) => [
      pair,
      ...sequences(options, 2).map((words): Command => ["LCS", "a", "b", ...words.flat()]),
    ]),
  ]);
});

Deno.test("strings of a megabyte are stored, cut, compressed and dumped as by redis-server", async () => {
  const noise = new Uint8Array(1 << 20);
  for (let at = 0; at < noise.length; at += 65536) {
    crypto.getRandomValues(noise.subarray(at, at + 65536));
  }
  const words = new Uint8Array(1 << 20).map((_, at) => 97 + (noise[at]! & 3));
  await using pair = await startServerPair();
  await pair.compare([noise, words].flatMap((value): Command[] => [
    ["SET", "key", value],
    ["GETRANGE", "key", 1000, 2000],
    ["APPEND", "key", value],
    ["SETRANGE", "key", 3 << 20, "end"],
    ["STRLEN", "key"],
    ["GET", "key"],
    ["DUMP", "key"],
    ["SET", "key", "short"],
    ["GET", "key"],
  ]));
});
