/**
 * The commands on lists, beside redis-server: the same bytes must come back from both, and the same nodes be dumped.
 *
 * @module
 */

import {
  type CollectionCases,
  compareDumps,
  compareInStates,
  compareScript,
  ofEachArity,
} from "./support/collection_cases.ts";
import { startServerPair } from "./support/differential.ts";
import { bytesOf, type Command, type Word } from "./support/raw_client.ts";
import { SeededRandom } from "./support/seeded_random.ts";

const CASES: CollectionCases = {
  states: [
    [],
    [["RPUSH", "key", "a", "1", "b", "a", "-5", "c", "a"]],
    [["CONFIG", "SET", "list-max-listpack-size", 2], [
      "RPUSH",
      "key",
      ...["a", "1", "b", "a", "-5", "c", "a"],
    ]],
    [["SET", "key", "text"]],
    [["RPUSH", "key", "only"], ["EXPIRE", "key", 1000], ["RPUSH", "other", "x", "y"]],
  ],
  inspection: [
    ["TYPE", "key"],
    ["OBJECT", "ENCODING", "key"],
    ["LRANGE", "key", 0, -1],
    ["LRANGE", "other", 0, -1],
    ["LLEN", "key"],
    ["PTTL", "key"],
    ["DUMP", "key"],
    ["CONFIG", "SET", "list-max-listpack-size", -2],
  ],
};

const INDEXES: readonly Word[] = [
  ...[0, 1, 2, 3, 6, 7, 100, -1, -2, -6, -7, -8, -100],
  ...["9223372036854775807", "-9223372036854775808", "9223372036854775808", "x", "1.0", ""],
];

Deno.test("lists are pushed to and popped from as by redis-server", async () => {
  const names = ["LPUSH", "RPUSH", "LPUSHX", "RPUSHX", "LPOP", "RPOP", "LLEN"];
  await compareInStates(CASES, [
    ...names.flatMap((name) => ofEachArity(name, ["key", "1", "2"])),
    ...INDEXES.flatMap((count): Command[] => [["LPOP", "key", count], ["RPOP", "key", count]]),
    ["LPUSH", "key", "", bytesOf("\x00\xff\r\n"), "127", "128", "-1", "9223372036854775807"],
    ["RPUSH", "key", "x".repeat(5000), "y".repeat(9000), "z"],
  ]);
});

Deno.test("elements within lists are read and changed as by redis-server", async () => {
  await compareInStates(CASES, [
    ...["LINDEX", "LSET", "LRANGE", "LTRIM", "LREM", "LINSERT", "LPOS"].flatMap((name) =>
      ofEachArity(name, ["key", "1", "1", "1", "1"])
    ),
    ...INDEXES.flatMap((index): Command[] => [
      ["LINDEX", "key", index],
      ["LSET", "key", index, "new"],
      ["LSET", "key", index, "x".repeat(9000)],
      ["LREM", "key", index, "a"],
      ["LREM", "key", index, "none"],
    ]),
    ...INDEXES.flatMap((first) =>
      INDEXES.flatMap((last): Command[] => [
        ["LRANGE", "key", first, last],
        ["LTRIM", "key", first, last],
      ])
    ),
    ...["a", "b", "1", "-5", "none", "only"].flatMap((pivot): Command[] => [
      ["LINSERT", "key", "BEFORE", pivot, "new"],
      ["LINSERT", "key", "after", pivot, "x".repeat(9000)],
      ["LINSERT", "key", "bogus", pivot, "new"],
    ]),
  ]);
});

Deno.test("LPOS finds what redis-server finds", async () => {
  const options: Word[][] = [
    ...[1, 2, -1, -2, -3, 5, 0, "x"].map((rank) => ["RANK", rank]),
    ...[0, 1, 2, 9, -1, "x"].map((count) => ["COUNT", count]),
    ...[0, 1, 3, 9, -1].map((length) => ["MAXLEN", length]),
    ...[["RANK"], ["bogus"], ["bogus", 1]],
  ];
  await compareInStates(CASES, [
    ...options.flatMap((one): Command[] => [
      ["LPOS", "key", "a", ...one],
      ["LPOS", "none", "a", ...one],
    ]),
    ...options.flatMap((one) =>
      options.map((two): Command => ["LPOS", "key", "a", ...one, ...two])
    ),
  ]);
});

