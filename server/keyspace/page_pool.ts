/**
 * The pages of the arena: 4 KiB each, handed out and taken back as runs, joined with free neighbours at once.
 *
 * Invariant: the first and the last page of every run, free or taken, carry the state of that run; what the pages
 * between them say is stale and never read, except in slabs, which mark all their pages.
 *
 * @module
 */

/** Bytes of a page. */
export const PAGE_BYTES = 4096;
/** A reference counts in units of 8 bytes: the shift from a reference to its page number. */
export const PAGE_SHIFT = 9;

/** Words of metadata per page. */
export const PAGE_STRIDE = 8;
/** Metadata of the first and the last page of a run: the first page. */
const HEAD = 1;
/** Metadata of a first page: pages in the run. */
export const LENGTH = 2;
/** Metadata of a first page: next in the list of free runs of this bin, or of slabs with room. */
export const NEXT = 3;
/** Metadata of a first page: previous in that list. */
export const PREVIOUS = 4;

/** State of a page in a run taken for one big object. */
export const LARGE = 254;
/** State of a page in a free run. */
export const FREE = 255;

const BINS = 24;
/** Runs looked at in the bin that only may fit, before a bigger one is cut. */
const SEARCH_LIMIT = 16;

/** Where the memory comes from and how much there may be. */
export interface PagePoolOptions {
  /** First segment, for example the memory of the reactor; without it one is allocated. */
  readonly memory?: Uint8Array;
  /** First byte of `memory` that may be used. */
  readonly start?: number;
  /** End of the usable bytes of `memory`. */
  readonly end?: number;
  /** Pages are refused beyond this many bytes. Default: the address space. */
  readonly maxBytes?: number;
  /** Bytes of address space per segment, a power of two. Default 2 GiB; only what is touched costs memory. */
  readonly segmentBytes?: number;
  /** Default 8, which with 2 GiB each is all that a 31-bit reference reaches. */
  readonly maxSegments?: number;
}

/** Runs of pages over a growing list of segments. */
export class PagePool {
  /** The segments as bytes. */
  readonly bytes: Uint8Array[] = [];
  /** The same memory as words. */
  readonly words: Int32Array[] = [];
  /**
   * Per page: a size class, {@linkcode LARGE}, {@linkcode FREE}, or 0 for not ours. Apart from the other metadata, as
   * every free and every overwrite reads it: a byte per page stays in the nearest cache.
   */
  readonly states: Uint8Array;
  /** {@linkcode PAGE_STRIDE} words per page; the arena keeps its own in the last three. */
  readonly meta: Int32Array;
  /** Shift from a reference to its segment. */
  readonly segmentShift: number;
  /** Pages taken. */
  takenPages = 0;
  readonly #segmentBytes: number;
  readonly #pagesPerSegment: number;
  readonly #maxSegments: number;
  #maxPages: number;
  readonly #bins = new Int32Array(BINS);
  #binBits = 0;

