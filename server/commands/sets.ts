/**
 * Commands on single sets.
 *
 * @module
 */

import { type Call, CommandError, ERROR, type Handlers } from "../call.ts";
import { ByteRange } from "../values/byte_range.ts";
import { NOT_FOUND } from "../values/packed_value.ts";
import { pickElements, pickPositions } from "../values/random_picks.ts";
import { SetCursor } from "../values/set_cursor.ts";
import { headerOf } from "../values/spread_value.ts";
import { SET, SPREAD } from "../values/value_tags.ts";
import { isWanted, replyScan, scannedValue, scanOptions, scanTable } from "./element_scan.ts";
import { positiveInteger, randomCount } from "./element_counts.ts";

/** The commands of this file. */
export const SET_HANDLERS: Handlers = {
  sadd,
  scard,
  sismember,
  smembers,
  smismember,
  smove,
  spop,
  srandmember,
  srem,
  sscan,
};

const cursor = new SetCursor();
const member = new ByteRange();
const refs: number[] = [];

function sadd(call: Call): void {
  const { sets } = call.keyspace.values;
  const { database } = call.session;
  let ref = call.findOf(1, SET);
  let added = 0;
  for (let at = 2; at < call.argumentCount; at++) {
    ref = sets.add(database, ref, call.bytes, call.start(at), call.end(at));
    if (sets.added) added++;
  }
  call.reply.integer(added);
}

function srem(call: Call): void {
  let ref = call.findOf(1, SET);
  let removed = 0;
  for (let at = 2; ref !== 0 && at < call.argumentCount; at++) {
    const left = removeMember(call, ref, at);
    if (left === NOT_FOUND) continue;
    removed++;
    ref = left;
  }
  call.reply.integer(removed);
}

/** Removes argument `index` from a set; returns its record, 0 when the set is gone with it, or that it was not there. */
function removeMember(call: Call, ref: number, index: number): number {
  member.set(call.bytes, call.start(index), call.end(index));
  return removeRange(call, ref);
}

/** The same for what `member` refers to. */
function removeRange(call: Call, ref: number): number {
  const { sets } = call.keyspace.values;
  const { database } = call.session;
  const left = sets.delete(database, ref, member.bytes, member.start, member.end);
  if (left === NOT_FOUND || sets.count(database.records, left) > 0) return left;
  database.remove(left);
  return 0;
}

function has(call: Call, ref: number, index: number): boolean {
  const { records, values: { sets } } = call.keyspace;
  return ref !== 0 && sets.has(records, ref, call.bytes, call.start(index), call.end(index));
}

function sismember(call: Call): void {
  call.reply.integer(has(call, call.readOf(1, SET), 2) ? 1 : 0);
}

function smismember(call: Call): void {
  const ref = call.readOf(1, SET);
  call.reply.array(call.argumentCount - 2);
  for (let at = 2; at < call.argumentCount; at++) call.reply.integer(has(call, ref, at) ? 1 : 0);
}

function scard(call: Call): void {
  const ref = call.readOf(1, SET);
  call.reply.integer(ref === 0 ? 0 : sizeOf(call, ref));
}

function sizeOf(call: Call, ref: number): number {
  return call.keyspace.values.sets.count(call.keyspace.records, ref);
}

function smembers(call: Call): void {
  const ref = call.readOf(1, SET);
  if (ref === 0) return call.reply.set(0);
  call.reply.set(sizeOf(call, ref));
  replyMembers(call, ref);
}

function replyMembers(call: Call, ref: number): void {
  cursor.open(call.keyspace.records, ref);
  while (cursor.next()) replyRange(call, cursor.member);
}

function replyRange(call: Call, range: ByteRange): void {
  call.reply.bulk(range.bytes, range.start, range.end);
}

