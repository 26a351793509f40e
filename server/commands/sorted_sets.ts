/**
 * Commands on members of sorted sets.
 *
 * @module
 */

import { type Call, CommandError, ERROR, type Handlers } from "../call.ts";
import { parseExactDouble, parseShortDecimal } from "../values/double_text.ts";
import { NOT_FOUND } from "../values/packed_value.ts";
import { SortedSetCursor } from "../values/sorted_set_cursor.ts";
import { SORTED_SET } from "../values/value_tags.ts";
import { countedKeys, positiveCount } from "./counted_keys.ts";
import { positiveInteger } from "./element_counts.ts";

/** The commands of this file. */
export const SORTED_SET_HANDLERS: Handlers = {
  zadd,
  zcard,
  zincrby,
  zmpop,
  zmscore,
  zpopmax: (call) => pop(call, true),
  zpopmin: (call) => pop(call, false),
  zrank: (call) => rank(call, false),
  zrem,
  zrevrank: (call) => rank(call, true),
  zscore,
};

/** What ZADD was told. */
interface Addition {
  nx: boolean;
  xx: boolean;
  gt: boolean;
  lt: boolean;
  ch: boolean;
  incr: boolean;
}

const OPTIONS = ["nx", "xx", "gt", "lt", "ch", "incr"] as const;
const DIGIT_MAX = 0x39;
const PLAIN: Addition = { nx: false, xx: false, gt: false, lt: false, ch: false, incr: false };
const INCREMENT: Addition = { ...PLAIN, incr: true };
/** What {@linkcode addMember} did. */
const NOTHING = 0;
const SAME = 1;
const UPDATED = 2;
const ADDED = 3;

const cursor = new SortedSetCursor();
const addition = { ...PLAIN };
/** The record and the member's score after {@linkcode addMember}. */
let record = 0;
let newScore = 0;

/** Argument `index` as a score. */
export function scoreArgument(call: Call, index: number, error: string = ERROR.notFloat): number {
  const value = parseShortDecimal(call.bytes, call.start(index), call.end(index));
  if (!Number.isNaN(value)) return value;
  const parsed = parseExactDouble(call.text(index));
  if (Number.isNaN(parsed)) throw new CommandError(error);
  return parsed;
}

function zadd(call: Call): void {
  let first = 2;
  Object.assign(addition, PLAIN);
  while (first < call.argumentCount && takeOption(call, first)) first++;
  checkAddition(addition, call.argumentCount - first);
  addPairs(call, first, addition);
}

/** Reads argument `index` into `addition` if it is an option. */
function takeOption(call: Call, index: number): boolean {
  // A score begins with a digit most often: then no word need be compared.
  if (call.bytes[call.start(index)]! <= DIGIT_MAX) return false;
  for (const option of OPTIONS) {
    if (!call.is(index, option)) continue;
    addition[option] = true;
    return true;
  }
  return false;
}

function checkAddition({ nx, xx, gt, lt, incr }: Addition, words: number): void {
  if (words % 2 !== 0 || words === 0) throw new CommandError(ERROR.syntax);
  if (nx && xx) {
    throw new CommandError("ERR XX and NX options at the same time are not compatible");
  }
  if ((gt && nx) || (lt && nx) || (gt && lt)) {
    throw new CommandError("ERR GT, LT, and/or NX options at the same time are not compatible");
  }
  if (incr && words > 2) {
    throw new CommandError("ERR INCR option supports a single increment-element pair");
  }
}

function zincrby(call: Call): void {
  addPairs(call, 2, INCREMENT);
}

/** Adds the pairs of scores and members from argument `first` on. */
function addPairs(call: Call, first: number, addition: Addition): void {
  // All scores are looked at before the first is used.
  for (let at = first; at < call.argumentCount; at += 2) scoreArgument(call, at);
  record = call.findOf(1, SORTED_SET);
  let added = 0;
  let updated = 0;
  let outcome = NOTHING;
  for (let at = first; at < call.argumentCount; at += 2) {
    outcome = addMember(call, scoreArgument(call, at), at + 1, addition);
    if (outcome === ADDED) added++;
    else if (outcome === UPDATED) updated++;
  }
  call.isIdle = added + updated === 0;
  if (!addition.incr) return call.reply.integer(addition.ch ? added + updated : added);
  if (outcome === NOTHING) call.reply.nil();
  else call.reply.double(newScore);
}

/** Adds one member to `record` as the options allow. */
function addMember(call: Call, score: number, index: number, addition: Addition): number {
  const { bytes, session: { database } } = call;
  const { records, values: { sortedSets } } = call.keyspace;
  const start = call.start(index);
  const end = call.end(index);
  const old = record === 0 ? NaN : sortedSets.score(records, record, bytes, start, end);
  const isNew = Number.isNaN(old);
  if (isNew ? addition.xx : addition.nx) return NOTHING;
  if (!isNew && addition.incr) score += old;
  if (Number.isNaN(score)) throw new CommandError("ERR resulting score is not a number (NaN)");
  if (!isNew && ((addition.lt && score >= old) || (addition.gt && score <= old))) return NOTHING;
  newScore = score;
  if (score === old) return SAME;
  record = sortedSets.set(database, record, score, bytes, start, end, old);
  return isNew ? ADDED : UPDATED;
}

