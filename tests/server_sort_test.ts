/**
 * SORT and SORT_RO, beside redis-server: the same bytes must come back from both.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import {
  bulksOf,
  type CollectionCases,
  compareInStates,
  compareScript,
  ofEachArity,
} from "./support/collection_cases.ts";
import { describe, startServerPair } from "./support/differential.ts";
import { FencedServer } from "./support/fenced_server.ts";
import { bytesOf, type Command, type Word } from "./support/raw_client.ts";
import { ReplyError } from "./support/resp_client.ts";
import { SeededRandom } from "./support/seeded_random.ts";
import { slotOfKey } from "./support/workload_slots.ts";

const WEIGHTS: readonly Command[] = [
  ["MSET", "w_1", 3, "w_2", 2.5, "w_3", "1e3", "w_10", -7, "w_a", 1, "w_b", "1"],
  ["MSET", "t_1", "z", "t_2", "", "t_3", "a", "t_10", "ab", "t_a", bytesOf("a\x00b")],
  ["HSET", "h_1", "f", 9, "g", "x", "f->x", "arrow"],
  ["HSET", "h_2", "f", "0x10"],
  ["HSET", "h_3", "f", "hello", "g", 5],
  ["RPUSH", "w_c", "list"],
];
const MANY: Word[] = Array.from({ length: 300 }, (_, at) => (at * 7919) % 1009);

const CASES: CollectionCases = {
  states: [
    [],
    [["RPUSH", "key", 10, 1, 3, 2, 1, "1.0", "-4"]],
    [["RPUSH", "key", "b", "a", "10", "2", "B", "", "\xff", "a"]],
    [["SADD", "key", 3, 1, 10, 2]],
    [["SADD", "key", "a", "10", "1", "c"]],
    [["ZADD", "key", 5, "1", 4, "2", 3, "10", 2, "3"]],
    [["RPUSH", "key", ...MANY], ["SET", "other", "text"]],
    [["ZADD", "key", ...MANY.flatMap((member, at) => [at, member])]],
    [["SET", "key", "text"]],
  ].map((state) => [...WEIGHTS, ...state]),
  inspection: [
    ["TYPE", "key"],
    ["TYPE", "other"],
    ["DUMP", "other"],
    ["PTTL", "other"],
  ],
};

/** States whose elements have no order of their own, or lose it. */
const HASHED: readonly number[] = [3, 4, 5, 7];
const ORDERS: readonly Word[][] = [[], ["ALPHA"], ["desc"], ["DESC", "alpha"], ["ASC"]];
const BYS: readonly Word[][] = [
  ...[[], ["BY", "w_*"], ["BY", "t_*"], ["BY", "h_*->f"], ["BY", "h_*->"], ["BY", "none_*"]],
];
const LIMITS: readonly Word[][] = [
  ...[[], ["LIMIT", 0, 2], ["LIMIT", 1, -1], ["LIMIT", -5, 3], ["LIMIT", 2, 0], ["LIMIT", 99, 1]],
];

Deno.test("elements are sorted as by redis-server", async () => {
  const sorts = ORDERS.flatMap((order) =>
    BYS.flatMap((by) => LIMITS.map((limit): Command => ["SORT", "key", ...order, ...by, ...limit]))
  );
  const lists = CASES.states.filter((_, at) => !HASHED.includes(at));
  await compareInStates({ states: lists, inspection: [] }, [
    ...["SORT", "SORT_RO"].flatMap((name) => ofEachArity(name, ["key", "LIMIT", "0", "1", "BY"])),
    ...sorts,
    ["SORT_RO", "key", "ALPHA", "LIMIT", "1", "9223372036854775807"],
    ["SORT", "key", "LIMIT", "-9223372036854775808", "-9223372036854775808", "ALPHA"],
  ]);
  // Equal texts leave the order to Redis's hash table; equal numbers do not.
  const isDecided = (sort: Command) => !/alpha.*BY/i.test(sort.join(" "));
  await compareInStates({ states: CASES.states, inspection: [] }, sorts.filter(isDecided));
  const few = HASHED.slice(0, 3).map((at) => CASES.states[at]!);
  await compareInStates({ states: few, inspection: [] }, [
    ["SORT", "key", "BY", "w_*", "ALPHA"],
    ["SORT", "key", "BY", "t_*", "ALPHA", "DESC", "LIMIT", 1, 2],
  ]);
});

Deno.test("lists and sorted sets keep their order where nothing is to be sorted", async () => {
  const states = CASES.states.filter((_, at) => at !== 3 && at !== 4);
  await compareInStates({ states, inspection: [] }, [
    ...ORDERS.flatMap((order) =>
      LIMITS.flatMap((limit): Command[] => [
        ["SORT", "key", "BY", "nosort", ...order, ...limit],
        ["SORT_RO", "key", ...order, ...limit, "BY", "w_*", "by", "#", "GET", "#"],
        ["SORT", "key", "BY", bytesOf("x\x00*"), "BY", "w_*", ...order, ...limit],
      ])
    ),
  ]);
});

