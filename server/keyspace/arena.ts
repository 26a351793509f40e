/**
 * Memory outside the V8 heap for everything the server stores: cells of fixed sizes cut from slabs, and runs of pages.
 *
 * Invariant: a reference is positive, counts in units of 8 bytes over all segments, and stays valid until it is freed;
 * nothing here ever moves an object.
 *
 * @module
 */
import {
  CELL_BYTES,
  CELLS_PER_SLAB,
  CLASS_OF_UNITS,
  MAX_CELL_BYTES,
  SLAB_BYTES,
} from "./size_classes.ts";
import {
  LARGE,
  LENGTH,
  NEXT,
  PAGE_BYTES,
  PAGE_SHIFT,
  PAGE_STRIDE,
  PagePool,
  type PagePoolOptions,
  PREVIOUS,
} from "./page_pool.ts";

/** Metadata of a slab's first page: the first free cell, a list through the cells. */
const FREE_CELL = 5;
/** Metadata of a slab's first page: cells in use. */
const USED = 6;
/** Metadata of a slab's first page: cells ever handed out, so that an untouched cell costs no memory. */
const FRESH = 7;

const SLAB_PAGES = SLAB_BYTES / PAGE_BYTES;

/** Allocates and frees in a few tens of nanoseconds, whatever it holds. */
export class Arena {
  /** The segments as bytes; the first is the one the caller gave. */
  readonly bytes: Uint8Array[];
  /** The segments as words. */
  readonly words: Int32Array[];
  /** `ref >>> segmentShift` is the segment of a reference. */
  readonly segmentShift: number;
  /** `(ref & segmentMask) << 3` is its byte offset there, `<< 1` its word offset. */
  readonly segmentMask: number;
  readonly #pool: PagePool;
  readonly #meta: Int32Array;
  readonly #states: Uint8Array;
  /** Per page of a slab: how many pages before it the slab begins. */
  readonly #offsets: Uint8Array;
  /** First slab with a free cell, by size class. */
  readonly #partial = new Int32Array(CELL_BYTES.length);
  /** Bytes of all cells and runs in use. In an array because a number field above 2^30 would be boxed. */
  readonly #used = new Float64Array(1);

  /** An arena over the given memory. */
  constructor(options: PagePoolOptions = {}) {
    this.#pool = new PagePool(options);
    this.#meta = this.#pool.meta;
    this.#states = this.#pool.states;
    this.#offsets = new Uint8Array(this.#states.length);
    this.bytes = this.#pool.bytes;
    this.words = this.#pool.words;
    this.segmentShift = this.#pool.segmentShift;
    this.segmentMask = (2 ** this.segmentShift) - 1;
  }

  /** Bytes in use by objects, rounded up to their cells. */
  get usedBytes(): number {
    return this.#used[0]!;
  }

  /** Bytes of all pages taken from the system or the caller and not given back to the pool. */
  get allocatedBytes(): number {
    return this.#pool.takenPages * PAGE_BYTES;
  }

  /** Changes the limit on {@linkcode allocatedBytes}. */
  set maxBytes(maxBytes: number) {
    this.#pool.maxBytes = maxBytes;
  }

  /** A reference to at least `byteCount` bytes of unspecified content, or 0 when the limit is reached. */
  allocate(byteCount: number): number {
    if (byteCount > MAX_CELL_BYTES) return this.#allocateRun(byteCount);
    const sizeClass = CLASS_OF_UNITS[(byteCount + 7) >>> 3]!;
    let page = this.#partial[sizeClass]!;
    if (page === 0) {
      page = this.#openSlab(sizeClass);
      if (page === 0) return 0;
    }
    const meta = this.#meta;
    const m = page * PAGE_STRIDE;
    const cellBytes = CELL_BYTES[sizeClass]!;
    let ref = meta[m + FREE_CELL]!;
    if (ref !== 0) {
      meta[m + FREE_CELL] = this.words[ref >>> this.segmentShift]![(ref & this.segmentMask) << 1]!;
    } else {
      ref = (page << PAGE_SHIFT) + meta[m + FRESH]! * (cellBytes >>> 3);
      meta[m + FRESH] = meta[m + FRESH]! + 1;
    }
    const used = meta[m + USED]! + 1;
    meta[m + USED] = used;
    if (used === CELLS_PER_SLAB[sizeClass]!) this.#unlinkSlab(page, sizeClass);
    this.#used[0] = this.#used[0]! + cellBytes;
    return ref;
  }

