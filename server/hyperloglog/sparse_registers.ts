/**
 * The sparse form: registers as a sequence of runs of equal ones.
 *
 * ```
 * 00nnnnnn           n + 1 registers are 0
 * 01nnnnnn nnnnnnnn  n + 1 registers are 0
 * 1vvvvvnn           n + 1 registers are v + 1
 * ```
 *
 * Invariant: a change makes the very bytes that Redis makes of the same bytes, so that both go dense at the same element.
 *
 * @module
 */

import { REGISTER_COUNT, type Registers } from "./registers.ts";

/** {@linkcode raiseSparse}: the register is as high already. */
export const UNCHANGED = -1;
/** {@linkcode raiseSparse}: the runs do not add up to all registers. */
export const CORRUPT = -2;
/** {@linkcode raiseSparse}: the register would be too high for this form, or its bytes too many. */
export const TOO_BIG = -3;

/** Bytes behind the end that {@linkcode raiseSparse} may write to. */
export const SPARSE_SLACK = 4;

/** Bytes of registers that are all 0. */
export const EMPTY_SPARSE_BYTES = 2;

/** The highest register of this form. */
const RUN_MAX = 32;
const ZEROS_MAX = 64;
const VALUES_MAX = 4;
/** How many runs Redis looks at for two to join after a change, from the one before it. */
const JOINED_RUNS = 5;

/** The runs that take the place of one that is split. */
const split = new Uint8Array(5);

/** Writes registers that are all 0. */
export function writeEmptySparse(bytes: Uint8Array, at: number): void {
  writeZeros(bytes, at, REGISTER_COUNT);
}

/**
 * Raises the register `index` to `run` in `bytes[start, end)`, which may grow by {@linkcode SPARSE_SLACK} bytes but not
 * beyond `limit`. Returns the new end, or a negative reason why nothing was changed.
 */
export function raiseSparse(
  bytes: Uint8Array,
  start: number,
  end: number,
  limit: number,
  index: number,
  run: number,
): number {
  if (run > RUN_MAX) return TOO_BIG;
  let at = start;
  let before = start;
  let first = 0;
  while (at < end && first + countAt(bytes, at, end) <= index) {
    first += countAt(bytes, at, end);
    before = at;
    at += sizeAt(bytes, at);
  }
  if (at >= end) return CORRUPT;
  const value = valueAt(bytes, at);
  const count = countAt(bytes, at, end);
  if (value >= run) return UNCHANGED;
  if (count === 1 && sizeAt(bytes, at) === 1) bytes[at] = valuesOf(run, 1);
  else {
    const size = splitRun(value, index - first, run, first + count - 1 - index);
    const added = size - sizeAt(bytes, at);
    if (added > 0 && end + added > limit) return TOO_BIG;
    const next = at + sizeAt(bytes, at);
    if (added !== 0 && next < end) bytes.copyWithin(next + added, next, end);
    for (let i = 0; i < size; i++) bytes[at + i] = split[i]!;
    end += added;
  }
  return joinValues(bytes, before, end);
}

/** Raises `registers` to those in `bytes[start, end)`; false if they are not all there, or more. */
export function mergeSparse(
  bytes: Uint8Array,
  start: number,
  end: number,
  registers: Registers,
): boolean {
  let index = 0;
  for (let at = start; at < end; at += sizeAt(bytes, at)) {
    const value = valueAt(bytes, at);
    const next = index + countAt(bytes, at, end);
    if (next > REGISTER_COUNT) return false;
    if (value > 0) {
      for (let i = index; i < next; i++) if (value > registers[i]!) registers[i] = value;
    }
    index = next;
  }
  return index === REGISTER_COUNT;
}

/** Counts registers by height into `heights`; false if they are not all there, or more. */
export function countSparse(
  bytes: Uint8Array,
  start: number,
  end: number,
  heights: Uint32Array,
): boolean {
  let index = 0;
  for (let at = start; at < end; at += sizeAt(bytes, at)) {
    const count = countAt(bytes, at, end);
    const value = valueAt(bytes, at);
    heights[value] = heights[value]! + count;
    index += count;
  }
  return index === REGISTER_COUNT;
}

/** Writes what a run becomes whose `left` first and `right` last registers keep their value; returns its size. */
function splitRun(value: number, left: number, run: number, right: number): number {
  let size = 0;
  if (left > 0) size = writeRun(value, size, left);
  split[size++] = valuesOf(run, 1);
  return right > 0 ? writeRun(value, size, right) : size;
}

function writeRun(value: number, at: number, count: number): number {
  if (value === 0) return writeZeros(split, at, count);
  split[at] = valuesOf(value, count);
  return at + 1;
}

function writeZeros(bytes: Uint8Array, at: number, count: number): number {
  if (count <= ZEROS_MAX) {
    bytes[at] = count - 1;
    return at + 1;
  }
  bytes[at] = 0x40 | ((count - 1) >>> 8);
  bytes[at + 1] = (count - 1) & 0xff;
  return at + 2;
}

/** Joins runs of the same value from `at` on, as far as Redis does; returns the new end. */
function joinValues(bytes: Uint8Array, at: number, end: number): number {
  for (let left = JOINED_RUNS; at < end && left > 0; left--) {
    const value = valueAt(bytes, at);
    if (value > 0 && at + 1 < end && valueAt(bytes, at + 1) === value) {
      const count = countAt(bytes, at, end) + countAt(bytes, at + 1, end);
      if (count <= VALUES_MAX) {
        bytes[at + 1] = valuesOf(value, count);
        bytes.copyWithin(at, at + 1, end);
        end--;
        continue;
      }
    }
    at += sizeAt(bytes, at);
  }
  return end;
}

function valuesOf(value: number, count: number): number {
  return 0x80 | ((value - 1) << 2) | (count - 1);
}

function sizeAt(bytes: Uint8Array, at: number): number {
  return (bytes[at]! & 0xc0) === 0x40 ? 2 : 1;
}

/** The value of the registers of a run; 0 for both forms of zeros. */
function valueAt(bytes: Uint8Array, at: number): number {
  const byte = bytes[at]!;
  return byte < 0x80 ? 0 : ((byte >>> 2) & 31) + 1;
}

/** How many registers a run has; one that is cut off ends in a zero byte, as Redis's strings do. */
function countAt(bytes: Uint8Array, at: number, end: number): number {
  const byte = bytes[at]!;
  if (byte >= 0x80) return (byte & 3) + 1;
  if (byte < 0x40) return byte + 1;
  return (((byte & 63) << 8) | (at + 1 < end ? bytes[at + 1]! : 0)) + 1;
}
