/**
 * Integers of 1 to 64 bits at any bit of a string, and what becomes of those that do not fit.
 *
 * Invariant: the bits of a field are in order, the highest first; a field is exact, whatever its width.
 *
 * @module
 */

/** The width of an integer in bits, and whether it has a sign. */
export interface FieldType {
  isSigned: boolean;
  width: number;
}

/** What happens to an integer that does not fit: it wraps around, stays at the bound, or is refused. */
export type Overflow = "wrap" | "sat" | "fail";

const INT64_MAX = 2n ** 63n - 1n;
/** Widths up to this one are exact in a number; wider fields are two. */
const HALF_BITS = 32;

/** The field at bit `offset` behind `start`; bytes from `end` on count as zero. */
export function readField(
  bytes: Uint8Array,
  start: number,
  end: number,
  offset: number,
  { isSigned, width }: FieldType,
): bigint {
  const low = Math.min(width, HALF_BITS);
  const high = width - low;
  let value = BigInt(readBits(bytes, start, end, offset + high, low));
  if (high > 0) value |= BigInt(readBits(bytes, start, end, offset, high)) << BigInt(low);
  return isSigned ? BigInt.asIntN(width, value) : value;
}

/** Writes the low `width` bits of `value` at bit `offset` behind `start`. */
export function writeField(
  bytes: Uint8Array,
  start: number,
  offset: number,
  width: number,
  value: bigint,
): void {
  const low = Math.min(width, HALF_BITS);
  const high = width - low;
  writeBits(bytes, start, offset + high, low, Number(BigInt.asUintN(low, value)));
  if (high === 0) return;
  writeBits(bytes, start, offset, high, Number(BigInt.asUintN(high, value >> BigInt(low))));
}

/** What a field becomes when `increment` is added to `value`; undefined if that is refused. */
export function incremented(
  value: bigint,
  increment: bigint,
  type: FieldType,
  overflow: Overflow,
): bigint | undefined {
  const sum = value + increment;
  return bounded(sum, type, overflow, sum > maxOf(type));
}

/** What a field becomes when it is set to `value`, an integer of 64 bits; undefined if that is refused. */
export function assigned(value: bigint, type: FieldType, overflow: Overflow): bigint | undefined {
  const max = maxOf(type);
  // Redis takes a negative value for a huge unsigned one, and the distance to the bound modulo 2^64: far below is above.
  const wrapsAround = type.isSigned ? type.width < 64 && max - value > INT64_MAX : value < 0n;
  const isAbove = value > max || wrapsAround;
  return bounded(value, type, overflow, isAbove);
}

function bounded(
  value: bigint,
  type: FieldType,
  overflow: Overflow,
  isAbove: boolean,
): bigint | undefined {
  const max = maxOf(type);
  const min = type.isSigned ? -max - 1n : 0n;
  if (!isAbove && value >= min) return value;
  if (overflow === "fail") return undefined;
  if (overflow === "sat") return isAbove ? max : min;
  return type.isSigned ? BigInt.asIntN(type.width, value) : BigInt.asUintN(type.width, value);
}

function maxOf({ isSigned, width }: FieldType): bigint {
  return (1n << BigInt(isSigned ? width - 1 : width)) - 1n;
}

function readBits(
  bytes: Uint8Array,
  start: number,
  end: number,
  offset: number,
  width: number,
): number {
  let at = start + Math.floor(offset / 8);
  let skipped = offset % 8;
  let value = 0;
  while (width > 0) {
    const count = Math.min(8 - skipped, width);
    const byte = at < end ? bytes[at]! : 0;
    value = value * 2 ** count + ((byte >> (8 - skipped - count)) & (2 ** count - 1));
    width -= count;
    skipped = 0;
    at++;
  }
  return value;
}

function writeBits(
  bytes: Uint8Array,
  start: number,
  offset: number,
  width: number,
  value: number,
): void {
  let at = start + Math.floor(offset / 8);
  let skipped = offset % 8;
  while (width > 0) {
    const count = Math.min(8 - skipped, width);
    const shift = 8 - skipped - count;
    const mask = (2 ** count - 1) << shift;
    width -= count;
    const part = Math.floor(value / 2 ** width) << shift;
    bytes[at] = (bytes[at]! & ~mask) | (part & mask);
    skipped = 0;
    at++;
  }
}
