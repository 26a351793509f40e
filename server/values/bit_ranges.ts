/**
 * Counting and finding bits in bytes; bit 0 is the highest of the first byte.
 *
 * Invariant: `words` is the same memory as `bytes`, and ranges are of bits behind the byte `start`, both ends included.
 *
 * @module
 */

/** How many bits of `[first, last]` are set. */
export function countBits(
  bytes: Uint8Array,
  words: Int32Array,
  start: number,
  first: number,
  last: number,
): number {
  const from = start + Math.floor(first / 8);
  const to = start + Math.floor(last / 8);
  const before = bytes[from]! & ~(0xff >> (first & 7));
  const behind = bytes[to]! & (0x7f >> (last & 7));
  return countInBytes(bytes, words, from, to + 1) - setBits(before) - setBits(behind);
}

/** The first bit of `[first, last]` that is `bit`, or -1. */
export function findBit(
  bytes: Uint8Array,
  words: Int32Array,
  start: number,
  first: number,
  last: number,
  bit: number,
): number {
  // Looking for a clear bit is looking for a set one in the inverse.
  const flip = bit === 1 ? 0 : -1;
  const to = start + Math.floor(last / 8);
  let at = start + Math.floor(first / 8);
  let found = (bytes[at]! ^ flip) & (0xff >> (first & 7));
  while (found === 0 && at < to) {
    at++;
    if ((at & 3) === 0) at = skipWords(words, at, to, flip);
    found = (bytes[at]! ^ flip) & 0xff;
  }
  if (at === to) found &= 0xff00 >> ((last & 7) + 1);
  return found === 0 ? -1 : (at - start) * 8 + Math.clz32(found) - 24;
}

/** The first byte from `at` on, a multiple of four, whose word is not `word`; at most `to`. */
function skipWords(words: Int32Array, at: number, to: number, word: number): number {
  while (at + 4 <= to && words[at >>> 2] === word) at += 4;
  return at;
}

function countInBytes(bytes: Uint8Array, words: Int32Array, at: number, end: number): number {
  let count = 0;
  for (; at < end && (at & 3) !== 0; at++) count += setBits(bytes[at]!);
  for (; at + 4 <= end; at += 4) count += setBits(words[at >>> 2]!);
  for (; at < end; at++) count += setBits(bytes[at]!);
  return count;
}

/** How many of 32 bits are set: sums of two, of four, of eight bits side by side, then all by one multiplication. */
function setBits(word: number): number {
  word -= (word >>> 1) & 0x55555555;
  word = (word & 0x33333333) + ((word >>> 2) & 0x33333333);
  return Math.imul((word + (word >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}
