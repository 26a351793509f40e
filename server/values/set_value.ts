/**
 * Sets: an intset of integers, a listpack of a few short members, or a table of elements.
 *
 * ```
 * element: bytes of the member 32 · member
 * ```
 *
 * Redis 7.0 keeps every set with another member than integers as a hash table, and so such sets say that they are one; a
 * listpack takes a quarter of the memory.
 *
 * Invariant: a set without members is no key.
 *
 * @module
 */

import { copyBytes } from "../keyspace/copy_bytes.ts";
import type { Database } from "../keyspace/database.ts";
import type { Records } from "../keyspace/record.ts";
import type { ValueType } from "../keyspace/value_type.ts";
import { ByteRange } from "./byte_range.ts";
import { ElementTable } from "./element_table.ts";
import { EntryImage } from "./entry_image.ts";
import { Int64, intsetCount, searchIntset } from "./intset.ts";
import { addInteger, createIntset, removeInteger } from "./intset_value.ts";
import {
  LISTPACK_EMPTY_BYTES,
  LISTPACK_END,
  LISTPACK_HEADER_BYTES,
  readEntry,
  writeListpackHeader,
} from "./listpack.ts";
import {
  createPacked,
  findEntry,
  insertEntry,
  NOT_FOUND,
  packedCount,
  packedEnd,
  packedOffset,
  removeEntries,
} from "./packed_value.ts";
import { SET_MEMBER_OFFSET, SetCursor } from "./set_cursor.ts";
import { becomeSpread, createSpread, headerOf, separateSpread } from "./spread_value.ts";
import type { ValueLimits } from "./value_limits.ts";
import { OutOfMemory, type ValueMemory } from "./value_memory.ts";
import { PACKED, PACKED_TEXT, SET, SPREAD } from "./value_tags.ts";

/** Up to so many members of up to so many bytes a set stays a listpack. */
const PACKED_MEMBERS_MAX = 128;
const PACKED_BYTES_MAX = 64;
/** Bytes of entries that a new listpack has room for. */
const FIRST_BYTES = 17;
const INTEGER_ENTRY_BYTES_MAX = 10;

/** What can be done with sets. */
export class Sets implements ValueType {
  readonly tag = SET;
  readonly name = "set";
  /** The tables of the sets that are spread. */
  readonly table: ElementTable;
  /** Whether the {@linkcode Sets.add} last done added a member. */
  added = false;
  readonly #memory: ValueMemory;
  readonly #limits: ValueLimits;
  readonly #image = new EntryImage();
  readonly #integer = new Int64();
  readonly #cursor = new SetCursor();

  /** Sets that stay intsets up to `limits`. */
  constructor(memory: ValueMemory, limits: ValueLimits) {
    this.#memory = memory;
    this.#limits = limits;
    this.table = new ElementTable(memory, SET_MEMBER_OFFSET);
  }

  encodingName(records: Records, ref: number): string {
    return records.encoding(ref) === PACKED ? "intset" : "hashtable";
  }

  release(records: Records, ref: number): void {
    if (records.encoding(ref) === SPREAD) this.table.release(headerOf(records, ref));
  }

  memoryUsage(records: Records, ref: number): number {
    return records.encoding(ref) === SPREAD ? this.table.memoryUsage(headerOf(records, ref)) : 0;
  }

  separate(records: Records, _source: number, target: number): boolean {
    return separateSpread(records, target, (header) => this.table.copy(header));
  }

  /** How many members a set has. */
  count(records: Records, ref: number): number {
    switch (records.encoding(ref)) {
      case SPREAD:
        return this.table.count(headerOf(records, ref));
      case PACKED:
        return intsetCount(records.bytes(ref), records.valueStart(ref));
      default:
        return packedCount(records, ref);
    }
  }

