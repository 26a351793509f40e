/**
 * The commands on sets, beside redis-server: the same bytes must come back from both.
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
const MANY = Array.from({ length: 200 }, (_, at) => `m${at}`);

const CASES: CollectionCases = {
  states: [
    [],
    [["SADD", "key", 1, -5, 300], ["SADD", "other", 1, "b"]],
    [["SADD", "key", "a", 1, "b"], ["SADD", "other", 1, -5, 70000]],
    [["SADD", "key", "a", LONG, 1, ...MANY]],
    [["SET", "key", "text"]],
    [["SADD", "key", "a"], ["EXPIRE", "key", 1000], ["SET", "other", "text"]],
  ],
  inspection: [
    ["TYPE", "key"],
    ["OBJECT", "ENCODING", "key"],
    ["OBJECT", "ENCODING", "other"],
    ["SMEMBERS", "key"],
    ["SMEMBERS", "other"],
    ["SCARD", "key"],
    ["PTTL", "key"],
  ],
};

const INTEGERS: readonly Word[] = [
  ...["0", "1", "-1", "32767", "32768", "-32768", "-32769", "2147483647", "2147483648"],
  ...["-2147483648", "-2147483649", "9007199254740991", "9007199254740993", "-9007199254740993"],
  ...["9223372036854775807", "-9223372036854775808"],
];
const NO_INTEGERS: readonly Word[] = ["9223372036854775808", "01", "-0", "+1", "", "1.5", " 1"];

Deno.test("sets are changed and asked as by redis-server", async () => {
  const names = ["SADD", "SREM", "SCARD", "SISMEMBER", "SMISMEMBER", "SMEMBERS"];
  await compareInStates(CASES, [
    ...names.flatMap((name) => ofEachArity(name, ["key", "a", "1", "zz"])),
    ...["SPOP", "SRANDMEMBER"].flatMap((name): Command[] => [
      [name],
      [name, "none"],
      [
        name,
        "none",
        "1",
      ],
      [name, "key", "0"],
      [name, "key", "x"],
      [name, "key", "1", "x"],
    ]),
    ["SPOP", "key", 1000],
    ["SPOP", "key", -1],
    ["SRANDMEMBER", "key", "-9223372036854775808"],
    ["SADD", "key", ...INTEGERS],
    ["SADD", "key", ...NO_INTEGERS],
    ["SADD", "key", LONG],
    ["SADD", "key", bytesOf("\x00\xff\r\n"), "a", "a"],
    ["SADD", "key", ...MANY],
    ["SREM", "key", 1, -5, 300, "a", "b", 1],
    ["SREM", "key", "a", LONG, 1, ...MANY],
    ...["key", "other", "none"].flatMap((from) =>
      ["key", "other", "none"].flatMap((to) =>
        ["1", "a", "absent"].map((member): Command => ["SMOVE", from, to, member])
      )
    ),
  ]);
});

Deno.test("sets are intersected, united and subtracted as by redis-server", async () => {
  const operands = [["key"], ["key", "other"], ["other", "key"], ["key", "none"], ["none", "key"]];
  operands.push(["none"], ["key", "key"], ["key", "other", "key"], ["third", "key"]);
  const names = ["SINTER", "SUNION", "SDIFF"];
  const third: Command = ["SADD", "third", 1, 2, "a", "m1", "m2", LONG];
  const states = CASES.states.map((state) => [third, ...state]);
  await compareInStates({ states, inspection: [...CASES.inspection, ["SMEMBERS", "third"]] }, [
    ...names.flatMap((
      name,
    ) => [...ofEachArity(name, ["key"]), ...ofEachArity(`${name}STORE`, ["key"])]),
    ...ofEachArity("SINTERCARD", ["1", "key", "LIMIT", "1", "x"]),
    ...operands.flatMap((keys): Command[] => [
      ...names.map((name): Command => [name, ...keys]),
      ...names.flatMap((name) =>
        ["third", "key", "other"].map((target): Command => [`${name}STORE`, target, ...keys])
      ),
      ["SINTERCARD", keys.length, ...keys],
      ["SINTERCARD", keys.length, ...keys, "LIMIT", 1],
      ["SINTERCARD", keys.length + 1, ...keys],
      ["SINTERCARD", keys.length, ...keys, "limit", 0],
      ["SINTERCARD", keys.length, ...keys, "LIMIT", -1],
    ]),
    ...[0, -1, "x"].map((count): Command => ["SINTERCARD", count, "key"]),
  ]);
});

Deno.test("sets of integers are packed byte for byte as in redis-server", async () => {
  const orders = [INTEGERS, [...INTEGERS].reverse()];
  await compareScript(orders.flatMap((order): Command[] => [
    ...order.flatMap((value): Command[] => [["SADD", "key", value], ["DUMP", "key"]]),
    ["SMEMBERS", "key"],
    ...INTEGERS.flatMap((value): Command[] => [
      ["SISMEMBER", "key", value],
      ["SREM", "key", value],
      ["DUMP", "key"],
    ]),
    ["EXISTS", "key"],
  ]));
});

Deno.test("sets become hash tables where redis-server's do", async () => {
  const numbers = Array.from({ length: 512 }, (_, at) => at * 3);
  const look: Command[] = [["OBJECT", "ENCODING", "key"], ["SMEMBERS", "key"], ["SCARD", "key"]];
  await compareScript([
    ["SADD", "key", ...numbers],
    ...look,
    ["SADD", "key", 3, 6],
    ...look,
    ["SADD", "key", 1],
    ...look,
    ["SREM", "key", 1, 3],
    ...look,
    ["CONFIG", "SET", "set-max-intset-entries", 2],
    ["SADD", "small", 1, 2],
    ["OBJECT", "ENCODING", "small"],
    ["SADD", "small", 3],
    ["OBJECT", "ENCODING", "small"],
    ["SMEMBERS", "small"],
    ["COPY", "key", "copy"],
    ["DEL", "key"],
    ["SMEMBERS", "copy"],
  ]);
});

Deno.test("DUMP of sets is taken by either server from the other", async () => {
  await using pair = await startServerPair();
  const setups: Word[][] = [[1, 2, 3], ["a", "b", 3], [LONG, 1, 2], [...INTEGERS], MANY, [
    ...Array.from({ length: 600 }, (_, at) => at),
  ]];
  for (const members of setups) {
    await pair.compare([["DEL", "key"], ["SADD", "key", ...members]]);
    await compareDumps(pair, "key", ["SMEMBERS", "copy"]);
  }
});

Deno.test("SPOP and SRANDMEMBER choose among all members and no others", async () => {
  const contents: Word[][] = [
    Array.from({ length: 60 }, (_, at) => at - 30),
    Array.from({ length: 60 }, (_, at) => `m${at}`),
    Array.from({ length: 60 }, (_, at) => `${LONG}${at}`),
  ];
  await using pair = await startServerPair();
  for (const content of contents) {
    const members = content.map(String);
    await pair.ours.exchange([["DEL", "key"], ["SADD", "key", ...members]]);
    for (const count of [1, 10, 50, 60, 70]) {
      const found = bulksOf((await pair.ours.exchange([["SRANDMEMBER", "key", count]]))[0]!);
      assertEquals(new Set(found).size, Math.min(count, 60));
      assertEquals(found.filter((member) => !members.includes(member)), []);
    }
    const [many] = await pair.ours.exchange([["SRANDMEMBER", "key", -6000]]);
    assertEquals(new Set(bulksOf(many!)).size, 60);
    const pops: Command[] = [["SPOP", "key"], ["SPOP", "key", 3], ["SPOP", "key", 40]];
    const popped = (await pair.ours.exchange([...pops, ["SPOP", "key", 100]])).flatMap(bulksOf);
    assertEquals(popped.sort(), [...members].sort());
    assertEquals(await pair.ours.exchange([["EXISTS", "key"]]), [":0\r\n"]);
  }
});

Deno.test("SSCAN returns every member", async () => {
  await using pair = await startServerPair();
  await pair.compare([["SADD", "big", ...Array.from({ length: 3000 }, (_, at) => `m${at}`)]]);
  await pair.compare([["SADD", "small", 3, 1, 2], ["SSCAN", "small", 0], ["SSCAN", "small"]]);
  await pair.compare([["SSCAN", "none", 0], ["SSCAN", "small", 0, "MATCH", "[12]"]]);
  for (const options of [[], ["COUNT", 7], ["MATCH", "*1*"]]) {
    const command = ["SSCAN", "big", ...options];
    const found = await scanned(pair, "ours", command, 1);
    assertEquals(found, [...new Set(await scanned(pair, "redis", command, 1))]);
  }
});
