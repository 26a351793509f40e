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

/** The integer that a listpack holds instead of a score, if it does. */
export function integerOfScore(score: number): bigint | undefined {
  return Number.isInteger(score) && Math.abs(score) <= INTEGER_MAX ? BigInt(score) : undefined;
}

/** A score that is no such integer as a listpack holds it: C's `%.17g`. */
export function scoreText(score: number): string {
  return formatDouble(score);
}
