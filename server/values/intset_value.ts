/**
 * A record whose value is an intset: adding and removing integers.
 *
 * @module
 */

import { copyBytes } from "../keyspace/copy_bytes.ts";
import { type Database, NO_EXPIRY } from "../keyspace/database.ts";
import { kindOf } from "../keyspace/record.ts";
import {
  Int64,
  INTSET_HEADER_BYTES,
  intsetCount,
  intsetWidth,
  searchIntset,
  writeIntsetHeader,
} from "./intset.ts";
import { OutOfMemory } from "./value_memory.ts";
import { PACKED, SET } from "./value_tags.ts";

const FIRST_WIDTH = 2;
/** Integers that a new intset has room for. */
const FIRST_INTEGERS = 4;

const moved = new Int64();

/** An intset without integers as the value of the key that `database` looked for last. @throws {OutOfMemory} */
export function createIntset(database: Database): number {
  const room = INTSET_HEADER_BYTES + FIRST_INTEGERS * FIRST_WIDTH;
  const ref = database.create(kindOf(SET, PACKED), room, NO_EXPIRY);
  if (ref === 0) throw new OutOfMemory();
  const { records } = database;
  records.setValueLength(ref, INTSET_HEADER_BYTES);
  writeIntsetHeader(records.bytes(ref), records.valueStart(ref), FIRST_WIDTH, 0);
  return ref;
}

/** Adds an integer that is not there. Returns the record. @throws {OutOfMemory} */
export function addInteger(database: Database, ref: number, added: Int64): number {
  const { records } = database;
  const start = records.valueStart(ref);
  const bytes = records.bytes(ref);
  const width = intsetWidth(bytes, start);
  const count = intsetCount(bytes, start);
  const wanted = Math.max(width, added.width);
  // One that needs more width than all others is the least or the greatest.
  const place = wanted > width
    ? (added.high < 0 ? 0 : count)
    : -1 - searchIntset(bytes, start, added);
  const resized = database.resizeValue(ref, INTSET_HEADER_BYTES + (count + 1) * wanted);
  if (resized === 0) throw new OutOfMemory();
  openGap(database, resized, { width, wanted, count, place });
  const at = records.valueStart(resized);
  const own = records.bytes(resized);
  added.write(own, at + INTSET_HEADER_BYTES + place * wanted, wanted);
  writeIntsetHeader(own, at, wanted, count + 1);
  return resized;
}

/** Makes all integers `wanted` bytes wide, with room for one more at `place`. */
function openGap(
  { records }: Database,
  ref: number,
  { width, wanted, count, place }: { width: number; wanted: number; count: number; place: number },
): void {
  const bytes = records.bytes(ref);
  const start = records.valueStart(ref);
  const first = start + INTSET_HEADER_BYTES;
  if (wanted === width) {
    const from = first + place * width;
    copyBytes(bytes, from + width, bytes, from, first + count * width);
    return;
  }
  // From the back, so that none is written over before it was read.
  for (let i = count - 1; i >= 0; i--) {
    moved.read(bytes, start, i);
    moved.write(bytes, first + (i < place ? i : i + 1) * wanted, wanted);
  }
}

/** Removes the integer at `place`. Returns the record. */
export function removeInteger(database: Database, ref: number, place: number): number {
  const { records } = database;
  const bytes = records.bytes(ref);
  const start = records.valueStart(ref);
  const width = intsetWidth(bytes, start);
  const count = intsetCount(bytes, start);
  const at = start + INTSET_HEADER_BYTES + place * width;
  copyBytes(bytes, at, bytes, at + width, start + INTSET_HEADER_BYTES + count * width);
  writeIntsetHeader(bytes, start, width, count - 1);
  const length = INTSET_HEADER_BYTES + (count - 1) * width;
  const resized = database.resizeValue(ref, length);
  // Without memory for a smaller cell it stays in the larger one.
  if (resized === 0) records.setValueLength(ref, length);
  return resized === 0 ? ref : resized;
}
