/**
 * Values that are made before their key changes: results of a command that may read the very key it writes, and payloads
 * that may prove unsound half way.
 *
 * Invariant: between two uses the scratch database is empty.
 *
 * @module
 */

import { copyBytes } from "../keyspace/copy_bytes.ts";
import type { Database } from "../keyspace/database.ts";
import { kindOf } from "../keyspace/record.ts";

const NO_BYTES = new Uint8Array(0);

/** The scratch database, in which the next value made has no key to replace. */
export function openScratch({ values: { scratch } }: Database): Database {
  dropScratch(scratch);
  return scratch;
}

/** Forgets a value that is not wanted after all. */
export function dropScratch(scratch: Database): void {
  const ref = scratch.find(NO_BYTES, 0, 0);
  if (ref === 0) return;
  scratch.remove(ref);
  scratch.find(NO_BYTES, 0, 0);
}

/**
 * Gives the value of `ref` in the scratch database to the key that `database` looked for last, in place of what that had.
 * Returns the record, or 0 when memory is short: then that key is unchanged.
 */
export function adoptScratch(
  scratch: Database,
  ref: number,
  database: Database,
  expireAtMs: number,
): number {
  const { records } = database;
  const length = records.valueLength(ref);
  const kind = kindOf(records.type(ref), records.encoding(ref));
  const fresh = database.create(kind, length, expireAtMs);
  if (fresh === 0) {
    dropScratch(scratch);
    return 0;
  }
  const from = records.valueStart(ref);
  const at = records.valueStart(fresh);
  copyBytes(records.bytes(fresh), at, records.bytes(ref), from, from + length);
  scratch.forget(ref);
  return fresh;
}
