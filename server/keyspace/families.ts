/**
 * The tag families of one database: all keys with the same tag text, as a list through their records.
 *
 * The list hangs on a record of its own in the slot's index, found by the CRC of the tag, which clients never see.
 *
 * Invariant: a family's record exists exactly as long as the family has a key.
 *
 * @module
 */
import { crc32 } from "../../core/crc32.ts";
import { copyBytes } from "./copy_bytes.ts";
import { FAMILY, kindOf, type Records, valueOffsetOf } from "./record.ts";
import { REF_MASK, type SlotIndex } from "./slot_index.ts";

/** Allocates, or returns 0. */
export type Allocate = (byteCount: number) => number;

/** Joins keys to their families and finds all keys of one. */
export class Families {
  readonly #records: Records;
  readonly #index: SlotIndex;
  readonly #allocate: Allocate;

  /** Families of the keys in `index`. */
  constructor(records: Records, index: SlotIndex, allocate: Allocate) {
    this.#records = records;
    this.#index = index;
    this.#allocate = allocate;
  }

  /** The first key with the tag `bytes[start, end)`, or 0. */
  first(slot: number, bytes: Uint8Array, start: number, end: number): number {
    const head = this.#find(slot, crc32(bytes, start, end), bytes, start, end);
    return head === 0 ? 0 : this.#firstOf(head);
  }

  /** The key after `ref` in its family, or 0. */
  next(ref: number): number {
    return this.#records.words(ref)[this.#records.linkWord(ref)]!;
  }

  /** Adds a key to the family of the tag `bytes[start, end)` with that CRC; false when memory is short. */
  join(
    ref: number,
    slot: number,
    hash: number,
    bytes: Uint8Array,
    start: number,
    end: number,
  ): boolean {
    let head = this.#find(slot, hash, bytes, start, end);
    if (head === 0) head = this.#open(slot, hash, bytes, start, end);
    if (head === 0) return false;
    const second = this.#firstOf(head);
    this.#link(ref, second, head);
    if (second !== 0) this.#setPrevious(second, ref);
    this.#setFirst(head, ref);
    return true;
  }

  /** Takes a key out of its family. */
  leave(ref: number, slot: number): void {
    const records = this.#records;
    const next = this.next(ref);
    const previous = records.words(ref)[records.linkWord(ref) + 1]!;
    if (next !== 0) this.#setPrevious(next, previous);
    if (records.type(previous) !== FAMILY) {
      this.#setNext(previous, next);
      return;
    }
    this.#setFirst(previous, next);
    if (next === 0) this.#close(previous, slot);
  }

  /** Puts a record in the place of another of the same key. */
  replace(old: number, fresh: number): void {
    const records = this.#records;
    const next = this.next(old);
    const previous = records.words(old)[records.linkWord(old) + 1]!;
    this.#link(fresh, next, previous);
    if (next !== 0) this.#setPrevious(next, fresh);
    if (records.type(previous) === FAMILY) this.#setFirst(previous, fresh);
    else this.#setNext(previous, fresh);
  }

  #find(slot: number, hash: number, bytes: Uint8Array, start: number, end: number): number {
    let entry = this.#index.first(slot, hash);
    while (entry !== 0 && !this.#records.holdsTag(entry & REF_MASK, bytes, start, end)) {
      entry = this.#index.next();
    }
    return entry & REF_MASK;
  }

  #open(slot: number, hash: number, bytes: Uint8Array, start: number, end: number): number {
    const records = this.#records;
    const kind = kindOf(FAMILY, 0);
    const head = this.#allocate(valueOffsetOf(kind, end - start) + 4);
    if (head === 0) return 0;
    records.format(head, kind, end - start, 4);
    copyBytes(records.bytes(head), records.keyStart(head), bytes, start, end);
    this.#setFirst(head, 0);
    if (this.#index.insert(slot, hash, head)) return head;
    records.arena.free(head);
    return 0;
  }

  #close(head: number, slot: number): void {
    const records = this.#records;
    const start = records.keyStart(head);
    const hash = crc32(records.bytes(head), start, start + records.keyLength(head));
    this.#index.locate(slot, hash, head);
    this.#index.remove(slot, hash);
    records.arena.free(head);
  }

  #firstOf(head: number): number {
    return this.#records.words(head)[this.#records.valueStart(head) >>> 2]!;
  }

  #setFirst(head: number, ref: number): void {
    this.#records.words(head)[this.#records.valueStart(head) >>> 2] = ref;
  }

  #link(ref: number, next: number, previous: number): void {
    const words = this.#records.words(ref);
    const at = this.#records.linkWord(ref);
    words[at] = next;
    words[at + 1] = previous;
  }

  #setNext(ref: number, next: number): void {
    this.#records.words(ref)[this.#records.linkWord(ref)] = next;
  }

  #setPrevious(ref: number, previous: number): void {
    this.#records.words(ref)[this.#records.linkWord(ref) + 1] = previous;
  }
}
