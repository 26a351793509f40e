/**
 * The output of every connection: bytes appended but not yet sent, and, where asked for, bytes sent
 * but not yet released.
 *
 * A connection has a region only while it has such bytes, so idle ones cost nothing. A region slides:
 * it is given back when empty, compacted when its first half is free, and doubled otherwise.
 *
 * Invariant: per connection, base <= kept <= sent <= end <= limit, all 0 where there is no region
 * (kept: the first byte that must not be lost).
 *
 * @module
 */
import { MemoryCopier } from "../memory_copier.ts";
import { IoMemory } from "./io_memory.ts";

/** Up to this size a copy byte by byte is cheaper than making a view. */
const LOOP_COPY_BYTES = 16;

/** First region of a connection that retains: it always holds what is in flight, and moves seldom. */
const RETAINED_BYTES_MIN = 262144;

/** Output regions by connection number. */
export class OutputBuffers {
  readonly #io: IoMemory;
  readonly #copier: MemoryCopier;
  readonly #limitBytes: number;
  #base: Int32Array;
  #released: Int32Array;
  #sent: Int32Array;
  #end: Int32Array;
  #limit: Int32Array;
  #retained: Uint8Array;

  /** `limitBytes` bounds one connection's output; it is checked when its region must grow. */
  constructor(io: IoMemory, connections: number, limitBytes: number) {
    this.#io = io;
    this.#copier = new MemoryCopier(io.memory);
    this.#limitBytes = limitBytes;
    this.#base = new Int32Array(connections);
    this.#released = new Int32Array(connections);
    this.#sent = new Int32Array(connections);
    this.#end = new Int32Array(connections);
    this.#limit = new Int32Array(connections);
    this.#retained = new Uint8Array(connections);
  }

