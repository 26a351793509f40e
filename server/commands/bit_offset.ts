/**
 * What the commands on bits share: reading an offset, and a string that is long enough to write to it.
 *
 * @module
 */

import { decimalOf } from "../../core/resp/decimal.ts";
import { type Call, CommandError } from "../call.ts";
import { NO_EXPIRY } from "../keyspace/database.ts";
import { STRING } from "../keyspace/record.ts";
import { createString, RAW, stored, STRING_BYTES_MAX } from "./string_value.ts";

const BAD_OFFSET = "ERR bit offset is not an integer or out of range";
const HASH = 0x23;

/**
 * The bit that argument `index` names; with `fieldWidth`, `#3` is the first bit of the fourth field of that width.
 *
 * @throws {CommandError} if it is none, or beyond the longest string.
 */
export function bitOffsetOf(call: Call, index: number, fieldWidth = 0): number {
  const start = call.start(index);
  const counted = fieldWidth > 0 && call.end(index) > start && call.bytes[start] === HASH;
  let offset = counted
    ? decimalOf(call.bytes, start + 1, call.end(index))
    : call.integer(index, BAD_OFFSET);
  if (Number.isNaN(offset)) throw new CommandError(BAD_OFFSET);
  if (counted) {
    offset = Number.isSafeInteger(offset * fieldWidth)
      ? offset * fieldWidth
      : wrappedProduct(call.text(index).slice(1), fieldWidth);
  }
  if (offset < 0 || offset >= STRING_BYTES_MAX * 8) throw new CommandError(BAD_OFFSET);
  return offset;
}

/** Redis multiplies in 64 bits before it looks whether the offset is in range. */
function wrappedProduct(digits: string, factor: number): number {
  return Number(BigInt.asIntN(64, BigInt(digits) * BigInt(factor)));
}

/** The record of the string of argument 1, made or grown with zeros until it has the bit `lastBit`. */
export function writableBits(call: Call, lastBit: number): number {
  const byteCount = Math.floor(lastBit / 8) + 1;
  const { records } = call.keyspace;
  let ref = call.findOf(1, STRING);
  const length = ref === 0 ? 0 : records.valueLength(ref);
  if (ref === 0) ref = createString(call, RAW, byteCount, NO_EXPIRY);
  else if (byteCount > length) ref = stored(call.session.database.resizeValue(ref, byteCount));
  if (byteCount > length) {
    const start = records.valueStart(ref);
    records.bytes(ref).fill(0, start + length, start + byteCount);
  }
  records.setEncoding(ref, RAW);
  return ref;
}
