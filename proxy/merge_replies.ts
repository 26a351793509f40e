/**
 * One reply made of the replies of several servers, by the command table's reply policies.
 *
 * Replies are byte ranges: elements are copied as they came, so RESP2 and RESP3 need no difference.
 * Invariant: exactly one frame is written, whatever the servers answered.
 *
 * @module
 */

import {
  REPLY_ALL_OK,
  REPLY_CONCAT,
  REPLY_LOGICAL_AND,
  REPLY_MIN,
  REPLY_SPECIAL,
  REPLY_SUM,
} from "../core/commands/command_index.ts";
import { decimalOf } from "../core/resp/decimal.ts";
import { ReplyScanner } from "../core/resp/reply_scanner.ts";
import type { ReplyWriter } from "../core/resp/reply_writer.ts";
import { latin1Of } from "./request_arguments.ts";

/** What is to be merged. */
export interface MergeInput {
  /** The parts' replies; undefined for a part that others have replaced. */
  readonly replies: readonly (Uint8Array | undefined)[];
  /** For a split command: the index of the reply that each key's element is in. */
  readonly partOfKey?: Uint16Array | undefined;
  /** The command may change data: when a part failed, it matters that others did not. */
  readonly isWrite: boolean;
}

const MINUS = 0x2d;
const COLON = 0x3a;
const LF = 0x0a;
const UNEXPECTED = "ERR a server answered this command with an unexpected type";

/** Writes the one reply by `policy`, a `REPLY_*` number. */
export function mergeReplies(policy: number, input: MergeInput, writer: ReplyWriter): void {
  const replies = input.replies.filter((reply) => reply !== undefined);
  if (policy === REPLY_SPECIAL) return writer.frame(oneOf(replies));
  if (writeError(replies, input.isWrite, writer)) return;
  switch (policy) {
    case REPLY_SUM:
      return writeInteger(replies, (sum, value) => sum + value, writer);
    case REPLY_MIN:
      return writeInteger(replies, (least, value) => Math.min(least, value), writer);
    case REPLY_LOGICAL_AND:
      return writeLogicalAnd(replies, writer);
    case REPLY_CONCAT:
      if (input.partOfKey === undefined) return writeConcat(replies, writer);
      return writeByKey(input.replies, input.partOfKey, writer);
    case REPLY_ALL_OK:
    default:
      return writer.frame(replies[0]!);
  }
}

/** Writes the error that the parts add up to; false if none failed. */
function writeError(
  replies: readonly Uint8Array[],
  isWrite: boolean,
  writer: ReplyWriter,
): boolean {
  const errors = replies.filter((reply) => reply[0] === MINUS);
  if (errors.length === 0) return false;
  const first = errors[0]!;
  if (!isWrite || errors.length === replies.length) {
    writer.frame(first);
  } else {
    const text = latin1Of(first, 1, first.length - 2);
    writer.error(
      `ERR ${errors.length} of ${replies.length} parts failed, the others were executed: ${text}`,
    );
  }
  return true;
}

function writeInteger(
  replies: readonly Uint8Array[],
  merge: (a: number, b: number) => number,
  writer: ReplyWriter,
): void {
  const value = replies.map((reply) => integerAt(reply, 0)).reduce(merge);
  if (Number.isNaN(value)) writer.error(UNEXPECTED);
  else writer.integer(value);
}

function writeLogicalAnd(replies: readonly Uint8Array[], writer: ReplyWriter): void {
  const rows = replies.map((reply) => {
    const row: number[] = [];
    for (let at = lineEnd(reply, 0); at < reply.length; at = lineEnd(reply, at)) {
      row.push(integerAt(reply, at));
    }
    return row;
  });
  const length = Math.min(...rows.map((row) => row.length));
  writer.array(length);
  for (let i = 0; i < length; i++) writer.integer(rows.every((row) => row[i] === 1) ? 1 : 0);
}

/** Writes the elements of all, one reply's behind the other's. */
function writeConcat(replies: readonly Uint8Array[], writer: ReplyWriter): void {
  const counts = replies.map((reply) => elementCount(reply));
  const total = counts.reduce((sum, count) => sum + count, 0);
  if (Number.isNaN(total)) return writer.error(UNEXPECTED);
  writer.array(total);
  for (const reply of replies) writer.frame(reply.subarray(lineEnd(reply, 0)));
}

/** Writes one element for each key, from the reply of its part. */
function writeByKey(
  replies: readonly (Uint8Array | undefined)[],
  partOfKey: Uint16Array,
  writer: ReplyWriter,
): void {
  const expected = new Float64Array(replies.length);
  for (const part of partOfKey) expected[part]!++;
  const cursors = new Float64Array(replies.length);
  for (let part = 0; part < replies.length; part++) {
    const reply = replies[part];
    if (reply === undefined) continue;
    if (elementCount(reply) !== expected[part]) return writer.error(UNEXPECTED);
    cursors[part] = lineEnd(reply, 0);
  }
  const scanner = new ReplyScanner();
  writer.array(partOfKey.length);
  for (const part of partOfKey) {
    const reply = replies[part]!;
    const start = cursors[part]!;
    const end = scanner.scan(reply, start, reply.length);
    writer.frame(reply.subarray(start, end));
    cursors[part] = end;
  }
}

const NOT_RUNNING = /running_script\r\n(?:\$-1|\*-1|_)\r\n/;

/**
 * The reply of the one server that a command is about: SCRIPT KILL succeeds where the script runs,
 * FUNCTION STATS describes it there. An error only if all servers answer one.
 */
function oneOf(replies: readonly Uint8Array[]): Uint8Array {
  const good = replies.filter((reply) => reply[0] !== MINUS);
  const busy = good.find((reply) =>
    !NOT_RUNNING.test(latin1Of(reply, 0, Math.min(reply.length, 64)))
  );
  return busy ?? good[0] ?? replies[0]!;
}

/** How many elements the array or set has; NaN if it is neither. */
function elementCount(reply: Uint8Array): number {
  const marker = reply[0];
  if (marker !== 0x2a && marker !== 0x7e) return NaN;
  return decimalOf(reply, 1, lineEnd(reply, 0) - 2);
}

/** The integer reply at `at`; NaN if it is none. */
function integerAt(reply: Uint8Array, at: number): number {
  return reply[at] === COLON ? decimalOf(reply, at + 1, lineEnd(reply, at) - 2) : NaN;
}

/** The offset behind the line that starts at `at`. */
function lineEnd(reply: Uint8Array, at: number): number {
  const lineFeed = reply.indexOf(LF, at);
  return lineFeed < 0 ? reply.length : lineFeed + 1;
}
