import { assertEquals } from "@std/assert";
import { SlotWalk } from "./slot_walk.ts";

const MIB = 2 ** 20;

/** The cursors of a walk in which each look passes `step` hashes. */
function cursorsOf(keyCount: number, step: number): number[] {
  const walk = new SlotWalk();
  walk.restart(keyCount);
  const cursors: number[] = [];
  while (!walk.isDone) {
    cursors.push(walk.cursor / MIB);
    walk.passed(walk.cursor + step);
  }
  return cursors;
}

Deno.test("few keys are walked along their hashes", () => {
  for (const keyCount of [0, 1, 16]) {
    assertEquals(cursorsOf(keyCount, 1024 * MIB), [0, 1024, 2048, 3072]);
  }
});

Deno.test("ranges follow each other with their bits reversed", () => {
  assertEquals(cursorsOf(8 * 16, 512 * MIB), [0, 2048, 1024, 3072, 512, 2560, 1536, 3584]);
});

Deno.test("a range takes as many looks as it needs", () => {
  assertEquals(cursorsOf(2 * 16, 1024 * MIB), [0, 1024, 2048, 3072]);
});

Deno.test("a look that goes past a range ends it, and leaves out no other", () => {
  assertEquals(cursorsOf(4 * 16, 1500 * MIB), [0, 2048, 1024, 3072]);
});

Deno.test("a walk can begin again with other ranges", () => {
  const walk = new SlotWalk();
  walk.restart(64);
  walk.passed(2 ** 32);
  walk.restart(0);
  assertEquals([walk.cursor, walk.isDone], [0, false]);
  walk.passed(2 ** 32);
  assertEquals(walk.isDone, true);
});
