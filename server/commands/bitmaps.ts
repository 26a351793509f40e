/**
 * Commands on the bits of strings, one by one and in ranges.
 *
 * @module
 */

import { type Call, CommandError, ERROR, type Handlers } from "../call.ts";
import { STRING } from "../keyspace/record.ts";
import { countBits, findBit } from "../values/bit_ranges.ts";
import { bitOffsetOf, writableBits } from "./bit_offset.ts";

/** The commands of this file. */
export const BITMAP_HANDLERS: Handlers = { bitcount, bitpos, getbit, setbit };

const BAD_BIT = "ERR bit is not an integer or out of range";

/** Bits of a string, both ends included; none if the first is behind the last. One object for all calls. */
const range = { first: 0, last: -1 };

function setbit(call: Call): void {
  const offset = bitOffsetOf(call, 2);
  const bit = call.integer(3, BAD_BIT);
  if (bit !== 0 && bit !== 1) throw new CommandError(BAD_BIT);
  const ref = writableBits(call, offset);
  const { records } = call.keyspace;
  const bytes = records.bytes(ref);
  const at = records.valueStart(ref) + Math.floor(offset / 8);
  const mask = 0x80 >> (offset & 7);
  const old = bytes[at]!;
  bytes[at] = bit === 1 ? old | mask : old & ~mask;
  call.reply.integer((old & mask) === 0 ? 0 : 1);
}

function getbit(call: Call): void {
  const offset = bitOffsetOf(call, 2);
  const ref = call.readOf(1, STRING);
  const { records } = call.keyspace;
  const byte = Math.floor(offset / 8);
  if (ref === 0 || byte >= records.valueLength(ref)) return call.reply.integer(0);
  const value = records.bytes(ref)[records.valueStart(ref) + byte]!;
  call.reply.integer((value >> (7 - (offset & 7))) & 1);
}

function bitcount(call: Call): void {
  const ref = call.readOf(1, STRING);
  // A key that is not there has no bits, however wrong the range is.
  if (ref === 0) return call.reply.integer(0);
  const { records } = call.keyspace;
  const length = records.valueLength(ref);
  if (call.argumentCount === 2) setRange(0, length - 1, length, false);
  else if (call.argumentCount > 5 || call.argumentCount === 3) throw new CommandError(ERROR.syntax);
  else {
    const first = call.integer(2);
    const last = call.integer(3);
    // Redis decides this before it looks at the unit.
    if (last < 0 && isBehind(call, first, last)) return call.reply.integer(0);
    setRange(first, last, length, call.argumentCount === 5 && countsBits(call, 4));
  }
  if (range.first > range.last) return call.reply.integer(0);
  const start = records.valueStart(ref);
  call.reply.integer(
    countBits(records.bytes(ref), records.words(ref), start, range.first, range.last),
  );
}

/** Whether arguments 2 and 3 are both negative and in the wrong order; exact where numbers are not. */
function isBehind(call: Call, first: number, last: number): boolean {
  if (first >= 0 || first < last) return false;
  return first > last || call.bigInteger(2) > call.bigInteger(3);
}

function bitpos(call: Call): void {
  const bit = call.integer(2);
  if (bit !== 0 && bit !== 1) throw new CommandError("ERR The bit argument must be 1 or 0.");
  const ref = call.readOf(1, STRING);
  if (ref === 0) return call.reply.integer(bit === 1 ? -1 : 0);
  if (call.argumentCount > 6) throw new CommandError(ERROR.syntax);
  const { records } = call.keyspace;
  const length = records.valueLength(ref);
  const first = call.argumentCount > 3 ? call.integer(3) : 0;
  const inBits = call.argumentCount === 6 && countsBits(call, 5);
  const hasEnd = call.argumentCount > 4;
  setRange(first, hasEnd ? call.integer(4) : length - 1, length, inBits);
  if (range.first > range.last) return call.reply.integer(-1);
  const start = records.valueStart(ref);
  const { first: from, last: to } = range;
  const found = findBit(records.bytes(ref), records.words(ref), start, from, to, bit);
  // A string whose end was not asked for goes on with zeros.
  call.reply.integer(found < 0 && bit === 0 && !hasEnd ? length * 8 : found);
}

/** Whether argument `index` is the unit BIT, not BYTE. */
function countsBits(call: Call, index: number): boolean {
  const inBits = call.is(index, "bit");
  if (!inBits && !call.is(index, "byte")) throw new CommandError(ERROR.syntax);
  return inBits;
}

/** Sets {@linkcode range} to units of a string of `length` bytes; negative ones count from its end. */
function setRange(first: number, last: number, length: number, inBits: boolean): void {
  const total = inBits ? length * 8 : length;
  if (first < 0) first = Math.max(0, first + total);
  if (last < 0) last = Math.max(0, last + total);
  last = Math.min(last, total - 1);
  range.first = inBits ? first : first * 8;
  range.last = inBits ? last : last * 8 + 7;
}
