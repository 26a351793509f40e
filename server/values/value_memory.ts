/**
 * The memory of values that are structures of their own.
 *
 * Invariant: what is freed here is small; what is big goes to the reclaimer.
 *
 * @module
 */

import { CommandError, ERROR } from "../call.ts";
import type { Arena } from "../keyspace/arena.ts";
import type { Reclaimer } from "../keyspace/reclaimer.ts";

/** Index places that are freed at a time while memory is short. */
const RECLAIM_BUDGET = 4096;

/** There is no memory for a value to grow; what was being done has not been done. */
export class OutOfMemory extends CommandError {
  override name = "OutOfMemory";

  constructor() {
    super(ERROR.outOfMemory);
  }
}

/** Allocates cells, and frees them now or later. */
export class ValueMemory {
  /** Where the cells lie. */
  readonly arena: Arena;
  readonly #reclaimer: Reclaimer;

  /** Memory of `arena`; big structures are freed by `reclaimer`. */
  constructor(arena: Arena, reclaimer: Reclaimer) {
    this.arena = arena;
    this.#reclaimer = reclaimer;
  }

  /** A cell of at least `byteCount` bytes. @throws {OutOfMemory} */
  allocate(byteCount: number): number {
    let ref = this.arena.allocate(byteCount);
    while (ref === 0 && this.reclaim()) ref = this.arena.allocate(byteCount);
    if (ref === 0) throw new OutOfMemory();
    return ref;
  }

  /** Frees some of what waits to be freed; false when nothing does. */
  reclaim(): boolean {
    if (!this.#reclaimer.isBusy) return false;
    this.#reclaimer.step(RECLAIM_BUDGET);
    return true;
  }

  /** Frees cells a few at a time. Each is freed before the next is asked for. */
  freeLater(cells: Iterator<number>): void {
    this.#reclaimer.addCells(cells);
  }

  /** The segment of a cell as words. */
  words(ref: number): Int32Array {
    return this.arena.words[ref >>> this.arena.segmentShift]!;
  }

  /** Index of a cell's first word. */
  wordOf(ref: number): number {
    return (ref & this.arena.segmentMask) << 1;
  }

  /** The segment of a cell as bytes. */
  bytes(ref: number): Uint8Array {
    return this.arena.bytes[ref >>> this.arena.segmentShift]!;
  }
}
