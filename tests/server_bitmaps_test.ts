/**
 * The commands on bits of strings, beside redis-server: the same bytes must come back from both.
 *
 * @module
 */

import {
  type CollectionCases,
  compareInStates,
  compareScript,
} from "./support/collection_cases.ts";
import { startServerPair } from "./support/differential.ts";
import type { Command, Word } from "./support/raw_client.ts";
import { SeededRandom } from "./support/seeded_random.ts";

const CASES: CollectionCases = {
  states: [
    [],
    [["SET", "key", ""]],
    [["SET", "key", "12", "EX", 3000]],
    [["SET", "key", "\xff\xff\x00foo\xf0\xff\xff"]],
    [["RPUSH", "key", "element"]],
  ],
  inspection: [
    ["TYPE", "key"],
    ["GET", "key"],
    ["PTTL", "key"],
    ["OBJECT", "ENCODING", "key"],
    ["DUMP", "key"],
  ],
};
const ODD_INTEGERS: Word[] = ["", "x", "1.0", "+1", "01", " 1", "1 ", "9223372036854775808"];
const INDICES: Word[] = [-100, -73, -72, -9, -3, -1, 0, 1, 2, 5, 7, 8, 9, 17, 40, 71, 72, 500];
INDICES.push("9223372036854775807", "-9223372036854775807", "-9223372036854775808", "x");

Deno.test("SETBIT and GETBIT take and refuse offsets and bits as redis-server does", async () => {
  const offsets: Word[] = [0, 1, 7, 8, 20, 71, 72, 1000, -1, "#1", 4294967296, ...ODD_INTEGERS];
  await compareInStates(CASES, [
    ...offsets.flatMap((offset): Command[] => [
      ["GETBIT", "key", offset],
      ["SETBIT", "key", offset, 0],
      ["SETBIT", "key", offset, 1],
      ["SETBIT", "key", offset, 2],
    ]),
    ["GETBIT", "key", 4294967295],
    ...[-1, "-9223372036854775807", ...ODD_INTEGERS].map((bit): Command => [
      ...["SETBIT", "key", 0, bit],
    ]),
    ...["SETBIT", "GETBIT"].flatMap((name) => arities(name, ["key", 1, 1, 1])),
  ]);
});

Deno.test("BITCOUNT and BITPOS look at redis-server's ranges", async () => {
  const units: Word[][] = [[], ["BYTE"], ["bit"]];
  const ranges = INDICES.flatMap((first) => INDICES.map((last): Word[] => [first, last]));
  await compareInStates(CASES, [
    ...units.flatMap((unit) =>
      ranges.flatMap((range): Command[] => [
        ["BITCOUNT", "key", ...range, ...unit],
        ["BITPOS", "key", 0, ...range, ...unit],
        ["BITPOS", "key", 1, ...range, ...unit],
      ])
    ),
    ["BITCOUNT", "key", -9223372036854775000, "-9223372036854775807", "BIT"],
    ["BITCOUNT", "key", "-9223372036854775807", "-9223372036854775808", "bogus"],
    ["BITCOUNT", "key", -1, -2, "bogus"],
    ["BITCOUNT", "key", 0, 1, "bogus"],
    ["BITPOS", "key", 0, 0, "x", "bogus"],
    ["BITPOS", "key", 0, 0, 1, "bogus"],
    ...[2, -1, "x"].map((bit): Command => ["BITPOS", "key", bit]),
    ...INDICES.flatMap((first) => [0, 1].map((bit): Command => ["BITPOS", "key", bit, first])),
    ...arities("BITCOUNT", ["key", 0, 1, "BIT", 1]),
    ...arities("BITPOS", ["key", 0, 0, 1, "BIT", 1]),
  ]);
});

