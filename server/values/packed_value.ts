/**
 * A record whose value is a listpack: finding, inserting and removing entries.
 *
 * Invariant: positions are offsets from the start of the value, as every change may move the record.
 *
 * @module
 */

import { copyBytes } from "../keyspace/copy_bytes.ts";
import { type Database, NO_EXPIRY } from "../keyspace/database.ts";
import { kindOf, type Records } from "../keyspace/record.ts";
import type { EntryImage } from "./entry_image.ts";
import {
  entryAt,
  LISTPACK_EMPTY_BYTES,
  LISTPACK_END,
  LISTPACK_HEADER_BYTES,
  listpackCount,
  nextEntry,
  writeEmptyListpack,
  writeListpackHeader,
} from "./listpack.ts";
import { OutOfMemory } from "./value_memory.ts";

/** What {@linkcode findEntry} returns when there is no such entry. */
export const NOT_FOUND = -1;

/**
 * An empty listpack as the value of the key that `database` looked for last, with room for `reserve` bytes of entries.
 *
 * @throws {OutOfMemory}
 */
export function createPacked(
  database: Database,
  type: number,
  encoding: number,
  reserve: number,
): number {
  const kind = kindOf(type, encoding);
  const ref = database.create(kind, LISTPACK_EMPTY_BYTES + reserve, NO_EXPIRY);
  if (ref === 0) throw new OutOfMemory();
  const { records } = database;
  records.setValueLength(ref, LISTPACK_EMPTY_BYTES);
  writeEmptyListpack(records.bytes(ref), records.valueStart(ref));
  return ref;
}

/** Entries of a packed value. */
export function packedCount(records: Records, ref: number): number {
  return listpackCount(records.bytes(ref), records.valueStart(ref));
}

/** Offset of entry number `index` of a packed value that has so many. */
export function packedOffset(records: Records, ref: number, index: number): number {
  const bytes = records.bytes(ref);
  const start = records.valueStart(ref);
  return entryAt(bytes, start, listpackCount(bytes, start), index) - start;
}

/** Offset of the end mark: where a new last entry goes. */
export function packedEnd(records: Records, ref: number): number {
  return records.valueLength(ref) - 1;
}

/** Offset of the first entry that is `image`, looking at every `step`th only, or {@linkcode NOT_FOUND}. */
export function findEntry(records: Records, ref: number, image: EntryImage, step: number): number {
  const bytes = records.bytes(ref);
  const start = records.valueStart(ref);
  let p = start + LISTPACK_HEADER_BYTES;
  while (bytes[p] !== LISTPACK_END) {
    if (image.equals(bytes, p)) return p - start;
    p = nextEntry(bytes, p);
    if (step === 2) p = nextEntry(bytes, p);
  }
  return NOT_FOUND;
}

/** Offset behind the entry at `offset`. */
export function entryEnd(records: Records, ref: number, offset: number): number {
  const start = records.valueStart(ref);
  return nextEntry(records.bytes(ref), start + offset) - start;
}

/**
 * Makes the bytes from `offset` to `end` of a packed value `added` bytes long; theirs are the caller's to write. `count`
 * is how many entries the value has more then. Returns the record.
 *
 * @throws {OutOfMemory}
 */
export function splice(
  database: Database,
  ref: number,
  offset: number,
  end: number,
  added: number,
  count: number,
): number {
  const { records } = database;
  const oldLength = records.valueLength(ref);
  const newLength = oldLength + added - (end - offset);
  const entries = packedCount(records, ref) + count;
  if (newLength > oldLength) {
    ref = database.resizeValue(ref, newLength);
    if (ref === 0) throw new OutOfMemory();
  }
  const bytes = records.bytes(ref);
  const start = records.valueStart(ref);
  if (added !== end - offset) {
    copyBytes(bytes, start + offset + added, bytes, start + end, start + oldLength);
  }
  writeListpackHeader(bytes, start, newLength, entries);
  if (newLength >= oldLength) return ref;
  const shrunk = database.resizeValue(ref, newLength);
  if (shrunk !== 0) return shrunk;
  // Without memory for a smaller cell it stays in the larger one.
  records.setValueLength(ref, newLength);
  return ref;
}

/** Inserts an entry before `offset`. Returns the record. @throws {OutOfMemory} */
export function insertEntry(
  database: Database,
  ref: number,
  offset: number,
  image: EntryImage,
): number {
  ref = splice(database, ref, offset, offset, image.size, 1);
  image.write(database.records.bytes(ref), database.records.valueStart(ref) + offset);
  return ref;
}

/** Replaces the entry at `offset`. Returns the record. @throws {OutOfMemory} */
export function replaceEntry(
  database: Database,
  ref: number,
  offset: number,
  image: EntryImage,
): number {
  const { records } = database;
  const end = entryEnd(records, ref, offset);
  if (end - offset !== image.size) {
    ref = splice(database, ref, offset, end, image.size, 0);
  }
  image.write(records.bytes(ref), records.valueStart(ref) + offset);
  return ref;
}

/** Removes `count` entries from `offset` on. Returns the record. */
export function removeEntries(
  database: Database,
  ref: number,
  offset: number,
  count: number,
): number {
  let end = offset;
  for (let i = 0; i < count; i++) end = entryEnd(database.records, ref, end);
  return splice(database, ref, offset, end, 0, -count);
}
