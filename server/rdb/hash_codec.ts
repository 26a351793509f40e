/**
 * Hashes in the RDB format.
 *
 * @module
 */

import type { Database } from "../keyspace/database.ts";
import { HashCursor } from "../values/hash_value.ts";
import { ByteRange } from "../values/byte_range.ts";
import { HASH, PACKED } from "../values/value_tags.ts";
import { loadBuilt, loadBytes, readCount, readListpack } from "./load_value.ts";
import type { RdbInput } from "./rdb_input.ts";
import { BAD_VALUE, type ValueCodec } from "./value_codec.ts";

const RDB_TYPE_HASH = 4;
const RDB_TYPE_HASH_LISTPACK = 16;
/** What a field and its value take at least. */
const PAIR_BYTES = 2;

const cursor = new HashCursor();

/** Writes and reads hashes. */
export const HASH_CODEC: ValueCodec = {
  type: HASH,
  rdbTypes: [RDB_TYPE_HASH, RDB_TYPE_HASH_LISTPACK],
  save(records, ref, output) {
    if (records.encoding(ref) === PACKED) {
      const start = records.valueStart(ref);
      output.byte(RDB_TYPE_HASH_LISTPACK);
      output.string(records.bytes(ref), start, start + records.valueLength(ref));
      return;
    }
    output.byte(RDB_TYPE_HASH);
    cursor.open(records, ref);
    output.size(cursor.count);
    while (cursor.next()) {
      const { field, value } = cursor;
      output.string(field.bytes, field.start, field.end);
      output.string(value.bytes, value.start, value.end);
    }
  },
  load(input, rdbType, database, expireAtMs) {
    return rdbType === RDB_TYPE_HASH
      ? loadBuilt(database, expireAtMs, (scratch) => buildPairs(input, scratch))
      : loadListpack(input, database, expireAtMs);
  },
};

function loadListpack(input: RdbInput, database: Database, expireAtMs: number): number {
  const entries = readListpack(input);
  if (entries <= 0 || entries % 2 !== 0) return BAD_VALUE;
  const kind = { type: HASH, encoding: PACKED };
  const { hashes, limits } = database.values;
  if (entries / 2 <= limits.hashEntries) return loadBytes(database, input, kind, expireAtMs);
  return loadBuilt(database, expireAtMs, (scratch) => {
    const ref = loadBytes(scratch, input, kind, 0);
    return ref === 0 ? 0 : hashes.spread(scratch, ref);
  });
}

function buildPairs(input: RdbInput, scratch: Database): number {
  const { hashes } = scratch.values;
  const field = new ByteRange();
  let ref = BAD_VALUE;
  const count = readCount(input, PAIR_BYTES);
  for (let i = 0; i < count; i++) {
    if (!input.string()) return BAD_VALUE;
    field.set(input.text, input.textStart, input.textEnd);
    // The next string may be decompressed to where this one is.
    if (field.bytes !== input.bytes) field.own();
    if (!input.string()) return BAD_VALUE;
    const { text, textStart, textEnd } = input;
    const known = Math.max(ref, 0);
    ref = hashes.set(
      scratch,
      known,
      field.bytes,
      field.start,
      field.end,
      text,
      textStart,
      textEnd,
    );
    if (!hashes.added) return BAD_VALUE;
  }
  return ref;
}