function zrem(call: Call): void {
  let ref = call.findOf(1, SORTED_SET);
  const { database } = call.session;
  const { records, values: { sortedSets } } = call.keyspace;
  let removed = 0;
  for (let at = 2; ref !== 0 && at < call.argumentCount; at++) {
    const left = sortedSets.delete(database, ref, call.bytes, call.start(at), call.end(at));
    if (left === NOT_FOUND) continue;
    removed++;
    ref = left;
    if (sortedSets.count(records, ref) > 0) continue;
    database.remove(ref);
    ref = 0;
  }
  call.reply.integer(removed);
}

function zcard(call: Call): void {
  const ref = call.readOf(1, SORTED_SET);
  const { records, values: { sortedSets } } = call.keyspace;
  call.reply.integer(ref === 0 ? 0 : sortedSets.count(records, ref));
}

function scoreOf(call: Call, ref: number, index: number): number {
  if (ref === 0) return NaN;
  const { records, values: { sortedSets } } = call.keyspace;
  return sortedSets.score(records, ref, call.bytes, call.start(index), call.end(index));
}

function replyScore(call: Call, score: number): void {
  if (Number.isNaN(score)) call.reply.nil();
  else call.reply.double(score);
}

function zscore(call: Call): void {
  replyScore(call, scoreOf(call, call.readOf(1, SORTED_SET), 2));
}

function zmscore(call: Call): void {
  const ref = call.readOf(1, SORTED_SET);
  call.reply.array(call.argumentCount - 2);
  for (let at = 2; at < call.argumentCount; at++) replyScore(call, scoreOf(call, ref, at));
}

function rank(call: Call, isReversed: boolean): void {
  const ref = call.readOf(1, SORTED_SET);
  const score = scoreOf(call, ref, 2);
  if (Number.isNaN(score)) return call.reply.nil();
  const { records, values: { sortedSets } } = call.keyspace;
  const found = sortedSets.rank(records, ref, score, call.bytes, call.start(2), call.end(2));
  call.reply.integer(isReversed ? sortedSets.count(records, ref) - 1 - found : found);
}

function pop(call: Call, isMax: boolean): void {
  if (call.argumentCount > 3) throw new CommandError(ERROR.syntax);
  const hasCount = call.argumentCount === 3;
  const count = hasCount ? positiveInteger(call, 2) : 1;
  const ref = call.findOf(1, SORTED_SET);
  if (ref === 0 || count === 0) return call.reply.array(0);
  popSome(call, ref, { count, isMax, isNested: hasCount && call.reply.protocol === 3 });
}

/** What to pop, and whether each member and its score are an array of their own. */
interface Pop {
  readonly count: number;
  readonly isMax: boolean;
  readonly isNested: boolean;
}

/** Replies with an array of the outermost members and their scores, and removes them. */
export function popSome(call: Call, ref: number, pop: Pop): void {
  const { records, values: { sortedSets } } = call.keyspace;
  const popped = Math.min(pop.count, sortedSets.count(records, ref));
  call.reply.array(pop.isNested ? popped : 2 * popped);
  popMembers(call, ref, pop);
}

/** As {@linkcode popSome}, in an array that was announced already. */
export function popMembers(call: Call, ref: number, { count, isMax, isNested }: Pop): void {
  const { reply, session: { database } } = call;
  const { records, values: { sortedSets } } = call.keyspace;
  const size = sortedSets.count(records, ref);
  const popped = Math.min(count, size);
  const rank = isMax ? size - 1 : 0;
  cursor.open(sortedSets, records, ref, { rank, count: popped, isBackward: isMax });
  while (cursor.next()) {
    if (isNested) reply.array(2);
    reply.bulk(cursor.member.bytes, cursor.member.start, cursor.member.end);
    reply.double(cursor.score);
  }
  if (popped === size) database.remove(ref);
  else sortedSets.deleteRange(database, ref, isMax ? size - popped : 0, popped);
}

/** What ZMPOP and BZMPOP take: up to `count` members of one of the keys from `first` up to `end`. */
interface MemberPop {
  readonly first: number;
  readonly end: number;
  readonly isMax: boolean;
  readonly count: number;
}

/** Reads the arguments of ZMPOP from `index`, the number of keys, on. */
export function memberPopOf(call: Call, index: number): MemberPop {
  const { first, count: keys } = countedKeys(call, index);
  const end = first + keys;
  if (end >= call.argumentCount) throw new CommandError(ERROR.syntax);
  const isMax = call.is(end, "max");
  if (!isMax && !call.is(end, "min")) throw new CommandError(ERROR.syntax);
  return { first, end, isMax, count: positiveCount(call, end + 1) };
}

function zmpop(call: Call): void {
  const { first, end, isMax, count } = memberPopOf(call, 1);
  for (let at = first; at < end; at++) {
    const ref = call.findOf(at, SORTED_SET);
    if (ref === 0) continue;
    call.reply.array(2);
    call.reply.bulk(call.bytes, call.start(at), call.end(at));
    return popSome(call, ref, { count, isMax, isNested: true });
  }
  call.reply.nilArray();
}
