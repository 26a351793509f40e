/**
 * The dense form: every register in six bits, the lowest bits of a byte first.
 *
 * Invariant: `start` is where the registers begin, behind the header.
 *
 * @module
 */

import { REGISTER_COUNT, type Registers } from "./registers.ts";

/** Bytes of all registers. */
export const DENSE_BYTES: number = REGISTER_COUNT * 6 / 8;

/** The register `index`. */
export function denseRegister(bytes: Uint8Array, start: number, index: number): number {
  const bit = index * 6;
  const at = start + (bit >>> 3);
  const shift = bit & 7;
  // Only a register that crosses into the next byte may look there: behind the last one is other memory.
  const rest = shift > 2 ? bytes[at + 1]! << (8 - shift) : 0;
  return ((bytes[at]! >>> shift) | rest) & 63;
}

/** Raises the register `index` to `run`; false if it is as high already. */
export function raiseDense(
  bytes: Uint8Array,
  start: number,
  index: number,
  run: number,
): boolean {
  if (denseRegister(bytes, start, index) >= run) return false;
  const bit = index * 6;
  const at = start + (bit >>> 3);
  const shift = bit & 7;
  bytes[at] = (bytes[at]! & ~(63 << shift)) | (run << shift);
  if (shift > 2) {
    bytes[at + 1] = (bytes[at + 1]! & ~(63 >>> (8 - shift))) | (run >>> (8 - shift));
  }
  return true;
}

/** Raises `registers` to those here. */
export function mergeDense(bytes: Uint8Array, start: number, registers: Registers): void {
  for (let index = 0; index < REGISTER_COUNT; index++) {
    const run = denseRegister(bytes, start, index);
    if (run > registers[index]!) registers[index] = run;
  }
}

/** Counts registers by height into `heights`. */
export function countDense(bytes: Uint8Array, start: number, heights: Uint32Array): void {
  for (let index = 0; index < REGISTER_COUNT; index++) {
    const run = denseRegister(bytes, start, index);
    heights[run] = heights[run]! + 1;
  }
}
