/**
 * A key that counts. Invariant: the state is the count in decimal, empty if the key is not there.
 *
 * @module
 */

import type { Operation } from "./history.ts";
import { after, bulkOf, type Model, unmodelled } from "./models_step.ts";

/** INCR, INCRBY and GET of one key. */
export const counterModel: Model = {
  step(state: string, operation: Operation): readonly string[] {
    switch (operation.command[0]) {
      case "INCR":
        return added(state, operation, 1);
      case "INCRBY":
        return added(state, operation, Number(operation.command[2]));
      case "GET":
        return after(state, operation, bulkOf(state));
      default:
        throw unmodelled(operation);
    }
  },

  isRead({ command }: Operation): boolean {
    return command[0] === "GET";
  },
};

function added(state: string, operation: Operation, amount: number): readonly string[] {
  const sum = Number(state) + amount;
  return after(String(sum), operation, sum);
}
