/**
 * Commands on HyperLogLogs: strings that estimate how many different elements were added to them.
 *
 * Invariant: the strings are Redis's own, byte for byte, whatever was added in which order.
 *
 * @module
 */

import { type Call, CommandError, type Handlers } from "../call.ts";
import { cardinalityOf, HEIGHT_COUNT } from "../hyperloglog/cardinality.ts";
import { countDense, mergeDense } from "../hyperloglog/dense_registers.ts";
import {
  countOf,
  DENSE,
  forgetCount,
  formOf,
  hasCount,
  HEADER_BYTES,
  isHyperLogLog,
  keepCount,
  SPARSE,
} from "../hyperloglog/header.ts";
import { INDEX_BITS, placeOf, REGISTER_COUNT } from "../hyperloglog/registers.ts";
import { countSparse, mergeSparse } from "../hyperloglog/sparse_registers.ts";
import { STRING } from "../keyspace/record.ts";
import {
  checked,
  CORRUPTED,
  createEmpty,
  NOT_HYPERLOGLOG,
  raise,
  roomy,
  toDense,
} from "./hyperloglog_value.ts";

/** The commands of this file. */
export const HYPERLOGLOG_HANDLERS: Handlers = { pfadd, pfcount, pfmerge };

/** What is being merged, one register a byte. */
const registers = new Uint8Array(REGISTER_COUNT);
/** How many registers are how high. */
const heights = new Uint32Array(HEIGHT_COUNT);

function pfadd(call: Call): void {
  let ref = call.findOf(1, STRING);
  let changed = ref === 0;
  ref = ref === 0 ? createEmpty(call) : checked(call, ref);
  for (let at = 2; at < call.argumentCount; at++) {
    const place = placeOf(call.bytes, call.start(at), call.end(at));
    ref = roomy(call, ref);
    const raised = raise(call, ref, place & (REGISTER_COUNT - 1), place >>> INDEX_BITS);
    if (raised === 0) continue;
    ref = raised;
    changed = true;
  }
  const { records } = call.keyspace;
  if (changed) forgetCount(records.bytes(ref), records.valueStart(ref));
  call.reply.integer(changed ? 1 : 0);
}

function pfcount(call: Call): void {
  if (call.argumentCount > 2) return pfcountUnion(call);
  let ref = call.readOf(1, STRING);
  if (ref === 0) return call.reply.integer(0);
  ref = checked(call, ref);
  const { records } = call.keyspace;
  const bytes = records.bytes(ref);
  const start = records.valueStart(ref);
  if (!hasCount(bytes, start)) {
    heights.fill(0);
    const from = start + HEADER_BYTES;
    if (formOf(bytes, start) === DENSE) countDense(bytes, from, heights);
    else if (!countSparse(bytes, from, start + records.valueLength(ref), heights)) {
      throw new CommandError(CORRUPTED);
    }
    keepCount(bytes, start, estimate());
  }
  call.reply.bigInteger(BigInt.asIntN(64, countOf(bytes, start)));
}

function pfcountUnion(call: Call): void {
  mergeArguments(call);
  heights.fill(0);
  for (const run of registers) heights[run] = heights[run]! + 1;
  call.reply.bigInteger(BigInt.asIntN(64, estimate()));
}

/** The estimate of {@linkcode heights} as 64 bits; one that does not fit becomes what x86 makes of it. */
function estimate(): bigint {
  const cardinality = cardinalityOf(heights);
  return cardinality < 2 ** 63 ? BigInt(cardinality) : 1n << 63n;
}

function pfmerge(call: Call): void {
  const anyDense = mergeArguments(call);
  let ref = call.findOf(1, STRING);
  ref = ref === 0 ? createEmpty(call) : checked(call, ref);
  const { records } = call.keyspace;
  if (anyDense && formOf(records.bytes(ref), records.valueStart(ref)) === SPARSE) {
    ref = toDense(call, ref);
  }
  // One after the other, as Redis does: the sparse form depends on the order.
  for (let index = 0; index < REGISTER_COUNT; index++) {
    if (registers[index] === 0) continue;
    ref = roomy(call, ref);
    ref = raise(call, ref, index, registers[index]!) || ref;
  }
  forgetCount(records.bytes(ref), records.valueStart(ref));
  call.reply.ok();
}

/** Merges all keys of the command into {@linkcode registers}; returns whether one is dense. */
function mergeArguments(call: Call): boolean {
  const { records } = call.keyspace;
  let anyDense = false;
  registers.fill(0);
  for (let at = 1; at < call.argumentCount; at++) {
    const ref = call.readOf(at, STRING);
    if (ref === 0) continue;
    const bytes = records.bytes(ref);
    const start = records.valueStart(ref);
    const length = records.valueLength(ref);
    if (!isHyperLogLog(bytes, start, length)) throw new CommandError(NOT_HYPERLOGLOG);
    if (formOf(bytes, start) === DENSE) {
      anyDense = true;
      mergeDense(bytes, start + HEADER_BYTES, registers);
    } else if (!mergeSparse(bytes, start + HEADER_BYTES, start + length, registers)) {
      throw new CommandError(CORRUPTED);
    }
  }
  return anyDense;
}
