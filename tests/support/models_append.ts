/**
 * A key that only grows by APPEND. Invariant: the state is the whole text; because nothing is ever
 * taken away, it is at all times a beginning of the longest text that any read returned, or begins
 * with it. That rule tells at once which of several unknown appends took effect, and in what order.
 *
 * @module
 */

import type { Operation } from "./history.ts";
import { after, bulkOf, type Model, unmodelled } from "./models_step.ts";

/** APPEND of ASCII tokens to one key, and GET. */
export function appendModel(operations: readonly Operation[]): Model {
  const longest = longestRead(operations);
  return {
    step(state: string, operation: Operation): readonly string[] {
      switch (operation.command[0]) {
        case "APPEND": {
          const text = state + operation.command[2]!;
          return after(text, operation, text.length);
        }
        case "GET":
          return after(state, operation, bulkOf(state));
        default:
          throw unmodelled(operation);
      }
    },

    isRead({ command }: Operation): boolean {
      return command[0] === "GET";
    },

    isPossible(state: string): boolean {
      return longest.startsWith(state) || state.startsWith(longest);
    },

    describe(state: string): string {
      const shown = state.length > 40 ? `…${state.slice(-40)}` : state;
      return `${JSON.stringify(shown)} (${state.length} bytes)`;
    },
  };
}

function longestRead(operations: readonly Operation[]): string {
  let longest = "";
  for (const { reply } of operations) {
    if (typeof reply === "string" && reply.length > longest.length) longest = reply;
  }
  return longest;
}
