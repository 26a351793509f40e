/**
 * The commands on HyperLogLogs, beside redis-server: the same replies and the same strings must come back from both.
 *
 * @module
 */

import { type CollectionCases, compareInStates } from "./support/collection_cases.ts";
import { startServerPair } from "./support/differential.ts";
import { type Command, textOf, type Word } from "./support/raw_client.ts";
import { SeededRandom } from "./support/seeded_random.ts";

const HEADER = "HYLL\x01\0\0\0\0\0\0\0\0\0\0\x80";
const DENSE_HEADER = "HYLL\0\0\0\0\0\0\0\0\0\0\0\x80";
const DENSE_BYTES = 12288;

const CASES: CollectionCases = {
  states: [
    [],
    [["PFADD", "key", "a", "b"], ["EXPIRE", "key", 3000]],
    [["PFADD", "key"], ["PFCOUNT", "key"]],
    [["SET", "key", "12"]],
    [["SET", "key", ""]],
    [["RPUSH", "key", "element"]],
  ],
  inspection: [
    ["GET", "key"],
    ["PTTL", "key"],
    ["OBJECT", "ENCODING", "key"],
    ["DUMP", "key"],
    ["PFCOUNT", "key"],
    ["GET", "key"],
  ],
};

Deno.test("PFADD, PFCOUNT and PFMERGE answer, and refuse, as redis-server does", async () => {
  const others: Command[] = [["PFADD", "other", "b", "c"], ["SET", "text", "text"]];
  others.push(["RPUSH", "list", "element"]);
  const sources: Word[][] = [[], ["other"], ["none"], ["other", "key"], ["text"], ["list"]];
  sources.push(["other", "list"], ["key", "key"]);
  await compareInStates(
    { ...CASES, states: CASES.states.map((state) => [...others, ...state]) },
    [
      ...[[], ["a"], ["a", "x"], [""], ["b", "a"]].map((words): Command => [
        ...["PFADD", "key", ...words],
      ]),
      ...sources.flatMap((words): Command[] => [
        ["PFMERGE", "key", ...words],
        ["PFCOUNT", "key", ...words],
      ]),
      ...["PFADD", "PFCOUNT", "PFMERGE"].map((name): Command => [name]),
    ],
  );
});

Deno.test("a HyperLogLog is redis-server's after every one of many elements, until long after it is dense", async () => {
  const random = new SeededRandom();
  const script: Command[] = [];
  for (let round = 0; round < 2500; round++) {
    const elements = Array.from({ length: random.pick([1, 1, 2, 5]) }, () => elementOf(random));
    script.push(["PFADD", "key", ...elements]);
    if (round % 3 === 0) script.push(["PFCOUNT", "key"]);
    if (round < 1200 || round % 50 === 0) script.push(["GET", "key"]);
  }
  script.push(["DUMP", "key"], ["OBJECT", "ENCODING", "key"]);
  await compareSeeded(random, script);
});

Deno.test("merged HyperLogLogs of any size are redis-server's", async () => {
  const random = new SeededRandom();
  const keys = ["a", "b", "c", "d", "e"];
  const script: Command[] = [];
  for (let round = 0; round < 150; round++) {
    const count = random.pick([1, 3, 30, 300, 1500]);
    const key = random.pick(keys);
    script.push(["PFADD", key, ...Array.from({ length: count }, () => elementOf(random))]);
    const sources = Array.from({ length: random.below(4) }, () => random.pick(keys));
    const target = random.pick(keys);
    script.push(["PFMERGE", target, ...sources], ["GET", target], ["PFCOUNT", target]);
    script.push(["PFCOUNT", ...sources, key], ["GET", target]);
    if (random.chance(0.3)) script.push(["DEL", random.pick(keys)]);
  }
  await compareSeeded(random, script);
});

