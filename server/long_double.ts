/**
 * C's `long double` of x86-64 (a mantissa of 64 bits), as far as INCRBYFLOAT needs it: `strtold`, addition, `%.17Lf`.
 *
 * A finite number is an exact fraction of BigInts whose value a long double has. Everything is exact but the rounding
 * that C does too, to the nearest, ties to even; so results are those of redis-server digit for digit.
 *
 * @module
 */

/** A finite long double: `mantissa * 2 ** exponent`. */
export interface FiniteLongDouble {
  readonly mantissa: bigint;
  readonly exponent: number;
}

/** A long double that is a number. */
export type LongDouble = FiniteLongDouble | "infinity" | "-infinity";

const MANTISSA_BITS = 64;
/** The exponent of the smallest denormal. */
const EXPONENT_MIN = -16445;
/** What needs more bits in front of the point is infinite. */
const BITS_MAX = 16384;
/** Texts at least this long are refused by Redis. */
const TEXT_LENGTH_LIMIT = 5 * 1024;
/** Beyond this decimal exponent everything is infinite, below its negative everything is zero. */
const DECIMAL_EXPONENT_LIMIT = 20_000;

const DECIMAL = /^([+-]?)(\d*)(?:\.(\d*))?(?:e([+-]?\d+))?$/i;
const HEXADECIMAL = /^([+-]?)0x([\da-f]*)(?:\.([\da-f]*))?(?:p([+-]?\d+))?$/i;
const INFINITE = /^([+-]?)inf(?:inity)?$/i;
const FRACTION_DIGITS = 17;

/** The number that `text` spells, or undefined if Redis would not take it for one. */
export function parseLongDouble(text: string): LongDouble | undefined {
  if (text.length === 0 || text.length >= TEXT_LENGTH_LIMIT) return undefined;
  const infinite = INFINITE.exec(text);
  if (infinite !== null) return infinite[1] === "-" ? "-infinity" : "infinity";
  const match = DECIMAL.exec(text) ?? HEXADECIMAL.exec(text);
  if (match === null) return undefined;
  const [, sign, whole = "", fraction = "", power = "0"] = match;
  if (whole.length + fraction.length === 0) return undefined;
  const isHexadecimal = /^[+-]?0x/i.test(text);
  const digits = BigInt(`${isHexadecimal ? "0x0" : "0"}${whole}${fraction}`);
  const magnitude = isHexadecimal
    ? roundFraction(digits, 1n, clampExponent(Number(power)) - 4 * fraction.length)
    : fromDecimal(digits, clampExponent(Number(power)) - fraction.length);
  // strtold reports ERANGE for both, and Redis minds it.
  if (magnitude === "infinity" || (magnitude.mantissa === 0n && digits !== 0n)) return undefined;
  return sign === "-" ? { ...magnitude, mantissa: -magnitude.mantissa } : magnitude;
}

/** The sum, or undefined when C's would be infinite or no number. */
export function addLongDoubles(a: LongDouble, b: LongDouble): FiniteLongDouble | undefined {
  if (typeof a === "string" || typeof b === "string") return undefined;
  const exponent = Math.min(a.exponent, b.exponent);
  const sum = (a.mantissa << BigInt(a.exponent - exponent)) +
    (b.mantissa << BigInt(b.exponent - exponent));
  const magnitude = roundFraction(sum < 0n ? -sum : sum, 1n, exponent);
  if (magnitude === "infinity") return undefined;
  return sum < 0n ? { ...magnitude, mantissa: -magnitude.mantissa } : magnitude;
}

/** A finite number with up to 17 digits behind the point and no trailing zeros, as INCRBYFLOAT stores it. */
export function formatLongDouble(value: FiniteLongDouble): string {
  const isNegative = value.mantissa < 0n;
  const magnitude = isNegative ? -value.mantissa : value.mantissa;
  const scaled = magnitude * 10n ** BigInt(FRACTION_DIGITS);
  const [quotient, isUp] = divideShifted(scaled, 1n, -value.exponent);
  const rounded = isUp ? quotient + 1n : quotient;
  if (rounded === 0n) return "0";
  const digits = String(rounded).padStart(FRACTION_DIGITS + 1, "0");
  const whole = digits.slice(0, -FRACTION_DIGITS);
  const fraction = digits.slice(-FRACTION_DIGITS).replace(/0+$/, "");
  return `${isNegative ? "-" : ""}${whole}${fraction === "" ? "" : `.${fraction}`}`;
}

function clampExponent(exponent: number): number {
  return Math.max(-DECIMAL_EXPONENT_LIMIT, Math.min(exponent, DECIMAL_EXPONENT_LIMIT));
}

function fromDecimal(digits: bigint, power: number): FiniteLongDouble | "infinity" {
  return power >= 0
    ? roundFraction(digits * 10n ** BigInt(power), 1n, 0)
    : roundFraction(digits, 10n ** BigInt(-power), 0);
}

/** Rounds `numerator / denominator * 2 ** exponent`, not negative, to a long double. */
function roundFraction(
  numerator: bigint,
  denominator: bigint,
  exponent: number,
): FiniteLongDouble | "infinity" {
  if (numerator === 0n) return { mantissa: 0n, exponent: 0 };
  const least = EXPONENT_MIN - exponent;
  let shift = Math.max(bitLength(numerator) - bitLength(denominator) - MANTISSA_BITS, least);
  // The lengths leave open whether the quotient has one bit more.
  if (bitLength(divideShifted(numerator, denominator, shift)[0]) > MANTISSA_BITS) shift++;
  const [quotient, isUp] = divideShifted(numerator, denominator, shift);
  const mantissa = isUp ? quotient + 1n : quotient;
  return bitLength(mantissa) + shift + exponent > BITS_MAX
    ? "infinity"
    : { mantissa, exponent: shift + exponent };
}

/** Divides by `denominator * 2 ** shift`; the quotient, and whether to round it up: to nearest, ties to even. */
function divideShifted(
  numerator: bigint,
  denominator: bigint,
  shift: number,
): [quotient: bigint, isUp: boolean] {
  if (shift < 0) numerator <<= BigInt(-shift);
  else denominator <<= BigInt(shift);
  const quotient = numerator / denominator;
  const twice = 2n * (numerator - quotient * denominator);
  return [quotient, twice > denominator || (twice === denominator && (quotient & 1n) === 1n)];
}

function bitLength(value: bigint): number {
  const hex = value.toString(16);
  return value === 0n ? 0 : 4 * hex.length - Math.clz32(parseInt(hex[0]!, 16)) + 28;
}
