/**
 * A hash table outside the V8 heap for the members of one big value: the index of the keys, used for members.
 *
 * A table is a header cell of four words: what the index needs (two), how many elements there are, and their cells in
 * units of 8 bytes. An element is a cell that begins with the length of its member; the member's bytes lie at a place
 * that its type chose. Growing splits one block of the index at a time, so no operation moves more than 4095 entries.
 *
 * Invariant: find, then at once insert, replace or remove.
 *
 * @module
 */

import { crc32 } from "../../core/crc32.ts";
import type { Arena } from "../keyspace/arena.ts";
import { CAPACITY, FULL_BLOCK_BYTES, PLACES, TAKEN } from "../keyspace/hash_block.ts";
import { blocksUnder } from "../keyspace/reclaimer.ts";
import { REF_MASK, SlotIndex } from "../keyspace/slot_index.ts";
import type { ByteRange } from "./byte_range.ts";
import { OutOfMemory, type ValueMemory } from "./value_memory.ts";

const HEADER_BYTES = 16;
/** Words of a header: elements, and the bytes of their cells. */
const COUNT = 2;
const CELL_UNITS = 3;
/** Tables up to this size are freed at once. */
const FREED_AT_ONCE = 64;
/** Places of a block that splits rather than grows. */
const FULL_BLOCK_PLACES = FULL_BLOCK_BYTES / 8 - 1;
/** What an element takes of the index, on average. */
const ENTRY_BYTES = 13;

/** The tables of one type of value. */
export class ElementTable {
  /** Where the member's bytes begin in an element. */
  readonly memberOffset: number;
  readonly #memory: ValueMemory;
  readonly #index: SlotIndex;
  #header = 0;
  #slot = 0;
  #hash = 0;
  #found = 0;

  /** Tables in `memory` of elements whose members begin at byte `memberOffset`. */
  constructor(memory: ValueMemory, memberOffset: number) {
    this.memberOffset = memberOffset;
    this.#memory = memory;
    this.#index = new SlotIndex(memory.arena, memory.arena.words[0]!);
  }

  /** An empty table. @throws {OutOfMemory} */
  create(): number {
    const header = this.#memory.allocate(HEADER_BYTES);
    const w = this.#memory.wordOf(header);
    this.#memory.words(header).fill(0, w, w + HEADER_BYTES / 4);
    return header;
  }

  /** Elements of a table. */
  count(header: number): number {
    return this.#memory.words(header)[this.#memory.wordOf(header) + COUNT]!;
  }