  /** Makes room for connection numbers below `connections`. */
  grow(connections: number): void {
    this.#base = grown(this.#base, connections);
    this.#released = grown(this.#released, connections);
    this.#sent = grown(this.#sent, connections);
    this.#end = grown(this.#end, connections);
    this.#limit = grown(this.#limit, connections);
    const retained = new Uint8Array(connections);
    retained.set(this.#retained);
    this.#retained = retained;
  }

  /** Offset to write up to `byteCount` bytes at; -1 if a limit is reached. */
  reserve(connection: number, byteCount: number): number {
    const end = this.#end[connection]!;
    if (end + byteCount <= this.#limit[connection]!) return end;
    return this.#makeRoom(connection, byteCount);
  }

  /** Ends a `reserve`: output now ends at `offset`. */
  commit(connection: number, offset: number): void {
    this.#end[connection] = offset;
  }

  /** Copies `[start, end)` of `bytes` to `offset`, which `reserve` returned, and commits it. */
  write(
    connection: number,
    offset: number,
    bytes: Uint8Array,
    start: number,
    end: number,
  ): void {
    const memory = this.#io.memory;
    const size = end - start;
    if (bytes === memory) {
      this.#copier.copy(offset, start, end);
    } else if (size <= LOOP_COPY_BYTES) {
      for (let i = 0; i < size; i++) memory[offset + i] = bytes[start + i]!;
    } else {
      memory.set(size === bytes.length ? bytes : bytes.subarray(start, end), offset);
    }
    this.commit(connection, offset + size);
  }

  /** Whether a connection has nothing to send and retains nothing. */
  isEmpty(connection: number): boolean {
    return this.#limit[connection] === 0 && this.#retained[connection] === 0;
  }

  /** Bytes not yet sent. */
  pending(connection: number): number {
    return this.#end[connection]! - this.#sent[connection]!;
  }

  /** A view that starts at the first byte not yet sent. */
  view(connection: number): Uint8Array {
    return this.#io.viewAt(this.#sent[connection]!);
  }

  /** A view of what is not yet sent, and nothing else. */
  exactView(connection: number): Uint8Array {
    return this.#io.exactViewAt(this.#sent[connection]!, this.pending(connection));
  }

  /**
   * Pins a connection's region and returns its base, for `IoMemory.unpin`: what is pending now stays
   * where it is until then, although the connection's output may move on or be dropped.
   */
  pin(connection: number): number {
    const base = this.#base[connection]!;
    this.#io.pin(base);
    return base;
  }

  /** Notes that the first `byteCount` pending bytes were sent. */
  advance(connection: number, byteCount: number): void {
    const sent = this.#sent[connection]! + byteCount;
    this.#sent[connection] = sent;
    if (sent === this.#end[connection]!) this.#freeIfEmpty(connection);
  }

  /** From now on keeps what is sent. */
  retain(connection: number): void {
    this.#retained[connection] = 1;
    this.#released[connection] = this.#sent[connection]!;
  }

  /** Offset of the oldest byte not released. */
  retainedStart(connection: number): number {
    return this.#released[connection]!;
  }

  /** Forgets the oldest `byteCount` retained bytes. */
  release(connection: number, byteCount: number): void {
    this.#released[connection]! += byteCount;
    this.#freeIfEmpty(connection);
  }

  /** Forgets everything about a connection. */
  drop(connection: number): void {
    this.#retained[connection] = 0;
    this.#free(connection);
  }

  #freeIfEmpty(connection: number): void {
    if (this.#kept(connection) === this.#end[connection]!) this.#free(connection);
  }

  #free(connection: number): void {
    const base = this.#base[connection]!;
    const capacity = this.#limit[connection]! - base;
    if (capacity > 0) this.#io.free(base, capacity);
    this.#base[connection] = 0;
    this.#released[connection] = 0;
    this.#sent[connection] = 0;
    this.#end[connection] = 0;
    this.#limit[connection] = 0;
  }

  /** What is released before it is sent must still be sent. */
  #kept(connection: number): number {
    const sent = this.#sent[connection]!;
    if (this.#retained[connection] === 0) return sent;
    return Math.min(sent, this.#released[connection]!);
  }

  #makeRoom(connection: number, byteCount: number): number {
    const base = this.#base[connection]!;
    const capacity = this.#limit[connection]! - base;
    if (capacity === 0) return this.#begin(connection, byteCount);
    const kept = this.#kept(connection);
    const needed = this.#end[connection]! - kept + byteCount;
    if (needed > this.#limitBytes) return -1;
    const isPinned = this.#io.isPinned(base);
    if (needed > capacity || kept - base < capacity / 2 || isPinned) {
      const floor = this.#retained[connection] === 0 ? 0 : RETAINED_BYTES_MIN;
      const wanted = Math.max(needed, Math.min(Math.max(2 * capacity, floor), this.#limitBytes));
      if (this.#moveTo(connection, kept, wanted)) return this.#end[connection]!;
      if (wanted > needed && this.#moveTo(connection, kept, needed)) return this.#end[connection]!;
      if (needed > capacity || isPinned) return -1;
    }
    this.#slide(connection, kept, base);
    return this.#end[connection]!;
  }

  /** The first output after a pause: the common case of a request and its reply. */
  #begin(connection: number, byteCount: number): number {
    if (byteCount > this.#limitBytes) return -1;
    const base = this.#io.allocate(byteCount);
    if (base < 0) return -1;
    this.#base[connection] = base;
    this.#released[connection] = base;
    this.#sent[connection] = base;
    this.#end[connection] = base;
    this.#limit[connection] = base + IoMemory.capacityFor(byteCount);
    return base;
  }

  #moveTo(connection: number, kept: number, byteCount: number): boolean {
    const base = this.#io.allocate(byteCount);
    if (base < 0) return false;
    const oldBase = this.#base[connection]!;
    const oldCapacity = this.#limit[connection]! - oldBase;
    this.#slide(connection, kept, base);
    this.#io.free(oldBase, oldCapacity);
    this.#base[connection] = base;
    this.#limit[connection] = base + IoMemory.capacityFor(byteCount);
    return true;
  }

  /** Moves what is kept so that it starts at `to`. */
  #slide(connection: number, kept: number, to: number): void {
    const end = this.#end[connection]!;
    if (kept !== end) this.#io.memory.copyWithin(to, kept, end);
    const distance = to - kept;
    this.#released[connection]! += distance;
    this.#sent[connection]! += distance;
    this.#end[connection] = end + distance;
  }
}

function grown(old: Int32Array, length: number): Int32Array {
  const array = new Int32Array(length);
  array.set(old);
  return array;
}
