/**
 * What the two forms of a HyperLogLog have in common: which register an element counts in, and the merged registers.
 *
 * Invariant: a register holds the longest run of zero bits, plus one, of the hashes that fell to it; 0 if none did.
 *
 * @module
 */

import { murmurHash64 } from "./murmur_hash.ts";

/** How many bits of a hash choose the register. */
export const INDEX_BITS = 14;
/** How many registers there are. */
export const REGISTER_COUNT: number = 1 << INDEX_BITS;
/** The bits of a hash whose zeros are counted. */
export const COUNTED_BITS: number = 64 - INDEX_BITS;

const SEED = 0xadc83b19;
/** Ends a run that would be longer than the hash: the bit behind the last one, in the upper half. */
const STOP = 1 << (COUNTED_BITS - 32);

/** One register a byte, of several HyperLogLogs at once. */
export type Registers = Uint8Array;

/** The register that an element falls to, and its run above: `index | run << INDEX_BITS`. */
export function placeOf(bytes: Uint8Array, start: number, end: number): number {
  const { high, low } = murmurHash64(bytes, start, end, SEED);
  const lower = (low >>> INDEX_BITS) | (high << (32 - INDEX_BITS));
  const zeros = lower !== 0 ? trailingZeros(lower) : 32 + trailingZeros(high >>> INDEX_BITS | STOP);
  return (low & (REGISTER_COUNT - 1)) | ((zeros + 1) << INDEX_BITS);
}

function trailingZeros(word: number): number {
  return 31 - Math.clz32(word & -word);
}
