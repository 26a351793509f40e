/**
 * What the commands on strings share: how a string came about, replying with it, storing one.
 *
 * A record's encoding says what OBJECT ENCODING cannot see in the bytes; the bytes are the string in every case.
 *
 * @module
 */

import { type Call, CommandError, ERROR } from "../call.ts";
import { kindOf, STRING } from "../keyspace/record.ts";

/** Encoding of a string stored whole: Redis keeps it as an integer, embedded or raw, by its bytes. */
export const WHOLE = 0;
/** Encoding of a string that APPEND or SETRANGE changed: Redis keeps it raw. */
export const RAW = 1;
/** Encoding of a string that INCRBYFLOAT made: Redis never makes it an integer. */
export const TEXT = 2;
/** Encoding of a string that COPY made: Redis shares no small integer with it. */
export const COPIED = 3;

/** The longest string (`proto-max-bulk-len`), in bytes. */
export const STRING_BYTES_MAX = 512 * 1024 * 1024;

/** Refuses a string longer than {@linkcode STRING_BYTES_MAX}. */
export function checkStringLength(byteCount: number): void {
  if (byteCount > STRING_BYTES_MAX) {
    throw new CommandError("ERR string exceeds maximum allowed size (proto-max-bulk-len)");
  }
}

/** Replies with the string of `ref`, or that there is none. */
export function replyString(call: Call, ref: number): void {
  if (ref === 0) return call.reply.nil();
  const { records } = call.keyspace;
  const start = records.valueStart(ref);
  call.reply.bulk(records.bytes(ref), start, start + records.valueLength(ref));
}

/** Passes a record on, unless memory was short. */
export function stored(ref: number): number {
  if (ref === 0) throw new CommandError(ERROR.outOfMemory);
  return ref;
}

/** Sets the key that argument `key` names to argument `value`; returns its record. */
export function storeArgument(call: Call, key: number, value: number, expireAtMs: number): number {
  const { bytes } = call;
  const ref = stored(
    call.session.database.setString(
      bytes,
      call.start(key),
      call.end(key),
      bytes,
      call.start(value),
      call.end(value),
      expireAtMs,
    ),
  );
  call.keyspace.touch(ref);
  return ref;
}

/** Makes room for a string of `byteCount` bytes under the key looked for last; its bytes are the caller's to write. */
export function createString(
  call: Call,
  encoding: number,
  byteCount: number,
  expireAtMs: number,
): number {
  const ref = stored(call.session.database.create(kindOf(STRING, encoding), byteCount, expireAtMs));
  call.keyspace.touch(ref);
  return ref;
}
