/**
 * BITFIELD and BITFIELD_RO: integers of any width in strings.
 *
 * Invariant: every operation has been read before the first is executed, so a command that is refused changes nothing.
 *
 * @module
 */

import { decimalOf } from "../../core/resp/decimal.ts";
import { type Call, CommandError, ERROR, type Handlers } from "../call.ts";
import { STRING } from "../keyspace/record.ts";
import {
  assigned,
  type FieldType,
  incremented,
  type Overflow,
  readField,
  writeField,
} from "../values/bit_field.ts";
import { bitOffsetOf, writableBits } from "./bit_offset.ts";

/** The commands of this file. */
export const BITFIELD_HANDLERS: Handlers = {
  bitfield: (call) => bitfield(call, false),
  bitfield_ro: (call) => bitfield(call, true),
};

const BAD_TYPE = "ERR Invalid bitfield type. " +
  "Use something like i16 u8. Note that u64 is not supported but i64 is.";
const LETTER_I = 0x69;
const LETTER_U = 0x75;

/** One operation of a command. There is one object for all of them, so that reading allocates nothing. */
const operation = {
  kind: "get" as "get" | "set" | "incrby",
  type: { isSigned: false, width: 0 } as FieldType,
  offset: 0,
  /** What is set or added; 0 for GET. */
  operand: 0n,
  /** For this operation and those behind it, until the next OVERFLOW. */
  overflow: "wrap" as Overflow,
};

function bitfield(call: Call, onlyReads: boolean): void {
  let count = 0;
  let lastBit = -1;
  operation.overflow = "wrap";
  for (let at = 2; at < call.argumentCount;) {
    const next = readOperation(call, at);
    if (next > at + 2) {
      count++;
      if (operation.kind !== "get") {
        lastBit = Math.max(lastBit, operation.offset + operation.type.width - 1);
      }
    }
    at = next;
  }
  if (onlyReads && lastBit >= 0) {
    throw new CommandError("ERR BITFIELD_RO only supports the GET subcommand");
  }
  const ref = lastBit < 0 ? call.readOf(1, STRING) : writableBits(call, lastBit);
  execute(call, ref, count);
}

function execute(call: Call, ref: number, count: number): void {
  operation.overflow = "wrap";
  call.reply.array(count);
  for (let at = 2; at < call.argumentCount;) {
    const next = readOperation(call, at);
    if (next > at + 2) {
      const reply = ref === 0 ? 0n : executed(call, ref);
      if (reply === undefined) call.reply.nil();
      else call.reply.bigInteger(reply);
    }
    at = next;
  }
}

/** Executes the operation; returns what is replied, undefined if it was refused. */
function executed(call: Call, ref: number): bigint | undefined {
  const { records } = call.keyspace;
  const { kind, type, offset, operand, overflow } = operation;
  const bytes = records.bytes(ref);
  const start = records.valueStart(ref);
  const old = readField(bytes, start, start + records.valueLength(ref), offset, type);
  if (kind === "get") return old;
  const value = kind === "set"
    ? assigned(operand, type, overflow)
    : incremented(old, operand, type, overflow);
  if (value === undefined) return undefined;
  writeField(bytes, start, offset, type.width, value);
  return kind === "set" ? old : value;
}

/** Reads the operation at argument `at`, or an OVERFLOW, which takes two arguments. Returns where the next begins. */
function readOperation(call: Call, at: number): number {
  const left = call.argumentCount - at - 1;
  if (left >= 2 && call.is(at, "get")) operation.kind = "get";
  else if (left >= 3 && call.is(at, "set")) operation.kind = "set";
  else if (left >= 3 && call.is(at, "incrby")) operation.kind = "incrby";
  else if (left >= 1 && call.is(at, "overflow")) {
    operation.overflow = overflowOf(call, at + 1);
    return at + 2;
  } else throw new CommandError(ERROR.syntax);
  readType(call, at + 1);
  operation.offset = bitOffsetOf(call, at + 2, operation.type.width);
  if (operation.kind === "get") return at + 3;
  operation.operand = call.bigInteger(at + 3);
  return at + 4;
}

function overflowOf(call: Call, index: number): Overflow {
  if (call.is(index, "wrap")) return "wrap";
  if (call.is(index, "sat")) return "sat";
  if (call.is(index, "fail")) return "fail";
  throw new CommandError("ERR Invalid OVERFLOW type specified");
}

/** Reads `i1` to `i64` or `u1` to `u63`; Redis reads no further than a zero byte. */
function readType(call: Call, index: number): void {
  const { bytes } = call;
  const start = call.start(index);
  let end = start;
  while (end < call.end(index) && bytes[end] !== 0) end++;
  const isSigned = end > start && bytes[start] === LETTER_I;
  const width = decimalOf(bytes, start + 1, end);
  const isKnown = end > start && (isSigned || bytes[start] === LETTER_U);
  if (!isKnown || !(width >= 1 && width <= (isSigned ? 64 : 63))) throw new CommandError(BAD_TYPE);
  operation.type.isSigned = isSigned;
  operation.type.width = width;
}
