/**
 * Decimal integers as Redis reads them from the wire (its `string2ll`): one canonical spelling per
 * value, so no sign `+`, no leading zero, no `-0`, no blank, nothing beyond 64 bits.
 *
 * @module
 */

const INT64_MAX = 9223372036854775807n;
const INT64_MIN = -9223372036854775808n;

/**
 * Returns the integer that `bytes[start, end)` spells, or NaN if it spells none.
 *
 * The 64-bit range is checked exactly; a value beyond 2^53 is returned rounded to a double.
 */
export function decimalOf(bytes: Uint8Array, start: number, end: number): number {
  const negative = start < end && bytes[start] === 0x2d;
  const digits = negative ? start + 1 : start;
  const digitCount = end - digits;
  if (digitCount < 1 || digitCount > 19) return NaN;
  if (bytes[digits] === 0x30 && (digitCount > 1 || negative)) return NaN;

  let value = 0;
  for (let at = digits; at < end; at++) {
    const digit = bytes[at]! - 0x30;
    if (digit < 0 || digit > 9) return NaN;
    value = value * 10 + digit;
  }
  // Beyond 15 digits the sum has been rounded more than once.
  if (digitCount > 15) return longDecimalOf(bytes, start, end);
  return negative ? -value : value;
}

function longDecimalOf(bytes: Uint8Array, start: number, end: number): number {
  const value = BigInt(String.fromCharCode(...bytes.subarray(start, end)));
  return value >= INT64_MIN && value <= INT64_MAX ? Number(value) : NaN;
}
