/**
 * Commands on ranges of sorted sets: by rank, by score, by text.
 *
 * @module
 */

import { type Call, CommandError, ERROR, type Handlers } from "../call.ts";
import { NO_EXPIRY } from "../keyspace/database.ts";
import { parseDouble } from "../values/double_text.ts";
import { type Bound, LexBound, ScoreBound } from "../values/score_bound.ts";
import { adoptScratch, openScratch } from "../values/scratch_value.ts";
import { SortedSetCursor } from "../values/sorted_set_cursor.ts";
import { SORTED_SET } from "../values/value_tags.ts";
import { stored } from "./string_value.ts";

/** The commands of this file. */
export const SORTED_SET_RANGE_HANDLERS: Handlers = {
  zcount: (call) => countRange(call, "score"),
  zlexcount: (call) => countRange(call, "lex"),
  zrange: (call) => replyRange(call, undefined, undefined),
  zrangebylex: (call) => replyRange(call, "lex", false),
  zrangebyscore: (call) => replyRange(call, "score", false),
  zrangestore,
  zremrangebylex: (call) => removeRange(call, "lex"),
  zremrangebyrank: (call) => removeRange(call, "rank"),
  zremrangebyscore: (call) => removeRange(call, "score"),
  zrevrange: (call) => replyRange(call, "rank", true),
  zrevrangebylex: (call) => replyRange(call, "lex", true),
  zrevrangebyscore: (call) => replyRange(call, "score", true),
};

/** What the ends of a range are. */
type RangeKind = "rank" | "score" | "lex";

/** A range as the client asked for it. */
interface Range {
  kind: RangeKind;
  isReversed: boolean;
  withScores: boolean;
  offset: number;
  /** Below 0: no limit. */
  limit: number;
}

const cursor = new SortedSetCursor();
const minScore = new ScoreBound();
const maxScore = new ScoreBound();
const minText = new LexBound();
const maxText = new LexBound();
/** The ends of a range by rank as given, and of any range once it is placed: the second exclusive. */
let first = 0;
let last = 0;

/** Replies with a range; without a kind or direction the options say which. */
function replyRange(
  call: Call,
  kind: RangeKind | undefined,
  isReversed: boolean | undefined,
): void {
  const range = rangeOf(call, 4, { kind, isReversed, isStored: false });
  parseEnds(call, range, 2);
  const ref = call.readOf(1, SORTED_SET);
  if (ref === 0) return call.reply.array(0);
  const count = placeRange(call, ref, range);
  const isNested = range.withScores && call.reply.protocol === 3;
  call.reply.array(range.withScores && !isNested ? count * 2 : count);
  openRange(call, ref, range, count);
  while (cursor.next()) {
    if (isNested) call.reply.array(2);
    call.reply.bulk(cursor.member.bytes, cursor.member.start, cursor.member.end);
    if (range.withScores) call.reply.double(cursor.score);
  }
}

function openRange(call: Call, ref: number, { isReversed }: Range, count: number): void {
  const { records, values: { sortedSets } } = call.keyspace;
  const rank = isReversed ? last - 1 : first;
  cursor.open(sortedSets, records, ref, { rank, count, isBackward: isReversed });
}

function zrangestore(call: Call): void {
  const range = rangeOf(call, 5, { kind: undefined, isReversed: undefined, isStored: true });
  parseEnds(call, range, 3);
  const { database } = call.session;
  const { sortedSets } = call.keyspace.values;
  const ref = call.readOf(2, SORTED_SET);
  const count = ref === 0 ? 0 : placeRange(call, ref, range);
  let result = 0;
  const scratch = openScratch(database);
  if (count > 0) {
    openRange(call, ref, range, count);
    while (cursor.next()) {
      const { bytes, start, end } = cursor.member;
      result = sortedSets.set(scratch, result, cursor.score, bytes, start, end, NaN);
    }
  }
  const old = call.find(1);
  if (result !== 0) stored(adoptScratch(scratch, result, database, NO_EXPIRY));
  else if (old !== 0) database.remove(old);
  call.reply.integer(count);
}

function countRange(call: Call, kind: RangeKind): void {
  const range = plainRange(kind);
  parseEnds(call, range, 2);
  const ref = call.readOf(1, SORTED_SET);
  call.reply.integer(ref === 0 ? 0 : placeRange(call, ref, range));
}

function removeRange(call: Call, kind: RangeKind): void {
  const range = plainRange(kind);
  parseEnds(call, range, 2);
  const ref = call.findOf(1, SORTED_SET);
  if (ref === 0) return call.reply.integer(0);
  const { database } = call.session;
  const { records, values: { sortedSets } } = call.keyspace;
  const size = sortedSets.count(records, ref);
  const count = placeRange(call, ref, range);
  if (count === size) database.remove(ref);
  else sortedSets.deleteRange(database, ref, first, count);
  call.reply.integer(count);
}

