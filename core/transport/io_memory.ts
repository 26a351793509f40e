/**
 * The allocator of input and output regions: byte ranges of one big buffer.
 *
 * Regions up to 1 MiB come in powers of two from 16 KiB, carved out of 1 MiB units and kept on free
 * lists; larger ones are runs of whole units, first fit. An empty unit goes back to the runs, and the
 * system is told that its pages are no longer needed, once its class has enough others.
 *
 * Invariant: regions in use or pinned never overlap, and free runs never touch each other.
 *
 * @module
 */

/** Size of the smallest region, in bytes. */
export const MIN_REGION_BYTES = 16384;

const MIN_REGION_SHIFT = 14;
const UNIT_SHIFT = 20;
const UNIT_BYTES = 1 << UNIT_SHIFT;
const BLOCKS_PER_UNIT = UNIT_BYTES / MIN_REGION_BYTES;
const CLASS_COUNT = UNIT_SHIFT - MIN_REGION_SHIFT + 1;
/** Free regions that a class keeps, in units' worth, before it gives empty units back. */
const KEPT_UNITS = 2;
const NONE = -1;

/** Options of {@linkcode IoMemory}. */
export interface IoMemoryOptions {
  /** The buffer; others may use it outside of the range. */
  readonly memory: Uint8Array;
  /** First byte that may be used; rounded up to 16 KiB. Default 0. */
  readonly start?: number;
  /** End of what may be used; the rest of the last whole 1 MiB is left alone. Default: all. */
  readonly end?: number;
  /** Told of a range whose content is no longer needed. Its bytes may read as anything afterwards. */
  readonly discard?: (start: number, end: number) => void;
}

/** A run of free units. */
interface FreeRun {
  unit: number;
  count: number;
}

/** Hands out regions of one buffer. */
export class IoMemory {
  /** The buffer that every offset refers to. */
  readonly memory: Uint8Array;
  readonly #start: number;
  readonly #discard: ((start: number, end: number) => void) | undefined;
  readonly #runs: FreeRun[];
  /** Free lists, doubly linked by block number: a whole unit must be removable from the middle. */
  readonly #next: Int32Array;
  readonly #previous: Int32Array;
  readonly #firstFree = new Int32Array(CLASS_COUNT).fill(NONE);
  readonly #freeCount = new Int32Array(CLASS_COUNT);
  /** Regions in use in each unit that is carved up. */
  readonly #usedInUnit: Int32Array;
  readonly #views: (Uint8Array | undefined)[] = [];
  readonly #exactViews: (Uint8Array | undefined)[] = [];
  /** Pinned regions by their first block. */
  readonly #pinned: Uint8Array;
  /** Capacities of pinned regions that were freed, by first block. */
  readonly #freedWhilePinned = new Map<number, number>();
  #usedBytes = 0;

