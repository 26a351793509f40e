/**
 * What a slot answers to a command: PROTOCOL rule 8 as pure functions.
 *
 * Invariant: reads and writes are judged alike, and a key is never made where the command's keys are not.
 *
 * @module
 */

import { GIVING, IMPORTING, OWN } from "./fence_table.ts";

/** `admit`: run it. `ask`: the new owner may. `busy`: soon. `stale`: not this server, or not now. */
export type SlotVerdict = "admit" | "ask" | "busy" | "stale";

/**
 * Judges a command on one slot. `isAsked`: it comes behind a token of exactly this slot and epoch. Of its
 * keys so many are `here`, so many are not, and so many are on their way (`moving`).
 */
export function verdictOf(
  state: number,
  isAsked: boolean,
  here: number,
  absent: number,
  moving: number,
): SlotVerdict {
  switch (state) {
    case OWN:
      return moving > 0 ? "busy" : "admit";
    case GIVING:
      if (moving > 0) return "busy";
      if (absent === 0) return "admit";
      return here === 0 ? "ask" : "busy";
    case IMPORTING:
      return isAsked ? "admit" : "stale";
    default:
      return "stale";
  }
}

/**
 * The verdict of a state, as a connection gets it that may have been refused the slot before: what this
 * server would run by now it refuses, unless it comes behind a token.
 */
export function verdictAfterRefusals(
  verdict: SlotVerdict,
  isAsked: boolean,
  isRefused: boolean,
): SlotVerdict {
  return verdict === "admit" && isRefused && !isAsked ? "stale" : verdict;
}

/** Whether a token of `slotEpoch` is good for a slot that stands at `currentEpoch`. */
export function isTokenGood(slotEpoch: number, currentEpoch: number): boolean {
  return slotEpoch === currentEpoch;
}

/**
 * Whether a slot of a refused command is refused on that connection from now on. `isKnown`: the proxy
 * announced the slot's current epoch there. Such a proxy sends one command of a client at a time while
 * the slot moves, so an `ask` or `busy` cannot let a later command overtake the refused one.
 */
export function isSticky(verdict: SlotVerdict, state: number, isKnown: boolean): boolean {
  return !isKnown || state !== GIVING || verdict === "stale";
}
