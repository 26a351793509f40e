/**
 * What the codecs of collections share: nothing is given to a key before all of it was read.
 *
 * @module
 */

import { copyBytes } from "../keyspace/copy_bytes.ts";
import type { Database } from "../keyspace/database.ts";
import { kindOf } from "../keyspace/record.ts";
import { isListpack, listpackCount } from "../values/listpack.ts";
import { adoptScratch, dropScratch, openScratch } from "../values/scratch_value.ts";
import { OutOfMemory } from "../values/value_memory.ts";
import { RDB_INVALID, type RdbInput } from "./rdb_input.ts";
import { BAD_VALUE } from "./value_codec.ts";

/** Makes a value in the scratch database; returns its record, or {@linkcode BAD_VALUE}. */
export type BuildValue = (scratch: Database) => number;

/** Lets `build` make a value, and gives it to the key that `database` looked for last, as `ValueCodec.load` does. */
export function loadBuilt(database: Database, expireAtMs: number, build: BuildValue): number {
  const scratch = openScratch(database);
  let ref = BAD_VALUE;
  try {
    ref = build(scratch);
  } catch (error) {
    if (!(error instanceof OutOfMemory)) throw error;
    ref = 0;
  }
  if (ref > 0) return adoptScratch(scratch, ref, database, expireAtMs);
  dropScratch(scratch);
  return ref;
}

/** Makes the string read last the whole value of the key that `database` looked for last. */
export function loadBytes(
  database: Database,
  input: RdbInput,
  kind: { type: number; encoding: number },
  expireAtMs: number,
): number {
  const { text, textStart, textEnd } = input;
  const { records } = database;
  const ref = database.create(kindOf(kind.type, kind.encoding), textEnd - textStart, expireAtMs);
  if (ref !== 0) {
    copyBytes(records.bytes(ref), records.valueStart(ref), text, textStart, textEnd);
  }
  return ref;
}

/** Reads a string that must be a listpack; returns how many entries it has, or -1. */
export function readListpack(input: RdbInput): number {
  if (!input.string() || !isListpack(input.text, input.textStart, input.textEnd)) return -1;
  return listpackCount(input.text, input.textStart);
}

/** Reads a count of elements of at least `elementBytes` each; -1 if there is none, or more than there are bytes. */
export function readCount(input: RdbInput, elementBytes: number): number {
  const count = input.size();
  if (count === RDB_INVALID || input.encoding !== -1) return -1;
  return count * elementBytes <= input.end - input.position ? count : -1;
}
