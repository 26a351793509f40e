/**
 * SLOTSRESTORE: takes keys over from another server, replacing those that are there.
 *
 * Invariant: all keys of one command, or none.
 *
 * @module
 */

import { type Call, CommandError, ERROR, type Handlers } from "../call.ts";
import type { Database } from "../keyspace/database.ts";
import { dumpValue, isDumpPayload, restoreValue } from "../rdb/dump_payload.ts";
import { RdbOutput } from "../rdb/rdb_output.ts";
import { BAD_VALUE } from "../rdb/value_codec.ts";

/** The command of this file. */
export const SLOTS_RESTORE_HANDLERS: Handlers = { slotsrestore: restore };

/** What a key was before it was replaced. */
interface Before {
  readonly index: number;
  /** Absent: there was no such key. */
  readonly value?: { readonly payload: Uint8Array; readonly expireAtMs: number };
}

function restore(call: Call): void {
  if ((call.argumentCount - 1) % 3 !== 0) {
    throw new CommandError("ERR wrong number of arguments for 'slotsrestore' command");
  }
  for (let i = 1; i < call.argumentCount; i += 3) requireSound(call, i);
  const { database } = call.session;
  const undo: Before[] = [];
  for (let i = 1; i < call.argumentCount; i += 3) {
    const ref = call.find(i);
    // The last key needs no way back: what fails changes nothing.
    if (i + 3 < call.argumentCount) undo.push(beforeOf(database, ref, i));
    const ttlMs = call.integer(i + 1);
    const expireAtMs = ttlMs === 0 ? 0 : call.keyspace.nowMs + ttlMs;
    const restored = restoreValue(
      database,
      call.bytes,
      call.start(i + 2),
      call.end(i + 2),
      expireAtMs,
    );
    if (restored > 0) continue;
    if (i + 3 < call.argumentCount) undo.pop();
    for (const before of undo.reverse()) putBack(call, before);
    throw new CommandError(restored === BAD_VALUE ? "ERR bad data format" : ERROR.outOfMemory);
  }
  call.reply.ok();
}

function requireSound(call: Call, index: number): void {
  if (!isDumpPayload(call.bytes, call.start(index + 2), call.end(index + 2))) {
    throw new CommandError("ERR dump payload version or checksum are wrong");
  }
  const error = "ERR invalid ttl value, must be >= 0";
  if (call.integer(index + 1, error) < 0) throw new CommandError(error);
}

function beforeOf(database: Database, ref: number, index: number): Before {
  if (ref === 0) return { index };
  const output = new RdbOutput();
  dumpValue(database.records, ref, output);
  const payload = output.bytes.subarray(0, output.length);
  return { index, value: { payload, expireAtMs: database.records.expireAtMs(ref) } };
}

function putBack(call: Call, { index, value }: Before): void {
  const { database } = call.session;
  const ref = call.find(index);
  if (value === undefined) database.remove(ref);
  else restoreValue(database, value.payload, 0, value.payload.length, value.expireAtMs);
}
