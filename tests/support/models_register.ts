/**
 * A key that holds one text. Invariant: the state is the text, empty if the key is not there.
 *
 * @module
 */

import type { Operation } from "./history.ts";
import { after, bulkOf, type Model, unmodelled } from "./models_step.ts";

/** SET, GET, SETNX, GETSET, DEL and GETDEL of one key. */
export const registerModel: Model = {
  step(state: string, operation: Operation): readonly string[] {
    const value = operation.command[2] ?? "";
    switch (operation.command[0]) {
      case "SET":
        return after(value, operation, "OK");
      case "GET":
        return after(state, operation, bulkOf(state));
      case "SETNX":
        return state === "" ? after(value, operation, 1) : after(state, operation, 0);
      case "GETSET":
        return after(value, operation, bulkOf(state));
      case "GETDEL":
        return after("", operation, bulkOf(state));
      case "DEL":
        return after("", operation, state === "" ? 0 : 1);
      default:
        throw unmodelled(operation);
    }
  },

  isRead({ command, reply }: Operation): boolean {
    switch (command[0]) {
      case "GET":
        return true;
      case "SETNX":
      case "DEL":
        return reply === 0;
      case "GETDEL":
        return reply === null;
      default:
        return false;
    }
  },

  writtenText({ command }: Operation): string | undefined {
    return command[2];
  },
};
