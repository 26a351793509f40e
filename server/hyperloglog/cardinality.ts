/**
 * How many elements a HyperLogLog saw, by how many of its registers are how high.
 *
 * Source: Otmar Ertl, "New cardinality estimation algorithms for HyperLogLog sketches" (arXiv:1702.01284), §4.
 *
 * @module
 */

import { COUNTED_BITS, REGISTER_COUNT } from "./registers.ts";

/** Heights that six bits can have. */
export const HEIGHT_COUNT = 64;

/** `1 / (2 ln 2)`, as the double that Redis rounds it to. */
const ALPHA = 0.721347520444481703680;

/** The estimate, a whole number; Infinity if no register is at a height that an element can reach. */
export function cardinalityOf(heights: Uint32Array): number {
  const m = REGISTER_COUNT;
  let z = m * tau((m - heights[COUNTED_BITS + 1]!) / m);
  for (let height = COUNTED_BITS; height >= 1; height--) z = (z + heights[height]!) * 0.5;
  z += m * sigma(heights[0]! / m);
  return Math.round(ALPHA * m * m / z);
}

/** What the registers that are still 0 contribute. */
function sigma(x: number): number {
  if (x === 1) return Infinity;
  let y = 1;
  let sum = x;
  let before: number;
  do {
    x *= x;
    before = sum;
    sum += x * y;
    y += y;
  } while (before !== sum);
  return sum;
}

/** What the registers that can rise no further contribute. */
function tau(x: number): number {
  if (x === 0 || x === 1) return 0;
  let y = 1;
  let sum = 1 - x;
  let before: number;
  do {
    x = Math.sqrt(x);
    before = sum;
    y *= 0.5;
    sum -= (1 - x) * (1 - x) * y;
  } while (before !== sum);
  return sum / 3;
}
