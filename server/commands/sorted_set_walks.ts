/**
 * ZSCAN and ZRANDMEMBER.
 *
 * @module
 */

import { type Call, CommandError, ERROR, type Handlers } from "../call.ts";
import { ByteRange } from "../values/byte_range.ts";
import { integerOfScore, scoreText } from "../values/double_text.ts";
import { pickPositions } from "../values/random_picks.ts";
import { SortedSetCursor } from "../values/sorted_set_cursor.ts";
import { PACKED, SORTED_SET } from "../values/value_tags.ts";
import { randomCount } from "./element_counts.ts";
import {
  type ElementScan,
  isWanted,
  replyScan,
  scannedValue,
  scanOptions,
  scanTable,
} from "./element_scan.ts";

/** The commands of this file. */
export const SORTED_SET_WALK_HANDLERS: Handlers = { zrandmember, zscan };

const cursor = new SortedSetCursor();
const member = new ByteRange();
const refs: number[] = [];

function zscan(call: Call): void {
  const { ref, cursor: from } = scannedValue(call, SORTED_SET);
  if (ref === 0) return;
  const scan = scanOptions(call, from);
  const { records, values: { sortedSets } } = call.keyspace;
  if (records.encoding(ref) === PACKED) return replyPacked(call, ref, scan);
  refs.length = 0;
  const { table } = sortedSets;
  const next = scanTable(table, sortedSets.tableOf(records, ref), scan, refs);
  const wanted = refs.filter((element) => {
    table.member(element, member);
    return isWanted(call, scan, member);
  });
  replyScan(call, next, wanted.length * 2);
  for (const element of wanted) {
    table.member(element, member);
    call.reply.bulk(member.bytes, member.start, member.end);
    call.reply.bulkLatin1(scoreText(sortedSets.scoreOfElement(element)));
  }
}

function replyPacked(call: Call, ref: number, scan: ElementScan): void {
  let wanted = 0;
  openAll(call, ref);
  while (cursor.next()) if (isWanted(call, scan, cursor.member)) wanted++;
  replyScan(call, 0, wanted * 2);
  openAll(call, ref);
  while (cursor.next()) {
    if (!isWanted(call, scan, cursor.member)) continue;
    call.reply.bulk(cursor.member.bytes, cursor.member.start, cursor.member.end);
    // As it is stored, which in a listpack is an integer if it can be one.
    const integer = integerOfScore(cursor.score);
    call.reply.bulkLatin1(integer === undefined ? scoreText(cursor.score) : String(integer));
  }
}

function openAll(call: Call, ref: number): void {
  openAt(call, ref, 0, sizeOf(call, ref));
}

function openAt(call: Call, ref: number, rank: number, count: number): void {
  const { records, values: { sortedSets } } = call.keyspace;
  cursor.open(sortedSets, records, ref, { rank, count, isBackward: false });
}

function sizeOf(call: Call, ref: number): number {
  const { records, values: { sortedSets } } = call.keyspace;
  return sortedSets.count(records, ref);
}

function zrandmember(call: Call): void {
  const isSingle = call.argumentCount === 2;
  const withScores = call.argumentCount === 4 && call.is(3, "withscores");
  const count = isSingle ? 1 : randomCount(call, 2, withScores);
  if (call.argumentCount > 3 && !withScores) throw new CommandError(ERROR.syntax);
  const ref = call.readOf(1, SORTED_SET);
  if (isSingle) {
    if (ref === 0) return call.reply.nil();
    return replyAt(call, ref, randomRank(sizeOf(call, ref)), false);
  }
  if (ref === 0 || count === 0) return call.reply.array(0);
  const size = sizeOf(call, ref);
  const replies = count < 0 ? -count : Math.min(count, size);
  call.reply.array(withScores && call.reply.protocol === 2 ? replies * 2 : replies);
  if (count < 0) {
    for (let i = 0; i < replies; i++) replyAt(call, ref, randomRank(size), withScores);
  } else if (replies === size) {
    for (let rank = 0; rank < size; rank++) replyAt(call, ref, rank, withScores);
  } else {
    for (const rank of pickPositions(size, replies)) replyAt(call, ref, rank, withScores);
  }
}

function randomRank(size: number): number {
  return Math.floor(Math.random() * size);
}

function replyAt(call: Call, ref: number, rank: number, withScore: boolean): void {
  openAt(call, ref, rank, 1);
  cursor.next();
  if (withScore && call.reply.protocol === 3) call.reply.array(2);
  call.reply.bulk(cursor.member.bytes, cursor.member.start, cursor.member.end);
  if (withScore) call.reply.double(cursor.score);
}
