/**
 * What each connection's handler has not consumed yet: the beginning of a message, or whole messages
 * of a paused connection.
 *
 * Invariant: per connection, base <= start < end <= limit, or all 0 where nothing is kept.
 *
 * @module
 */
import { IoMemory, MIN_REGION_BYTES } from "./io_memory.ts";

/** A region this many times too large is exchanged for a fitting one. */
const SHRINK_FACTOR = 8;

/** Input regions by connection number. */
export class InputRemainders {
  readonly #io: IoMemory;
  readonly #limitBytes: number;
  #base: Int32Array;
  #start: Int32Array;
  #end: Int32Array;
  #limit: Int32Array;

  /** `limitBytes` bounds what is kept for one connection. */
  constructor(io: IoMemory, connections: number, limitBytes: number) {
    this.#io = io;
    this.#limitBytes = limitBytes;
    this.#base = new Int32Array(connections);
    this.#start = new Int32Array(connections);
    this.#end = new Int32Array(connections);
    this.#limit = new Int32Array(connections);
  }

  /** Makes room for connection numbers below `connections`. */
  grow(connections: number): void {
    this.#base = grown(this.#base, connections);
    this.#start = grown(this.#start, connections);
    this.#end = grown(this.#end, connections);
    this.#limit = grown(this.#limit, connections);
  }

  /** Offset of the first kept byte. */
  start(connection: number): number {
    return this.#start[connection]!;
  }

  /** End of what is kept. */
  end(connection: number): number {
    return this.#end[connection]!;
  }

  /** Base of the region that the kept bytes are in. */
  base(connection: number): number {
    return this.#base[connection]!;
  }

  /** Bytes kept. */
  size(connection: number): number {
    return this.#end[connection]! - this.#start[connection]!;
  }

  /** Bytes that may be written behind the kept ones. */
  room(connection: number): number {
    return this.#limit[connection]! - this.#end[connection]!;
  }

  /**
   * Keeps `[start, end)` of the buffer and nothing else; the range is either elsewhere or inside of
   * the connection's own region. False if a limit is reached; then nothing has changed.
   */
  keep(connection: number, start: number, end: number): boolean {
    if (start === end) {
      this.drop(connection);
      return true;
    }
    const size = end - start;
    if (size > this.#limitBytes) return false;
    const base = this.#base[connection]!;
    const capacity = this.#limit[connection]! - base;
    const fits = size <= capacity &&
      (capacity === MIN_REGION_BYTES || size * SHRINK_FACTOR > capacity);
    if (!fits) return this.#moveTo(connection, start, end, size);
    if (start >= base && start < base + capacity) {
      this.#start[connection] = start;
    } else {
      this.#io.memory.copyWithin(base, start, end);
      this.#start[connection] = base;
    }
    this.#end[connection] = this.#start[connection]! + size;
    return true;
  }

  /**
   * Makes room for at least `byteCount` bytes behind the kept ones, doubling the region so that a
   * long message costs amortised O(n). False if a limit is reached.
   */
  makeRoom(connection: number, byteCount: number): boolean {
    if (this.room(connection) >= byteCount) return true;
    const base = this.#base[connection]!;
    const start = this.#start[connection]!;
    const end = this.#end[connection]!;
    const capacity = this.#limit[connection]! - base;
    const needed = end - start + byteCount;
    if (end - start >= this.#limitBytes) return false;
    if (needed <= capacity && start - base >= capacity / 2) {
      this.#io.memory.copyWithin(base, start, end);
      this.#start[connection] = base;
      this.#end[connection] = base + end - start;
      return true;
    }
    return this.#moveTo(connection, start, end, Math.max(needed, 2 * capacity)) ||
      this.#moveTo(connection, start, end, needed);
  }

  /** Forgets what is kept. */
  drop(connection: number): void {
    const base = this.#base[connection]!;
    const capacity = this.#limit[connection]! - base;
    if (capacity > 0) this.#io.free(base, capacity);
    this.#base[connection] = 0;
    this.#start[connection] = 0;
    this.#end[connection] = 0;
    this.#limit[connection] = 0;
  }

  #moveTo(connection: number, start: number, end: number, byteCount: number): boolean {
    const base = this.#io.allocate(byteCount);
    if (base < 0) return false;
    this.#io.memory.copyWithin(base, start, end);
    this.drop(connection);
    this.#base[connection] = base;
    this.#start[connection] = base;
    this.#end[connection] = base + end - start;
    this.#limit[connection] = base + IoMemory.capacityFor(byteCount);
    return true;
  }
}

function grown(old: Int32Array, length: number): Int32Array {
  const array = new Int32Array(length);
  array.set(old);
  return array;
}
