/**
 * Unions, intersections and differences of sorted sets and sets.
 *
 * @module
 */

import { type Call, CommandError, ERROR, type Handlers } from "../call.ts";
import { type Database, NO_EXPIRY } from "../keyspace/database.ts";
import { adoptScratch, dropScratch, openScratch } from "../values/scratch_value.ts";
import { SetCursor } from "../values/set_cursor.ts";
import { SortedSetCursor } from "../values/sorted_set_cursor.ts";
import { SET, SORTED_SET } from "../values/value_tags.ts";
import { commandName } from "./command_name.ts";
import { scoreArgument } from "./sorted_sets.ts";
import { stored } from "./string_value.ts";

/** The commands of this file. */
export const SORTED_SET_ALGEBRA_HANDLERS: Handlers = {
  zdiff: (call) => replyResult(call, "diff"),
  zdiffstore: (call) => storeResult(call, "diff"),
  zinter: (call) => replyResult(call, "inter"),
  zintercard,
  zinterstore: (call) => storeResult(call, "inter"),
  zunion: (call) => replyResult(call, "union"),
  zunionstore: (call) => storeResult(call, "union"),
};

type Operation = "union" | "inter" | "diff" | "card";

/** How two scores of one member become one. */
type Aggregate = (one: number, other: number) => number;

/** One of the keys. */
interface Operand {
  /** 0: there is no such key. */
  readonly ref: number;
  readonly isSet: boolean;
  readonly size: number;
  weight: number;
}

/** What a command asks for. */
interface Request {
  readonly operands: Operand[];
  aggregate: Aggregate;
  withScores: boolean;
  /** 0: none. */
  limit: number;
}

const AGGREGATES: Readonly<Record<string, Aggregate>> = {
  // Infinity and its negative add up to 0, by convention.
  sum: (one, other) => Number.isNaN(one + other) ? 0 : one + other,
  min: (one, other) => other < one ? other : one,
  max: (one, other) => other > one ? other : one,
};

const setCursor = new SetCursor();
const cursor = new SortedSetCursor();

function requestOf(call: Call, operation: Operation, index: number): Request {
  const keys = call.integer(index);
  if (keys < 1) {
    throw new CommandError(
      `ERR at least 1 input key is needed for '${commandName(call)}' command`,
    );
  }
  if (keys > call.argumentCount - index - 1) throw new CommandError(ERROR.syntax);
  const end = index + 1 + keys;
  const operands: Operand[] = [];
  for (let at = index + 1; at < end; at++) operands.push(operandOf(call, at));
  const request: Request = { operands, aggregate: AGGREGATES.sum!, withScores: false, limit: 0 };
  const isStored = index === 2;
  for (let at = end; at < call.argumentCount;) {
    at = takeOption(call, at, request, { operation, isStored });
  }
  return request;
}

function operandOf(call: Call, index: number): Operand {
  const { records, values: { sets, sortedSets } } = call.keyspace;
  const ref = call.read(index);
  if (ref === 0) return { ref, isSet: false, size: 0, weight: 1 };
  const type = records.type(ref);
  if (type !== SET && type !== SORTED_SET) throw new CommandError(ERROR.wrongType);
  const isSet = type === SET;
  const size = isSet ? sets.count(records, ref) : sortedSets.count(records, ref);
  return { ref, isSet, size, weight: 1 };
}

/** Reads the option at argument `at`; returns where the next one is. */
function takeOption(
  call: Call,
  at: number,
  request: Request,
  { operation, isStored }: { operation: Operation; isStored: boolean },
): number {
  const left = call.argumentCount - at;
  const combines = operation === "union" || operation === "inter";
  const { operands } = request;
  if (combines && left > operands.length && call.is(at, "weights")) {
    for (const operand of operands) {
      operand.weight = scoreArgument(call, ++at, "ERR weight value is not a float");
    }
  } else if (combines && left >= 2 && call.is(at, "aggregate")) {
    const aggregate = AGGREGATES[call.word(++at)];
    if (aggregate === undefined) throw new CommandError(ERROR.syntax);
    request.aggregate = aggregate;
  } else if (operation !== "card" && !isStored && call.is(at, "withscores")) {
    request.withScores = true;
  } else if (operation === "card" && left >= 2 && call.is(at, "limit")) {
    const error = "ERR LIMIT can't be negative";
    request.limit = call.integer(++at, error);
    if (request.limit < 0) throw new CommandError(error);
  } else throw new CommandError(ERROR.syntax);
  return at + 1;
}

function replyResult(call: Call, operation: Operation): void {
  const { withScores, ...request } = requestOf(call, operation, 1);
  const scratch = openScratch(call.session.database);
  const ref = resultOf(scratch, operation, request);
  if (ref === 0) return call.reply.array(0);
  const { reply, keyspace: { records, values: { sortedSets } } } = call;
  const count = sortedSets.count(records, ref);
  const isNested = withScores && reply.protocol === 3;
  reply.array(withScores && !isNested ? count * 2 : count);
  cursor.open(sortedSets, records, ref, { rank: 0, count, isBackward: false });
  while (cursor.next()) {
    if (isNested) reply.array(2);
    reply.bulk(cursor.member.bytes, cursor.member.start, cursor.member.end);
    if (withScores) reply.double(cursor.score);
  }
  dropScratch(scratch);
}

