/**
 * Frees, a little at a time, what a flush or the drop of a slot has cut off from its database, and big values.
 *
 * Invariant: what is here is reachable from nowhere else, so it can be freed in any order without unlinking.
 *
 * @module
 */
import type { Arena } from "./arena.ts";
import { CAPACITY, PLACES } from "./hash_block.ts";
import type { Records } from "./record.ts";
import { REF_MASK, type SlotRoot } from "./slot_index.ts";
import type { ValueType } from "./value_type.ts";

/** A queue of slots' contents and of big values to free. */
export class Reclaimer {
  readonly #records: Records;
  readonly #types: readonly (ValueType | undefined)[];
  readonly #waiting: SlotRoot[] = [];
  readonly #cells: Iterator<number>[] = [];
  #current: SlotRoot | undefined;
  #blocks: Generator<number> | undefined;
  #block = 0;
  #place = 0;

  /** Frees records by their types. */
  constructor(records: Records, types: readonly (ValueType | undefined)[]) {
    this.#records = records;
    this.#types = types;
  }

  /** Whether anything waits to be freed. */
  get isBusy(): boolean {
    return this.#cells.length > 0 || this.#current !== undefined || this.#waiting.length > 0;
  }

  /** Takes over what a slot held. */
  add(root: SlotRoot): void {
    if (root.root !== 0) this.#waiting.push(root);
  }

  /** Takes over the cells of a value; each is freed before the next is asked for. */
  addCells(cells: Iterator<number>): void {
    this.#cells.push(cells);
  }

  /** Looks at up to `budget` places and frees what is there; returns how many were left of it. */
  step(budget: number): number {
    budget = this.#freeCells(budget);
    while (budget > 0 && (this.#block !== 0 || this.#advance())) {
      budget = this.#freeCells(this.#freeEntries(budget));
    }
    return budget;
  }

  #freeCells(budget: number): number {
    while (budget > 0 && this.#cells.length > 0) {
      const { value, done } = this.#cells.at(-1)!.next();
      if (done) this.#cells.pop();
      else this.#records.arena.free(value);
      budget--;
    }
    return budget;
  }

  /** Goes to the next block; false when there is none. */
  #advance(): boolean {
    for (;;) {
      const next = this.#blocks?.next();
      if (next !== undefined && !next.done) {
        this.#block = next.value;
        this.#place = 0;
        return true;
      }
      if (this.#current !== undefined && this.#current.depth > 0) {
        this.#records.arena.free(this.#current.root);
      }
      this.#current = this.#waiting.pop();
      if (this.#current === undefined) {
        this.#blocks = undefined;
        return false;
      }
      this.#blocks = blocksUnder(this.#records.arena, this.#current);
    }
  }

  #freeEntries(budget: number): number {
    const records = this.#records;
    const words = records.words(this.#block);
    const w = records.wordOf(this.#block);
    const end = Math.min(words[w + CAPACITY]!, this.#place + budget);
    const looked = end - this.#place;
    for (let place = this.#place; place < end; place++) {
      const ref = words[w + PLACES + place * 2 + 1]! & REF_MASK;
      if (ref === 0) continue;
      this.#types[records.type(ref)]?.release(records, ref);
      records.arena.free(ref);
    }
    this.#place = end;
    if (end === words[w + CAPACITY]!) {
      records.arena.free(this.#block);
      this.#block = 0;
    }
    return budget - looked;
  }
}

/** The blocks of a slot, each once, in the order of their hashes. */
export function* blocksUnder(arena: Arena, { root, depth }: SlotRoot): Generator<number> {
  if (depth === 0) {
    if (root !== 0) yield root;
    return;
  }
  let last = 0;
  for (let i = 0; i < 1 << depth; i++) {
    const block = arena.words[root >>> arena.segmentShift]![((root & arena.segmentMask) << 1) + i]!;
    if (block !== last) yield block;
    last = block;
  }
}
