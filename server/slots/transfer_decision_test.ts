import { assertEquals } from "@std/assert";
import { CLOSED, IMPORTING } from "./fence_table.ts";
import { effectOfAnswer, judgeTransfer, type TransferVerdict } from "./transfer_decision.ts";

const ROWS: readonly [
  name: string,
  transfer: readonly [slotEpoch: number, seq: number],
  standing: readonly [state: number, slotEpoch: number, applied: number],
  verdict: TransferVerdict,
][] = [
  ["the next number is applied", [7, 3], [IMPORTING, 7, 2], "apply"],
  ["a number that was applied is confirmed again", [7, 2], [IMPORTING, 7, 2], "again"],
  ["so it is after the slot moved on", [7, 2], [CLOSED, 9, 2], "again"],
  ["a number before its turn waits", [7, 4], [IMPORTING, 7, 2], "not-yet"],
  ["a newer epoch waits", [9, 1], [IMPORTING, 7, 0], "not-yet"],
  ["a process that was told nothing waits", [7, 1], [CLOSED, 0, 0], "not-yet"],
  ["an older epoch is over", [6, 1], [IMPORTING, 7, 0], "stale"],
  ["a slot that takes nothing is over", [7, 1], [CLOSED, 7, 0], "stale"],
];

for (const [name, [slotEpoch, seq], [state, epoch, applied], verdict] of ROWS) {
  Deno.test(`transfer: ${name}`, () => {
    const standing = { state, slotEpoch: epoch, applied };
    assertEquals(judgeTransfer({ slotEpoch, seq }, standing), verdict);
  });
}

Deno.test("an answer counts and stops only at the slot's own epoch", () => {
  assertEquals(effectOfAnswer("done", true), { keys: "delete", counts: true, stops: false });
  assertEquals(effectOfAnswer("done", false), { keys: "delete", counts: false, stops: false });
  assertEquals(effectOfAnswer("never", true), { keys: "keep", counts: false, stops: true });
  assertEquals(effectOfAnswer("never", false), { keys: "keep", counts: false, stops: false });
  assertEquals(effectOfAnswer("later", true), { keys: "in-transit", counts: false, stops: false });
});
