/**
 * BITOP: strings combined bit by bit.
 *
 * The result is made in the scratch database: the key that takes it may be among the operands.
 *
 * @module
 */

import { type Call, CommandError, ERROR, type Handlers } from "../call.ts";
import { copyBytes } from "../keyspace/copy_bytes.ts";
import { type Database, NO_EXPIRY } from "../keyspace/database.ts";
import { kindOf, type Records, STRING } from "../keyspace/record.ts";
import { adoptScratch, openScratch } from "../values/scratch_value.ts";
import { RAW, stored } from "./string_value.ts";

/** The commands of this file. */
export const BIT_OPERATION_HANDLERS: Handlers = { bitop };

/** What BITOP can do with two words; a byte is a word as well. */
type Combine = (a: number, b: number) => number;

const COMBINE: Readonly<Record<string, Combine>> = {
  and: (a, b) => a & b,
  or: (a, b) => a | b,
  xor: (a, b) => a ^ b,
};
/** NOT, with itself as the second operand. */
const invert: Combine = (a) => ~a;

function bitop(call: Call): void {
  const operation = call.word(1);
  const isNot = operation === "not";
  const combine = isNot ? invert : COMBINE[operation];
  if (combine === undefined) throw new CommandError(ERROR.syntax);
  if (isNot && call.argumentCount !== 4) {
    throw new CommandError("ERR BITOP NOT must be called with a single source key.");
  }
  const { database } = call.session;
  const { records } = call.keyspace;
  const operands: number[] = [];
  for (let at = 3; at < call.argumentCount; at++) operands.push(call.readOf(at, STRING));
  const length = operands.reduce((longest, ref) => Math.max(longest, lengthOf(records, ref)), 0);
  if (length === 0) {
    const old = call.find(2);
    if (old !== 0) database.remove(old);
    return call.reply.integer(0);
  }
  const scratch = openScratch(database);
  const result = copied(scratch, operands[0]!, length);
  if (isNot) combineInto(records, result, result, combine);
  for (const operand of operands.slice(1)) combineInto(records, result, operand, combine);
  call.find(2);
  call.keyspace.touch(stored(adoptScratch(scratch, result, database, NO_EXPIRY)));
  call.reply.integer(length);
}

/** A string of `length` bytes in the scratch database: the one of `ref`, then zeros. */
function copied(scratch: Database, ref: number, length: number): number {
  const { records } = scratch;
  const result = stored(scratch.create(kindOf(STRING, RAW), length, NO_EXPIRY));
  const at = records.valueStart(result);
  const kept = lengthOf(records, ref);
  const from = ref === 0 ? 0 : records.valueStart(ref);
  if (kept > 0) copyBytes(records.bytes(result), at, records.bytes(ref), from, from + kept);
  records.bytes(result).fill(0, at + kept, at + length);
  return result;
}

/** Combines the string of `result` with that of `operand`, which goes on with zeros. */
function combineInto(records: Records, result: number, operand: number, combine: Combine): void {
  const kept = lengthOf(records, operand);
  const to = records.bytes(result);
  const at = records.valueStart(result);
  const end = records.valueLength(result);
  let done = 0;
  if (kept > 0) {
    done = combineWords(records, result, operand, combine);
    const from = records.bytes(operand);
    const start = records.valueStart(operand);
    for (; done < kept; done++) to[at + done] = combine(to[at + done]!, from[start + done]!);
  }
  for (; done < end; done++) to[at + done] = combine(to[at + done]!, 0);
}

/** The whole words that both have, four bytes at a time: values start at multiples of four. Returns how many bytes. */
function combineWords(
  records: Records,
  result: number,
  operand: number,
  combine: Combine,
): number {
  const to = records.words(result);
  const from = records.words(operand);
  const at = records.valueStart(result) >>> 2;
  const start = records.valueStart(operand) >>> 2;
  const count = records.valueLength(operand) >>> 2;
  for (let word = 0; word < count; word++) {
    to[at + word] = combine(to[at + word]!, from[start + word]!);
  }
  return count * 4;
}

function lengthOf(records: Records, ref: number): number {
  return ref === 0 ? 0 : records.valueLength(ref);
}
