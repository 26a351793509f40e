/**
 * Strings in the RDB format.
 *
 * @module
 */

import { STRING } from "../keyspace/record.ts";
import { BAD_VALUE, type ValueCodec } from "./value_codec.ts";

const RDB_TYPE_STRING = 0;

/** Writes and reads strings. */
export const STRING_CODEC: ValueCodec = {
  type: STRING,
  rdbTypes: [RDB_TYPE_STRING],
  save(records, ref, output) {
    const start = records.valueStart(ref);
    output.byte(RDB_TYPE_STRING);
    output.string(records.bytes(ref), start, start + records.valueLength(ref));
  },
  load(input, _rdbType, database, expireAtMs) {
    if (!input.string()) return BAD_VALUE;
    return database.putString(input.text, input.textStart, input.textEnd, expireAtMs);
  },
};
