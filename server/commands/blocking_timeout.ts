/**
 * How long a blocking command waits, as its client says it.
 *
 * @module
 */

import { type Call, CommandError } from "../call.ts";
import { parseLongDouble } from "../long_double.ts";

const LONG_MAX = 2n ** 63n - 1n;
/** A power of two beyond which any number of seconds is too many. */
const EXPONENT_MAX = 64;

/**
 * Argument `index`, seconds with a fraction, in milliseconds rounded up; 0: for ever.
 *
 * @throws {CommandError} with Redis's texts.
 */
export function timeoutArgument(call: Call, index: number): number {
  const seconds = parseLongDouble(call.text(index));
  if (seconds === undefined) throw new CommandError("ERR timeout is not a float or out of range");
  const millis = seconds === "infinity"
    ? LONG_MAX + 1n
    : seconds === "-infinity"
    ? -1n
    : ceiling(seconds.mantissa * 1000n, seconds.exponent);
  // What does not fit 64 bits wraps to the least number in Redis.
  if (millis < 0n || millis > LONG_MAX) throw new CommandError("ERR timeout is negative");
  return Number(millis);
}

/** `mantissa * 2 ** exponent`, rounded up; what is far too large as something too large. */
function ceiling(mantissa: bigint, exponent: number): bigint {
  if (exponent < 0) return -(-mantissa >> BigInt(-exponent));
  if (exponent > EXPONENT_MAX) return mantissa > 0n ? LONG_MAX + 1n : mantissa;
  return mantissa << BigInt(exponent);
}
