/**
 * The payload of DUMP and RESTORE: a value in the RDB format, the format's version, a CRC-64.
 *
 * Byte for byte what redis-server 7.0 makes with its default settings, so keys travel between both.
 *
 * Invariant: a payload is checked whole before the key it is restored to changes.
 *
 * @module
 */

import type { Database } from "../keyspace/database.ts";
import type { Records } from "../keyspace/record.ts";
import { appendCrc64, CRC64_BYTES, endsWithCrc64 } from "./crc64.ts";
import { HASH_CODEC } from "./hash_codec.ts";
import { LIST_CODEC } from "./list_codec.ts";
import { RdbInput } from "./rdb_input.ts";
import type { RdbOutput } from "./rdb_output.ts";
import { SET_CODEC } from "./set_codec.ts";
import { SORTED_SET_CODEC } from "./sorted_set_codec.ts";
import { STRING_CODEC } from "./string_codec.ts";
import { BAD_VALUE, type ValueCodec } from "./value_codec.ts";

/** The version of the RDB format that is written, and the highest that is read: Redis 7.0's. */
export const RDB_VERSION = 10;

const FOOTER_BYTES = 2 + CRC64_BYTES;

const CODECS: readonly ValueCodec[] = [
  STRING_CODEC,
  LIST_CODEC,
  SET_CODEC,
  SORTED_SET_CODEC,
  HASH_CODEC,
];

const byType: (ValueCodec | undefined)[] = new Array(16).fill(undefined);
const byRdbType: (ValueCodec | undefined)[] = new Array(256).fill(undefined);
for (const codec of CODECS) {
  byType[codec.type] = codec;
  for (const rdbType of codec.rdbTypes) byRdbType[rdbType] = codec;
}

const input = new RdbInput();

/** Appends the payload of the value of `ref` to `output`, and returns its length in bytes. */
export function dumpValue(records: Records, ref: number, output: RdbOutput): number {
  const start = output.length;
  byType[records.type(ref)]!.save(records, ref, output);
  output.reserve(FOOTER_BYTES);
  output.bytes[output.length++] = RDB_VERSION;
  output.bytes[output.length++] = 0;
  appendCrc64(output.bytes, start, output.length);
  output.length += CRC64_BYTES;
  return output.length - start;
}

/** Whether `bytes[start, end)` ends with a version that can be read and with the right checksum. */
export function isDumpPayload(bytes: Uint8Array, start: number, end: number): boolean {
  const footer = end - FOOTER_BYTES;
  if (footer < start) return false;
  const version = bytes[footer]! | (bytes[footer + 1]! << 8);
  return version <= RDB_VERSION && endsWithCrc64(bytes, start, end);
}

/**
 * Gives the key that `database` looked for last ({@linkcode Database.find}) the value of a payload that
 * {@linkcode isDumpPayload} accepts, in place of what it had.
 *
 * Returns the record, 0 when memory is short, or {@linkcode BAD_VALUE} when this is no value of a known type. The key is
 * unchanged unless there is a record. The payload must not lie in the key's own record.
 */
export function restoreValue(
  database: Database,
  payload: Uint8Array,
  start: number,
  end: number,
  expireAtMs: number,
): number {
  input.open(payload, start, end - FOOTER_BYTES);
  const rdbType = input.byte();
  const codec = rdbType < 0 ? undefined : byRdbType[rdbType];
  return codec === undefined ? BAD_VALUE : codec.load(input, rdbType, database, expireAtMs);
}