function plainRange(kind: RangeKind): Range {
  return { kind, isReversed: false, withScores: false, offset: 0, limit: -1 };
}

/** The options from argument `index` on, on top of what the command's name says. */
function rangeOf(
  call: Call,
  index: number,
  named: { kind: RangeKind | undefined; isReversed: boolean | undefined; isStored: boolean },
): Range {
  let { kind, isReversed } = named;
  const range = plainRange("rank");
  for (let at = index; at < call.argumentCount; at++) {
    if (!named.isStored && call.is(at, "withscores")) range.withScores = true;
    else if (call.is(at, "limit") && at + 2 < call.argumentCount) {
      range.offset = call.integer(++at);
      range.limit = call.integer(++at);
    } else if (isReversed === undefined && call.is(at, "rev")) isReversed = true;
    else if (kind === undefined && call.is(at, "bylex")) kind = "lex";
    else if (kind === undefined && call.is(at, "byscore")) kind = "score";
    else throw new CommandError(ERROR.syntax);
  }
  range.kind = kind ?? "rank";
  range.isReversed = isReversed ?? false;
  if (range.limit !== -1 && range.kind === "rank") throw new CommandError(LIMIT_MISPLACED);
  if (range.withScores && range.kind === "lex") throw new CommandError(SCORES_MISPLACED);
  return range;
}

const LIMIT_MISPLACED = "ERR syntax error, LIMIT is only supported in combination with either " +
  "BYSCORE or BYLEX";
const SCORES_MISPLACED = "ERR syntax error, WITHSCORES not supported in combination with BYLEX";

/** Reads both ends, at argument `index` and behind it; of a reversed range the greater one comes first. */
function parseEnds(call: Call, { kind, isReversed }: Range, index: number): void {
  const isSwapped = isReversed && kind !== "rank";
  const min = isSwapped ? index + 1 : index;
  const max = isSwapped ? index : index + 1;
  if (kind === "rank") {
    first = call.integer(min);
    last = call.integer(max);
  } else if (kind === "score") {
    minScore.isAfterEqual = parseScore(call, min, minScore);
    maxScore.isAfterEqual = !parseScore(call, max, maxScore);
  } else {
    minText.isAfterEqual = parseText(call, min, minText);
    maxText.isAfterEqual = !parseText(call, max, maxText);
  }
}

/** Reads a score; whether the score itself is left out. */
function parseScore(call: Call, index: number, bound: ScoreBound): boolean {
  const text = call.text(index);
  const isOpen = text.startsWith("(");
  // C's strtod skips blanks in front, and of nothing at all makes 0.
  const digits = (isOpen ? text.slice(1) : text).replace(/^[ \t\n\v\f\r]+/, "");
  bound.score = digits === "" && text.length <= 1 ? 0 : parseDouble(digits);
  if (Number.isNaN(bound.score)) throw new CommandError("ERR min or max is not a float");
  return isOpen;
}

/** Reads an end by text; whether the text itself is left out. */
function parseText(call: Call, index: number, bound: LexBound): boolean {
  const start = call.start(index);
  const end = call.end(index);
  const mark = end > start ? call.bytes[start]! : 0;
  const isWhole = end - start === 1;
  if (isWhole && mark === 0x2d) bound.kind = "least";
  else if (isWhole && mark === 0x2b) bound.kind = "greatest";
  else if (mark === 0x28 || mark === 0x5b) {
    bound.kind = "text";
    bound.text.set(call.bytes, start + 1, end);
  } else throw new CommandError("ERR min or max not valid string range item");
  return mark !== 0x5b;
}

/** Sets `first` and `last` to the ranks of a range, and returns how many members are in it. */
function placeRange(call: Call, ref: number, range: Range): number {
  const { records, values: { sortedSets } } = call.keyspace;
  const size = sortedSets.count(records, ref);
  if (range.kind === "rank") placeRanks(size, range.isReversed);
  else {
    const isScore = range.kind === "score";
    const min: Bound = isScore ? minScore : minText;
    const max: Bound = isScore ? maxScore : maxText;
    first = sortedSets.countBefore(records, ref, min);
    last = sortedSets.countBefore(records, ref, max);
    limitRange(range);
  }
  return Math.max(0, last - first);
}

/** Ranks count from the end when they are negative, and from the other side in a reversed range. */
function placeRanks(size: number, isReversed: boolean): void {
  const from = Math.max(0, first < 0 ? first + size : first);
  const to = Math.min(size, (last < 0 ? last + size : last) + 1);
  first = isReversed ? size - to : from;
  last = isReversed ? size - from : to;
}

function limitRange({ isReversed, offset, limit }: Range): void {
  // A negative offset runs past the end in Redis.
  const skipped = offset < 0 ? Infinity : offset;
  const kept = limit < 0 ? Infinity : limit;
  if (isReversed) {
    last -= skipped;
    first = Math.max(first, last - kept);
  } else {
    first += skipped;
    last = Math.min(last, first + kept);
  }
}
