/**
 * Writing decimal integers into bytes, the counterpart of `decimalOf`.
 *
 * Invariant: allocates nothing, and writes the one spelling that `decimalOf` reads.
 *
 * @module
 */

const MINUS = 0x2d;
const ZERO = 0x30;

/** Characters that a safe integer is written with. */
export function decimalLengthOf(value: number): number {
  let length = 1;
  if (value < 0) {
    value = -value;
    length = 2;
  }
  for (let bound = 10; value >= bound; bound *= 10) length++;
  return length;
}

/** Writes a safe integer to `bytes` from `at` on; `length` is from {@linkcode decimalLengthOf}. */
export function writeDecimal(bytes: Uint8Array, at: number, length: number, value: number): void {
  if (value < 0) {
    bytes[at] = MINUS;
    value = -value;
  }
  let to = at + length;
  do {
    const rest = Math.floor(value / 10);
    bytes[--to] = ZERO + (value - rest * 10);
    value = rest;
  } while (value !== 0);
}