  /** Gives an object back. */
  free(ref: number): void {
    const meta = this.#meta;
    const own = ref >>> PAGE_SHIFT;
    const sizeClass = this.#states[own]!;
    if (sizeClass === LARGE) {
      this.#used[0] = this.#used[0]! - meta[own * PAGE_STRIDE + LENGTH]! * PAGE_BYTES;
      this.#pool.give(own);
      return;
    }
    const page = own - this.#offsets[own]!;
    const m = page * PAGE_STRIDE;
    this.words[ref >>> this.segmentShift]![(ref & this.segmentMask) << 1] = meta[m + FREE_CELL]!;
    meta[m + FREE_CELL] = ref;
    this.#used[0] = this.#used[0]! - CELL_BYTES[sizeClass]!;
    const used = meta[m + USED]! - 1;
    meta[m + USED] = used;
    if (used + 1 === CELLS_PER_SLAB[sizeClass]!) this.#linkSlab(page, sizeClass);
    // The last slab of a class stays: a key that comes and goes must not open and close one each time.
    if (used === 0 && (meta[m + NEXT]! | meta[m + PREVIOUS]!) !== 0) {
      this.#closeSlab(page, sizeClass);
    }
  }

  /** Bytes an object could grow to where it is. */
  capacityOf(ref: number): number {
    const page = ref >>> PAGE_SHIFT;
    const sizeClass = this.#states[page]!;
    if (sizeClass !== LARGE) return CELL_BYTES[sizeClass]!;
    return this.#meta[page * PAGE_STRIDE + LENGTH]! * PAGE_BYTES;
  }

  #allocateRun(byteCount: number): number {
    const length = Math.ceil(byteCount / PAGE_BYTES);
    const page = this.#takePages(length);
    if (page !== 0) this.#used[0] = this.#used[0]! + length * PAGE_BYTES;
    return page << PAGE_SHIFT;
  }

  #takePages(length: number): number {
    const page = this.#pool.take(length);
    if (page !== 0 || !this.#closeEmptySlabs()) return page;
    return this.#pool.take(length);
  }

  #openSlab(sizeClass: number): number {
    const page = this.#takePages(SLAB_PAGES);
    if (page === 0) return 0;
    const meta = this.#meta;
    for (let i = page; i < page + SLAB_PAGES; i++) {
      this.#states[i] = sizeClass;
      this.#offsets[i] = i - page;
    }
    meta.fill(0, page * PAGE_STRIDE + FREE_CELL, page * PAGE_STRIDE + FRESH + 1);
    this.#linkSlab(page, sizeClass);
    return page;
  }

  #closeSlab(page: number, sizeClass: number): void {
    this.#unlinkSlab(page, sizeClass);
    this.#pool.give(page);
  }

  #closeEmptySlabs(): boolean {
    let closed = false;
    for (let sizeClass = 1; sizeClass < this.#partial.length; sizeClass++) {
      const page = this.#partial[sizeClass]!;
      if (page === 0 || this.#meta[page * PAGE_STRIDE + USED] !== 0) continue;
      this.#closeSlab(page, sizeClass);
      closed = true;
    }
    return closed;
  }

  #linkSlab(page: number, sizeClass: number): void {
    const meta = this.#meta;
    const next = this.#partial[sizeClass]!;
    meta[page * PAGE_STRIDE + NEXT] = next;
    meta[page * PAGE_STRIDE + PREVIOUS] = 0;
    if (next !== 0) meta[next * PAGE_STRIDE + PREVIOUS] = page;
    this.#partial[sizeClass] = page;
  }

  #unlinkSlab(page: number, sizeClass: number): void {
    const meta = this.#meta;
    const next = meta[page * PAGE_STRIDE + NEXT]!;
    const previous = meta[page * PAGE_STRIDE + PREVIOUS]!;
    if (next !== 0) meta[next * PAGE_STRIDE + PREVIOUS] = previous;
    if (previous !== 0) meta[previous * PAGE_STRIDE + NEXT] = next;
    else this.#partial[sizeClass] = next;
  }
}

/** Bytes that a request really occupies: what to ask for so that no byte of the cell is lost. */
export function occupiedBytes(byteCount: number): number {
  return byteCount > MAX_CELL_BYTES
    ? Math.ceil(byteCount / PAGE_BYTES) * PAGE_BYTES
    : CELL_BYTES[CLASS_OF_UNITS[(byteCount + 7) >>> 3]!]!;
}