  /** Takes over the first segment. */
  constructor(options: PagePoolOptions = {}) {
    this.#segmentBytes = options.segmentBytes ?? 2 ** 31;
    this.#maxSegments = options.maxSegments ?? 8;
    this.#pagesPerSegment = this.#segmentBytes / PAGE_BYTES;
    this.segmentShift = Math.log2(this.#segmentBytes) - 3;
    this.#maxPages = Math.floor((options.maxBytes ?? Infinity) / PAGE_BYTES);
    const pages = this.#pagesPerSegment * this.#maxSegments;
    this.states = new Uint8Array(pages);
    this.meta = new Int32Array(pages * PAGE_STRIDE);
    const memory = options.memory ?? new Uint8Array(this.#segmentBytes);
    this.#addSegment(memory, options.start ?? 0, options.end ?? memory.length);
  }

  /** Changes the limit; pages already taken stay. */
  set maxBytes(maxBytes: number) {
    this.#maxPages = Math.floor(maxBytes / PAGE_BYTES);
  }

  /** First page of a run of `length` pages, or 0 when the limit or the address space is reached. */
  take(length: number): number {
    if (this.takenPages + length > this.#maxPages) return 0;
    let page = this.#search(length, SEARCH_LIMIT);
    if (page === 0 && this.#grow(length)) page = this.#search(length, SEARCH_LIMIT);
    if (page === 0) page = this.#search(length, Infinity);
    if (page === 0) return 0;
    this.#unlink(page);
    const rest = this.meta[page * PAGE_STRIDE + LENGTH]! - length;
    if (rest > 0) this.#linkFree(page + length, rest);
    this.#mark(page, length, LARGE);
    this.takenPages += length;
    return page;
  }

  /** Takes a run back. */
  give(page: number): void {
    const meta = this.meta;
    const inSegment = this.#pagesPerSegment - 1;
    let length = meta[page * PAGE_STRIDE + LENGTH]!;
    this.takenPages -= length;
    const after = page + length;
    if ((after & inSegment) !== 0 && this.states[after] === FREE) {
      this.#unlink(after);
      length += meta[after * PAGE_STRIDE + LENGTH]!;
    }
    if ((page & inSegment) !== 0 && this.states[page - 1] === FREE) {
      const before = meta[(page - 1) * PAGE_STRIDE + HEAD]!;
      this.#unlink(before);
      length += page - before;
      page = before;
    }
    this.#linkFree(page, length);
  }

  #addSegment(memory: Uint8Array, start: number, end: number): void {
    const segment = this.bytes.length;
    const words = new Int32Array(memory.buffer, memory.byteOffset, memory.length >>> 2);
    this.bytes.push(memory);
    this.words.push(words);
    const base = segment * this.#pagesPerSegment;
    // Reference 0 means "nothing": the page that would contain it is never used.
    const first = Math.max(base + Math.ceil(start / PAGE_BYTES), 1);
    const last = base + Math.floor(Math.min(end, this.#segmentBytes) / PAGE_BYTES);
    if (last > first) this.#linkFree(first, last - first);
  }

  /** Adds a segment for a run of `length` pages; false when none can be had. */
  #grow(length: number): boolean {
    if (this.bytes.length >= this.#maxSegments || length > this.#pagesPerSegment) return false;
    try {
      const memory = new Uint8Array(this.#segmentBytes);
      this.#addSegment(memory, 0, memory.length);
      return true;
    } catch (error) {
      // The system refuses address space: the same as having reached the limit.
      if (error instanceof RangeError) return false;
      throw error;
    }
  }

  #search(length: number, limit: number): number {
    const meta = this.meta;
    const bin = binOf(length);
    let best = 0;
    let bestLength = Infinity;
    let page = this.#bins[bin]!;
    for (let looked = 0; page !== 0 && looked < limit; looked++) {
      const found = meta[page * PAGE_STRIDE + LENGTH]!;
      if (found >= length && found < bestLength) {
        best = page;
        bestLength = found;
        if (found === length) break;
      }
      page = meta[page * PAGE_STRIDE + NEXT]!;
    }
    if (best !== 0) return best;
    const bigger = this.#binBits & ~((2 << bin) - 1);
    // The lowest bin that surely fits: memory never touched is in the highest one, so it is used last.
    return bigger === 0 ? 0 : this.#bins[31 - Math.clz32(bigger & -bigger)]!;
  }

  #mark(page: number, length: number, state: number): void {
    const head = page * PAGE_STRIDE;
    const tail = (page + length - 1) * PAGE_STRIDE;
    this.states[page] = state;
    this.states[page + length - 1] = state;
    this.meta[head + HEAD] = page;
    this.meta[head + LENGTH] = length;
    this.meta[tail + HEAD] = page;
  }

  #linkFree(page: number, length: number): void {
    const meta = this.meta;
    this.#mark(page, length, FREE);
    const bin = binOf(length);
    const next = this.#bins[bin]!;
    meta[page * PAGE_STRIDE + NEXT] = next;
    meta[page * PAGE_STRIDE + PREVIOUS] = 0;
    if (next !== 0) meta[next * PAGE_STRIDE + PREVIOUS] = page;
    this.#bins[bin] = page;
    this.#binBits |= 1 << bin;
  }

  #unlink(page: number): void {
    const meta = this.meta;
    const next = meta[page * PAGE_STRIDE + NEXT]!;
    const previous = meta[page * PAGE_STRIDE + PREVIOUS]!;
    if (next !== 0) meta[next * PAGE_STRIDE + PREVIOUS] = previous;
    if (previous !== 0) {
      meta[previous * PAGE_STRIDE + NEXT] = next;
      return;
    }
    const bin = binOf(meta[page * PAGE_STRIDE + LENGTH]!);
    this.#bins[bin] = next;
    if (next === 0) this.#binBits &= ~(1 << bin);
  }
}

function binOf(length: number): number {
  return 31 - Math.clz32(length);
}
