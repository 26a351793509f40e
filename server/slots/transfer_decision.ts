/**
 * What the target does with a transfer and the source with its answer: PROTOCOL rules 25 and 26 as pure
 * functions.
 *
 * Invariant: a number is applied once and in its turn, at the slot epoch it was sent at; and only an
 * answer takes keys out of transit.
 *
 * @module
 */

import { IMPORTING } from "./fence_table.ts";

/**
 * What becomes of a transfer at its target. `again`: it was applied before. `not-yet`: it may be later.
 * `stale`: it never will be.
 */
export type TransferVerdict = "apply" | "again" | "not-yet" | "stale";

/** How a slot stands at the target of a transfer. */
export interface TargetStanding {
  /** One of the codes of `fence_table.ts`. */
  readonly state: number;
  /** 0: this process was not told anything about the slot. */
  readonly slotEpoch: number;
  /** The highest number applied of the transfer's epoch. */
  readonly applied: number;
}

/** Judges a transfer by its name. */
export function judgeTransfer(
  transfer: { readonly slotEpoch: number; readonly seq: number },
  standing: TargetStanding,
): TransferVerdict {
  const { slotEpoch, seq } = transfer;
  if (seq <= standing.applied) return "again";
  if (standing.slotEpoch === 0 || slotEpoch > standing.slotEpoch) return "not-yet";
  if (slotEpoch < standing.slotEpoch || standing.state !== IMPORTING) return "stale";
  // One that overtook a refused one would make that one look like a repetition, and lose it.
  return seq > standing.applied + 1 ? "not-yet" : "apply";
}

/** `done`: the target has it. `never`: it never will. `later`: nothing happened. */
export type TransferAnswer = "done" | "never" | "later";

/** What an answer means for the source. */
export interface AnswerEffect {
  /** What happens to the keys: the target's now, live again, or in transit still. */
  readonly keys: "delete" | "keep" | "in-transit";
  /** The keys count in the receipt. */
  readonly counts: boolean;
  /** Nothing more is sent until the next fence. */
  readonly stops: boolean;
}

/** Returns what follows from an answer; `isCurrent`: the slot still stands at the transfer's epoch. */
export function effectOfAnswer(answer: TransferAnswer, isCurrent: boolean): AnswerEffect {
  switch (answer) {
    case "done":
      return { keys: "delete", counts: isCurrent, stops: false };
    case "never":
      return { keys: "keep", counts: false, stops: isCurrent };
    case "later":
      return { keys: "in-transit", counts: false, stops: false };
  }
}
