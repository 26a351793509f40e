/**
 * The sixteen bytes before the registers of a HyperLogLog.
 *
 * ```
 * 0   HYLL
 * 4   form: 0 dense, 1 sparse
 * 5   three bytes, 0
 * 8   the count computed last, 64 bits, the lowest byte first; the highest bit says that it no longer holds
 * ```
 *
 * @module
 */

import { DENSE_BYTES } from "./dense_registers.ts";

/** Where the registers begin. */
export const HEADER_BYTES = 16;
/** The form of {@linkcode formOf} with six bits a register. */
export const DENSE = 0;
/** The form with runs of equal registers. */
export const SPARSE = 1;

const MAGIC = [0x48, 0x59, 0x4c, 0x4c];
const FORM_AT = 4;
const COUNT_AT = 8;
const INVALID = 0x80;

/** Writes the header of an empty HyperLogLog, whose count is 0. */
export function writeHeader(bytes: Uint8Array, start: number, form: number): void {
  bytes.fill(0, start, start + HEADER_BYTES);
  bytes.set(MAGIC, start);
  setForm(bytes, start, form);
}

/** Whether a string of `length` bytes can be a HyperLogLog; a sparse one may still be corrupt. */
export function isHyperLogLog(bytes: Uint8Array, start: number, length: number): boolean {
  if (length < HEADER_BYTES) return false;
  for (let i = 0; i < MAGIC.length; i++) if (bytes[start + i] !== MAGIC[i]) return false;
  const form = formOf(bytes, start);
  return form === SPARSE || (form === DENSE && length === HEADER_BYTES + DENSE_BYTES);
}

/** {@linkcode DENSE} or {@linkcode SPARSE}. */
export function formOf(bytes: Uint8Array, start: number): number {
  return bytes[start + FORM_AT]!;
}

/** Says in which form the registers are. */
export function setForm(bytes: Uint8Array, start: number, form: number): void {
  bytes[start + FORM_AT] = form;
}

/** Whether no register changed since the count was computed. */
export function hasCount(bytes: Uint8Array, start: number): boolean {
  return (bytes[start + COUNT_AT + 7]! & INVALID) === 0;
}

/** Says that a register changed. */
export function forgetCount(bytes: Uint8Array, start: number): void {
  bytes[start + COUNT_AT + 7]! |= INVALID;
}

/** The count computed last; valid if {@linkcode hasCount}. */
export function countOf(bytes: Uint8Array, start: number): bigint {
  let count = 0n;
  for (let i = 7; i >= 0; i--) count = (count << 8n) | BigInt(bytes[start + COUNT_AT + i]!);
  return count;
}

/** Keeps a count of up to 64 bits. */
export function keepCount(bytes: Uint8Array, start: number, count: bigint): void {
  for (let i = 0; i < 8; i++) {
    bytes[start + COUNT_AT + i] = Number((count >> BigInt(8 * i)) & 255n);
  }
}