function storeResult(call: Call, operation: Operation): void {
  const request = requestOf(call, operation, 2);
  const { database } = call.session;
  const scratch = openScratch(database);
  const ref = resultOf(scratch, operation, request);
  const { records, values: { sortedSets } } = call.keyspace;
  const count = ref === 0 ? 0 : sortedSets.count(records, ref);
  const old = call.find(1);
  if (ref !== 0) stored(adoptScratch(scratch, ref, database, NO_EXPIRY));
  else if (old !== 0) database.remove(old);
  call.reply.integer(count);
}

function zintercard(call: Call): void {
  const { operands, limit } = requestOf(call, "card", 1);
  const [least, ...others] = bySize(operands);
  const { database } = call.session;
  let found = 0;
  if (least!.size > 0) {
    walk(database, least!, (_, bytes, start, end) => {
      if (others.every((other) => !Number.isNaN(lookUp(database, other, bytes, start, end)))) {
        found++;
      }
      return limit === 0 || found < limit;
    });
  }
  call.reply.integer(found);
}

function bySize(operands: readonly Operand[]): Operand[] {
  return [...operands].sort((one, other) => one.size - other.size);
}

/** Makes the result in `scratch`; returns its record, 0 if it is empty. */
function resultOf(
  scratch: Database,
  operation: Operation,
  { operands, aggregate }: Pick<Request, "operands" | "aggregate">,
): number {
  if (operation === "diff") return difference(scratch, operands);
  const sorted = bySize(operands);
  return operation === "inter"
    ? intersection(scratch, sorted, aggregate)
    : union(scratch, sorted, aggregate);
}

function union(scratch: Database, operands: readonly Operand[], aggregate: Aggregate): number {
  const { records, values: { sortedSets } } = scratch;
  let result = 0;
  for (const operand of operands) {
    walk(scratch, operand, (score, bytes, start, end) => {
      const weighted = weigh(score, operand);
      const old = result === 0 ? NaN : sortedSets.score(records, result, bytes, start, end);
      const wanted = Number.isNaN(old) ? weighted : aggregate(old, weighted);
      if (wanted !== old) {
        result = sortedSets.set(scratch, result, wanted, bytes, start, end, old);
      }
      return true;
    });
  }
  return result;
}

function intersection(
  scratch: Database,
  operands: readonly Operand[],
  aggregate: Aggregate,
): number {
  const { sortedSets } = scratch.values;
  const [least, ...others] = operands;
  let result = 0;
  walk(scratch, least!, (score, bytes, start, end) => {
    let total = weigh(score, least!);
    for (const other of others) {
      const found = lookUp(scratch, other, bytes, start, end);
      if (Number.isNaN(found)) return true;
      total = aggregate(total, found * other.weight);
    }
    result = sortedSets.set(scratch, result, total, bytes, start, end, NaN);
    return true;
  });
  return result;
}

function difference(scratch: Database, [first, ...others]: readonly Operand[]): number {
  const { sortedSets } = scratch.values;
  let result = 0;
  walk(scratch, first!, (score, bytes, start, end) => {
    if (others.some((other) => !Number.isNaN(lookUp(scratch, other, bytes, start, end)))) {
      return true;
    }
    result = sortedSets.set(scratch, result, score, bytes, start, end, NaN);
    return true;
  });
  return result;
}

function weigh(score: number, { weight }: Operand): number {
  const weighted = score * weight;
  return Number.isNaN(weighted) ? 0 : weighted;
}

/** Calls `visit` for each member, whose score in a set is 1, until it returns false. */
function walk(
  { records, values: { sortedSets } }: Database,
  { ref, isSet, size }: Operand,
  visit: (score: number, bytes: Uint8Array, start: number, end: number) => boolean,
): void {
  if (ref === 0) return;
  if (isSet) {
    setCursor.open(records, ref);
    while (setCursor.next()) {
      const { bytes, start, end } = setCursor.member;
      if (!visit(1, bytes, start, end)) return;
    }
    return;
  }
  cursor.open(sortedSets, records, ref, { rank: 0, count: size, isBackward: false });
  while (cursor.next()) {
    const { bytes, start, end } = cursor.member;
    if (!visit(cursor.score, bytes, start, end)) return;
  }
}

/** The score of a member, 1 in a set; NaN if it is none. */
function lookUp(
  { records, values: { sets, sortedSets } }: Database,
  { ref, isSet }: Operand,
  bytes: Uint8Array,
  start: number,
  end: number,
): number {
  if (ref === 0) return NaN;
  if (!isSet) return sortedSets.score(records, ref, bytes, start, end);
  return sets.has(records, ref, bytes, start, end) ? 1 : NaN;
}
