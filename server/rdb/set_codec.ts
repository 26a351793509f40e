/**
 * Sets in the RDB format.
 *
 * @module
 */

import type { Database } from "../keyspace/database.ts";
import { intsetCount, isIntset } from "../values/intset.ts";
import { SetCursor } from "../values/set_cursor.ts";
import { PACKED, SET } from "../values/value_tags.ts";
import { loadBuilt, loadBytes, readCount } from "./load_value.ts";
import type { RdbInput } from "./rdb_input.ts";
import { BAD_VALUE, type ValueCodec } from "./value_codec.ts";

const RDB_TYPE_SET = 2;
const RDB_TYPE_SET_INTSET = 11;

const cursor = new SetCursor();

/** Writes and reads sets. */
export const SET_CODEC: ValueCodec = {
  type: SET,
  rdbTypes: [RDB_TYPE_SET, RDB_TYPE_SET_INTSET],
  save(records, ref, output) {
    if (records.encoding(ref) === PACKED) {
      const start = records.valueStart(ref);
      output.byte(RDB_TYPE_SET_INTSET);
      output.string(records.bytes(ref), start, start + records.valueLength(ref));
      return;
    }
    cursor.open(records, ref);
    output.byte(RDB_TYPE_SET);
    output.size(cursor.count);
    while (cursor.next()) {
      output.string(cursor.member.bytes, cursor.member.start, cursor.member.end);
    }
  },
  load(input, rdbType, database, expireAtMs) {
    return rdbType === RDB_TYPE_SET
      ? loadBuilt(database, expireAtMs, (scratch) => buildMembers(input, scratch))
      : loadIntset(input, database, expireAtMs);
  },
};

function loadIntset(input: RdbInput, database: Database, expireAtMs: number): number {
  if (!input.string() || !isIntset(input.text, input.textStart, input.textEnd)) return BAD_VALUE;
  const kind = { type: SET, encoding: PACKED };
  const { sets, limits } = database.values;
  if (intsetCount(input.text, input.textStart) <= limits.setIntegers) {
    return loadBytes(database, input, kind, expireAtMs);
  }
  return loadBuilt(database, expireAtMs, (scratch) => {
    const ref = loadBytes(scratch, input, kind, 0);
    return ref === 0 ? 0 : sets.spread(scratch, ref);
  });
}

function buildMembers(input: RdbInput, scratch: Database): number {
  const { sets } = scratch.values;
  const count = readCount(input, 1);
  let ref = 0;
  for (let i = 0; i < count; i++) {
    if (!input.string()) return BAD_VALUE;
    ref = sets.add(scratch, ref, input.text, input.textStart, input.textEnd);
    if (!sets.added) return BAD_VALUE;
  }
  return ref === 0 ? BAD_VALUE : ref;
}