  /** Whether `bytes[start, end)` is a member. */
  has(records: Records, ref: number, bytes: Uint8Array, start: number, end: number): boolean {
    switch (records.encoding(ref)) {
      case SPREAD:
        return this.table.find(headerOf(records, ref), bytes, start, end) !== 0;
      case PACKED:
        return this.#integer.parse(bytes, start, end) &&
          searchIntset(records.bytes(ref), records.valueStart(ref), this.#integer) >= 0;
      default:
        this.#image.set(bytes, start, end);
        return findEntry(records, ref, this.#image, 1) !== NOT_FOUND;
    }
  }

  /**
   * Adds a member; without a set (`ref` 0) makes one for the key that `database` looked for last. Returns the record.
   *
   * @throws {OutOfMemory}
   */
  add(database: Database, ref: number, bytes: Uint8Array, start: number, end: number): number {
    const { records } = database;
    const isInteger = (ref === 0 || records.encoding(ref) === PACKED) &&
      this.#integer.parse(bytes, start, end);
    if (ref === 0) ref = this.#create(database, isInteger, end - start);
    if (records.encoding(ref) === PACKED) {
      if (isInteger) return this.#addInteger(database, ref);
      const fits = end - start <= PACKED_BYTES_MAX && this.#isShort(records, ref);
      ref = fits ? this.#listMembers(database, ref) : this.spread(database, ref);
    }
    if (records.encoding(ref) === PACKED_TEXT) {
      this.#image.set(bytes, start, end);
      this.added = findEntry(records, ref, this.#image, 1) === NOT_FOUND;
      if (!this.added) return ref;
      if (end - start <= PACKED_BYTES_MAX && packedCount(records, ref) < PACKED_MEMBERS_MAX) {
        return insertEntry(database, ref, packedEnd(records, ref), this.#image);
      }
      ref = this.spread(database, ref);
    }
    this.#addElement(headerOf(records, ref), bytes, start, end);
    return ref;
  }

  /** Removes a member. Returns the record, or {@linkcode NOT_FOUND}; the caller removes a set without members. */
  delete(database: Database, ref: number, bytes: Uint8Array, start: number, end: number): number {
    const { records } = database;
    if (records.encoding(ref) === SPREAD) {
      if (this.table.find(headerOf(records, ref), bytes, start, end) === 0) return NOT_FOUND;
      this.table.remove();
      return ref;
    }
    if (records.encoding(ref) === PACKED) {
      if (!this.#integer.parse(bytes, start, end)) return NOT_FOUND;
      const place = searchIntset(records.bytes(ref), records.valueStart(ref), this.#integer);
      return place < 0 ? NOT_FOUND : removeInteger(database, ref, place);
    }
    this.#image.set(bytes, start, end);
    const offset = findEntry(records, ref, this.#image, 1);
    return offset === NOT_FOUND ? NOT_FOUND : removeEntries(database, ref, offset, 1);
  }

  /** Makes `range` member number `index` of a set that is not spread. */
  memberAt(records: Records, ref: number, index: number, range: ByteRange): void {
    const bytes = records.bytes(ref);
    const start = records.valueStart(ref);
    if (records.encoding(ref) !== PACKED) {
      return readEntry(bytes, start + packedOffset(records, ref, index), range);
    }
    this.#integer.read(bytes, start, index);
    this.#integer.spell(range);
  }

  /** Makes `range` a member, each as likely. */
  random(records: Records, ref: number, range: ByteRange): void {
    if (records.encoding(ref) === SPREAD) {
      return this.table.member(this.table.random(headerOf(records, ref)), range);
    }
    const index = Math.floor(Math.random() * this.count(records, ref));
    this.memberAt(records, ref, index, range);
  }

  /** Spreads a set. Returns the record. @throws {OutOfMemory} */
  spread(database: Database, ref: number): number {
    const header = this.table.create();
    const cursor = this.#cursor;
    try {
      cursor.open(database.records, ref);
      while (cursor.next()) {
        const { bytes, start, end } = cursor.member;
        this.#addElement(header, bytes, start, end);
      }
    } catch (error) {
      this.table.release(header);
      throw error;
    }
    return becomeSpread(database, ref, header);
  }

  #create(database: Database, isInteger: boolean, length: number): number {
    if (isInteger) return createIntset(database);
    if (length <= PACKED_BYTES_MAX) {
      return createPacked(database, SET, PACKED_TEXT, Math.max(FIRST_BYTES, length + 2));
    }
    const header = this.table.create();
    try {
      return createSpread(database, SET, header);
    } catch (error) {
      this.table.release(header);
      throw error;
    }
  }

  #addInteger(database: Database, ref: number): number {
    const { records } = database;
    const start = records.valueStart(ref);
    this.added = searchIntset(records.bytes(ref), start, this.#integer) < 0;
    if (!this.added) return ref;
    ref = addInteger(database, ref, this.#integer);
    if (this.count(records, ref) <= this.#limits.setIntegers) return ref;
    return this.#isShort(records, ref)
      ? this.#listMembers(database, ref)
      : this.spread(database, ref);
  }

  #isShort(records: Records, ref: number): boolean {
    return this.count(records, ref) < PACKED_MEMBERS_MAX;
  }

  /** Makes an intset a listpack. */
  #listMembers(database: Database, ref: number): number {
    const { records } = database;
    const length = records.valueLength(ref);
    const bytes = records.bytes(ref).slice(
      records.valueStart(ref),
      records.valueStart(ref) + length,
    );
    const listpack = listpackOfIntset(bytes);
    const resized = database.resizeValue(ref, listpack.length);
    if (resized === 0) throw new OutOfMemory();
    copyBytes(
      records.bytes(resized),
      records.valueStart(resized),
      listpack,
      0,
      listpack.length,
    );
    records.setEncoding(resized, PACKED_TEXT);
    return resized;
  }

  #addElement(header: number, bytes: Uint8Array, start: number, end: number): void {
    this.added = this.table.find(header, bytes, start, end) === 0;
    if (!this.added) return;
    const memory = this.#memory;
    const ref = memory.allocate(SET_MEMBER_OFFSET + end - start);
    const w = memory.wordOf(ref);
    memory.words(ref)[w] = end - start;
    copyBytes(memory.bytes(ref), w * 4 + SET_MEMBER_OFFSET, bytes, start, end);
    this.table.insert(ref);
  }
}

/** The members of an intset as a listpack. */
function listpackOfIntset(intset: Uint8Array): Uint8Array {
  const count = intsetCount(intset, 0);
  const integer = new Int64();
  const range = new ByteRange();
  const image = new EntryImage();
  const bytes = new Uint8Array(LISTPACK_EMPTY_BYTES + count * INTEGER_ENTRY_BYTES_MAX);
  let at = LISTPACK_HEADER_BYTES;
  for (let i = 0; i < count; i++) {
    integer.read(intset, 0, i);
    integer.spell(range);
    image.setRange(range);
    image.write(bytes, at);
    at += image.size;
  }
  bytes[at++] = LISTPACK_END;
  writeListpackHeader(bytes, 0, at, count);
  return bytes.subarray(0, at);
}
