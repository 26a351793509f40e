/**
 * Streams of random commands on few keys, to redis-server and to our server: every reply and, after it, every key must be
 * the same.
 *
 * A failure prints the seed of its stream and the shortest beginning of it that fails.
 *
 * @module
 */

import { describe, listed, type ServerPair, startServerPair } from "./support/differential.ts";
import { bytesOf, type Command, type Word } from "./support/raw_client.ts";
import { SeededRandom } from "./support/seeded_random.ts";

const STREAMS = 200;
const COMMANDS_PER_STREAM = 500;
const DATABASES = 3;
const LAST_SHOWN = 5;

const KEYS: readonly Word[] = ["a", "b", "{t}1", "{t}2", "", bytesOf("\x00\xff{x}")];
const INTEGERS: readonly Word[] = [0, 1, -1, 7, 9999, 10000, -300, 2147483647, "-2147483649"];
const VALUES: readonly Word[] = [
  ...INTEGERS,
  ...["", "text", "3.25", "-0.5", "1e3", "9007199254740000", "9223372036854775807"],
  ...["-9223372036854775808", "x".repeat(44), "x".repeat(45), "lorem ipsum ".repeat(30)],
  ...["0123456789".repeat(12), "y".repeat(3000)],
  ...[bytesOf("\x00\r\n\xff"), bytesOf("\x80\x81".repeat(40))],
];
/** Far from now either way, so that nothing expires between the two servers. */
const SECONDS: readonly Word[] = [1000, 5000, 100000, 0, -1, "x"];
const OFFSETS: readonly Word[] = [0, 1, 3, 10, 50, -1, -3, -50];

type Generator = (random: SeededRandom, nowSeconds: number) => Command;

const key = (random: SeededRandom) => random.pick(KEYS);
const value = (random: SeededRandom) => random.pick(VALUES);

const GENERATORS: readonly Generator[] = [
  (random) => ["SET", key(random), value(random)],
  (random, now) => ["SET", key(random), value(random), ...setOptions(random, now)],
  (random) => ["GET", key(random)],
  (random) => ["MGET", key(random), key(random), key(random)],
  (random) => ["MSET", key(random), value(random), key(random), value(random)],
  (random) => ["MSETNX", key(random), value(random), key(random), value(random)],
  (random) => ["SETNX", key(random), value(random)],
  (random) => ["SETEX", key(random), random.pick(SECONDS), value(random)],
  (random) => ["GETSET", key(random), value(random)],
  (random) => ["GETDEL", key(random)],
  (random, now) => ["GETEX", key(random), ...expiry(random, now)],
  (random) => ["GETEX", key(random), "PERSIST"],
  (random) => ["APPEND", key(random), value(random)],
  (random) => ["SETRANGE", key(random), random.pick(OFFSETS), value(random)],
  (random) => ["GETRANGE", key(random), random.pick(OFFSETS), random.pick(OFFSETS)],
  (random) => ["STRLEN", key(random)],
  (random) => [random.pick(["INCR", "DECR"]), key(random)],
  (random) => [random.pick(["INCRBY", "DECRBY"]), key(random), value(random)],
  (random) => ["INCRBYFLOAT", key(random), value(random)],
  (random) => [random.pick(["DEL", "UNLINK"]), key(random), key(random)],
  (random) => [random.pick(["EXISTS", "TOUCH"]), key(random), key(random)],
  (random) => [random.pick(["RENAME", "RENAMENX"]), key(random), key(random)],
  (random) => ["COPY", key(random), key(random), ...random.pick([[], ["REPLACE"]])],
  (random) => ["COPY", key(random), key(random), "DB", random.below(DATABASES), "REPLACE"],
  (random) => ["MOVE", key(random), random.below(DATABASES)],
  (random) => ["SELECT", random.below(DATABASES)],
  (random) => ["EXPIRE", key(random), random.pick(SECONDS), ...random.pick([[], ["NX"], ["XX"]])],
  // Never twice the same moment: which one is later would depend on the millisecond.
  (random) => ["EXPIRE", key(random), 10_000 + 10 * random.below(1e6), ...condition(random)],
  (random, now) => ["PEXPIREAT", key(random), 1000 * (now + 4000), ...condition(random)],
  (random) => ["PERSIST", key(random)],
  (random) => [random.pick(["TTL", "PTTL", "EXPIRETIME", "PEXPIRETIME"]), key(random)],
  (random) => [random.pick(["TYPE", "DUMP"]), key(random)],
  (random) => ["OBJECT", random.pick(["ENCODING", "REFCOUNT"]), key(random)],
  (random) => random.pick<Command>([["DBSIZE"], ["KEYS", "*"], ["KEYS", "{t}?"]]),
  (random) =>
    random.below(8) > 0
      ? ["GET", key(random)]
      : random.pick<Command>([["FLUSHDB"], ["SWAPDB", 0, 1], ["SWAPDB", 2, 1], ["FLUSHALL"]]),
];

