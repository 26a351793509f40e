/**
 * The moment that an expiry argument means.
 *
 * Moments are exact up to 2^53 ms (the year 287396); beyond, they are accepted as Redis does, and rounded.
 *
 * @module
 */

import { type Call, CommandError } from "../call.ts";
import { commandName } from "./command_name.ts";

const INT64_MAX = 2n ** 63n - 1n;
const INT64_MIN = -(2n ** 63n);

/** How an expiry is given. */
export interface ExpiryUnit {
  /** Milliseconds of one. */
  readonly scale: 1 | 1000;
  /** Whether it counts from now. */
  readonly relative: boolean;
}

/** Seconds and milliseconds, from now and since the epoch. */
export const UNIT = {
  ex: { scale: 1000, relative: true },
  px: { scale: 1, relative: true },
  exat: { scale: 1000, relative: false },
  pxat: { scale: 1, relative: false },
} as const satisfies Record<string, ExpiryUnit>;

/**
 * Argument `index` as milliseconds since the epoch; may be in the past.
 *
 * @throws {CommandError} if it is no integer, or beyond 64 bits as milliseconds.
 */
export function momentOf(call: Call, index: number, unit: ExpiryUnit): number {
  const value = call.integer(index);
  const base = unit.relative ? call.keyspace.nowMs : 0;
  const moment = value * unit.scale + base;
  if (Number.isSafeInteger(moment)) return moment;
  const exact = call.bigInteger(index) * BigInt(unit.scale);
  if (exact < INT64_MIN || exact + BigInt(base) > INT64_MAX) throw invalidExpireTime(call);
  return Math.min(moment, MOMENT_MAX);
}

/** The largest double below 2^63. */
const MOMENT_MAX = 2 ** 63 - 1024;

/**
 * As {@linkcode momentOf}, for commands that set a value with it: it must lie after the epoch, and be given as more
 * than 0.
 */
export function positiveMomentOf(call: Call, index: number, unit: ExpiryUnit): number {
  if (call.integer(index) <= 0) throw invalidExpireTime(call);
  return momentOf(call, index, unit);
}

function invalidExpireTime(call: Call): CommandError {
  return new CommandError(`ERR invalid expire time in '${commandName(call)}' command`);
}
