/**
 * Goes through the members of a set.
 *
 * @module
 */

import type { Records } from "../keyspace/record.ts";
import { ByteRange } from "./byte_range.ts";
import { TableWalk } from "./element_table.ts";
import { Int64, intsetCount } from "./intset.ts";
import { LISTPACK_END, LISTPACK_HEADER_BYTES, nextEntry, readEntry } from "./listpack.ts";
import { packedCount } from "./packed_value.ts";
import { headerOf } from "./spread_value.ts";
import { PACKED, SPREAD } from "./value_tags.ts";

/** Where the member begins in an element. */
export const SET_MEMBER_OFFSET = 4;

/** A place in a set that does not change meanwhile. */
export class SetCursor {
  /** The member that {@linkcode SetCursor.next} came to. */
  readonly member: ByteRange = new ByteRange();
  /** How many members there are. */
  count = 0;
  readonly #walk = new TableWalk();
  readonly #integer = new Int64();
  #records!: Records;
  #encoding = PACKED;
  #bytes!: Uint8Array;
  #at = 0;
  #index = 0;

  /** Begins before the first member. */
  open(records: Records, ref: number): void {
    this.#records = records;
    this.#encoding = records.encoding(ref);
    if (this.#encoding === SPREAD) {
      this.#walk.open(records.arena, headerOf(records, ref));
      this.count = this.#walk.count;
      return;
    }
    this.#bytes = records.bytes(ref);
    this.#at = records.valueStart(ref);
    this.#index = 0;
    if (this.#encoding === PACKED) {
      this.count = intsetCount(this.#bytes, this.#at);
      return;
    }
    this.count = packedCount(records, ref);
    this.#at += LISTPACK_HEADER_BYTES;
  }

  /** Goes to the next member; false after the last. */
  next(): boolean {
    switch (this.#encoding) {
      case SPREAD:
        return this.#nextElement();
      case PACKED:
        if (this.#index >= this.count) return false;
        this.#integer.read(this.#bytes, this.#at, this.#index++);
        this.#integer.spell(this.member);
        return true;
      default:
        if (this.#bytes[this.#at] === LISTPACK_END) return false;
        readEntry(this.#bytes, this.#at, this.member);
        this.#at = nextEntry(this.#bytes, this.#at);
        return true;
    }
  }

  #nextElement(): boolean {
    const ref = this.#walk.next();
    if (ref === 0) return false;
    const w = this.#records.wordOf(ref);
    const start = w * 4 + SET_MEMBER_OFFSET;
    this.member.set(this.#records.bytes(ref), start, start + this.#records.words(ref)[w]!);
    return true;
  }
}
