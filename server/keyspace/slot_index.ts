/**
 * The index of one database: for each slot the blocks that lead from a hash to the records.
 *
 * A slot has nothing, one block, or a directory of blocks chosen by the leading bits of the hash (extendible hashing).
 * A block that is full is split in two, so no operation ever moves more than one block's 4095 entries, and a lookup
 * never has two tables to look at. Chosen over one table per slot with incremental rehash for that reason, and because
 * blocks of any size waste less: 11.2 bytes per key at 1 M keys, where powers of two take 16.8.
 *
 * The hash is the CRC-32 of the whole key: its leading bits place a key 0.7 to 1.3 places from home at a load of 0.72.
 *
 * Invariant: a hash leads to exactly one block, and that block's depth is at most the directory's.
 *
 * @module
 */
import { SLOT_COUNT } from "../../core/slots.ts";
import type { Arena } from "./arena.ts";
import {
  appendHome,
  blockBytesFor,
  CAPACITY,
  countOnes,
  countPrefix,
  createBlock,
  cursorAt,
  firstFractionAt,
  FULL_BLOCK_BYTES,
  homeOf,
  placeEntry,
  PLACES,
  removeEntry,
  TAKEN,
} from "./hash_block.ts";

/** The reference in an entry. */
export const REF_MASK = 0x7fffffff;
/** What a scan of a slot returns when nothing is left: one above the largest hash. */
export const SCAN_END = 2 ** 32;

/** Beyond this, equal leading bits are no accident and a directory would only grow: blocks grow instead. */
const MAX_DEPTH = 16;

/** Where one slot's entries are, handed over when the slot is dropped: a directory when `depth` is above 0, or a block. */
export interface SlotRoot {
  readonly root: number;
  readonly depth: number;
}

/** Finds, adds and removes entries; remembers the place it found last. */
export class SlotIndex {
  readonly #arena: Arena;
  readonly #segments: readonly Int32Array[];
  readonly #shift: number;
  readonly #mask: number;
  /**
   * Per slot two words: a block, a directory, or 0; and the capacity of the one block, or the negative number of leading
   * bits by which the directory chooses. The capacity is here too so that a lookup need not touch the block's header.
   */
  #slots: Int32Array;
  #words: Int32Array;
  /** Words of the first place of the block looked at last, of the end of its places, and of the entry found, or -1. */
  #first = 0;
  #end = 0;
  #at = -1;
  #hash = 0;

  /** An index with its blocks in `arena`, and empty unless `slots` says otherwise. */
  constructor(arena: Arena, slots: Int32Array = new Int32Array(SLOT_COUNT * 2)) {
    this.#arena = arena;
    this.#slots = slots;
    this.#segments = arena.words;
    this.#shift = arena.segmentShift;
    this.#mask = arena.segmentMask;
    this.#words = arena.words[0]!;
  }

  /** Works from now on with the pairs of words in `slots`: slot 0 is the first two, slot 1 the next. */
  use(slots: Int32Array): void {
    this.#slots = slots;
  }

  /** The first entry with this hash, or 0. */
  first(slot: number, hash: number): number {
    let block = this.#slots[slot * 2]!;
    let capacity = this.#slots[slot * 2 + 1]!;
    let depth = 0;
    if (capacity < 0) {
      block = this.#blockOf(slot, hash);
      const header = this.#wordOf(block);
      capacity = this.#wordsOf(block)[header + CAPACITY]!;
      depth = this.#wordsOf(block)[header + TAKEN]! & 31;
    } else if (capacity === 0) {
      this.#at = -1;
      return 0;
    }
    this.#words = this.#wordsOf(block);
    const first = this.#wordOf(block) + PLACES;
    this.#first = first;
    this.#end = first + capacity * 2;
    this.#hash = hash;
    return this.#probe(first + homeOf(hash, depth, capacity) * 2);
  }

  /** The next entry with the hash given to {@linkcode SlotIndex.first}, or 0. */
  next(): number {
    const after = this.#at + 2;
    return this.#probe(after === this.#end ? this.#first : after);
  }

