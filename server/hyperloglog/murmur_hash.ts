/**
 * MurmurHash64A (Austin Appleby's MurmurHash2 for 64 bits, of the public domain), which decides where Redis counts an
 * element.
 *
 * A 64-bit integer is two halves here: neither a number nor, without an allocation for each step, a bigint can hold one.
 *
 * @module
 */

/** The multiplier, in halves; the lower one also in quarters, whose products are exact in a number. */
const FACTOR_HIGH = 0xc6a4a793;
const FACTOR_LOW = 0x5bd1e995;
const FACTOR_UPPER = FACTOR_LOW >>> 16;
const FACTOR_LOWER = FACTOR_LOW & 0xffff;

/** A hash, in halves of 32 bits with or without a sign. */
export interface Hash64 {
  high: number;
  low: number;
}

const block: Hash64 = { high: 0, low: 0 };
const hash: Hash64 = { high: 0, low: 0 };

/** The hash of `bytes[start, end)` with a 32-bit seed; valid until the next call. */
export function murmurHash64(
  bytes: Uint8Array,
  start: number,
  end: number,
  seed: number,
): Readonly<Hash64> {
  hash.high = 0;
  hash.low = end - start;
  scale(hash);
  hash.low ^= seed;
  let at = start;
  for (; at + 8 <= end; at += 8) {
    block.low = wordAt(bytes, at);
    block.high = wordAt(bytes, at + 4);
    scale(block);
    mixDown(block);
    scale(block);
    hash.low ^= block.low;
    hash.high ^= block.high;
    scale(hash);
  }
  if (at < end) {
    for (let shift = 0; at < end; at++, shift += 8) {
      if (shift < 32) hash.low ^= bytes[at]! << shift;
      else hash.high ^= bytes[at]! << (shift - 32);
    }
    scale(hash);
  }
  mixDown(hash);
  scale(hash);
  mixDown(hash);
  return hash;
}

function wordAt(bytes: Uint8Array, at: number): number {
  return bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
}

/** Multiplies by the factor, modulo 2^64. */
function scale(value: Hash64): void {
  const { high, low } = value;
  const upper = low >>> 16;
  const lower = low & 0xffff;
  const least = lower * FACTOR_LOWER;
  const middle = lower * FACTOR_UPPER + upper * FACTOR_LOWER + Math.floor(least / 0x10000);
  const carry = upper * FACTOR_UPPER + Math.floor(middle / 0x10000);
  value.low = ((middle & 0xffff) << 16) | (least & 0xffff);
  value.high = (Math.imul(low, FACTOR_HIGH) + Math.imul(high, FACTOR_LOW) + carry) | 0;
}

/** Folds the highest 17 bits into the lowest. */
function mixDown(value: Hash64): void {
  value.low ^= value.high >>> 15;
}
