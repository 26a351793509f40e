/**
 * One block of a slot's index: an open-addressing table of (hash, entry) pairs in the arena.
 *
 * An entry is a reference, negative when the key has an expiry. An entry's home is its hash scaled to the capacity, so
 * homes are in the order of the hashes whatever the capacity: that is what lets a scan keep a place across any growth,
 * lets a block split by the next bit of the hash, and lets capacities be anything that fills a cell of the arena.
 *
 * Invariant: between an entry and its home (going round) there is no empty place.
 *
 * @module
 */
import type { Arena } from "./arena.ts";
import { occupiedBytes } from "./arena.ts";

/** Bytes of a block that splits rather than grows: moving its entries takes some tens of microseconds. */
export const FULL_BLOCK_BYTES = 32768;
const MIN_BLOCK_BYTES = 64;
/** The largest capacity whose product with 16 bits of hash is a 31-bit integer. */
const INT_CAPACITY = 32767;

/** Word 0 of a block: how many places it has. */
export const CAPACITY = 0;
/** Word 1 of a block: places taken, shifted left by 5, and how many leading bits of the hash all its entries share. */
export const TAKEN = 1;
/** Word of the first place. */
export const PLACES = 2;
/** `TAKEN` for one entry. */
const ONE_TAKEN = 32;

/** The home of a hash in a block of `capacity` places whose entries share `depth` leading bits. */
export function homeOf(hash: number, depth: number, capacity: number): number {
  const fraction = (hash << depth) >>> 16;
  if (capacity <= INT_CAPACITY) return (fraction * capacity) >>> 16;
  return Math.floor((fraction * capacity) / 65536);
}

/** The smallest 16-bit fraction of a hash whose home is `place` or later. */
export function firstFractionAt(place: number, capacity: number): number {
  return Math.ceil((place * 65536) / capacity);
}

/** Bytes of the block for `taken` entries: about 0.6 full, which just lets half of a full block fit the next smaller cell. */
export function blockBytesFor(taken: number): number {
  return occupiedBytes(Math.max(MIN_BLOCK_BYTES, (Math.ceil(taken * 1.65) + 1) * 8));
}

/** A new empty block, or 0. */
export function createBlock(arena: Arena, byteCount: number, depth: number): number {
  const block = arena.allocate(byteCount);
  if (block === 0) return 0;
  const words = arena.words[block >>> arena.segmentShift]!;
  const w = (block & arena.segmentMask) << 1;
  const capacity = (byteCount >>> 3) - 1;
  words[w + CAPACITY] = capacity;
  words[w + TAKEN] = depth;
  words.fill(0, w + PLACES, w + PLACES + capacity * 2);
  return block;
}

/** Puts an entry into a block that has room. */
export function placeEntry(words: Int32Array, w: number, hash: number, entry: number): void {
  const capacity = words[w + CAPACITY]!;
  let place = homeOf(hash, words[w + TAKEN]! & 31, capacity);
  while (words[w + PLACES + place * 2 + 1] !== 0) place = place + 1 === capacity ? 0 : place + 1;
  words[w + PLACES + place * 2] = hash;
  words[w + PLACES + place * 2 + 1] = entry;
  words[w + TAKEN] = words[w + TAKEN]! + ONE_TAKEN;
}

/** Takes the entry at `place` out and moves those after it closer to their homes. */
export function removeEntry(words: Int32Array, w: number, place: number): void {
  const capacity = words[w + CAPACITY]!;
  const depth = words[w + TAKEN]! & 31;
  const places = w + PLACES;
  let hole = place;
  for (let at = place;;) {
    at = at + 1 === capacity ? 0 : at + 1;
    const entry = words[places + at * 2 + 1]!;
    if (entry === 0) break;
    const home = homeOf(words[places + at * 2]!, depth, capacity);
    // It may fill the hole unless its home lies behind the hole, going round.
    const stays = hole <= at ? hole < home && home <= at : hole < home || home <= at;
    if (stays) continue;
    words[places + hole * 2] = words[places + at * 2]!;
    words[places + hole * 2 + 1] = entry;
    hole = at;
  }
  words[places + hole * 2 + 1] = 0;
  words[w + TAKEN] = words[w + TAKEN]! - ONE_TAKEN;
}

/** Entries of a block whose hash has bit `bit` set. */
export function countOnes(words: Int32Array, w: number, bit: number): number {
  const end = w + PLACES + words[w + CAPACITY]! * 2;
  let ones = 0;
  for (let at = w + PLACES; at < end; at += 2) {
    if (words[at + 1] !== 0) ones += (words[at]! >>> bit) & 1;
  }
  return ones;
}

/** How many entries have hashes that begin with the `bits` bits of `prefix`. */
export function countPrefix(words: Int32Array, w: number, prefix: number, bits: number): number {
  const end = w + PLACES + words[w + CAPACITY]! * 2;
  let count = 0;
  for (let at = w + PLACES; at < end; at += 2) {
    if (words[at + 1] !== 0) count += Number(words[at]! >>> (32 - bits) === prefix);
  }
  return count;
}

/** Appends to `entries` those of the home `home` whose hash is at least `cursor`. */
export function appendHome(
  words: Int32Array,
  w: number,
  home: number,
  cursor: number,
  entries: number[],
): void {
  const capacity = words[w + CAPACITY]!;
  const depth = words[w + TAKEN]! & 31;
  let place = home;
  for (;;) {
    const entry = words[w + PLACES + place * 2 + 1]!;
    if (entry === 0) return;
    const hash = words[w + PLACES + place * 2]!;
    if ((hash >>> 0) >= cursor && homeOf(hash, depth, capacity) === home) entries.push(entry);
    place = place + 1 === capacity ? 0 : place + 1;
  }
}

/** The smallest hash with the first `depth` bits of `cursor` and then at least this 16-bit fraction. */
export function cursorAt(cursor: number, depth: number, fraction: number): number {
  const span = 2 ** (32 - depth);
  return Math.floor(cursor / span) * span + fraction * 2 ** (16 - depth);
}
