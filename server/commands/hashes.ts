/**
 * Commands on hashes.
 *
 * @module
 */

import { decimalOf } from "../../core/resp/decimal.ts";
import { type Call, CommandError, ERROR, type Handlers } from "../call.ts";
import { addLongDoubles, formatLongDouble, parseLongDouble } from "../long_double.ts";
import { ByteRange } from "../values/byte_range.ts";
import { HashCursor } from "../values/hash_value.ts";
import { NOT_FOUND } from "../values/packed_value.ts";
import { HASH } from "../values/value_tags.ts";
import { wrongArity } from "./command_name.ts";

/** The commands of this file. */
export const HASH_HANDLERS: Handlers = {
  hdel,
  hexists,
  hget,
  hgetall: (call) => replyAll(call, true, true),
  hincrby,
  hincrbyfloat,
  hkeys: (call) => replyAll(call, true, false),
  hlen,
  hmget,
  hmset,
  hset,
  hsetnx,
  hstrlen,
  hvals: (call) => replyAll(call, false, true),
};

const INT64_MAX = 2n ** 63n - 1n;
const INT64_MIN = -(2n ** 63n);

const cursor = new HashCursor();
const result = new ByteRange();

function hset(call: Call): void {
  call.reply.integer(setFields(call));
}

function hmset(call: Call): void {
  setFields(call);
  call.reply.ok();
}

/** Sets all pairs of arguments; returns how many fields are new. */
function setFields(call: Call): number {
  if (call.argumentCount % 2 !== 0) throw wrongArity(call);
  const { bytes, session: { database } } = call;
  const { hashes } = call.keyspace.values;
  let ref = call.findOf(1, HASH);
  let added = 0;
  for (let at = 2; at < call.argumentCount; at += 2) {
    const value = at + 1;
    ref = hashes.set(
      database,
      ref,
      bytes,
      call.start(at),
      call.end(at),
      bytes,
      call.start(value),
      call.end(value),
    );
    if (hashes.added) added++;
  }
  return added;
}

function hsetnx(call: Call): void {
  const ref = call.findOf(1, HASH);
  const isNew = ref === 0 || !has(call, ref, 2);
  if (isNew) setTo(call, ref, call.bytes, call.start(3), call.end(3));
  call.reply.integer(isNew ? 1 : 0);
}

/** Whether the hash of `ref` has the field of argument `index`; its value is in `hashes.value` then. */
function has(call: Call, ref: number, index: number): boolean {
  const { hashes } = call.keyspace.values;
  const { records } = call.keyspace;
  return hashes.get(records, ref, call.bytes, call.start(index), call.end(index));
}

/** Sets the field of argument 2. */
function setTo(call: Call, ref: number, value: Uint8Array, start: number, end: number): void {
  const { bytes, session: { database } } = call;
  const { hashes } = call.keyspace.values;
  hashes.set(database, ref, bytes, call.start(2), call.end(2), value, start, end);
}

function hget(call: Call): void {
  replyField(call, call.readOf(1, HASH), 2);
}

function hmget(call: Call): void {
  const ref = call.readOf(1, HASH);
  call.reply.array(call.argumentCount - 2);
  for (let at = 2; at < call.argumentCount; at++) replyField(call, ref, at);
}

function replyField(call: Call, ref: number, index: number): void {
  if (ref === 0 || !has(call, ref, index)) return call.reply.nil();
  const { value } = call.keyspace.values.hashes;
  call.reply.bulk(value.bytes, value.start, value.end);
}

function hexists(call: Call): void {
  const ref = call.readOf(1, HASH);
  call.reply.integer(ref !== 0 && has(call, ref, 2) ? 1 : 0);
}

function hstrlen(call: Call): void {
  const ref = call.readOf(1, HASH);
  const isThere = ref !== 0 && has(call, ref, 2);
  call.reply.integer(isThere ? call.keyspace.values.hashes.value.length : 0);
}

function hlen(call: Call): void {
  const ref = call.readOf(1, HASH);
  const { records, values } = call.keyspace;
  call.reply.integer(ref === 0 ? 0 : values.hashes.count(records, ref));
}

function hdel(call: Call): void {
  let ref = call.findOf(1, HASH);
  if (ref === 0) return call.reply.integer(0);
  const { bytes, session: { database } } = call;
  const { hashes } = call.keyspace.values;
  let removed = 0;
  for (let at = 2; at < call.argumentCount; at++) {
    const left = hashes.delete(database, ref, bytes, call.start(at), call.end(at));
    if (left === NOT_FOUND) continue;
    ref = left;
    removed++;
    if (hashes.count(database.records, ref) > 0) continue;
    database.remove(ref);
    break;
  }
  call.reply.integer(removed);
}

function replyAll(call: Call, withFields: boolean, withValues: boolean): void {
  const { reply } = call;
  const { records, values } = call.keyspace;
  const ref = call.readOf(1, HASH);
  const count = ref === 0 ? 0 : values.hashes.count(records, ref);
  if (withFields && withValues) reply.map(count);
  else reply.array(count);
  if (ref === 0) return;
  cursor.open(records, ref);
  while (cursor.next()) {
    const { field, value } = cursor;
    if (withFields) reply.bulk(field.bytes, field.start, field.end);
    if (withValues) reply.bulk(value.bytes, value.start, value.end);
  }
}

function hincrby(call: Call): void {
  const increment = call.integer(3);
  const ref = call.findOf(1, HASH);
  let value = 0;
  const { value: old } = call.keyspace.values.hashes;
  const isThere = ref !== 0 && has(call, ref, 2);
  if (isThere) {
    value = decimalOf(old.bytes, old.start, old.end);
    if (Number.isNaN(value)) throw new CommandError("ERR hash value is not an integer");
  }
  const sum = value + increment;
  const isExact = Number.isSafeInteger(value) && Number.isSafeInteger(increment) &&
    Number.isSafeInteger(sum);
  if (!isExact) return addBig(call, ref, isThere ? BigInt(old.text()) : 0n);
  result.setInteger(sum);
  setTo(call, ref, result.bytes, result.start, result.end);
  call.reply.integer(sum);
}

function addBig(call: Call, ref: number, value: bigint): void {
  const sum = value + call.bigInteger(3);
  if (sum > INT64_MAX || sum < INT64_MIN) {
    throw new CommandError("ERR increment or decrement would overflow");
  }
  result.setBigInteger(sum);
  setTo(call, ref, result.bytes, result.start, result.end);
  call.reply.bigInteger(sum);
}

function hincrbyfloat(call: Call): void {
  const increment = parseLongDouble(call.text(3));
  if (increment === undefined) throw new CommandError(ERROR.notFloat);
  if (typeof increment === "string") throw new CommandError("ERR value is NaN or Infinity");
  const ref = call.findOf(1, HASH);
  const isThere = ref !== 0 && has(call, ref, 2);
  const value = parseLongDouble(isThere ? call.keyspace.values.hashes.value.text() : "0");
  if (value === undefined) throw new CommandError("ERR hash value is not a float");
  const sum = addLongDoubles(value, increment);
  if (sum === undefined) throw new CommandError("ERR increment would produce NaN or Infinity");
  const text = formatLongDouble(sum);
  result.setText(text);
  setTo(call, ref, result.bytes, result.start, result.end);
  call.reply.bulkLatin1(text);
}
