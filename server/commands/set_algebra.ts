/**
 * Intersections, unions and differences of sets.
 *
 * Results are made in the scratch database: the key that takes one may be among the operands.
 *
 * @module
 */

import { type Call, CommandError, ERROR, type Handlers } from "../call.ts";
import { type Database, NO_EXPIRY } from "../keyspace/database.ts";
import type { Records } from "../keyspace/record.ts";
import { adoptScratch, dropScratch, openScratch } from "../values/scratch_value.ts";
import { SetCursor } from "../values/set_cursor.ts";
import type { Sets } from "../values/set_value.ts";
import { SET } from "../values/value_tags.ts";
import { countedKeys } from "./counted_keys.ts";
import { stored } from "./string_value.ts";

/** The commands of this file. */
export const SET_ALGEBRA_HANDLERS: Handlers = {
  sdiff: (call) => replyResult(call, difference),
  sdiffstore: (call) => storeResult(call, difference),
  sinter: (call) => replyResult(call, intersection),
  sintercard,
  sinterstore: (call) => storeResult(call, intersection),
  sunion: (call) => replyResult(call, union),
  sunionstore: (call) => storeResult(call, union),
};

/** Makes the result of an operation on sets (0: no such key) in `scratch`; returns its record, 0 if it is empty. */
type Operation = (scratch: Database, operands: readonly number[]) => number;

const cursor = new SetCursor();

function operandsOf(call: Call, first: number, end: number): number[] {
  const operands: number[] = [];
  for (let at = first; at < end; at++) operands.push(call.readOf(at, SET));
  return operands;
}

function replyResult(call: Call, operation: Operation): void {
  const scratch = openScratch(call.session.database);
  const ref = operation(scratch, operandsOf(call, 1, call.argumentCount));
  if (ref === 0) return call.reply.set(0);
  cursor.open(scratch.records, ref);
  call.reply.set(cursor.count);
  while (cursor.next()) {
    call.reply.bulk(cursor.member.bytes, cursor.member.start, cursor.member.end);
  }
  dropScratch(scratch);
}

function storeResult(call: Call, operation: Operation): void {
  const { database } = call.session;
  const scratch = openScratch(database);
  const result = operation(scratch, operandsOf(call, 2, call.argumentCount));
  const count = result === 0 ? 0 : call.keyspace.values.sets.count(scratch.records, result);
  const old = call.find(1);
  if (result !== 0) stored(adoptScratch(scratch, result, database, NO_EXPIRY));
  else if (old !== 0) database.remove(old);
  call.reply.integer(count);
}

function union(scratch: Database, operands: readonly number[]): number {
  const { sets } = scratch.values;
  let result = 0;
  for (const operand of operands) {
    if (operand === 0) continue;
    cursor.open(scratch.records, operand);
    while (cursor.next()) {
      const { bytes, start, end } = cursor.member;
      result = sets.add(scratch, result, bytes, start, end);
    }
  }
  return result;
}

function intersection(scratch: Database, operands: readonly number[]): number {
  const { records, values: { sets } } = scratch;
  if (operands.includes(0)) return 0;
  let result = 0;
  const [least, ...others] = bySize(sets, records, operands);
  cursor.open(records, least!);
  while (cursor.next()) {
    const { bytes, start, end } = cursor.member;
    if (!others.every((other) => sets.has(records, other, bytes, start, end))) continue;
    result = sets.add(scratch, result, bytes, start, end);
  }
  return result;
}

function difference(scratch: Database, operands: readonly number[]): number {
  const { records, values: { sets } } = scratch;
  const [first, ...rest] = operands;
  if (first === 0) return 0;
  const others = rest.filter((other) => other !== 0);
  let result = 0;
  cursor.open(records, first!);
  while (cursor.next()) {
    const { bytes, start, end } = cursor.member;
    if (others.some((other) => sets.has(records, other, bytes, start, end))) continue;
    result = sets.add(scratch, result, bytes, start, end);
  }
  return result;
}

function bySize(sets: Sets, records: Records, operands: readonly number[]): number[] {
  return [...operands].sort((a, b) => sets.count(records, a) - sets.count(records, b));
}

function sintercard(call: Call): void {
  const { first, count } = countedKeys(call, 1);
  const end = first + count;
  if (end > call.argumentCount) {
    throw new CommandError("ERR Number of keys can't be greater than number of args");
  }
  let limit = 0;
  for (let at = end; at < call.argumentCount; at += 2) {
    if (!call.is(at, "limit") || at + 1 === call.argumentCount) {
      throw new CommandError(ERROR.syntax);
    }
    const error = "ERR LIMIT can't be negative";
    limit = call.integer(at + 1, error);
    if (limit < 0) throw new CommandError(error);
  }
  const operands = operandsOf(call, first, end);
  call.reply.integer(operands.includes(0) ? 0 : sizeOfIntersection(call, operands, limit));
}

/** Counts no further than `limit`, if that is not 0. */
function sizeOfIntersection(call: Call, operands: readonly number[], limit: number): number {
  const { records, values: { sets } } = call.keyspace;
  const [least, ...others] = bySize(sets, records, operands);
  let found = 0;
  cursor.open(records, least!);
  while (cursor.next() && (limit === 0 || found < limit)) {
    const { bytes, start, end } = cursor.member;
    if (others.every((other) => sets.has(records, other, bytes, start, end))) found++;
  }
  return found;
}
