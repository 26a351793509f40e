/**
 * Redis's listpack: a sequence of strings in one run of bytes, integers among them in binary.
 *
 * ```
 * bytes in all 32 · entries 16 · entry … · 0xff
 * entry:  encoding and length · content · length of both, readable backwards
 * ```
 *
 * An integer that has a canonical spelling is always stored in binary and in the shortest form, so two entries are the
 * same string exactly when their bytes are the same.
 *
 * Invariant: functions that read trust the bytes; what comes from outside passes {@linkcode isListpack} first.
 *
 * @module
 */

import type { ByteRange } from "./byte_range.ts";

/** Bytes before the first entry. */
export const LISTPACK_HEADER_BYTES = 6;
/** Bytes of a listpack without entries. */
export const LISTPACK_EMPTY_BYTES = 7;
/** The byte behind the last entry. */
export const LISTPACK_END = 0xff;

/** As the count in the header: too many for it. */
const COUNT_UNKNOWN = 0xffff;

/** Writes the smallest listpack at `at`. */
export function writeEmptyListpack(bytes: Uint8Array, at: number): void {
  bytes.fill(0, at, at + LISTPACK_HEADER_BYTES);
  bytes[at] = LISTPACK_EMPTY_BYTES;
  bytes[at + LISTPACK_HEADER_BYTES] = LISTPACK_END;
}

/** Bytes of the whole listpack at `at`, as its header says. */
export function listpackBytes(bytes: Uint8Array, at: number): number {
  return readUint32(bytes, at);
}

/** Entries of the listpack at `at`. */
export function listpackCount(bytes: Uint8Array, at: number): number {
  const count = bytes[at + 4]! | (bytes[at + 5]! << 8);
  if (count !== COUNT_UNKNOWN) return count;
  let walked = 0;
  for (let p = at + LISTPACK_HEADER_BYTES; bytes[p] !== LISTPACK_END; p = nextEntry(bytes, p)) {
    walked++;
  }
  return walked;
}

/** Writes both fields of the header. */
export function writeListpackHeader(
  bytes: Uint8Array,
  at: number,
  byteCount: number,
  count: number,
): void {
  bytes[at] = byteCount;
  bytes[at + 1] = byteCount >>> 8;
  bytes[at + 2] = byteCount >>> 16;
  bytes[at + 3] = byteCount >>> 24;
  const stored = Math.min(count, COUNT_UNKNOWN);
  bytes[at + 4] = stored;
  bytes[at + 5] = stored >>> 8;
}

/** The entry after the one at `p`, or the end. */
export function nextEntry(bytes: Uint8Array, p: number): number {
  const size = entryBytes(bytes, p);
  return p + size + lengthBytes(size);
}

/** The entry before the one at `p`, which may be the end but not the first entry. */
export function previousEntry(bytes: Uint8Array, p: number): number {
  const size = lengthBefore(bytes, p);
  return p - size - lengthBytes(size);
}

/** The entry number `index`, from 0, of the listpack at `at`, which has `count` entries. */
export function entryAt(bytes: Uint8Array, at: number, count: number, index: number): number {
  if (index <= count >>> 1) {
    let p = at + LISTPACK_HEADER_BYTES;
    for (let i = 0; i < index; i++) p = nextEntry(bytes, p);
    return p;
  }
  let p = at + listpackBytes(bytes, at) - 1;
  for (let i = count; i > index; i--) p = previousEntry(bytes, p);
  return p;
}

/** Makes `range` the string of the entry at `p`. */
export function readEntry(bytes: Uint8Array, p: number, range: ByteRange): void {
  const first = bytes[p]!;
  if (first < 0x80) return range.setInteger(first);
  if (first < 0xc0) return range.set(bytes, p + 1, p + 1 + (first & 63));
  if (first >= 0xe0 && first < 0xf0) {
    const length = ((first & 15) << 8) | bytes[p + 1]!;
    return range.set(bytes, p + 2, p + 2 + length);
  }
  if (first === 0xf0) return range.set(bytes, p + 5, p + 5 + readUint32(bytes, p + 1));
  if (first !== 0xf4) return range.setInteger(readInteger(bytes, p, first));
  const low = readUint32(bytes, p + 1);
  const high = readUint32(bytes, p + 5) | 0;
  const value = high * 2 ** 32 + low;
  if (Number.isSafeInteger(value)) range.setInteger(value);
  else range.setBigInteger((BigInt(high) << 32n) | BigInt(low));
}

