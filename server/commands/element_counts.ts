/**
 * The counts of commands that pop, and of HRANDFIELD, SRANDMEMBER and ZRANDMEMBER.
 *
 * @module
 */

import { type Call, CommandError } from "../call.ts";

const LONG_MAX = 2n ** 63n - 1n;

/** Argument `index` as a count that is not negative. */
export function positiveInteger(call: Call, index: number): number {
  const error = "ERR value is out of range, must be positive";
  const value = call.integer(index, error);
  if (value < 0) throw new CommandError(error);
  return value;
}

/**
 * Argument `index` as a count; below 0: as many, repetitions allowed.
 *
 * @throws {CommandError} if it is none, or if two replies each (`isDoubled`) would be too many.
 */
export function randomCount(call: Call, index: number, isDoubled: boolean): number {
  const count = call.integer(index);
  if (Math.abs(count) < Number.MAX_SAFE_INTEGER) return count;
  const exact = call.bigInteger(index);
  if (exact < -LONG_MAX) {
    throw new CommandError(
      `ERR value is out of range, value must between -${LONG_MAX} and ${LONG_MAX}`,
    );
  }
  if (isDoubled && (exact < -LONG_MAX / 2n || exact > LONG_MAX / 2n)) {
    throw new CommandError("ERR value is out of range");
  }
  return count;
}
