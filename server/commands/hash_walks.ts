/**
 * HSCAN and HRANDFIELD.
 *
 * @module
 */

import { type Call, CommandError, ERROR, type Handlers } from "../call.ts";
import { ByteRange } from "../values/byte_range.ts";
import { HashCursor } from "../values/hash_value.ts";
import { nextEntry, readEntry } from "../values/listpack.ts";
import { packedOffset } from "../values/packed_value.ts";
import { pickElements, pickPositions } from "../values/random_picks.ts";
import { headerOf } from "../values/spread_value.ts";
import { HASH, PACKED } from "../values/value_tags.ts";
import {
  type ElementScan,
  isWanted,
  replyScan,
  scannedValue,
  scanOptions,
  scanTable,
} from "./element_scan.ts";
import { randomCount } from "./element_counts.ts";

/** The commands of this file. */
export const HASH_WALK_HANDLERS: Handlers = { hrandfield, hscan };

const cursor = new HashCursor();
const field = new ByteRange();
const value = new ByteRange();
const refs: number[] = [];

function hscan(call: Call): void {
  const { ref, cursor: from } = scannedValue(call, HASH);
  if (ref === 0) return;
  const scan = scanOptions(call, from);
  const { records } = call.keyspace;
  if (records.encoding(ref) === PACKED) return replyPacked(call, ref, scan);
  const { table } = call.keyspace.values.hashes;
  refs.length = 0;
  const next = scanTable(table, headerOf(records, ref), scan, refs);
  const wanted = refs.filter((element) => {
    table.member(element, field);
    return isWanted(call, scan, field);
  });
  replyScan(call, next, wanted.length * 2);
  for (const element of wanted) replyElement(call, element, true);
}

function replyPacked(call: Call, ref: number, scan: ElementScan): void {
  const { records } = call.keyspace;
  let wanted = 0;
  cursor.open(records, ref);
  while (cursor.next()) if (isWanted(call, scan, cursor.field)) wanted++;
  replyScan(call, 0, wanted * 2);
  cursor.open(records, ref);
  while (cursor.next()) {
    if (!isWanted(call, scan, cursor.field)) continue;
    reply(call, cursor.field);
    reply(call, cursor.value);
  }
}

function hrandfield(call: Call): void {
  if (call.argumentCount === 2) return replyOne(call);
  const withValues = call.argumentCount === 4 && call.is(3, "withvalues");
  const plain = call.argumentCount === 3;
  const count = randomCount(call, 2, withValues);
  if (!plain && !withValues) throw new CommandError(ERROR.syntax);
  const ref = call.readOf(1, HASH);
  if (ref === 0 || count === 0) return call.reply.array(0);
  const size = call.keyspace.values.hashes.count(call.keyspace.records, ref);
  const replies = count < 0 ? -count : Math.min(count, size);
  call.reply.array(withValues && call.reply.protocol === 2 ? replies * 2 : replies);
  if (count < 0) {
    for (let i = 0; i < replies; i++) replyRandom(call, ref, size, withValues);
  } else replyDifferent(call, ref, { replies, size, withValues });
}

function replyOne(call: Call): void {
  const ref = call.readOf(1, HASH);
  if (ref === 0) return call.reply.nil();
  replyRandom(call, ref, call.keyspace.values.hashes.count(call.keyspace.records, ref), false);
}

function replyRandom(call: Call, ref: number, size: number, withValues: boolean): void {
  const { records } = call.keyspace;
  if (records.encoding(ref) === PACKED) {
    return replyAt(call, ref, Math.floor(Math.random() * size), withValues);
  }
  const { table } = call.keyspace.values.hashes;
  openPair(call, withValues);
  replyElement(call, table.random(headerOf(records, ref)), withValues);
}

function replyDifferent(
  call: Call,
  ref: number,
  { replies, size, withValues }: { replies: number; size: number; withValues: boolean },
): void {
  const { records } = call.keyspace;
  if (replies === size) return replyAll(call, ref, withValues);
  if (records.encoding(ref) === PACKED) {
    for (const at of pickPositions(size, replies)) replyAt(call, ref, at, withValues);
    return;
  }
  const { table } = call.keyspace.values.hashes;
  for (const element of pickElements(records.arena, table, headerOf(records, ref), replies)) {
    openPair(call, withValues);
    replyElement(call, element, withValues);
  }
}

function replyAll(call: Call, ref: number, withValues: boolean): void {
  cursor.open(call.keyspace.records, ref);
  while (cursor.next()) {
    openPair(call, withValues);
    reply(call, cursor.field);
    if (withValues) reply(call, cursor.value);
  }
}

/** Replies with field number `at` of a packed hash. */
function replyAt(call: Call, ref: number, at: number, withValues: boolean): void {
  const { records } = call.keyspace;
  const bytes = records.bytes(ref);
  const p = records.valueStart(ref) + packedOffset(records, ref, at * 2);
  readEntry(bytes, p, field);
  openPair(call, withValues);
  reply(call, field);
  if (!withValues) return;
  readEntry(bytes, nextEntry(bytes, p), value);
  reply(call, value);
}

function replyElement(call: Call, element: number, withValue: boolean): void {
  const { hashes } = call.keyspace.values;
  hashes.table.member(element, field);
  reply(call, field);
  if (!withValue) return;
  hashes.valueOf(element, value);
  reply(call, value);
}

/** In RESP3 a field with its value is an array of its own. */
function openPair(call: Call, withValues: boolean): void {
  if (withValues && call.reply.protocol === 3) call.reply.array(2);
}

function reply(call: Call, range: ByteRange): void {
  call.reply.bulk(range.bytes, range.start, range.end);
}
