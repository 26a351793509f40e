/**
 * LCS: the longest common subsequence of two strings.
 *
 * Invariant: the table takes at most {@linkcode STRING_BYTES_MAX} bytes, and is garbage after the call.
 *
 * @module
 */

import { type Call, CommandError, ERROR, type Handlers } from "../call.ts";
import { STRING } from "../keyspace/record.ts";
import { STRING_BYTES_MAX } from "./string_value.ts";

/** The commands of this file. */
export const STRING_LCS_HANDLERS: Handlers = { lcs };

interface LcsOptions {
  ranges: boolean;
  length: boolean;
  withMatchLength: boolean;
  minMatchLength: number;
}

/** Matching ranges of both strings, ends included. */
interface MatchRange {
  readonly first: number;
  readonly second: number;
  readonly length: number;
}

/** Both strings and the lengths of the common subsequences of all their beginnings, row by row. */
interface LcsTable {
  readonly a: Uint8Array;
  readonly b: Uint8Array;
  readonly lengths: Uint32Array;
}

function lcs(call: Call): void {
  const a = stringOf(call, 1);
  const b = stringOf(call, 2);
  if (a === undefined || b === undefined) {
    throw new CommandError("ERR The specified keys must contain string values");
  }
  const options = optionsOf(call);
  if (options.length && options.ranges) {
    throw new CommandError(
      "ERR If you want both the length and indexes, please just use IDX.",
    );
  }
  if (4 * (a.length + 1) * (b.length + 1) > STRING_BYTES_MAX) {
    throw new CommandError(
      "ERR Insufficient memory, transient memory for LCS exceeds proto-max-bulk-len",
    );
  }
  const table = { a, b, lengths: lengthsOf(a, b) };
  const total = table.lengths[table.lengths.length - 1]!;
  if (options.ranges) {
    return replyRanges(call, rangesOf(table, options.minMatchLength), total, options);
  }
  if (options.length) return call.reply.integer(total);
  const common = commonOf(table, total);
  call.reply.bulk(common, 0, total);
}

/** The string under the key of argument `index`, empty when there is none; undefined for another type. */
function stringOf(call: Call, index: number): Uint8Array | undefined {
  const ref = call.read(index);
  const { records } = call.keyspace;
  if (ref === 0) return new Uint8Array(0);
  if (records.type(ref) !== STRING) return undefined;
  const start = records.valueStart(ref);
  return records.bytes(ref).subarray(start, start + records.valueLength(ref));
}

function optionsOf(call: Call): LcsOptions {
  const options = { ranges: false, length: false, withMatchLength: false, minMatchLength: 0 };
  for (let at = 3; at < call.argumentCount; at++) {
    if (call.is(at, "idx")) options.ranges = true;
    else if (call.is(at, "len")) options.length = true;
    else if (call.is(at, "withmatchlen")) options.withMatchLength = true;
    else if (call.is(at, "minmatchlen") && at + 1 < call.argumentCount) {
      options.minMatchLength = call.integer(++at);
    } else throw new CommandError(ERROR.syntax);
  }
  return options;
}

function lengthsOf(a: Uint8Array, b: Uint8Array): Uint32Array {
  const width = b.length + 1;
  const lengths = new Uint32Array((a.length + 1) * width);
  for (let i = 1; i <= a.length; i++) {
    const row = i * width;
    for (let j = 1; j <= b.length; j++) {
      lengths[row + j] = a[i - 1] === b[j - 1]
        ? lengths[row + j - width - 1]! + 1
        : Math.max(lengths[row + j - width]!, lengths[row + j - 1]!);
    }
  }
  return lengths;
}

/** Walks back from the ends of both strings, calling `onMatch` with the indexes of each byte in common. */
function walkBack({ a, b, lengths }: LcsTable, onMatch: (i: number, j: number) => void): void {
  const width = b.length + 1;
  let i = a.length;
  let j = b.length;
  while (i > 0 && j > 0) {
    if (a[i - 1] === b[j - 1]) onMatch(--i, --j);
    else if (lengths[(i - 1) * width + j]! > lengths[i * width + j - 1]!) i--;
    else j--;
  }
}

function commonOf(table: LcsTable, total: number): Uint8Array {
  const common = new Uint8Array(total);
  let at = total;
  walkBack(table, (i) => common[--at] = table.a[i]!);
  return common;
}

/** The runs of bytes in common, the last first, that have at least `minLength` bytes. */
function rangesOf(table: LcsTable, minLength: number): MatchRange[] {
  const ranges: MatchRange[] = [];
  let last: MatchRange | undefined;
  const finish = () => {
    if (last !== undefined && last.length >= minLength) ranges.push(last);
  };
  walkBack(table, (i, j) => {
    if (last !== undefined && last.first === i + 1 && last.second === j + 1) {
      last = { first: i, second: j, length: last.length + 1 };
      return;
    }
    finish();
    last = { first: i, second: j, length: 1 };
  });
  finish();
  return ranges;
}

function replyRanges(
  { reply }: Call,
  ranges: readonly MatchRange[],
  total: number,
  options: LcsOptions,
): void {
  reply.map(2);
  reply.bulkText("matches");
  reply.array(ranges.length);
  for (const { first, second, length } of ranges) {
    reply.array(options.withMatchLength ? 3 : 2);
    for (const start of [first, second]) {
      reply.array(2);
      reply.integer(start);
      reply.integer(start + length - 1);
    }
    if (options.withMatchLength) reply.integer(length);
  }
  reply.bulkText("len");
  reply.integer(total);
}