  /** The element with the member `bytes[start, end)`, or 0. */
  find(header: number, bytes: Uint8Array, start: number, end: number): number {
    this.#focus(header);
    const index = this.#index;
    this.#hash = crc32(bytes, start, end);
    let ref = index.first(this.#slot, this.#hash);
    while (ref !== 0 && !this.#holds(ref, bytes, start, end)) ref = index.next();
    this.#found = ref;
    return ref;
  }

  /** Adds an element for the member that was not found. @throws {OutOfMemory} and frees it */
  insert(ref: number): void {
    if (!this.#index.insert(this.#slot, this.#hash, ref)) this.#insertLate(ref);
    this.#count(1, ref, 0);
  }

  /** Puts another element with the same member in the place of the one found, which is freed. */
  replace(ref: number): void {
    this.#index.replace(ref);
    this.#count(0, ref, this.#found);
    this.#memory.arena.free(this.#found);
  }

  /** Removes and frees the element found. */
  remove(): void {
    this.#index.remove(this.#slot, this.#hash);
    this.#count(-1, 0, this.#found);
    this.#memory.arena.free(this.#found);
  }

  /** Makes `range` the member of an element. */
  member(ref: number, range: ByteRange): void {
    const { memberOffset } = this;
    const w = this.#memory.wordOf(ref);
    const start = w * 4 + memberOffset;
    range.set(this.#memory.bytes(ref), start, start + this.#memory.words(ref)[w]!);
  }

  /** Appends elements from `cursor` on to `refs`, about `count`; see {@linkcode SlotIndex.scan}. */
  scan(header: number, cursor: number, count: number, refs: number[]): number {
    this.#focus(header);
    return this.#index.scan(this.#slot, cursor, count, refs);
  }

  /** An element of a table that has any, each exactly as likely. */
  random(header: number): number {
    this.#focus(header);
    const { arena } = this.#memory;
    const { root, depth } = this.#index.rootOf(this.#slot);
    for (;;) {
      const choice = Math.floor(Math.random() * (1 << depth));
      const block = depth === 0 ? root : wordAt(arena, root, choice);
      const capacity = wordAt(arena, block, CAPACITY);
      // A block that more of the directory leads to is accepted less often, and so is one with fewer places.
      const shared = depth - (wordAt(arena, block, TAKEN) & 31);
      const bound = depth === 0 ? capacity : Math.max(capacity, FULL_BLOCK_PLACES);
      const place = Math.floor(Math.random() * bound * 2 ** shared);
      const ref = place < capacity ? wordAt(arena, block, PLACES + place * 2 + 1) : 0;
      if (ref !== 0) return ref;
    }
  }

  /** Frees a table with all its elements, a big one little by little. */
  release(header: number): void {
    const isSmall = this.count(header) <= FREED_AT_ONCE;
    const cells = this.#cells(header);
    if (isSmall) { for (const ref of cells) this.#memory.arena.free(ref); }
    else this.#memory.freeLater(cells);
  }

  /** Another table with the same elements. @throws {OutOfMemory} */
  copy(header: number): number {
    const { arena } = this.#memory;
    const copy = this.create();
    const walk = new TableWalk();
    walk.open(arena, header);
    try {
      for (let ref = walk.next(); ref !== 0; ref = walk.next()) {
        const byteCount = arena.capacityOf(ref);
        const fresh = this.#memory.allocate(byteCount);
        const from = this.#memory.wordOf(ref);
        const to = this.#memory.wordOf(fresh);
        const source = this.#memory.words(ref).subarray(from, from + (byteCount >>> 2));
        this.#memory.words(fresh).set(source, to);
        const start = to * 4 + this.memberOffset;
        const length = this.#memory.words(fresh)[to]!;
        this.find(copy, this.#memory.bytes(fresh), start, start + length);
        this.insert(fresh);
      }
    } catch (error) {
      this.release(copy);
      throw error;
    }
    return copy;
  }

  /** Bytes of a table with all its elements. */
  memoryUsage(header: number): number {
    const units = this.#memory.words(header)[this.#memory.wordOf(header) + CELL_UNITS]!;
    return HEADER_BYTES + units * 8 + this.count(header) * ENTRY_BYTES;
  }

  #focus(header: number): void {
    if (header === this.#header) return;
    this.#header = header;
    this.#slot = header & this.#memory.arena.segmentMask;
    this.#index.use(this.#memory.words(header));
  }

  #holds(ref: number, bytes: Uint8Array, start: number, end: number): boolean {
    const w = this.#memory.wordOf(ref);
    if (this.#memory.words(ref)[w] !== end - start) return false;
    const own = this.#memory.bytes(ref);
    let at = w * 4 + this.memberOffset;
    for (let i = start; i < end; i++) if (own[at++] !== bytes[i]) return false;
    return true;
  }

  /** As the arena was full: what waits to be freed is freed first. */
  #insertLate(ref: number): void {
    while (this.#memory.reclaim()) {
      if (this.#index.insert(this.#slot, this.#hash, ref)) return;
    }
    this.#memory.arena.free(ref);
    throw new OutOfMemory();
  }

  #count(elements: number, added: number, removed: number): void {
    const { arena } = this.#memory;
    const words = this.#memory.words(this.#header);
    const w = this.#memory.wordOf(this.#header);
    const gained = added === 0 ? 0 : arena.capacityOf(added) >>> 3;
    const lost = removed === 0 ? 0 : arena.capacityOf(removed) >>> 3;
    words[w + COUNT] = words[w + COUNT]! + elements;
    words[w + CELL_UNITS] = words[w + CELL_UNITS]! + gained - lost;
  }

  *#cells(header: number): Generator<number> {
    const { arena } = this.#memory;
    const root = rootOf(arena, header);
    if (this.#header === header) this.#header = 0;
    for (const block of blocksUnder(arena, root)) {
      const capacity = wordAt(arena, block, CAPACITY);
      for (let place = 0; place < capacity; place++) {
        const ref = wordAt(arena, block, PLACES + place * 2 + 1);
        if (ref !== 0) yield ref;
      }
      yield block;
    }
    if (root.depth > 0) yield root.root;
    yield header;
  }
}

/** Goes through all elements of a table that does not change meanwhile. */
export class TableWalk {
  /** How many elements there are. */
  count = 0;
  #arena!: Arena;
  #blocks!: Iterator<number>;
  #block = 0;
  #place = 0;
  #capacity = 0;

  /** Begins with the first element of a table. */
  open(arena: Arena, header: number): void {
    this.#arena = arena;
    this.count = wordAt(arena, header, COUNT);
    this.#blocks = blocksUnder(arena, rootOf(arena, header));
    this.#place = this.#capacity = 0;
  }

  /** The next element, or 0 after the last. */
  next(): number {
    for (;;) {
      while (this.#place < this.#capacity) {
        const ref = wordAt(this.#arena, this.#block, PLACES + this.#place++ * 2 + 1) & REF_MASK;
        if (ref !== 0) return ref;
      }
      const { value, done } = this.#blocks.next();
      if (done) return 0;
      this.#block = value;
      this.#place = 0;
      this.#capacity = wordAt(this.#arena, value, CAPACITY);
    }
  }
}

function rootOf(arena: Arena, header: number): { root: number; depth: number } {
  return { root: wordAt(arena, header, 0), depth: Math.max(0, -wordAt(arena, header, 1)) };
}

function wordAt(arena: Arena, ref: number, index: number): number {
  return arena.words[ref >>> arena.segmentShift]![((ref & arena.segmentMask) << 1) + index]!;
}
