/**
 * Commands on strings.
 *
 * @module
 */

import { type Call, CommandError, ERROR, type Handlers } from "../call.ts";
import { KEEP_EXPIRY, NO_EXPIRY } from "../keyspace/database.ts";
import { STRING } from "../keyspace/record.ts";

/** The commands of this file. */
export const STRING_HANDLERS: Handlers = { get, set };

function get(call: Call): void {
  replyString(call, call.findOf(1, STRING));
}

function set(call: Call): void {
  const { bytes, session } = call;
  const ref = session.database.setString(
    bytes,
    call.start(1),
    call.end(1),
    bytes,
    call.start(2),
    call.end(2),
    NO_EXPIRY,
  );
  if (ref === 0) throw new CommandError(ERROR.outOfMemory);
  call.reply.ok();
}

function replyString(call: Call, ref: number): void {
  if (ref === 0) return call.reply.nil();
  const { records } = call.keyspace;
  const start = records.valueStart(ref);
  call.reply.bulk(records.bytes(ref), start, start + records.valueLength(ref));
}
