/**
 * Doubles as Redis reads and stores them: C's `strtod`, and integers without a fraction as such.
 *
 * @module
 */

import { formatDouble } from "../../core/resp/format_double.ts";

const DECIMAL = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;
const HEXADECIMAL = /^([+-]?)0x([\da-f]*)(?:\.([\da-f]*))?(?:p([+-]?\d+))?$/i;
const INFINITE = /^([+-]?)inf(?:inity)?$/i;
/** A number whose digits are not all zero. */
const NOT_ZERO = /^[^e]*[1-9]/i;
/** Integers up to this magnitude are stored as such. */
const INTEGER_MAX = 2 ** 62;

/** The number that `text` spells, or NaN; what is too large is infinite, what is too small is zero. */
export function parseDouble(text: string): number {
  if (DECIMAL.test(text)) return Number(text);
  const infinite = INFINITE.exec(text);
  if (infinite !== null) return infinite[1] === "-" ? -Infinity : Infinity;
  const match = HEXADECIMAL.exec(text);
  if (match === null) return NaN;
  const [, sign, whole = "", fraction = "", power = "0"] = match;
  if (whole.length + fraction.length === 0) return NaN;
  const magnitude = Number(`0x0${whole}${fraction}`) * 2 ** (Number(power) - 4 * fraction.length);
  return sign === "-" ? -magnitude : magnitude;
}

/** As {@linkcode parseDouble}, but NaN for what is out of a double's range. */
export function parseExactDouble(text: string): number {
  const value = parseDouble(text);
  if (value === 0 && DECIMAL.test(text) && NOT_ZERO.test(text)) return NaN;
  const isOverflow = Math.abs(value) === Infinity && !INFINITE.test(text);
  return isOverflow ? NaN : value;
}

/** Digits whose value is exact, and so is its quotient by a power of ten. */
const SHORT_DIGITS_MAX = 15;
const POWERS_OF_TEN = Float64Array.from({ length: SHORT_DIGITS_MAX + 1 }, (_, at) => 10 ** at);

/** The number that `bytes[start, end)` spells with up to 15 digits and no exponent; NaN for any other spelling. */
export function parseShortDecimal(bytes: Uint8Array, start: number, end: number): number {
  const isNegative = bytes[start] === 0x2d;
  let digits = 0;
  let fraction = -1;
  let value = 0;
  for (let at = isNegative ? start + 1 : start; at < end; at++) {
    const digit = bytes[at]! - 0x30;
    if (digit === -2 && fraction < 0) {
      fraction = digits;
      continue;
    }
    if (digit < 0 || digit > 9) return NaN;
    value = value * 10 + digit;
    digits++;
  }
  if (digits === 0 || digits > SHORT_DIGITS_MAX) return NaN;
  if (fraction >= 0) value /= POWERS_OF_TEN[digits - fraction]!;
  return isNegative ? -value : value;
}

/** The integer that a listpack holds instead of a score, if it does. */
export function integerOfScore(score: number): bigint | undefined {
  return Number.isInteger(score) && Math.abs(score) <= INTEGER_MAX ? BigInt(score) : undefined;
}

/** A score that is no such integer as a listpack holds it: C's `%.17g`. */
export function scoreText(score: number): string {
  return formatDouble(score);
}
