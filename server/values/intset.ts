/**
 * Redis's intset: integers of 64 bits in order, each as wide as the widest needs.
 *
 * ```
 * width in bytes 32 (2, 4 or 8) · integers 32 · integer …        all little endian
 * ```
 *
 * An integer is a pair of halves here, as a number holds only 53 bits exactly.
 *
 * Invariant: functions that read trust the bytes; what comes from outside passes {@linkcode isIntset} first.
 *
 * @module
 */

import { decimalOf } from "../../core/resp/decimal.ts";
import type { ByteRange } from "./byte_range.ts";

/** Bytes before the first integer. */
export const INTSET_HEADER_BYTES = 8;

/** Longer strings are no integers of 64 bits. */
const CHARACTERS_MAX = 20;
const HALF = 2 ** 32;

/** An integer of 64 bits: `high * 2 ** 32 + low`. */
export class Int64 {
  /** Signed. */
  high = 0;
  /** Not negative. */
  low = 0;

  /** Makes it what `bytes[start, end)` spells; false if that is no integer in its one spelling. */
  parse(bytes: Uint8Array, start: number, end: number): boolean {
    if (end - start > CHARACTERS_MAX) return false;
    const value = decimalOf(bytes, start, end);
    if (Number.isNaN(value)) return false;
    if (Number.isSafeInteger(value)) {
      this.high = Math.floor(value / HALF);
      this.low = value >>> 0;
      return true;
    }
    const exact = BigInt(String.fromCharCode(...bytes.subarray(start, end)));
    this.high = Number(exact >> 32n);
    this.low = Number(BigInt.asUintN(32, exact));
    return true;
  }

  /** Makes it the integer number `index` of an intset. */
  read(bytes: Uint8Array, at: number, index: number): void {
    const width = intsetWidth(bytes, at);
    const p = at + INTSET_HEADER_BYTES + index * width;
    if (width === 8) {
      this.low = readUint32(bytes, p);
      this.high = readUint32(bytes, p + 4) | 0;
      return;
    }
    const value = width === 4
      ? readUint32(bytes, p) | 0
      : (bytes[p]! | (bytes[p + 1]! << 8)) << 16 >> 16;
    this.low = value >>> 0;
    this.high = value < 0 ? -1 : 0;
  }

  /** Writes it in so many bytes. */
  write(bytes: Uint8Array, p: number, width: number): void {
    for (let i = 0; i < width; i++) bytes[p + i] = (i < 4 ? this.low : this.high) >>> (8 * (i & 3));
  }

  /** The narrowest width that holds it. */
  get width(): number {
    const value = this.low | 0;
    if (this.high !== value >> 31) return 8;
    return value === value << 16 >> 16 ? 2 : 4;
  }

  /** Below 0, 0 or above, as it is less than, equal to or greater than another. */
  compare(other: Int64): number {
    return this.high === other.high ? this.low - other.low : this.high - other.high;
  }

  /** Makes `range` its spelling. */
  spell(range: ByteRange): void {
    const value = this.high * HALF + this.low;
    if (Number.isSafeInteger(value)) range.setInteger(value);
    else range.setBigInteger((BigInt(this.high) << 32n) | BigInt(this.low));
  }
}

/** Bytes of one integer. */
export function intsetWidth(bytes: Uint8Array, at: number): number {
  return bytes[at]!;
}

/** How many integers there are. */
export function intsetCount(bytes: Uint8Array, at: number): number {
  return readUint32(bytes, at + 4);
}

/** Writes the header. */
export function writeIntsetHeader(
  bytes: Uint8Array,
  at: number,
  width: number,
  count: number,
): void {
  for (let i = 0; i < 4; i++) {
    bytes[at + i] = i === 0 ? width : 0;
    bytes[at + 4 + i] = count >>> (8 * i);
  }
}

const probed = new Int64();

/** The place of an integer, or `-1 - place` of where it would go. */
export function searchIntset(bytes: Uint8Array, at: number, wanted: Int64): number {
  let low = 0;
  let high = intsetCount(bytes, at);
  while (low < high) {
    const middle = (low + high) >>> 1;
    probed.read(bytes, at, middle);
    const order = probed.compare(wanted);
    if (order === 0) return middle;
    if (order < 0) low = middle + 1;
    else high = middle;
  }
  return -1 - low;
}

/** Whether `bytes[start, end)` is exactly one intset, not empty, in order. */
export function isIntset(bytes: Uint8Array, start: number, end: number): boolean {
  if (end - start <= INTSET_HEADER_BYTES) return false;
  const width = readUint32(bytes, start);
  const count = intsetCount(bytes, start);
  if (width !== 2 && width !== 4 && width !== 8) return false;
  if (count * width !== end - start - INTSET_HEADER_BYTES) return false;
  const before = new Int64();
  const after = new Int64();
  for (let i = 1; i < count; i++) {
    before.read(bytes, start, i - 1);
    after.read(bytes, start, i);
    if (before.compare(after) >= 0) return false;
  }
  return true;
}

function readUint32(bytes: Uint8Array, at: number): number {
  return (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)) >>>
    0;
}