Deno.test("registers of every height are counted as by redis-server", async () => {
  const random = new SeededRandom();
  const script: Command[] = [];
  const put = (registers: string) => {
    script.push(["SET", "key", DENSE_HEADER + registers], ["PFCOUNT", "key"], ["GET", "key"]);
    script.push(["PFCOUNT", "key", "none"], ["DEL", "merged"], ["PFMERGE", "merged", "key"]);
    script.push(["GET", "merged"], ["PFADD", "key", "element"], ["GET", "key"]);
  };
  for (let height = 0; height < 64; height++) put(denseOf(() => height));
  for (let height = 0; height < 64; height += 7) {
    put(denseOf((index) => index === 16383 ? height : random.below(height + 1)));
  }
  put(textOf(random.bytes(DENSE_BYTES)));
  await compareSeeded(random, script);
});

Deno.test("a count that was kept is answered, however wrong", async () => {
  const counts = [
    "\0\0\0\0\0\0\0\0",
    "\x01\x02\x03\x04\x05\x06\x07\x08",
    "\xff".repeat(7) + "\x7f",
  ];
  counts.push("\xff".repeat(8), "\x7b\0\0\0\0\0\0\0");
  await compareSeeded(
    new SeededRandom(),
    counts.flatMap((count): Command[] => [
      ["SET", "key", `HYLL\x01\0\0\0${count}\x7f\xff`],
      ["PFCOUNT", "key"],
      ["PFADD", "key"],
      ["GET", "key"],
      ["PFADD", "key", "element"],
      ["GET", "key"],
      ["PFCOUNT", "key"],
    ]),
  );
});

Deno.test("corrupt HyperLogLogs are refused as by redis-server", async () => {
  const random = new SeededRandom();
  const bodies = [
    "",
    "\x7f",
    "\x7f\xfe",
    "\x7f\xff\x00",
    "\x7f\xff\x80",
    "\x3f",
    "\x7f\xff\x7f\xff",
  ];
  bodies.push(
    "\x80\x7f\xfe",
    "\x83\x83\x7f\xf7",
    "\x7f\xfe\x83",
    "\x7f\xfb\x83",
    "\x7f\xfb\x83\x83",
  );
  for (let count = 0; count < 200; count++) bodies.push(textOf(random.bytes(random.below(40))));
  const texts = bodies.map((body) => HEADER + body);
  for (let length = 0; length <= 18; length++) texts.push((HEADER + "\x7f\xff").slice(0, length));
  texts.push(
    "HYLL\x02" + HEADER.slice(5),
    DENSE_HEADER,
    DENSE_HEADER + "\0".repeat(DENSE_BYTES + 1),
  );
  await compareSeeded(
    random,
    texts.flatMap((text): Command[] => [
      ["SET", "key", text],
      ["PFCOUNT", "key"],
      ["PFCOUNT", "key", "none"],
      ["PFMERGE", "merged", "key"],
      // One element: behind a run that is cut off, Redis finds the next in what it wrote past the end.
      ["PFADD", "key", random.below(100_000)],
      ["GET", "key"],
      ["OBJECT", "ENCODING", "key"],
    ]),
  );
});

/** An element of any length that a hash treats differently. */
function elementOf(random: SeededRandom): Word {
  return random.chance(0.1) ? random.bytes(random.below(40)) : `element:${random.below(30000)}`;
}

/** All registers in six bits each, the lowest bits of a byte first. */
function denseOf(registerOf: (index: number) => number): string {
  let text = "";
  for (let index = 0; index < 16384; index += 4) {
    let bits = 0;
    for (let i = 0; i < 4; i++) bits |= registerOf(index + i) << (6 * i);
    text += String.fromCharCode(bits & 255, (bits >> 8) & 255, bits >> 16);
  }
  return text;
}

async function compareSeeded(random: SeededRandom, script: readonly Command[]): Promise<void> {
  await using pair = await startServerPair();
  try {
    await pair.compare(script);
  } catch (error) {
    throw new Error(`failed with seed ${random.seed}`, { cause: error });
  }
}
