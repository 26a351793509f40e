/**
 * Hashes: packed as a listpack of fields and values in turn, or spread over a table of elements.
 *
 * ```
 * element: bytes of the field 32 · bytes of the value 32 · field · value
 * ```
 *
 * Invariant: a hash that has no field is no key.
 *
 * @module
 */

import { copyBytes } from "../keyspace/copy_bytes.ts";
import type { Database } from "../keyspace/database.ts";
import type { Records } from "../keyspace/record.ts";
import type { ValueType } from "../keyspace/value_type.ts";
import { ByteRange } from "./byte_range.ts";
import { ElementTable, TableWalk } from "./element_table.ts";
import { EntryImage } from "./entry_image.ts";
import { LISTPACK_END, LISTPACK_HEADER_BYTES, nextEntry, readEntry } from "./listpack.ts";
import {
  createPacked,
  entryEnd,
  findEntry,
  NOT_FOUND,
  packedCount,
  packedEnd,
  removeEntries,
  replaceEntry,
  splice,
} from "./packed_value.ts";
import { becomeSpread, headerOf, separateSpread } from "./spread_value.ts";
import type { ValueLimits } from "./value_limits.ts";
import type { ValueMemory } from "./value_memory.ts";
import { HASH, PACKED, SPREAD } from "./value_tags.ts";

/** Where the field begins in an element. */
const FIELD_OFFSET = 8;

/** What can be done with hashes. */
export class Hashes implements ValueType {
  readonly tag = HASH;
  readonly name = "hash";
  /** The tables of the hashes that are spread. */
  readonly table: ElementTable;
  /** The value that {@linkcode Hashes.get} found. */
  readonly value: ByteRange = new ByteRange();
  /** Whether the {@linkcode Hashes.set} last done added a field. */
  added = false;
  readonly #memory: ValueMemory;
  readonly #limits: ValueLimits;
  readonly #field = new EntryImage();
  readonly #content = new EntryImage();
  readonly #range = new ByteRange();

  /** Hashes that stay packed up to `limits`. */
  constructor(memory: ValueMemory, limits: ValueLimits) {
    this.#memory = memory;
    this.#limits = limits;
    this.table = new ElementTable(memory, FIELD_OFFSET);
  }

  encodingName(records: Records, ref: number): string {
    return records.encoding(ref) === PACKED ? "listpack" : "hashtable";
  }

  release(records: Records, ref: number): void {
    if (records.encoding(ref) === SPREAD) this.table.release(headerOf(records, ref));
  }

  memoryUsage(records: Records, ref: number): number {
    if (records.encoding(ref) === PACKED) return 0;
    return this.table.memoryUsage(headerOf(records, ref));
  }

  separate(records: Records, _source: number, target: number): boolean {
    return separateSpread(records, target, (header) => this.table.copy(header));
  }

  /** How many fields a hash has. */
  count(records: Records, ref: number): number {
    if (records.encoding(ref) === PACKED) return packedCount(records, ref) >>> 1;
    return this.table.count(headerOf(records, ref));
  }

