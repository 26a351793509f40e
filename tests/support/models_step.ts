/**
 * What a model is, and the vocabulary in which the models are written: what one object does when
 * commands reach it one at a time. Invariant: a step depends on the state and the operation alone;
 * the state is a string compared by value, the empty one meaning that nothing is there (so
 * workloads write no empty values); an unknown reply fits every outcome.
 *
 * @module
 */

import type { Operation } from "./history.ts";
import type { Reply } from "./resp_client_reader.ts";

/** A sequential specification. */
export interface Model {
  /** The states in which the object may be after the operation; none if the reply is impossible. */
  step(state: string, operation: Operation): readonly string[];
  /** Whether the operation, with the reply it got, changes nothing in any state. */
  isRead(operation: Operation): boolean;
  /** Whether the object may ever be in this state; a model that looks ahead rules states out. */
  isPossible?(state: string): boolean;
  /**
   * The one text that the operation may leave in the object, if all else it does depends only on
   * whether the object is there. Unknown operations whose texts nobody read are interchangeable.
   */
  writtenText?(operation: Operation): string | undefined;
  /** A state in words, for a report. */
  describe?(state: string): string;
}

/** No state: the reply cannot be given here. */
export const IMPOSSIBLE: readonly string[] = [];

/** The one state `next` if the operation may have answered `reply`, else none. */
export function after(
  next: string,
  operation: Operation,
  reply: Reply,
): readonly string[] {
  const found = operation.reply;
  return found === undefined || found === reply ? [next] : IMPOSSIBLE;
}

/** What GET answers for a stored text. */
export function bulkOf(state: string): string | null {
  return state === "" ? null : state;
}

/** The error for a command that a model does not know: a fault of the test, not of the product. */
export function unmodelled(operation: Operation): RangeError {
  return new RangeError(`Cannot check ${JSON.stringify(operation.command.join(" "))}: no model`);
}
