/**
 * A record whose value is one word: the reference of a structure of its own.
 *
 * @module
 */

import { type Database, NO_EXPIRY } from "../keyspace/database.ts";
import { kindOf, type Records } from "../keyspace/record.ts";
import { OutOfMemory } from "./value_memory.ts";
import { SPREAD } from "./value_tags.ts";

const WORD_BYTES = 4;

/** The structure of a spread value. */
export function headerOf(records: Records, ref: number): number {
  return records.words(ref)[records.valueStart(ref) >>> 2]!;
}

/** Makes a packed value spread: its packed form is forgotten. Returns the record. */
export function becomeSpread(database: Database, ref: number, header: number): number {
  const { records } = database;
  const resized = database.resizeValue(ref, WORD_BYTES);
  // A value so short that it would have to grow has room, and without memory for a smaller cell it stays.
  if (resized === 0) records.setValueLength(ref, WORD_BYTES);
  else ref = resized;
  records.setEncoding(ref, SPREAD);
  records.words(ref)[records.valueStart(ref) >>> 2] = header;
  return ref;
}

/**
 * A record with a structure as the value of the key that `database` looked for last.
 *
 * @throws {OutOfMemory}
 */
export function createSpread(database: Database, type: number, header: number): number {
  const ref = database.create(kindOf(type, SPREAD), WORD_BYTES, NO_EXPIRY);
  if (ref === 0) throw new OutOfMemory();
  database.records.words(ref)[database.records.valueStart(ref) >>> 2] = header;
  return ref;
}

/** Gives `target`, until now the same bytes as `source`, what `duplicate` makes of its structure; false without memory. */
export function separateSpread(
  records: Records,
  target: number,
  duplicate: (header: number) => number,
): boolean {
  if (records.encoding(target) !== SPREAD) return true;
  try {
    const header = headerOf(records, target);
    records.words(target)[records.valueStart(target) >>> 2] = duplicate(header);
    return true;
  } catch (error) {
    if (error instanceof OutOfMemory) return false;
    throw error;
  }
}
