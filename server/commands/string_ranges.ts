/**
 * Commands on parts of strings.
 *
 * @module
 */

import { type Call, CommandError, type Handlers } from "../call.ts";
import { copyBytes } from "../keyspace/copy_bytes.ts";
import { NO_EXPIRY } from "../keyspace/database.ts";
import { STRING } from "../keyspace/record.ts";
import { checkStringLength, createString, RAW, storeArgument, stored } from "./string_value.ts";

/** The commands of this file. */
export const STRING_RANGE_HANDLERS: Handlers = { append, getrange, setrange, substr: getrange };

function append(call: Call): void {
  const added = call.end(2) - call.start(2);
  let ref = call.findOf(1, STRING);
  if (ref === 0) {
    storeArgument(call, 1, 2, NO_EXPIRY);
    return call.reply.integer(added);
  }
  const { records } = call.keyspace;
  const length = records.valueLength(ref);
  checkStringLength(length + added);
  ref = stored(call.session.database.resizeValue(ref, length + added));
  const end = records.valueStart(ref) + length;
  copyBytes(records.bytes(ref), end, call.bytes, call.start(2), call.end(2));
  records.setEncoding(ref, RAW);
  call.reply.integer(length + added);
}

function setrange(call: Call): void {
  const offset = call.integer(2);
  if (offset < 0) throw new CommandError("ERR offset is out of range");
  const { records } = call.keyspace;
  const added = call.end(3) - call.start(3);
  let ref = call.findOf(1, STRING);
  const length = ref === 0 ? 0 : records.valueLength(ref);
  if (added === 0) return call.reply.integer(length);
  checkStringLength(offset + added);
  const newLength = Math.max(length, offset + added);
  ref = ref === 0
    ? createString(call, RAW, newLength, NO_EXPIRY)
    : stored(call.session.database.resizeValue(ref, newLength));
  const bytes = records.bytes(ref);
  const start = records.valueStart(ref);
  if (offset > length) bytes.fill(0, start + length, start + offset);
  copyBytes(bytes, start + offset, call.bytes, call.start(3), call.end(3));
  records.setEncoding(ref, RAW);
  call.reply.integer(newLength);
}

function getrange(call: Call): void {
  let first = call.integer(2);
  let last = call.integer(3);
  const ref = call.readOf(1, STRING);
  const { records } = call.keyspace;
  const length = ref === 0 ? 0 : records.valueLength(ref);
  // Redis decides this before it makes them count from the front, where both might become 0.
  const isEmpty = first < 0 && last < 0 && first > last;
  if (first < 0) first = Math.max(0, first + length);
  if (last < 0) last = Math.max(0, last + length);
  last = Math.min(last, length - 1);
  if (isEmpty || first > last) return call.reply.bulk(call.bytes, 0, 0);
  const start = records.valueStart(ref);
  call.reply.bulk(records.bytes(ref), start + first, start + last + 1);
}