  /**
   * Begins with everything free.
   *
   * @throws {RangeError} if the range does not hold 1 MiB.
   */
  constructor(options: IoMemoryOptions) {
    this.memory = options.memory;
    this.#start = Math.ceil((options.start ?? 0) / MIN_REGION_BYTES) * MIN_REGION_BYTES;
    const units = Math.floor(((options.end ?? this.memory.length) - this.#start) / UNIT_BYTES);
    if (units < 1) throw new RangeError("the I/O range must hold at least 1 MiB");
    this.#discard = options.discard;
    this.#runs = [{ unit: 0, count: units }];
    this.#next = new Int32Array(units * BLOCKS_PER_UNIT);
    this.#previous = new Int32Array(units * BLOCKS_PER_UNIT);
    this.#usedInUnit = new Int32Array(units);
    this.#pinned = new Uint8Array(units * BLOCKS_PER_UNIT);
  }

  /** Bytes in regions handed out. */
  get usedBytes(): number {
    return this.#usedBytes;
  }

  /** Size of the region that {@linkcode allocate} gives for `byteCount` bytes. */
  static capacityFor(byteCount: number): number {
    if (byteCount <= MIN_REGION_BYTES) return MIN_REGION_BYTES;
    if (byteCount > UNIT_BYTES) return Math.ceil(byteCount / UNIT_BYTES) * UNIT_BYTES;
    return 1 << (32 - Math.clz32(byteCount - 1));
  }

  /** Takes a region of `capacityFor(byteCount)` bytes; its offset, or -1 if there is none left. */
  allocate(byteCount: number): number {
    if (byteCount > UNIT_BYTES) return this.#allocateRun(IoMemory.capacityFor(byteCount));
    const sizeClass = classOf(byteCount);
    let block = this.#firstFree[sizeClass]!;
    if (block === NONE) {
      if (!this.#carve(sizeClass)) return NONE;
      block = this.#firstFree[sizeClass]!;
    }
    this.#firstFree[sizeClass] = this.#next[block]!;
    if (this.#next[block]! !== NONE) this.#previous[this.#next[block]!] = NONE;
    this.#freeCount[sizeClass]!--;
    this.#usedInUnit[block >> (UNIT_SHIFT - MIN_REGION_SHIFT)]!++;
    this.#usedBytes += MIN_REGION_BYTES << sizeClass;
    return this.#start + (block << MIN_REGION_SHIFT);
  }

  /** Gives back a region of `capacity` bytes at `base`; a pinned one when it is unpinned. */
  free(base: number, capacity: number): void {
    const block = (base - this.#start) >> MIN_REGION_SHIFT;
    if (this.#pinned[block]! !== 0) {
      this.#freedWhilePinned.set(block, capacity);
      return;
    }
    this.#usedBytes -= capacity;
    const unit = block >> (UNIT_SHIFT - MIN_REGION_SHIFT);
    if (capacity > UNIT_BYTES) return this.#freeRun(unit, capacity >> UNIT_SHIFT);
    const sizeClass = classOf(capacity);
    this.#push(sizeClass, block);
    const perUnit = BLOCKS_PER_UNIT >> sizeClass;
    if (--this.#usedInUnit[unit]! === 0 && this.#freeCount[sizeClass]! > KEPT_UNITS * perUnit) {
      this.#dissolve(sizeClass, unit);
    }
  }

  /** Keeps a region from being given out again: the system reads or writes it, whoever owns it. */
  pin(base: number): void {
    this.#pinned[(base - this.#start) >> MIN_REGION_SHIFT] = 1;
  }

  /** Ends a {@linkcode pin}. */
  unpin(base: number): void {
    const block = (base - this.#start) >> MIN_REGION_SHIFT;
    this.#pinned[block] = 0;
    if (this.#freedWhilePinned.size === 0) return;
    const capacity = this.#freedWhilePinned.get(block);
    if (capacity === undefined) return;
    this.#freedWhilePinned.delete(block);
    this.free(base, capacity);
  }

  /** Whether a region is pinned. */
  isPinned(base: number): boolean {
    return this.#pinned[(base - this.#start) >> MIN_REGION_SHIFT]! !== 0;
  }

  /**
   * A view that starts at `offset`, for calls that take a buffer. Views at regions' starts are kept:
   * the common send allocates nothing.
   */
  viewAt(offset: number): Uint8Array {
    const distance = offset - this.#start;
    if ((distance & (MIN_REGION_BYTES - 1)) !== 0) return this.memory.subarray(offset);
    const index = distance >> MIN_REGION_SHIFT;
    while (this.#views.length <= index) this.#views.push(undefined);
    return this.#views[index] ??= this.memory.subarray(offset);
  }

  /**
   * A view of `byteCount` bytes from `offset`. The last one at each region's start is kept: messages
   * tend to be as long as those before them.
   */
  exactViewAt(offset: number, byteCount: number): Uint8Array {
    const distance = offset - this.#start;
    const isStart = (distance & (MIN_REGION_BYTES - 1)) === 0;
    if (!isStart) return this.memory.subarray(offset, offset + byteCount);
    const index = distance >> MIN_REGION_SHIFT;
    while (this.#exactViews.length <= index) this.#exactViews.push(undefined);
    const kept = this.#exactViews[index];
    if (kept !== undefined && kept.length === byteCount) return kept;
    return this.#exactViews[index] = this.memory.subarray(offset, offset + byteCount);
  }

  #push(sizeClass: number, block: number): void {
    const first = this.#firstFree[sizeClass]!;
    this.#next[block] = first;
    this.#previous[block] = NONE;
    if (first !== NONE) this.#previous[first] = block;
    this.#firstFree[sizeClass] = block;
    this.#freeCount[sizeClass]!++;
  }

  /** Cuts a free unit into regions of one class; the lowest comes to be the first of the list. */
  #carve(sizeClass: number): boolean {
    const unit = this.#takeRun(1);
    if (unit === NONE) return false;
    const first = unit * BLOCKS_PER_UNIT;
    const step = 1 << sizeClass;
    for (let block = first + BLOCKS_PER_UNIT - step; block >= first; block -= step) {
      this.#push(sizeClass, block);
    }
    return true;
  }

  /** Makes an unused unit of a class a free run again. */
  #dissolve(sizeClass: number, unit: number): void {
    const first = unit * BLOCKS_PER_UNIT;
    for (let block = first; block < first + BLOCKS_PER_UNIT; block += 1 << sizeClass) {
      const next = this.#next[block]!;
      const previous = this.#previous[block]!;
      if (next !== NONE) this.#previous[next] = previous;
      if (previous !== NONE) this.#next[previous] = next;
      else this.#firstFree[sizeClass] = next;
      this.#freeCount[sizeClass]!--;
    }
    this.#freeRun(unit, 1);
  }

  #allocateRun(capacity: number): number {
    const unit = this.#takeRun(capacity >> UNIT_SHIFT);
    if (unit === NONE) return NONE;
    this.#usedBytes += capacity;
    return this.#start + unit * UNIT_BYTES;
  }

  #takeRun(count: number): number {
    const index = this.#runs.findIndex((run) => run.count >= count);
    if (index < 0) return NONE;
    const run = this.#runs[index]!;
    const unit = run.unit;
    run.unit += count;
    run.count -= count;
    if (run.count === 0) this.#runs.splice(index, 1);
    return unit;
  }

  #freeRun(unit: number, count: number): void {
    const start = this.#start + unit * UNIT_BYTES;
    this.#discard?.(start, start + count * UNIT_BYTES);
    let index = this.#runs.findIndex((run) => run.unit > unit);
    if (index < 0) index = this.#runs.length;
    const before = this.#runs[index - 1];
    const after = this.#runs[index];
    const joinsBefore = before !== undefined && before.unit + before.count === unit;
    const joinsAfter = after !== undefined && unit + count === after.unit;
    if (joinsBefore && joinsAfter) {
      before.count += count + after.count;
      this.#runs.splice(index, 1);
    } else if (joinsBefore) {
      before.count += count;
    } else if (joinsAfter) {
      after.unit = unit;
      after.count += count;
    } else {
      this.#runs.splice(index, 0, { unit, count });
    }
  }
}

function classOf(byteCount: number): number {
  if (byteCount <= MIN_REGION_BYTES) return 0;
  return 32 - Math.clz32(byteCount - 1) - MIN_REGION_SHIFT;
}
