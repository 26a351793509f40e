/**
 * A value under another key: RENAME, MOVE and COPY, within a database or between two of one keyspace.
 *
 * Invariant: expiry and access byte go with the value; what the other key had is let go.
 *
 * @module
 */
import type { Database } from "./database.ts";
import { copyBytes } from "./copy_bytes.ts";
import { HAS_EXPIRY, HAS_LINKS } from "./record.ts";

/**
 * Moves the value of `ref` to the key `key[start, end)` of `target`. Returns the new record, or 0 when memory is short,
 * in which case nothing has changed. What the value refers to is not touched.
 */
export function moveKey(
  source: Database,
  ref: number,
  target: Database,
  key: Uint8Array,
  start: number,
  end: number,
): number {
  if (target.find(key, start, end) === ref) return ref;
  const fresh = createLike(source, ref, target);
  if (fresh !== 0) source.forget(ref);
  return fresh;
}

/**
 * Copies the value of `ref` to the key `key[start, end)` of `target`. Returns the new record, or 0 when memory is short,
 * in which case that key may be gone.
 */
export function copyKey(
  source: Database,
  ref: number,
  target: Database,
  key: Uint8Array,
  start: number,
  end: number,
): number {
  if (target.find(key, start, end) === ref) return ref;
  const fresh = createLike(source, ref, target);
  if (fresh === 0 || source.typeOf(ref).separate(source.records, ref, fresh)) return fresh;
  target.forget(fresh);
  return 0;
}

/** A record for the key that `target` looked for last, with kind, value bytes, expiry and access of `ref`. */
function createLike({ records }: Database, ref: number, target: Database): number {
  const kind = records.kind(ref) & ~(HAS_EXPIRY | HAS_LINKS);
  const length = records.valueLength(ref);
  const fresh = target.create(kind, length, records.expireAtMs(ref));
  if (fresh === 0) return 0;
  const from = records.valueStart(ref);
  const to = records.valueStart(fresh);
  copyBytes(records.bytes(fresh), to, records.bytes(ref), from, from + length);
  records.setAccess(fresh, records.access(ref));
  return fresh;
}
