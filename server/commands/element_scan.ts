/**
 * What HSCAN, SSCAN and ZSCAN share: cursor, options, pattern.
 *
 * A packed value is returned whole at once, as in Redis; of a spread one the cursor is a hash, so an element that stays is
 * seen exactly once.
 *
 * @module
 */

import { matchesGlobBytes } from "../../core/glob.ts";
import { type Call, CommandError, ERROR } from "../call.ts";
import { SCAN_END } from "../keyspace/slot_index.ts";
import type { ByteRange } from "../values/byte_range.ts";
import type { ElementTable } from "../values/element_table.ts";
import { cursorOf } from "./scan.ts";

const COUNT_DEFAULT = 10;
/** More elements than this are not looked at in one call, whatever COUNT says. */
const COUNT_MAX = 1 << 20;

/** A scan as the client asked for it. */
export interface ElementScan {
  readonly cursor: number;
  readonly count: number;
  /** The argument with the pattern; 0 for none. */
  readonly pattern: number;
}

/** Looks for the value to scan; replies that it is empty, and returns 0, when there is none. */
export function scannedValue(call: Call, type: number): { ref: number; cursor: number } {
  const cursor = cursorOf(call.text(2));
  const ref = call.readOf(1, type);
  if (ref === 0) replyScan(call, 0, 0);
  return { ref, cursor };
}

/** The options behind the cursor. */
export function scanOptions(call: Call, cursor: number): ElementScan {
  let count = COUNT_DEFAULT;
  let pattern = 0;
  for (let at = 3; at < call.argumentCount; at += 2) {
    if (at + 1 === call.argumentCount) throw new CommandError(ERROR.syntax);
    if (call.is(at, "count")) {
      count = call.integer(at + 1);
      if (count < 1) throw new CommandError(ERROR.syntax);
    } else if (call.is(at, "match")) pattern = at + 1;
    else throw new CommandError(ERROR.syntax);
  }
  return { cursor, count: Math.min(count, COUNT_MAX), pattern };
}

/** Whether a member passes the pattern. */
export function isWanted(call: Call, { pattern }: ElementScan, member: ByteRange): boolean {
  if (pattern === 0) return true;
  const { bytes } = call;
  const start = call.start(pattern);
  const end = call.end(pattern);
  return matchesGlobBytes(bytes, start, end, member.bytes, member.start, member.end);
}

/** Appends elements of a table to `refs`; returns the cursor to go on from, 0 after the last. */
export function scanTable(
  table: ElementTable,
  header: number,
  { cursor, count }: ElementScan,
  refs: number[],
): number {
  let at = cursor;
  for (let pieces = 0; at < SCAN_END && refs.length < count && pieces < count * 10; pieces++) {
    at = table.scan(header, at, count - refs.length, refs);
  }
  return at < SCAN_END ? at : 0;
}

/** Begins the reply: the cursor, and how many words follow. */
export function replyScan(call: Call, cursor: number, words: number): void {
  call.reply.array(2);
  call.reply.bulkLatin1(String(cursor));
  call.reply.array(words);
}