function setOptions(random: SeededRandom, nowSeconds: number): Word[] {
  return [
    ...random.pick([[], ["NX"], ["XX"]]),
    ...random.pick([[], ["GET"]]),
    ...random.pick([[], ["KEEPTTL"], expiry(random, nowSeconds)]),
  ];
}

function expiry(random: SeededRandom, nowSeconds: number): Word[] {
  const name = random.pick(["EX", "PX", "EXAT", "PXAT"]);
  const seconds = random.pick([1000, 6000, 0, -5]);
  const base = name.endsWith("AT") ? nowSeconds : 0;
  return [name, (seconds + base) * (name.startsWith("P") ? 1000 : 1)];
}

function condition(random: SeededRandom): Word[] {
  return random.pick([[], [], ["NX"], ["XX"], ["GT"], ["LT"], ["XX", "GT"]]);
}

/** Looks at every key of every database. */
const INSPECTION: readonly Command[] = Array.from({ length: DATABASES }, (_, database) => [
  ["SELECT", database],
  ["DBSIZE"],
  ["KEYS", "*"],
  ...KEYS.flatMap((name): Command[] => [
    ["PTTL", name],
    ["OBJECT", "ENCODING", name],
    ["OBJECT", "REFCOUNT", name],
    ["DUMP", name],
  ]),
]).flat();

const RESET: readonly Command[] = [["SELECT", 0], ["FLUSHALL"]];

Deno.test("random streams of commands leave the same replies and the same keys", async () => {
  await using pair = await startServerPair();
  for (let stream = 0; stream < STREAMS; stream++) {
    const random = new SeededRandom();
    const commands = streamOf(random);
    const failure = await shortestFailure(pair, commands, commands.length);
    if (failure !== undefined) throw new Error(`seed ${random.seed}: ${failure}`);
  }
});

function streamOf(random: SeededRandom): Command[] {
  const now = Math.floor(Date.now() / 1000);
  const next = () => random.pick(GENERATORS)(random, now);
  return Array.from({ length: COMMANDS_PER_STREAM }, next);
}

/** Runs the first `length` commands; says what the shortest beginning of them that fails looks like, if one does. */
async function shortestFailure(
  pair: ServerPair,
  commands: readonly Command[],
  length: number,
): Promise<string | undefined> {
  const script = [...RESET, ...commands.slice(0, length), ...INSPECTION];
  const difference = await pair.firstDifference(script);
  if (difference === undefined) return undefined;
  const failed = difference.index - RESET.length;
  if (failed < length) return `command ${failed} fails\n${describe(script, difference)}`;
  // Only the keys differ: the same is looked for behind ever fewer commands.
  const shorter = length === 0 ? undefined : await shortestFailure(pair, commands, length - 1);
  const last = script.slice(RESET.length, RESET.length + length).slice(-LAST_SHOWN);
  return shorter ??
    `after ${length} commands, the last of them\n${listed(last)}\n${describe(script, difference)}`;
}