function smove(call: Call): void {
  const source = call.find(1);
  if (source === 0) return call.reply.integer(0);
  call.findOf(1, SET);
  const target = call.findOf(2, SET);
  const isThere = has(call, source, 3);
  if (isThere && source !== target) {
    const { sets } = call.keyspace.values;
    sets.add(call.session.database, target, call.bytes, call.start(3), call.end(3));
    removeMember(call, source, 3);
  }
  call.reply.integer(isThere ? 1 : 0);
}

function spop(call: Call): void {
  if (call.argumentCount > 3) throw new CommandError(ERROR.syntax);
  if (call.argumentCount === 3) return popSome(call, positiveInteger(call, 2));
  const ref = call.findOf(1, SET);
  if (ref === 0) return call.reply.nil();
  call.keyspace.values.sets.random(call.keyspace.records, ref, member);
  replyRange(call, member);
  removeRange(call, ref);
}

function popSome(call: Call, count: number): void {
  const ref = call.findOf(1, SET);
  if (ref === 0 || count === 0) return call.reply.set(0);
  const size = sizeOf(call, ref);
  const popped = Math.min(count, size);
  call.reply.set(popped);
  if (popped === size) {
    replyMembers(call, ref);
    return call.session.database.remove(ref);
  }
  const { records, values: { sets } } = call.keyspace;
  if (records.encoding(ref) === SPREAD) {
    for (const element of pickElements(records.arena, sets.table, headerOf(records, ref), popped)) {
      sets.table.member(element, member);
      replyRange(call, member);
      removeRange(call, ref);
    }
    return;
  }
  // From the back: the numbers of those before hold.
  let left = ref;
  for (const at of pickPositions(size, popped).sort((a, b) => b - a)) {
    sets.memberAt(records, left, at, member);
    replyRange(call, member);
    left = removeRange(call, left);
  }
}

function srandmember(call: Call): void {
  if (call.argumentCount > 3) throw new CommandError(ERROR.syntax);
  const isSingle = call.argumentCount === 2;
  const count = isSingle ? 1 : randomCount(call, 2, false);
  const ref = call.readOf(1, SET);
  if (ref === 0) return isSingle ? call.reply.nil() : call.reply.array(0);
  const { records, values: { sets } } = call.keyspace;
  if (isSingle) {
    sets.random(records, ref, member);
    return replyRange(call, member);
  }
  if (count >= 0) return replyDifferent(call, ref, count);
  call.reply.array(-count);
  for (let i = 0; i < -count; i++) {
    sets.random(records, ref, member);
    replyRange(call, member);
  }
}

function replyDifferent(call: Call, ref: number, count: number): void {
  const { records, values: { sets } } = call.keyspace;
  const size = sizeOf(call, ref);
  const replies = Math.min(count, size);
  call.reply.array(replies);
  if (replies === size) return replyMembers(call, ref);
  if (records.encoding(ref) === SPREAD) {
    for (const at of pickElements(records.arena, sets.table, headerOf(records, ref), replies)) {
      sets.table.member(at, member);
      replyRange(call, member);
    }
    return;
  }
  for (const at of pickPositions(size, replies)) {
    sets.memberAt(records, ref, at, member);
    replyRange(call, member);
  }
}

function sscan(call: Call): void {
  const { ref, cursor: from } = scannedValue(call, SET);
  if (ref === 0) return;
  const scan = scanOptions(call, from);
  const { records, values: { sets } } = call.keyspace;
  if (records.encoding(ref) === SPREAD) {
    refs.length = 0;
    const next = scanTable(sets.table, headerOf(records, ref), scan, refs);
    const wanted = refs.filter((element) => {
      sets.table.member(element, member);
      return isWanted(call, scan, member);
    });
    replyScan(call, next, wanted.length);
    for (const element of wanted) {
      sets.table.member(element, member);
      replyRange(call, member);
    }
    return;
  }
  let wanted = 0;
  cursor.open(records, ref);
  while (cursor.next()) if (isWanted(call, scan, cursor.member)) wanted++;
  replyScan(call, 0, wanted);
  cursor.open(records, ref);
  while (cursor.next()) if (isWanted(call, scan, cursor.member)) replyRange(call, cursor.member);
}
