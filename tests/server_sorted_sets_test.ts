/**
 * The commands on sorted sets, beside redis-server: the same bytes must come back from both.
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
import { SeededRandom } from "./support/seeded_random.ts";

const LONG = "x".repeat(65);
const MANY: Word[] = Array.from({ length: 150 }, (_, at) => [at % 40, `m${at}`]).flat();

const CASES: CollectionCases = {
  states: [
    [],
    [["ZADD", "key", 1, "a", 2, "b", 2, "c", -1.5, "5", "inf", "top"], ["ZADD", "other", 3, "a"]],
    [["ZADD", "key", 1, "a", 2, "b", 2, "c", -1.5, "5", "inf", LONG], ["SADD", "other", "a", "b"]],
    [["ZADD", "key", ...MANY], ["ZADD", "other", "-inf", "m1", "1e3", "a"]],
    [["SET", "key", "text"]],
    [["ZADD", "key", 0, "a", 0, "b", 0, "c", 0, "\xff"], ["EXPIRE", "key", 1000], [
      "SET",
      "other",
      1,
    ]],
  ],
  inspection: [
    ["TYPE", "key"],
    ["OBJECT", "ENCODING", "key"],
    ["ZRANGE", "key", 0, -1, "WITHSCORES"],
    ["ZRANGE", "other", 0, -1, "WITHSCORES"],
    ["ZCARD", "key"],
    ["PTTL", "key"],
    ["DUMP", "key"],
  ],
};

const SCORES: readonly Word[] = [
  ...[
    "0",
    "-0",
    "1",
    "-1",
    "1.5",
    "3.1",
    "0.1",
    "1e5",
    "1e15",
    "1e17",
    "1e18",
    "4611686018427387904",
  ],
  ...["4611686018427387905", "9007199254740993", "9223372036854775807", "1e19", "-1e300", "1e-300"],
  ...["1e400", "1e-400", "inf", "-INF", "+infinity", "nan", "", " 1", "1 ", "x", "0x10", "0x1p-3"],
  ...[
    "5.",
    ".5",
    ".",
    "1e",
    "17179869184.25",
    "127",
    "128",
    "-4097",
    "8388608",
    "2147483648",
    "01",
  ],
];

Deno.test("members are added, counted and removed as by redis-server", async () => {
  const names = ["ZADD", "ZINCRBY", "ZREM", "ZSCORE", "ZMSCORE", "ZRANK", "ZREVRANK", "ZCARD"];
  await compareInStates(CASES, [
    ...names.flatMap((name) => ofEachArity(name, ["key", "1", "a", "2", "b"])),
    ...["a", "b", "c", "5", "top", "m77", "none", LONG].flatMap((member): Command[] => [
      ["ZSCORE", "key", member],
      ["ZRANK", "key", member],
      ["ZREVRANK", "key", member],
      ["ZREM", "key", member, "none", "a", member],
      ["ZINCRBY", "key", "1.5", member],
      ["ZINCRBY", "key", "-inf", member],
      ["ZADD", "key", "-100", member],
      ["ZADD", "key", "100", member],
    ]),
    ["ZMSCORE", "key", "a", "none", "5"],
    ["ZADD", "key", 1, "", 2, bytesOf("\x00\xff\r\n"), 3, "x".repeat(64)],
    ["ZADD", "key", 1, LONG],
    ["ZADD", "key", ...MANY],
    ["ZREM", "key", ...MANY.filter((_, at) => at % 2 === 1)],
  ]);
});

Deno.test("ZADD takes and refuses all combinations of options as redis-server does", async () => {
  const options = ["NX", "xx", "GT", "lt", "CH", "incr"];
  const combinations = Array.from(
    { length: 64 },
    (_, bits) => options.filter((_, at) => (bits >> at) & 1),
  );
  await compareInStates(CASES, [
    ...combinations.flatMap((words): Command[] => [
      ["ZADD", "key", ...words, "1.5", "a"],
      ["ZADD", "key", ...words, "3", "b", "0.5", "new"],
      ["ZADD", "key", ...words, "-7", "a"],
    ]),
    ["ZADD", "key", "NX", "CH"],
    ["ZADD", "key", "NX", "1", "a", "2"],
    ["ZADD", "key", "1", "a", "x", "b"],
    ["ZADD", "key", "INCR", "-inf", "top"],
    ["ZADD", "key", "inf", "a", "inf", "a"],
  ]);
});

Deno.test("scores are read, stored and written as by redis-server", async () => {
  await compareScript(
    SCORES.flatMap((score) =>
      [["small"], [LONG]].flatMap(([other]): Command[] => [
        ["DEL", "key"],
        ["ZADD", "key", 1, other!],
        ["ZADD", "key", score, "member"],
        ["ZSCORE", "key", "member"],
        ["ZADD", "key", "INCR", score, "member"],
        ["ZINCRBY", "key", "0.1", "member"],
        ["ZINCRBY", "key", score, "member"],
        ["ZRANGE", "key", 0, -1, "WITHSCORES"],
        ["ZSCAN", "key", 0, "MATCH", "member", "COUNT", 100],
        ["DUMP", "key"],
        ["ZCOUNT", "key", score, "+inf"],
        ["ZCOUNT", "key", `(${score}`, "(inf"],
        ["ZUNION", 1, "key", "WEIGHTS", score],
      ])
    ),
  );
});

const RANKS: readonly Word[] = [0, 1, 2, 4, 5, 100, -1, -2, -5, -6, "x", "9223372036854775807"];
const BOUNDS: readonly Word[] = [
  "-inf",
  "(-inf",
  "+inf",
  "(inf",
  "1",
  "(1",
  "2",
  "(2",
  "-1.5",
  "39",
];
const TEXTS: readonly Word[] = ["-", "+", "[a", "(a", "[b", "(c", "[", "(", "[\xff", "a", "", "+x"];

Deno.test("ranges are read as by redis-server", async () => {
  const kinds: [string[], readonly Word[]][] = [[[], RANKS], [["BYSCORE"], BOUNDS]];
  kinds.push([["BYLEX"], TEXTS]);
  const cases = { ...CASES, states: CASES.states.filter((_, at) => at !== 3), inspection: [] };
  await compareInStates(cases, [
    ...kinds.flatMap(([by, ends]) =>
      ends.flatMap((from) =>
        ends.flatMap((to): Command[] => [
          ["ZRANGE", "key", from, to, ...by],
          ["ZRANGE", "key", from, to, ...by, "REV", "WITHSCORES"],
          ["ZRANGE", "key", from, to, "LIMIT", 1, 2, ...by, "rev"],
        ])
      )
    ),
    ...BOUNDS.flatMap((from) =>
      BOUNDS.flatMap((to): Command[] => [
        ["ZCOUNT", "key", from, to],
        ["ZRANGEBYSCORE", "key", from, to, "WITHSCORES", "LIMIT", 0, 2],
        ["ZREVRANGEBYSCORE", "key", from, to],
      ])
    ),
    ...TEXTS.flatMap((from) => TEXTS.map((to): Command => ["ZLEXCOUNT", "key", from, to])),
    ...["ZRANGE", "ZREVRANGE", "ZCOUNT", "ZLEXCOUNT", "ZRANGEBYSCORE", "ZREVRANGEBYSCORE"].flatMap(
      (name) => ofEachArity(name, ["key", "0", "1", "WITHSCORES", "x"]),
    ),
    ...["ZRANGEBYLEX", "ZREVRANGEBYLEX", "ZRANGESTORE"].flatMap((name) =>
      ofEachArity(name, ["key", "-", "+", "LIMIT", "0", "1"])
    ),
    ...[[0, 0], [0, -1], [1, 2], [-1, 2], [2, -5], [9, 1], ["x", 1]].flatMap((
      [at, count],
    ): Command[] => [
      ["ZRANGEBYSCORE", "key", "-inf", "+inf", "LIMIT", at!, count!],
      ["ZREVRANGEBYSCORE", "key", "+inf", "-inf", "LIMIT", at!, count!],
      ["ZRANGE", "key", 0, -1, "LIMIT", at!, count!],
      ["ZRANGEBYLEX", "key", "-", "+", "LIMIT", at!, count!],
    ]),
    ["ZRANGE", "key", "-", "+", "BYLEX", "WITHSCORES"],
    ["ZRANGE", "key", 0, 1, "BYSCORE", "BYLEX"],
    ["ZRANGE", "key", "", " 1", "BYSCORE"],
    ["ZRANGE", "key", "(", "( 1", "BYSCORE"],
  ]);
});

Deno.test("ranges are removed and stored as by redis-server", async () => {
  const ends: Word[][] = [[0, 1], [1, -2], [0, -1], [5, 2], [-3, -1], [100, 120], [20, 90]];
  await compareInStates(CASES, [
    ...["ZREMRANGEBYRANK", "ZREMRANGEBYSCORE", "ZREMRANGEBYLEX"].flatMap((name) =>
      ofEachArity(name, ["key", "1", "2", "3"])
    ),
    ...ends.flatMap(([from, to]): Command[] => [
      ["ZREMRANGEBYRANK", "key", from!, to!],
      ["ZREMRANGEBYSCORE", "key", from!, `(${to}`],
      ["ZRANGESTORE", "other", "key", from!, to!],
      ["ZRANGESTORE", "key", "key", to!, from!, "BYSCORE", "REV", "LIMIT", 1, 7],
      ["ZRANGESTORE", "key", "other", from!, to!],
    ]),
    ["ZREMRANGEBYLEX", "key", "[a", "(c"],
    ["ZREMRANGEBYLEX", "key", "-", "+"],
    ["ZRANGESTORE", "key", "key", "[a", "[b", "BYLEX"],
    ["ZRANGESTORE", "other", "key", 0, 1, "WITHSCORES"],
  ]);
});

Deno.test("sorted sets are united, intersected and subtracted as by redis-server", async () => {
  const third: Command = ["ZADD", "third", 10, "a", "-3.5", "b", "inf", "m1", 7, "m2"];
  const states = CASES.states.map((state) => [third, ...state]);
  const operands = [["key"], ["key", "other"], ["third", "key"], ["none", "key"], ["key", "key"]];
  operands.push(["third", "key", "other"]);
  const options = (keys: readonly Word[]): Word[][] => [
    [],
    ["WITHSCORES"],
    ["WEIGHTS", ...keys.map((_, at) => at * 2 + 0.5)],
    ["WEIGHTS", ...keys.map(() => "-inf"), "AGGREGATE", "SUM"],
    ["AGGREGATE", "min", "WITHSCORES"],
    ["aggregate", "MAX"],
    ["AGGREGATE", "avg"],
    ["WEIGHTS", 1],
    ["WEIGHTS", ...keys.map(() => "x")],
    ["LIMIT", 1],
    ["bogus"],
  ];
  const names = ["ZUNION", "ZINTER", "ZDIFF"];
  await compareInStates({ states, inspection: CASES.inspection.slice(0, 4) }, [
    ...names.flatMap((name) => [
      ...ofEachArity(name, ["1", "key"]),
      ...ofEachArity(`${name}STORE`, ["key", "1", "third"]),
    ]),
    ...ofEachArity("ZINTERCARD", ["1", "key", "LIMIT", "1", "x"]),
    ...operands.flatMap((keys) =>
      options(keys).flatMap((words): Command[] => [
        ...names.flatMap((name): Command[] => [
          [name, keys.length, ...keys, ...words],
          [`${name}STORE`, "key", keys.length, ...keys, ...words],
        ]),
        ["ZINTERCARD", keys.length, ...keys, ...words],
      ])
    ),
    ...[0, -1, "x", 3].flatMap((count): Command[] => [
      ["ZUNION", count, "key"],
      ["ZDIFFSTORE", "other", count, "key"],
      ["ZINTERCARD", count, "key"],
      ["ZINTERCARD", 1, "key", "LIMIT", count],
    ]),
  ]);
});

Deno.test("members are popped as by redis-server", async () => {
  await compareInStates(CASES, [
    ...["ZPOPMIN", "ZPOPMAX"].flatMap((name): Command[] => [
      ...ofEachArity(name, ["key", "2", "x"]),
      ...[0, 3, 5, 149, 1000, -1, "x"].map((count): Command => [name, "key", count]),
    ]),
    ...ofEachArity("ZMPOP", ["1", "key", "MIN", "COUNT", "2", "x"]),
    ["ZMPOP", 2, "none", "key", "max"],
    ["ZMPOP", 2, "other", "key", "MAX", "COUNT", 10],
    ["ZMPOP", 0, "key", "MAX"],
    ["ZMPOP", 1, "key", "MID"],
    ["ZMPOP", 1, "key", "MIN", "COUNT", 0],
  ]);
});

Deno.test("random changes keep big sorted sets in redis-server's order", async () => {
  await using pair = await startServerPair();
  for (let stream = 0; stream < 6; stream++) {
    const random = new SeededRandom();
    const spread = random.pick([10, 1000, 1e6]);
    const members = random.pick([300, 3000, 20_000]);
    const script: Command[] = [["FLUSHALL"]];
    for (let i = 0; i < 1500; i++) script.push(...change(random, spread, members));
    script.push(["ZRANGE", "key", 0, -1, "WITHSCORES"], ["DUMP", "key"], ["COPY", "key", "copy"]);
    script.push(["DUMP", "copy"], ["ZREMRANGEBYRANK", "key", 10, -10], ["DUMP", "key"]);
    const difference = await pair.firstDifference(script);
    if (difference === undefined) continue;
    const shown = script[difference.index]!.slice(0, 6).join(" ");
    throw new Error(`seed ${random.seed}, command ${difference.index}: ${shown}`);
  }
});

function change(random: SeededRandom, spread: number, members: number): Command[] {
  const member = () => `m${random.below(members)}`;
  const pairs = Array.from({ length: 20 }, () => [random.below(spread), member()]).flat();
  const rank = random.below(200);
  return [
    ["ZADD", "key", ...pairs],
    random.pick<Command>([
      ["ZREM", "key", ...Array.from({ length: 15 }, member)],
      ["ZINCRBY", "key", random.below(100) - 50, member()],
      ["ZREMRANGEBYRANK", "key", rank, rank + 12],
      ["ZPOPMAX", "key", 3],
      ["ZRANK", "key", member()],
      ["ZREVRANK", "key", member()],
      ["ZRANGE", "key", rank, rank + 70],
      ["ZREVRANGE", "key", rank, rank + 70, "WITHSCORES"],
      ["ZCOUNT", "key", random.below(spread), random.below(spread)],
    ]),
  ];
}

Deno.test("DUMP of sorted sets is taken by either server from the other", async () => {
  await using pair = await startServerPair();
  const setups: Word[][] = [[1, "a", 2.5, "b", "-inf", "c"], [1, LONG, 1e300, "x"], MANY];
  setups.push(MANY.slice(0, 256));
  for (const words of setups) {
    await pair.compare([["DEL", "key"], ["ZADD", "key", ...words], ["DUMP", "key"]]);
    await compareDumps(pair, "key", ["ZRANGE", "copy", 0, -1, "WITHSCORES"]);
  }
});

Deno.test("ZRANDMEMBER and ZSCAN return members and no others", async () => {
  for (const protocol of [2, 3] as const) {
    await using pair = await startServerPair(protocol);
    await pair.compare([
      ["ZADD", "one", "1.5", "m"],
      ["ZADD", "big", 2, LONG],
      ["SET", "text", "v"],
      ...["one", "big", "none", "text"].flatMap((key): Command[] => [
        ["ZRANDMEMBER", key],
        ...[0, 1, -1, 3, -3, "x", "-9223372036854775808"].flatMap((count): Command[] => [
          ["ZRANDMEMBER", key, count],
          ["ZRANDMEMBER", key, count, "WITHSCORES"],
          ["ZRANDMEMBER", key, count, "bogus"],
        ]),
        ["ZSCAN", key, 0],
        ["ZSCAN", key, 0, "MATCH", "m*", "COUNT", 100],
        ["ZSCAN", key, "x"],
      ]),
    ]);
    const members = MANY.filter((_, at) => at % 2 === 1).map(String);
    await pair.compare([["ZADD", "many", ...MANY], ["ZADD", "few", ...MANY.slice(0, 100)]]);
    for (const key of ["many", "few"]) {
      for (const count of [1, 20, 49]) {
        const [reply] = await pair.ours.exchange([["ZRANDMEMBER", key, count]]);
        const found = bulksOf(reply!);
        assertEquals(new Set(found).size, count);
        assertEquals(found.filter((member) => !members.includes(member)), []);
      }
    }
    const found = await scanned(pair, "ours", ["ZSCAN", "many", "COUNT", 7], 2);
    assertEquals(found, [...new Set(await scanned(pair, "redis", ["ZSCAN", "many"], 2))]);
  }
});
