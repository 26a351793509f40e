/**
 * Commands that count in strings.
 *
 * @module
 */

import { decimalOf } from "../../core/resp/decimal.ts";
import { type Call, CommandError, ERROR, type Handlers } from "../call.ts";
import { decimalLengthOf, writeDecimal } from "../decimal_bytes.ts";
import { KEEP_EXPIRY } from "../keyspace/database.ts";
import { STRING } from "../keyspace/record.ts";
import { addLongDoubles, formatLongDouble, parseLongDouble } from "../long_double.ts";
import { createString, TEXT, WHOLE } from "./string_value.ts";

/** The commands of this file. */
export const STRING_COUNTER_HANDLERS: Handlers = {
  decr: (call) => add(call, -1),
  decrby,
  incr: (call) => add(call, 1),
  incrby,
  incrbyfloat,
};

const INT64_MAX = 2n ** 63n - 1n;
const INT64_MIN = -(2n ** 63n);

const encoder = new TextEncoder();
const latin1 = new TextDecoder("latin1");

function incrby(call: Call): void {
  const increment = call.integer(2);
  if (Number.isSafeInteger(increment)) add(call, increment);
  else addBig(call, call.findOf(1, STRING), call.bigInteger(2));
}

function decrby(call: Call): void {
  const decrement = call.integer(2);
  if (Number.isSafeInteger(decrement)) return add(call, -decrement);
  const exact = call.bigInteger(2);
  if (exact === INT64_MIN) throw new CommandError("ERR decrement would overflow");
  addBig(call, call.findOf(1, STRING), -exact);
}

/** Adds a safe integer; exact in numbers as long as operands and sum are safe. */
function add(call: Call, increment: number): void {
  const ref = call.findOf(1, STRING);
  const value = ref === 0 ? 0 : integerOf(call, ref);
  const sum = value + increment;
  if (!Number.isSafeInteger(value) || !Number.isSafeInteger(sum)) {
    return addBig(call, ref, BigInt(increment));
  }
  const length = decimalLengthOf(sum);
  const { records } = call.keyspace;
  let target = ref;
  // Where the number fits into the record as it is, nothing else changes: no index, no expiry, no allocation.
  if (ref !== 0 && length <= records.room(ref)) {
    records.setValueLength(ref, length);
    records.setEncoding(ref, WHOLE);
  } else {
    target = createString(call, WHOLE, length, KEEP_EXPIRY);
  }
  writeDecimal(records.bytes(target), records.valueStart(target), length, sum);
  call.reply.integer(sum);
}

function addBig(call: Call, ref: number, increment: bigint): void {
  let value = 0n;
  if (ref !== 0) {
    integerOf(call, ref);
    value = BigInt(textOf(call, ref));
  }
  const sum = value + increment;
  if (sum > INT64_MAX || sum < INT64_MIN) {
    throw new CommandError("ERR increment or decrement would overflow");
  }
  storeText(call, WHOLE, String(sum));
  call.reply.bigInteger(sum);
}

function incrbyfloat(call: Call): void {
  const ref = call.findOf(1, STRING);
  const value = parseLongDouble(ref === 0 ? "0" : textOf(call, ref));
  const increment = parseLongDouble(call.text(2));
  if (value === undefined || increment === undefined) throw new CommandError(ERROR.notFloat);
  const sum = addLongDoubles(value, increment);
  if (sum === undefined) throw new CommandError("ERR increment would produce NaN or Infinity");
  const text = formatLongDouble(sum);
  storeText(call, TEXT, text);
  call.reply.bulkLatin1(text);
}

function integerOf(call: Call, ref: number): number {
  const { records } = call.keyspace;
  const start = records.valueStart(ref);
  const value = decimalOf(records.bytes(ref), start, start + records.valueLength(ref));
  if (Number.isNaN(value)) throw new CommandError(ERROR.notInteger);
  return value;
}

function textOf(call: Call, ref: number): string {
  const { records } = call.keyspace;
  const start = records.valueStart(ref);
  return latin1.decode(records.bytes(ref).subarray(start, start + records.valueLength(ref)));
}

/** Stores ASCII text under the key looked for last, keeping its expiry. */
function storeText(call: Call, encoding: number, text: string): void {
  const ref = createString(call, encoding, text.length, KEEP_EXPIRY);
  const { records } = call.keyspace;
  const start = records.valueStart(ref);
  encoder.encodeInto(text, records.bytes(ref).subarray(start, start + text.length));
}
