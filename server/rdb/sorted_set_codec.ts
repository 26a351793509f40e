/**
 * Sorted sets in the RDB format.
 *
 * @module
 */

import type { Database } from "../keyspace/database.ts";
import { ByteRange } from "../values/byte_range.ts";
import { parseDouble } from "../values/double_text.ts";
import { elementsBackwards } from "../values/ordered_elements.ts";
import { memberEnd, memberStart, scoreOf } from "../values/scored_element.ts";
import { PACKED, SORTED_SET } from "../values/value_tags.ts";
import { loadBuilt, loadBytes, readCount, readListpack } from "./load_value.ts";
import { RDB_INVALID, type RdbInput } from "./rdb_input.ts";
import { BAD_VALUE, type ValueCodec } from "./value_codec.ts";

const RDB_TYPE_ZSET = 3;
const RDB_TYPE_ZSET_2 = 5;
const RDB_TYPE_ZSET_LISTPACK = 17;
const SCORE_BYTES = 8;
/** Lengths of a score as text that stand for what has none. */
const TEXT_NAN = 253;
const TEXT_INFINITY = 254;
const TEXT_MINUS_INFINITY = 255;

const scoreBytes = new Uint8Array(SCORE_BYTES);
const scoreView = new DataView(scoreBytes.buffer);

/** Writes and reads sorted sets. */
export const SORTED_SET_CODEC: ValueCodec = {
  type: SORTED_SET,
  rdbTypes: [RDB_TYPE_ZSET, RDB_TYPE_ZSET_2, RDB_TYPE_ZSET_LISTPACK],
  save(records, ref, output) {
    if (records.encoding(ref) === PACKED) {
      const start = records.valueStart(ref);
      output.byte(RDB_TYPE_ZSET_LISTPACK);
      output.string(records.bytes(ref), start, start + records.valueLength(ref));
      return;
    }
    const elements = [...elementsBackwards(records, ref)];
    output.byte(RDB_TYPE_ZSET_2);
    output.size(elements.length);
    // The greatest first, as in Redis.
    for (const element of elements) {
      const words = records.words(element);
      const w = records.wordOf(element);
      output.string(records.bytes(element), memberStart(w), memberEnd(words, w));
      scoreView.setFloat64(0, scoreOf(words, w), true);
      output.raw(scoreBytes, 0, SCORE_BYTES);
    }
  },
  load(input, rdbType, database, expireAtMs) {
    if (rdbType === RDB_TYPE_ZSET_LISTPACK) return loadListpack(input, database, expireAtMs);
    const readScore = rdbType === RDB_TYPE_ZSET ? textScore : binaryScore;
    return loadBuilt(database, expireAtMs, (scratch) => buildMembers(input, scratch, readScore));
  },
};

function loadListpack(input: RdbInput, database: Database, expireAtMs: number): number {
  const entries = readListpack(input);
  if (entries <= 0 || entries % 2 !== 0) return BAD_VALUE;
  const kind = { type: SORTED_SET, encoding: PACKED };
  const { sortedSets, limits } = database.values;
  if (entries / 2 <= limits.sortedSetEntries) {
    return loadBytes(database, input, kind, expireAtMs);
  }
  return loadBuilt(database, expireAtMs, (scratch) => {
    const ref = loadBytes(scratch, input, kind, 0);
    return ref === 0 ? 0 : sortedSets.spread(scratch, ref);
  });
}

function buildMembers(
  input: RdbInput,
  scratch: Database,
  readScore: (input: RdbInput) => number,
): number {
  const { records, values: { sortedSets } } = scratch;
  const member = new ByteRange();
  const count = readCount(input, 2);
  let ref = 0;
  for (let i = 0; i < count; i++) {
    if (!input.string()) return BAD_VALUE;
    member.set(input.text, input.textStart, input.textEnd);
    const score = readScore(input);
    if (Number.isNaN(score)) return BAD_VALUE;
    const { bytes, start, end } = member;
    if (ref !== 0 && !Number.isNaN(sortedSets.score(records, ref, bytes, start, end))) {
      return BAD_VALUE;
    }
    ref = sortedSets.set(scratch, ref, score, bytes, start, end, NaN);
  }
  return ref === 0 ? BAD_VALUE : ref;
}

function binaryScore(input: RdbInput): number {
  for (let i = 0; i < SCORE_BYTES; i++) {
    const byte = input.byte();
    if (byte === RDB_INVALID) return NaN;
    scoreBytes[i] = byte;
  }
  return scoreView.getFloat64(0, true);
}

function textScore(input: RdbInput): number {
  const length = input.byte();
  if (length === TEXT_INFINITY) return Infinity;
  if (length === TEXT_MINUS_INFINITY) return -Infinity;
  if (length === TEXT_NAN) return NaN;
  let text = "";
  for (let i = 0; i < length; i++) {
    const byte = input.byte();
    if (byte === RDB_INVALID) return NaN;
    text += String.fromCharCode(byte);
  }
  return parseDouble(text);
}