/** The integer of the entry at `p` if it is one of up to 32 bits, or NaN. */
export function smallIntegerAt(bytes: Uint8Array, p: number): number {
  const first = bytes[p]!;
  if (first < 0x80) return first;
  const isInteger = (first >= 0xc0 && first < 0xe0) || (first >= 0xf1 && first <= 0xf3);
  return isInteger ? readInteger(bytes, p, first) : NaN;
}

/** Bytes of the entry at `p` without the length behind it. */
function entryBytes(bytes: Uint8Array, p: number): number {
  const first = bytes[p]!;
  if (first < 0x80) return 1;
  if (first < 0xc0) return 1 + (first & 63);
  if (first < 0xe0) return 2;
  if (first < 0xf0) return 2 + (((first & 15) << 8) | bytes[p + 1]!);
  switch (first) {
    case 0xf0:
      return 5 + readUint32(bytes, p + 1);
    case 0xf1:
      return 3;
    case 0xf2:
      return 4;
    case 0xf3:
      return 5;
    case 0xf4:
      return 9;
    default:
      return 1;
  }
}

/** Bytes that the length behind an entry of `size` bytes takes. */
export function lengthBytes(size: number): number {
  // The bounds are Redis's own, one short of what would fit.
  if (size <= 127) return 1;
  if (size < 16383) return 2;
  if (size < 2097151) return 3;
  return size < 268435455 ? 4 : 5;
}

/** Writes the length behind an entry of `size` bytes at `at`; returns how many bytes that took. */
export function writeLength(bytes: Uint8Array, at: number, size: number): number {
  const count = lengthBytes(size);
  for (let i = count - 1; i >= 0; i--) {
    bytes[at + i] = (size & 127) | (i === 0 ? 0 : 128);
    size >>>= 7;
  }
  return count;
}

function lengthBefore(bytes: Uint8Array, p: number): number {
  let size = 0;
  let shift = 0;
  for (let at = p - 1;; at--) {
    const byte = bytes[at]!;
    size |= (byte & 127) << shift;
    if ((byte & 128) === 0 || shift === 28) return size;
    shift += 7;
  }
}

function readInteger(bytes: Uint8Array, p: number, first: number): number {
  switch (first) {
    case 0xf1:
      return (bytes[p + 1]! | (bytes[p + 2]! << 8)) << 16 >> 16;
    case 0xf2:
      return (bytes[p + 1]! | (bytes[p + 2]! << 8) | (bytes[p + 3]! << 16)) << 8 >> 8;
    case 0xf3:
      return readUint32(bytes, p + 1) | 0;
    default:
      return first < 0x80 ? first : (((first & 31) << 8) | bytes[p + 1]!) << 19 >> 19;
  }
}

function readUint32(bytes: Uint8Array, at: number): number {
  return (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)) >>>
    0;
}

/** Whether `bytes[start, end)` is exactly one listpack, with every length in it true. */
export function isListpack(bytes: Uint8Array, start: number, end: number): boolean {
  if (end - start < LISTPACK_EMPTY_BYTES || listpackBytes(bytes, start) !== end - start) {
    return false;
  }
  const last = end - 1;
  let count = 0;
  let p = start + LISTPACK_HEADER_BYTES;
  while (p < last) {
    // A header of up to five bytes may reach beyond the end: bytes there are read, and found too long.
    const first = bytes[p]!;
    if (first > 0xf4) return false;
    if (first === 0xf0 && p + 5 > last) return false;
    const size = entryBytes(bytes, p);
    const next = p + size + lengthBytes(size);
    if (next > last || lengthBefore(bytes, next) !== size) return false;
    p = next;
    count++;
  }
  const stored = bytes[start + 4]! | (bytes[start + 5]! << 8);
  return p === last && bytes[p] === LISTPACK_END && (stored === COUNT_UNKNOWN || stored === count);
}