Deno.test("bits of random strings are counted and found as by redis-server", async () => {
  const random = new SeededRandom();
  const script: Command[] = [];
  for (let round = 0; round < 400; round++) {
    const length = random.between(1, 60);
    const filling = random.pick([0, 255]);
    const value = new Uint8Array(length).fill(filling);
    for (let flips = random.below(3); flips > 0; flips--) {
      value[random.below(length)]! ^= 1 << random.below(8);
    }
    script.push(["SET", "key", value]);
    for (const unit of ["BIT", "BYTE"]) {
      const total = unit === "BIT" ? length * 8 : length;
      const range = [random.between(-total, total), random.between(-total, total)];
      script.push(["BITCOUNT", "key", ...range, unit], ["BITPOS", "key", 0, ...range, unit]);
      script.push(["BITPOS", "key", 1, ...range, unit], ["BITPOS", "key", 0, range[0]!]);
    }
    script.push(["BITCOUNT", "key"], ["BITPOS", "key", 0], ["BITPOS", "key", 1]);
  }
  await compareSeeded(random, script);
});

Deno.test("BITOP combines strings as redis-server does", async () => {
  const keys: Word[][] = [["key"], ["none"], ["a"], ["a", "b"], ["key", "b"], ["b", "none", "a"]];
  keys.push(["none", "key"], ["none", "none"], ["a", "a", "c"], ["list"], ["a", "list"], []);
  const operations = ["AND", "or", "XOR", "Not", "nand", ""];
  const others: Command[] = [
    ["SET", "a", "\x01\x02\x03\xf4\xf5"],
    ["SET", "b", "\xff\x00\xff\x00\xff\x00\xff\x00\xff\x00"],
    ["SET", "c", ""],
    ["RPUSH", "list", "element"],
  ];
  const states = CASES.states.map((state) => [...others, ...state]);
  await compareInStates(
    { states, inspection: CASES.inspection },
    operations.flatMap((name) =>
      keys.map((sources): Command => ["BITOP", name, "key", ...sources])
    ),
  );
});

Deno.test("BITOP of random strings gives redis-server's bytes", async () => {
  const random = new SeededRandom();
  const keys = ["a", "b", "c", "d"];
  const script: Command[] = [];
  for (let round = 0; round < 1500; round++) {
    if (random.chance(0.5)) {
      script.push(["SET", random.pick(keys), random.bytes(random.pick([0, 1, 5, 32, 67, 1001]))]);
    }
    const sources = Array.from({ length: random.between(1, 4) }, () => random.pick(keys));
    const target = random.pick(keys);
    const name = random.pick(["AND", "OR", "XOR", "NOT"]);
    script.push(["BITOP", name, target, ...(name === "NOT" ? sources.slice(0, 1) : sources)]);
    script.push(["GET", target]);
  }
  await compareSeeded(random, script);
});

Deno.test("BITFIELD reads its operations, and refuses them, as redis-server does", async () => {
  const types: Word[] = ["i1", "u1", "i8", "u8", "i64", "u63", "u64", "i65", "i0", "u0", "I8", "i"];
  types.push("", "x8", "i08", "i8x", "i8\x00x", "u-1", "i9223372036854775808");
  const offsets: Word[] = [0, 7, "#0", "#1", "#9", 70, 4294967288, -1, "#-1", "#", "", "x", "##1"];
  offsets.push("4294967296", "#4294967296", "#4611686018427387904", "#9223372036854775807");
  const tails: Word[][] = [["GET", "u8", 0], ["GET"], ["GET", "u8"], ["bogus"], ["OVERFLOW"]];
  tails.push(["OVERFLOW", "sat"], ["overflow", "bogus"], ["SET", "u8", 0], ["INCRBY", "u8", 0]);
  tails.push(["SET", "u8", 0, "x"], ["INCRBY", "i8", 1, 1], ["SET", "i64", 3, "-2"], []);
  const reads = types.flatMap((type) => offsets.map((offset): Word[] => ["GET", type, offset]));
  await compareInStates(CASES, [
    ...reads.flatMap((read): Command[] => [
      ["BITFIELD", "key", ...read],
      ["BITFIELD_RO", "key", ...read],
    ]),
    ...types.map((type): Command => ["BITFIELD", "key", "SET", type, "#1", 1]),
    ...tails.flatMap((tail): Command[] => [
      ["BITFIELD", "key", ...tail],
      ["BITFIELD_RO", "key", ...tail],
      ["BITFIELD", "key", "SET", "u4", 2, 9, ...tail],
      ["BITFIELD_RO", "key", "GET", "u4", 2, ...tail],
    ]),
    ["BITFIELD"],
    ["BITFIELD_RO"],
  ]);
});