  /** Makes the entry of `ref` the one found last; false when it is not there. */
  locate(slot: number, hash: number, ref: number): boolean {
    if (this.#at !== -1 && (this.#words[this.#at + 1]! & REF_MASK) === ref) return true;
    let entry = this.first(slot, hash);
    while (entry !== 0 && (entry & REF_MASK) !== ref) entry = this.next();
    return entry !== 0;
  }

  /** The entry found last. */
  get entry(): number {
    return this.#words[this.#at + 1]!;
  }

  /** Replaces the entry found last by another of the same key. */
  replace(entry: number): void {
    this.#words[this.#at + 1] = entry;
  }

  /** Adds an entry; false, and nothing changed, when memory for it is short. */
  insert(slot: number, hash: number, entry: number): boolean {
    let block = this.#blockOf(slot, hash);
    while (block === 0 || this.#isFull(block)) {
      if (!this.#makeRoom(slot, hash, block)) return false;
      block = this.#blockOf(slot, hash);
    }
    placeEntry(this.#wordsOf(block), this.#wordOf(block), hash, entry);
    this.#at = -1;
    return true;
  }

  /** Removes the entry found last, which has this slot and hash. */
  remove(slot: number, hash: number): void {
    const words = this.#words;
    const w = this.#first - PLACES;
    removeEntry(words, w, (this.#at - this.#first) >>> 1);
    this.#at = -1;
    const taken = words[w + TAKEN]! >>> 5;
    if (taken * 6 < words[w + CAPACITY]!) this.#shrink(slot, hash, taken);
  }

  /** Whether a slot has any entry. */
  isEmpty(slot: number): boolean {
    return this.#slots[slot * 2] === 0;
  }

  /** Empties a slot at once; what it held is the caller's to free. */
  detach(slot: number): SlotRoot {
    const dropped = this.rootOf(slot);
    this.#setRoot(slot, 0, 0);
    this.#at = -1;
    return dropped;
  }

  /** What {@linkcode SlotIndex.detach} would return. */
  rootOf(slot: number): SlotRoot {
    return { root: this.#slots[slot * 2]!, depth: this.#depthOf(slot) };
  }

  /**
   * Appends to `entries` the entries of a slot from hash `cursor` on, in the order of their hashes, whole homes until
   * there are `limit` or a block ends, and returns the cursor to go on from, or {@linkcode SCAN_END}. Because a cursor
   * is a hash and not a place, an entry present throughout is seen exactly once, however the slot grows or shrinks.
   */
  scan(slot: number, cursor: number, limit: number, entries: number[]): number {
    const block = this.#blockOf(slot, cursor | 0);
    if (block === 0) return SCAN_END;
    const words = this.#wordsOf(block);
    const w = this.#wordOf(block);
    const depth = words[w + TAKEN]! & 31;
    const capacity = words[w + CAPACITY]!;
    const enough = entries.length + limit;
    for (let home = homeOf(cursor | 0, depth, capacity); home < capacity; home++) {
      if (entries.length >= enough) return cursorAt(cursor, depth, firstFractionAt(home, capacity));
      appendHome(words, w, home, cursor, entries);
    }
    return cursorAt(cursor, depth, 65536);
  }

  #probe(at: number): number {
    const words = this.#words;
    const hash = this.#hash;
    const end = this.#end;
    for (;;) {
      const entry = words[at + 1]!;
      if (entry === 0 || words[at] === hash) {
        this.#at = entry === 0 ? -1 : at;
        return entry;
      }
      at += 2;
      if (at === end) at = this.#first;
    }
  }

  #wordsOf(ref: number): Int32Array {
    return this.#segments[ref >>> this.#shift]!;
  }

  #wordOf(ref: number): number {
    return (ref & this.#mask) << 1;
  }

  #blockOf(slot: number, hash: number): number {
    const root = this.#slots[slot * 2]!;
    const depth = this.#depthOf(slot);
    if (depth === 0) return root;
    return this.#wordsOf(root)[this.#wordOf(root) + (hash >>> (32 - depth))]!;
  }

  #depthOf(slot: number): number {
    return Math.max(0, -this.#slots[slot * 2 + 1]!);
  }

  #setRoot(slot: number, root: number, depth: number): void {
    this.#slots[slot * 2] = root;
    this.#slots[slot * 2 + 1] = depth > 0
      ? -depth
      : root === 0
      ? 0
      : this.#wordsOf(root)[this.#wordOf(root) + CAPACITY]!;
  }

  #isFull(block: number): boolean {
    const words = this.#wordsOf(block);
    const w = this.#wordOf(block);
    return ((words[w + TAKEN]! >>> 5) + 1) * 5 > words[w + CAPACITY]! * 4;
  }

  #makeRoom(slot: number, hash: number, block: number): boolean {
    if (block === 0) {
      this.#setRoot(slot, createBlock(this.#arena, blockBytesFor(1), 0), 0);
      return !this.isEmpty(slot);
    }
    const words = this.#wordsOf(block);
    const w = this.#wordOf(block);
    const taken = words[w + TAKEN]! >>> 5;
    if ((words[w + CAPACITY]! + 1) * 8 >= FULL_BLOCK_BYTES && this.#canSplit(words, w, hash)) {
      return this.#split(slot, hash, block);
    }
    return this.#rebuild(slot, hash, block, blockBytesFor(taken));
  }

