/**
 * HyperLogLogs as strings in the keyspace: making one, raising its registers, going from the sparse to the dense form.
 *
 * Invariant: every change says that the count computed last no longer holds, so a command that fails half way leaves a
 * sound value.
 *
 * @module
 */

import { type Call, CommandError } from "../call.ts";
import { DENSE_BYTES, raiseDense } from "../hyperloglog/dense_registers.ts";
import {
  DENSE,
  forgetCount,
  formOf,
  HEADER_BYTES,
  isHyperLogLog,
  setForm,
  SPARSE,
  writeHeader,
} from "../hyperloglog/header.ts";
import { REGISTER_COUNT } from "../hyperloglog/registers.ts";
import {
  CORRUPT,
  EMPTY_SPARSE_BYTES,
  mergeSparse,
  raiseSparse,
  SPARSE_SLACK,
  TOO_BIG,
  UNCHANGED,
  writeEmptySparse,
} from "../hyperloglog/sparse_registers.ts";
import { NO_EXPIRY } from "../keyspace/database.ts";
import { createString, RAW, stored } from "./string_value.ts";

/** The error of a string that is none. */
export const NOT_HYPERLOGLOG = "WRONGTYPE Key is not a valid HyperLogLog string value.";
/** The error of a sparse form whose registers are not all there. */
export const CORRUPTED = "INVALIDOBJ Corrupted HLL object detected";

/** The longest sparse form, its header included: the default of `hll-sparse-max-bytes`. */
const SPARSE_BYTES_MAX = 3000;

/** What a sparse form becomes dense by way of. */
const unpacked = new Uint8Array(REGISTER_COUNT);

/** Makes an empty HyperLogLog under the key looked for last; returns its record. */
export function createEmpty(call: Call): number {
  const ref = createString(call, RAW, HEADER_BYTES + EMPTY_SPARSE_BYTES, NO_EXPIRY);
  const { records } = call.keyspace;
  const bytes = records.bytes(ref);
  const start = records.valueStart(ref);
  writeHeader(bytes, start, SPARSE);
  writeEmptySparse(bytes, start + HEADER_BYTES);
  return ref;
}

/** Passes the record of a HyperLogLog on; Redis keeps it raw from now on, whether it changes or not. */
export function checked(call: Call, ref: number): number {
  const { records } = call.keyspace;
  if (!isHyperLogLog(records.bytes(ref), records.valueStart(ref), records.valueLength(ref))) {
    throw new CommandError(NOT_HYPERLOGLOG);
  }
  records.setEncoding(ref, RAW);
  return ref;
}

/** Makes sure that a sparse form has room for one change; returns the record. */
export function roomy(call: Call, ref: number): number {
  const { records } = call.keyspace;
  if (formOf(records.bytes(ref), records.valueStart(ref)) === DENSE) return ref;
  const length = records.valueLength(ref);
  if (records.room(ref) >= length + SPARSE_SLACK) return ref;
  const roomier = stored(call.session.database.resizeValue(ref, length + SPARSE_SLACK));
  records.setValueLength(roomier, length);
  return roomier;
}

/** Raises a register of a {@linkcode roomy} record; returns the record, or 0 if the register is as high already. */
export function raise(call: Call, ref: number, index: number, run: number): number {
  const { records } = call.keyspace;
  const bytes = records.bytes(ref);
  const start = records.valueStart(ref);
  const from = start + HEADER_BYTES;
  if (formOf(bytes, start) === DENSE) {
    if (!raiseDense(bytes, from, index, run)) return 0;
  } else {
    const end = start + records.valueLength(ref);
    const raised = raiseSparse(bytes, from, end, start + SPARSE_BYTES_MAX, index, run);
    if (raised === UNCHANGED) return 0;
    if (raised === CORRUPT) throw new CommandError(CORRUPTED);
    if (raised === TOO_BIG) return raise(call, toDense(call, ref), index, run);
    records.setValueLength(ref, raised - start);
  }
  forgetCount(bytes, start);
  return ref;
}

/** Makes a sparse form dense; returns the record. */
export function toDense(call: Call, ref: number): number {
  const { records } = call.keyspace;
  const from = records.valueStart(ref);
  const end = from + records.valueLength(ref);
  unpacked.fill(0);
  if (!mergeSparse(records.bytes(ref), from + HEADER_BYTES, end, unpacked)) {
    throw new CommandError(CORRUPTED);
  }
  const dense = stored(call.session.database.resizeValue(ref, HEADER_BYTES + DENSE_BYTES));
  const bytes = records.bytes(dense);
  const start = records.valueStart(dense);
  const at = start + HEADER_BYTES;
  setForm(bytes, start, DENSE);
  bytes.fill(0, at, at + DENSE_BYTES);
  for (let index = 0; index < REGISTER_COUNT; index++) {
    if (unpacked[index] !== 0) raiseDense(bytes, at, index, unpacked[index]!);
  }
  return dense;
}