Deno.test("values are got as by redis-server", async () => {
  const patterns = [
    ...["#", "w_*", "t_*", "h_*->f", "h_*->g", "h_*->f->x", "h_*->", "*", "", "constant", "##"],
    ...["none_*", "none_*->f", "w_*->f", "h_*", "w_*x", "->*", "h_*-", "*->*"],
  ];
  await compareInStates({ states: CASES.states, inspection: [] }, [
    ...patterns.flatMap((pattern): Command[] => [
      ["SORT", "key", "ALPHA", "GET", pattern],
      ["SORT_RO", "key", "ALPHA", "GET", "#", "GET", pattern, "LIMIT", 1, 3, "DESC"],
    ]),
    ["SORT", "key", "ALPHA", "GET", bytesOf("#\x00x"), "GET", bytesOf("w_\x00*")],
    ["SORT", "key", "ALPHA", "GET", bytesOf("w_*\x00->f"), "GET", bytesOf("h_*->\x00f")],
  ]);
});

Deno.test("what is sorted is stored as by redis-server", async () => {
  await compareInStates(CASES, [
    ...ORDERS.flatMap((order) =>
      LIMITS.slice(0, 5).flatMap((limit): Command[] => [
        ["SORT", "key", ...order, ...limit, "STORE", "other"],
        ["SORT", "key", "STORE", "key", ...order, ...limit],
        ["SORT", "key", "BY", "nosort", ...order, ...limit, "STORE", "w_1", "STORE", "other"],
        [
          "SORT",
          "key",
          "BY",
          "t_*",
          ...order,
          ...limit,
          "GET",
          "#",
          "GET",
          "h_*->f",
          "STORE",
          "w_1",
        ],
      ])
    ),
    ["SORT_RO", "key", "STORE", "other"],
    ["SORT", "key", "STORE"],
    ["SORT", "none", "STORE", "w_1"],
    ["SORT", "key", "BY"],
    ["SORT", "key", "GET"],
    ["SORT", "key", "LIMIT", 1],
    ["SORT", "key", "LIMIT", "x", 1],
    ["SORT", "key", "LIMIT", 1, "9223372036854775808"],
    ["SORT", "key", "bogus", "LIMIT"],
  ]);
});

Deno.test("numbers to sort by are read as by redis-server", async () => {
  const spellings: readonly Word[] = [
    ...["1", " 1", "1 ", "", " ", "\t\n1", "x", "nan", "inf", "-INFINITY", "1e400", "1e-400", "."],
    ...["1e-310", "0x1p3", "9223372036854775807", "9223372036854775808", "1e5", "+3", "-0", "0.0"],
    ...[bytesOf("1\x00x"), bytesOf("\x00"), "1_000", "1e", "017"],
  ];
  await compareScript(
    spellings.flatMap((spelling): Command[] => [
      ["DEL", "key", "set", "sorted"],
      ["RPUSH", "key", 2, spelling, "-1", "1"],
      ["SADD", "set", 2, spelling, "-1", "1"],
      ["ZADD", "sorted", 2, "2", 1, spelling],
      ["SORT", "key"],
      ["SORT", "set", "DESC"],
      ["SORT", "sorted", "GET", "#"],
      ["SET", "w_2", spelling],
      ["SORT", "key", "BY", "w_*", "LIMIT", 0, 3],
    ]),
  );
});

Deno.test("random lists are sorted as by redis-server", async () => {
  await using pair = await startServerPair();
  for (let stream = 0; stream < 4; stream++) {
    const random = new SeededRandom();
    const script: Command[] = [["FLUSHALL"]];
    for (let at = 0; at < 200; at++) script.push(["SET", `w_${at}`, random.below(20)]);
    const elements = Array.from({ length: 1000 }, () => random.below(220));
    script.push(["RPUSH", "key", ...elements]);
    for (let at = 0; at < 60; at++) {
      const limit = ["LIMIT", random.below(1000), random.below(100)];
      const order = random.pick([...ORDERS]);
      script.push(["SORT", "key", ...order, ...limit, "BY", "w_*", "GET", "#", "GET", "w_*"]);
      script.push(["SORT", "key", ...order, ...limit]);
    }
    const difference = await pair.firstDifference(script);
    if (difference === undefined) continue;
    throw new Error(`seed ${random.seed}\n${describe(script, difference)}`);
  }
});

Deno.test("members of a set that is not sorted come in any order", async () => {
  await using pair = await startServerPair();
  await pair.compare([["SADD", "key", "a", "10", "1", "c"]]);
  const [theirs, own] = await Promise.all(
    [pair.redis, pair.ours].map((client) => client.exchange([["SORT", "key", "BY", "nosort"]])),
  );
  assertEquals(bulksOf(own![0]!).sort(), bulksOf(theirs![0]!).sort());
});

Deno.test("where slots are managed no pattern reaches a key that is not named, as in a cluster", async () => {
  await using server = await FencedServer.start();
  await server.fence({ leaderEpoch: 1, slotEpoch: 1, state: "own", slots: [slotOfKey("{t}")] });
  const { leader } = server;
  assertEquals(await leader.send("RPUSH", "{t}", "2", "1"), 2);
  assertEquals(await leader.send("SORT", "{t}", "STORE", "{t}x"), 2);
  assertEquals(await leader.send("SORT_RO", "{t}", "BY", "nosort"), ["2", "1"]);
  const denied = (option: string) =>
    new ReplyError(`ERR ${option} option of SORT denied in Cluster mode.`);
  assertEquals(await leader.send("SORT", "{t}", "BY", "{t}*"), denied("BY"));
  assertEquals(await leader.send("SORT_RO", "{t}", "GET", "#"), denied("GET"));
});