Deno.test("BITFIELD overflows at every bound as redis-server does", async () => {
  const script: Command[] = [];
  for (const width of [1, 2, 7, 8, 31, 32, 33, 62, 63, 64]) {
    for (const sign of width === 64 ? ["i"] : ["i", "u"]) {
      const numbers = boundsOf(width);
      for (const overflow of ["WRAP", "SAT", "FAIL"]) {
        const field = [sign + width, 3];
        for (const by of numbers) {
          script.push([
            "BITFIELD",
            "key",
            "OVERFLOW",
            overflow,
            "SET",
            ...field,
            by,
            "GET",
            ...field,
          ]);
          for (const value of numbers) {
            script.push(["BITFIELD", "key", "SET", ...field, value]);
            script.push(
              ["BITFIELD", "key", "OVERFLOW", overflow, "INCRBY", ...field, by, "GET", ...field],
            );
          }
        }
      }
    }
  }
  await compareScript(script);
});

Deno.test("random BITFIELDs leave redis-server's bytes", async () => {
  const random = new SeededRandom();
  const script: Command[] = [];
  for (let round = 0; round < 3000; round++) {
    const operations: Word[] = [];
    for (let count = random.between(1, 4); count > 0; count--) {
      if (random.chance(0.4)) operations.push("OVERFLOW", random.pick(["WRAP", "SAT", "FAIL"]));
      const width = random.between(1, 63);
      const type = random.pick(["i", "u"]) + width;
      const offset = random.chance(0.5) ? `#${random.below(5)}` : random.below(200);
      const value = String(
        BigInt.asIntN(random.between(1, 64), BigInt(random.below(2 ** 31)) ** 3n),
      );
      const name = random.pick(["GET", "SET", "INCRBY"]);
      operations.push(name, type, offset, ...(name === "GET" ? [] : [value]));
    }
    script.push(["BITFIELD", "key", ...operations], ["GET", "key"]);
    if (random.chance(0.02)) script.push(["DEL", "key"]);
  }
  await compareSeeded(random, script);
});

Deno.test("a bit at the end of a megabyte makes the string grow with zeros", async () => {
  await compareScript([
    ["SETBIT", "key", 8388607, 1],
    ["STRLEN", "key"],
    ["BITCOUNT", "key"],
    ["BITPOS", "key", 1],
    ["BITOP", "NOT", "inverse", "key"],
    ["BITPOS", "inverse", 0],
    ["BITCOUNT", "inverse", 5, -5, "BIT"],
    ["BITOP", "XOR", "key", "key", "inverse"],
    ["BITPOS", "key", 0],
    ["BITPOS", "key", 0, 0, -1],
    ["BITFIELD", "key", "SET", "u16", 8388600, 65535],
    ["GETRANGE", "key", -3, -1],
  ]);
});

/** Numbers at the bounds of a width, as far as they fit 64 bits. */
function boundsOf(width: number): string[] {
  const near = [0n, 2n ** BigInt(width - 1), 2n ** BigInt(width), 2n ** 62n, 2n ** 63n];
  const numbers = near.flatMap((bound) => [bound - 1n, bound, bound + 1n]);
  const all = new Set(numbers.flatMap((number) => [number, -number]));
  return [...all].filter((number) => BigInt.asIntN(64, number) === number).map(String);
}

function arities(name: string, words: readonly Word[]): Command[] {
  return words.map((_, count) => [name, ...words.slice(0, count)]);
}

async function compareSeeded(random: SeededRandom, script: readonly Command[]): Promise<void> {
  await using pair = await startServerPair();
  try {
    await pair.compare(script);
  } catch (error) {
    throw new Error(`failed with seed ${random.seed}`, { cause: error });
  }
}