  /**
   * Whether splitting, once or again in the fuller half, gives both halves something. Keys that come in the order of their
   * hashes, as another server's SCAN tells them, share their leading bits until the rest has come; a flood of equal
   * hashes, for which a directory must not be deepened, is never parted.
   */
  #canSplit(words: Int32Array, w: number, hash: number): boolean {
    const taken = words[w + TAKEN]! >>> 5;
    let depth = words[w + TAKEN]! & 31;
    let prefix = depth === 0 ? 0 : hash >>> (32 - depth);
    for (let left = taken; depth < MAX_DEPTH; depth++) {
      const ones = countPrefix(words, w, prefix * 2 + 1, depth + 1);
      if (ones * 16 > taken && (left - ones) * 16 > taken) return true;
      const isUpper = ones * 2 > left;
      left = isUpper ? ones : left - ones;
      prefix = prefix * 2 + Number(isUpper);
    }
    return false;
  }

  /** Replaces a block by one of another size. */
  #rebuild(slot: number, hash: number, block: number, byteCount: number): boolean {
    const depth = this.#wordsOf(block)[this.#wordOf(block) + TAKEN]! & 31;
    const fresh = createBlock(this.#arena, byteCount, depth);
    if (fresh === 0) return false;
    this.#moveEntries(block, fresh, fresh);
    this.#point(slot, hash, depth, fresh);
    this.#arena.free(block);
    return true;
  }

  #split(slot: number, hash: number, block: number): boolean {
    const words = this.#wordsOf(block);
    const w = this.#wordOf(block);
    const depth = words[w + TAKEN]! & 31;
    if (depth === this.#depthOf(slot) && !this.#deepen(slot)) return false;
    const ones = countOnes(words, w, 31 - depth);
    const taken = words[w + TAKEN]! >>> 5;
    const low = createBlock(this.#arena, blockBytesFor(taken - ones), depth + 1);
    const high = createBlock(this.#arena, blockBytesFor(ones), depth + 1);
    if (low === 0 || high === 0) {
      if (low !== 0) this.#arena.free(low);
      if (high !== 0) this.#arena.free(high);
      return false;
    }
    this.#moveEntries(block, low, high);
    const bit = 1 << (31 - depth);
    this.#point(slot, hash & ~bit, depth + 1, low);
    this.#point(slot, hash | bit, depth + 1, high);
    this.#arena.free(block);
    return true;
  }

  /** Moves all entries of `block` to `low` or, when the bit after the old depth is set, to `high`. */
  #moveEntries(block: number, low: number, high: number): void {
    const words = this.#wordsOf(block);
    const w = this.#wordOf(block);
    const bit = 31 - (words[w + TAKEN]! & 31);
    const end = w + PLACES + words[w + CAPACITY]! * 2;
    for (let at = w + PLACES; at < end; at += 2) {
      const entry = words[at + 1]!;
      if (entry === 0) continue;
      const hash = words[at]!;
      const target = (hash >>> bit) & 1 ? high : low;
      placeEntry(this.#wordsOf(target), this.#wordOf(target), hash, entry);
    }
    this.#at = -1;
  }

  /** Makes every directory entry whose leading `depth` bits are those of `hash` name `block`. */
  #point(slot: number, hash: number, depth: number, block: number): void {
    const total = this.#depthOf(slot);
    if (total === 0) {
      this.#setRoot(slot, block, 0);
      return;
    }
    const directory = this.#slots[slot * 2]!;
    const span = 1 << (total - depth);
    const first = depth === 0 ? 0 : (hash >>> (32 - depth)) * span;
    const w = this.#wordOf(directory) + first;
    this.#wordsOf(directory).fill(block, w, w + span);
  }

  /** Doubles a slot's directory. */
  #deepen(slot: number): boolean {
    const depth = this.#depthOf(slot);
    const old = this.#slots[slot * 2]!;
    const directory = this.#arena.allocate(4 << (depth + 1));
    if (directory === 0) return false;
    const to = this.#wordsOf(directory);
    const t = this.#wordOf(directory);
    for (let i = 0; i < 1 << depth; i++) {
      const block = depth === 0 ? old : this.#wordsOf(old)[this.#wordOf(old) + i]!;
      to[t + i * 2] = block;
      to[t + i * 2 + 1] = block;
    }
    if (depth !== 0) this.#arena.free(old);
    this.#setRoot(slot, directory, depth + 1);
    return true;
  }

  #shrink(slot: number, hash: number, taken: number): void {
    const block = this.#blockOf(slot, hash);
    const depth = this.#wordsOf(block)[this.#wordOf(block) + TAKEN]! & 31;
    if (taken === 0 && depth === 0) {
      this.#setRoot(slot, 0, 0);
      this.#arena.free(block);
      return;
    }
    if (depth > 0 && this.#merge(slot, hash, depth, block)) return;
    const byteCount = blockBytesFor(taken);
    // Failing for want of memory only leaves the block larger than it need be.
    if (byteCount < this.#arena.capacityOf(block)) this.#rebuild(slot, hash, block, byteCount);
  }

  /** Joins a block with its other half when both together are well below a full one. */
  #merge(slot: number, hash: number, depth: number, block: number): boolean {
    const bit = 1 << (32 - depth);
    const other = this.#blockOf(slot, hash ^ bit);
    const otherTaken = this.#wordsOf(other)[this.#wordOf(other) + TAKEN]!;
    if ((otherTaken & 31) !== depth) return false;
    const taken = (this.#wordsOf(block)[this.#wordOf(block) + TAKEN]! >>> 5) + (otherTaken >>> 5);
    if (taken * 8 * 3 > FULL_BLOCK_BYTES) return false;
    const joined = createBlock(this.#arena, blockBytesFor(taken), depth - 1);
    if (joined === 0) return false;
    this.#moveEntries(block, joined, joined);
    this.#moveEntries(other, joined, joined);
    this.#point(slot, hash, depth - 1, joined);
    this.#arena.free(block);
    this.#arena.free(other);
    this.#flatten(slot);
    return true;
  }

  /** Halves a slot's directory as long as no block needs its last bit. */
  #flatten(slot: number): void {
    for (let depth = this.#depthOf(slot); depth > 0; depth--) {
      const directory = this.#slots[slot * 2]!;
      const words = this.#wordsOf(directory);
      const w = this.#wordOf(directory);
      for (let i = 0; i < 1 << depth; i += 2) if (words[w + i] !== words[w + i + 1]) return;
      const half = depth === 1 ? words[w]! : this.#arena.allocate(4 << (depth - 1));
      if (half === 0) return;
      const to = this.#wordsOf(half);
      const t = this.#wordOf(half);
      if (depth > 1) { for (let i = 0; i < 1 << (depth - 1); i++) to[t + i] = words[w + i * 2]!; }
      this.#setRoot(slot, half, depth - 1);
      this.#arena.free(directory);
    }
  }
}