  /** Looks for a field; its value is in {@linkcode Hashes.value} then. */
  get(records: Records, ref: number, bytes: Uint8Array, start: number, end: number): boolean {
    if (records.encoding(ref) !== PACKED) {
      const element = this.table.find(headerOf(records, ref), bytes, start, end);
      if (element !== 0) this.valueOf(element, this.value);
      return element !== 0;
    }
    this.#field.set(bytes, start, end);
    const offset = findEntry(records, ref, this.#field, 2);
    if (offset === NOT_FOUND) return false;
    const own = records.bytes(ref);
    readEntry(own, nextEntry(own, records.valueStart(ref) + offset), this.value);
    return true;
  }

  /**
   * Sets a field; without a hash (`ref` 0) makes one for the key that `database` looked for last. Returns the record.
   *
   * @throws {OutOfMemory}
   */
  set(
    database: Database,
    ref: number,
    bytes: Uint8Array,
    start: number,
    end: number,
    valueBytes: Uint8Array,
    valueStart: number,
    valueEnd: number,
  ): number {
    const { records } = database;
    const limit = this.#limits.hashBytes;
    const isShort = end - start <= limit && valueEnd - valueStart <= limit;
    if (ref === 0) ref = createPacked(database, HASH, PACKED, isShort ? 24 : 0);
    if (records.encoding(ref) === PACKED && !isShort) ref = this.spread(database, ref);
    if (records.encoding(ref) === PACKED) {
      this.#field.set(bytes, start, end);
      this.#content.set(valueBytes, valueStart, valueEnd);
      ref = this.#setPacked(database, ref);
      if (!this.added || this.count(records, ref) <= this.#limits.hashEntries) return ref;
      return this.spread(database, ref);
    }
    const header = headerOf(records, ref);
    const old = this.table.find(header, bytes, start, end);
    this.added = old === 0;
    this.#setElement(old, bytes, start, end, valueBytes, valueStart, valueEnd);
    return ref;
  }

  /** Removes a field. Returns the record, or {@linkcode NOT_FOUND}; the caller removes a hash without fields. */
  delete(
    database: Database,
    ref: number,
    bytes: Uint8Array,
    start: number,
    end: number,
  ): number {
    const { records } = database;
    if (records.encoding(ref) === PACKED) {
      this.#field.set(bytes, start, end);
      const offset = findEntry(records, ref, this.#field, 2);
      return offset === NOT_FOUND ? NOT_FOUND : removeEntries(database, ref, offset, 2);
    }
    if (this.table.find(headerOf(records, ref), bytes, start, end) === 0) return NOT_FOUND;
    this.table.remove();
    return ref;
  }

  /** Spreads a packed hash. Returns the record. @throws {OutOfMemory} */
  spread(database: Database, ref: number): number {
    const { records } = database;
    const header = this.table.create();
    const bytes = records.bytes(ref);
    const value = new ByteRange();
    try {
      let p = records.valueStart(ref) + LISTPACK_HEADER_BYTES;
      while (bytes[p] !== LISTPACK_END) {
        const range = this.#range;
        readEntry(bytes, p, range);
        p = nextEntry(bytes, p);
        readEntry(bytes, p, value);
        p = nextEntry(bytes, p);
        const old = this.table.find(header, range.bytes, range.start, range.end);
        const { start, end } = range;
        this.#setElement(old, range.bytes, start, end, value.bytes, value.start, value.end);
      }
    } catch (error) {
      this.table.release(header);
      throw error;
    }
    return becomeSpread(database, ref, header);
  }

  /** Makes `range` the value of an element. */
  valueOf(element: number, range: ByteRange): void {
    const words = this.#memory.words(element);
    const w = this.#memory.wordOf(element);
    const start = w * 4 + FIELD_OFFSET + words[w]!;
    range.set(this.#memory.bytes(element), start, start + words[w + 1]!);
  }

  #setPacked(database: Database, ref: number): number {
    const { records } = database;
    const field = this.#field;
    const content = this.#content;
    const offset = findEntry(records, ref, field, 2);
    this.added = offset === NOT_FOUND;
    if (!this.added) {
      return replaceEntry(database, ref, entryEnd(records, ref, offset), content);
    }
    const end = packedEnd(records, ref);
    ref = splice(database, ref, end, end, field.size + content.size, 2);
    const at = records.valueStart(ref) + end;
    const bytes = records.bytes(ref);
    field.write(bytes, at);
    content.write(bytes, at + field.size);
    return ref;
  }

  /** Gives the field that was looked for last a value, in place of `old` if that is not 0. */
  #setElement(
    old: number,
    bytes: Uint8Array,
    start: number,
    end: number,
    valueBytes: Uint8Array,
    valueStart: number,
    valueEnd: number,
  ): void {
    const memory = this.#memory;
    const valueLength = valueEnd - valueStart;
    const byteCount = FIELD_OFFSET + end - start + valueLength;
    let ref = old;
    if (old === 0 || !fits(byteCount, memory.arena.capacityOf(old))) {
      ref = memory.allocate(byteCount);
    }
    const w = memory.wordOf(ref);
    const words = memory.words(ref);
    const own = memory.bytes(ref);
    const at = w * 4 + FIELD_OFFSET;
    words[w] = end - start;
    words[w + 1] = valueLength;
    if (ref !== old) copyBytes(own, at, bytes, start, end);
    copyBytes(own, at + end - start, valueBytes, valueStart, valueEnd);
    if (old === 0) this.table.insert(ref);
    else if (ref !== old) this.table.replace(ref);
  }
}

/** Whether so many bytes stay in a cell: it is large enough, and not much too large. */
function fits(byteCount: number, capacity: number): boolean {
  return byteCount <= capacity && (byteCount * 2 >= capacity || capacity <= 64);
}

/** Goes through the fields of a hash that does not change meanwhile. */
export class HashCursor {
  /** The field that {@linkcode HashCursor.next} came to. */
  readonly field: ByteRange = new ByteRange();
  /** Its value. */
  readonly value: ByteRange = new ByteRange();
  /** How many fields there are. */
  count = 0;
  readonly #walk = new TableWalk();
  #records!: Records;
  #isPacked = true;
  #bytes!: Uint8Array;
  #at = 0;

  /** Begins before the first field. */
  open(records: Records, ref: number): void {
    this.#records = records;
    this.#isPacked = records.encoding(ref) === PACKED;
    if (!this.#isPacked) {
      this.#walk.open(records.arena, headerOf(records, ref));
      this.count = this.#walk.count;
      return;
    }
    this.count = packedCount(records, ref) >>> 1;
    this.#bytes = records.bytes(ref);
    this.#at = records.valueStart(ref) + LISTPACK_HEADER_BYTES;
  }

  /** Goes to the next field; false after the last. */
  next(): boolean {
    if (!this.#isPacked) return this.#nextElement();
    const bytes = this.#bytes;
    if (bytes[this.#at] === LISTPACK_END) return false;
    readEntry(bytes, this.#at, this.field);
    const value = nextEntry(bytes, this.#at);
    readEntry(bytes, value, this.value);
    this.#at = nextEntry(bytes, value);
    return true;
  }

  #nextElement(): boolean {
    const ref = this.#walk.next();
    if (ref === 0) return false;
    const words = this.#records.words(ref);
    const bytes = this.#records.bytes(ref);
    const w = this.#records.wordOf(ref);
    const start = w * 4 + FIELD_OFFSET;
    const end = start + words[w]!;
    this.field.set(bytes, start, end);
    this.value.set(bytes, end, end + words[w + 1]!);
    return true;
  }
}
