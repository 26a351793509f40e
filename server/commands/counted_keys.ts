/**
 * Commands that say how many keys they name: LMPOP, SINTERCARD, ZUNION and their kin.
 *
 * @module
 */

import { type Call, CommandError, ERROR } from "../call.ts";

/** Argument `index` as the number of the keys that follow it. */
export function countedKeys(call: Call, index: number): { first: number; count: number } {
  const error = "ERR numkeys should be greater than 0";
  const count = call.integer(index, error);
  if (count < 1) throw new CommandError(error);
  return { first: index + 1, count };
}

/** The option COUNT, the only one from argument `index` on; 1 without it. */
export function positiveCount(call: Call, index: number): number {
  let count = -1;
  for (let at = index; at < call.argumentCount; at++) {
    const isCount = count === -1 && call.is(at, "count") && at + 1 < call.argumentCount;
    if (!isCount) throw new CommandError(ERROR.syntax);
    const error = "ERR count should be greater than 0";
    count = call.integer(++at, error);
    if (count < 1) throw new CommandError(error);
  }
  return count === -1 ? 1 : count;
}
