import { assertEquals } from "@std/assert";
import { CLOSED, GIVING, HOLD, IMPORTING, OWN } from "./fence_table.ts";
import { isSticky, type SlotVerdict, verdictOf } from "./slot_verdict.ts";

const ROWS: readonly [
  name: string,
  state: number,
  asked: boolean,
  keys: readonly [here: number, absent: number, moving: number],
  verdict: SlotVerdict,
][] = [
  ["an owner runs everything", OWN, false, [0, 0, 0], "admit"],
  ["an owner waits for keys that older commands move", OWN, false, [0, 0, 1], "busy"],
  ["a giver runs what is all here", GIVING, false, [2, 0, 0], "admit"],
  ["a giver sends on what is not here at all", GIVING, false, [0, 2, 0], "ask"],
  ["a giver waits until keys of both sides are together", GIVING, false, [1, 1, 0], "busy"],
  ["a giver waits for keys in transit", GIVING, false, [0, 0, 1], "busy"],
  ["a giver waits for keys in transit though others are here", GIVING, false, [1, 0, 1], "busy"],
  ["a giver waits for keys in transit though others are gone", GIVING, false, [0, 1, 1], "busy"],
  ["a giver does not care for tokens", GIVING, true, [0, 1, 0], "ask"],
  ["a taker runs what comes behind its token", IMPORTING, true, [0, 0, 0], "admit"],
  ["a taker runs nothing else", IMPORTING, false, [0, 0, 0], "stale"],
  ["a slot on hold runs nothing", HOLD, true, [0, 0, 0], "stale"],
  ["a closed slot runs nothing", CLOSED, true, [0, 0, 0], "stale"],
];

for (const [name, state, asked, [here, absent, moving], verdict] of ROWS) {
  Deno.test(`verdict: ${name}`, () => {
    assertEquals(verdictOf(state, asked, here, absent, moving), verdict);
  });
}

Deno.test("only what a proxy that knows the epoch is told while the slot is given is not sticky", () => {
  assertEquals(isSticky("ask", GIVING, true), false);
  assertEquals(isSticky("busy", GIVING, true), false);
  assertEquals(isSticky("stale", GIVING, true), true);
  assertEquals(isSticky("ask", GIVING, false), true);
  assertEquals(isSticky("busy", OWN, true), true);
  assertEquals(isSticky("stale", CLOSED, true), true);
});