Deno.test("elements move between lists as in redis-server", async () => {
  const keys = ["key", "other", "none", "wrong"];
  const ends = ["LEFT", "right", "up"];
  await compareInStates(CASES, [
    ...["LMOVE", "RPOPLPUSH", "LMPOP"].flatMap((name) =>
      ofEachArity(name, ["key", "other", "LEFT", "RIGHT", "x"])
    ),
    ...keys.flatMap((from) =>
      keys.flatMap((to): Command[] => [
        ["RPOPLPUSH", from, to],
        ...ends.flatMap((one) => ends.map((two): Command => ["LMOVE", from, to, one, two])),
        ...ends.map((end): Command => ["LMPOP", 2, from, to, end]),
        ["LMPOP", 2, from, to, "LEFT", "COUNT", 3],
        ["LMPOP", 1, from, "RIGHT", "COUNT", 2],
      ])
    ),
    ...[0, -1, "x", 3, "9223372036854775807"].map((
      count,
    ): Command => ["LMPOP", count, "key", "LEFT"]),
    ...[0, -1, "x", "9223372036854775807"].map(
      (count): Command => ["LMPOP", 1, "key", "LEFT", "COUNT", count],
    ),
    ["LMPOP", 1, "key", "LEFT", "COUNT", 1, "COUNT", 1],
    ["LMPOP", 1, "key", "LEFT", "bogus"],
  ]);
});

Deno.test("random edits leave the nodes that redis-server has", async () => {
  await using pair = await startServerPair();
  for (let stream = 0; stream < 12; stream++) {
    const random = new SeededRandom();
    const fill = random.pick([-2, -2, -1, 1, 3, 7, 100, 0, -5]);
    const script: Command[] = [["FLUSHALL"], ["CONFIG", "SET", "list-max-listpack-size", fill]];
    const element = () => random.pick([1, 1, 1, 8]) === 8 ? big(random) : random.below(30);
    for (let i = 0; i < 300; i++) script.push(edit(random, element), ["DUMP", "key"]);
    const difference = await pair.firstDifference(script);
    if (difference === undefined) continue;
    const shown = script.slice(Math.max(0, difference.index - 8), difference.index + 1)
      .map((command) => command.map((word) => String(word).slice(0, 20)).join(" "));
    throw new Error(
      `seed ${random.seed}, fill ${fill}, command ${difference.index}\n${shown.join("\n")}`,
    );
  }
});

function big(random: SeededRandom): string {
  return String.fromCharCode(97 + random.below(3)).repeat(random.pick([20, 300, 2000, 4000, 8100]));
}

function edit(random: SeededRandom, element: () => Word): Command {
  const index = random.below(60) - 30;
  switch (random.below(10)) {
    case 0:
    case 1:
      return ["LPUSH", "key", element(), element()];
    case 2:
    case 3:
      return ["RPUSH", "key", element(), element(), element()];
    case 4:
    case 5:
    case 6:
      return ["LINSERT", "key", random.pick(["BEFORE", "AFTER"]), random.below(30), element()];
    case 7:
      return ["LSET", "key", index, element()];
    case 8:
      return random.pick<Command>([
        ["LREM", "key", random.below(5) - 2, random.below(30)],
        ["LPOP", "key"],
        ["RPOP", "key", 3],
      ]);
    default:
      return random.pick<Command>([
        ["LRANGE", "key", index, index + 10],
        ["LPOS", "key", random.below(30), "COUNT", 0],
        ["COPY", "key", "other", "REPLACE"],
        ["LTRIM", "key", random.below(3), -1 - random.below(3)],
      ]);
  }
}

Deno.test("DUMP of lists is taken by either server from the other", async () => {
  await using pair = await startServerPair();
  const setups: Command[] = [
    ["RPUSH", "key", "a", 1, ""],
    ["RPUSH", "key", ...Array.from({ length: 5000 }, (_, at) => `element ${at}`)],
    ["LPUSH", "key", ...Array.from({ length: 3000 }, (_, at) => at * at * at)],
    ["RPUSH", "key", "x".repeat(100_000), "y", "z".repeat(20_000)],
  ];
  for (const setup of setups) {
    await pair.compare([["DEL", "key"], setup, ["DUMP", "key"]]);
    await compareDumps(pair, "key", ["LRANGE", "copy", 0, -1]);
  }
});

Deno.test("a long list is read, trimmed and copied as by redis-server", async () => {
  const fill = Array.from({ length: 60 }, (_, block): Command => [
    "RPUSH",
    "key",
    ...Array.from({ length: 1000 }, (_, at) => `${block}:${at}`),
  ]);
  await compareScript([
    ...fill,
    ...[0, 1, 29_999, 30_000, 30_001, 59_999, -1, -40_000].map((
      at,
    ): Command => ["LINDEX", "key", at]),
    ["LRANGE", "key", 29_000, 31_000],
    ["COPY", "key", "copy"],
    ["LTRIM", "key", 10_000, -10_001],
    ["LLEN", "key"],
    ["LRANGE", "key", 0, 5],
    ["LPOP", "key", 20_000],
    ["RPOP", "key", 19_999],
    ["LRANGE", "key", 0, -1],
    ["RPOP", "key"],
    ["EXISTS", "key"],
    ["RENAME", "copy", "key"],
    ["LINDEX", "key", 44_444],
    ["DEL", "key"],
  ]);
});
