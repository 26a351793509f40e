/**
 * SORT and SORT_RO.
 *
 * A sorted set stays packed, unlike in Redis, which spreads each one it sorts. Texts are compared by their bytes, as
 * Redis does in the locales `C` and `C.UTF-8`.
 *
 * Invariant: all elements are copied before the first pattern is looked up, and all that is sorted by before the reply
 * begins.
 *
 * @module
 */

import { type Call, CommandError, ERROR, type Handlers } from "../call.ts";
import { NO_EXPIRY } from "../keyspace/database.ts";
import { STRING } from "../keyspace/record.ts";
import { ByteRange } from "../values/byte_range.ts";
import { ListCursor } from "../values/list_cursor.ts";
import { adoptScratch, openScratch } from "../values/scratch_value.ts";
import { SetCursor } from "../values/set_cursor.ts";
import { SortedSetCursor } from "../values/sorted_set_cursor.ts";
import { HASH, LIST, SET, SORTED_SET } from "../values/value_tags.ts";
import { sortPart } from "./partial_sort.ts";
import { type SortRequest, sortRequestOf } from "./sort_options.ts";
import { comparisonOf, type SortItem, sortNumberOf } from "./sort_order.ts";
import { keyOf, type SortPattern } from "./sort_pattern.ts";
import { stored } from "./string_value.ts";

/** The commands of this file. */
export const SORT_HANDLERS: Handlers = {
  sort: (call) => sort(call, false),
  sort_ro: (call) => sort(call, true),
};

/** What is shown of the elements: from `first` on, up to but not including `end`. */
interface Part {
  readonly first: number;
  readonly end: number;
}

const listCursor = new ListCursor();
const setCursor = new SetCursor();
const sortedSetCursor = new SortedSetCursor();
const piece = new ByteRange();
const NO_BYTES = new Uint8Array(0);

function sort(call: Call, isReadOnly: boolean): void {
  const request = sortRequestOf(call, isReadOnly);
  const ref = call.read(1);
  const type = ref === 0 ? LIST : call.keyspace.records.type(ref);
  if (type !== LIST && type !== SET && type !== SORTED_SET) {
    throw new CommandError(ERROR.wrongType);
  }
  if (request.isUnsorted && type === SET && request.target !== 0) sortByText(request);
  const part = partOf(request, ref === 0 ? 0 : sizeOf(call, ref, type));
  const items = itemsOf(call, ref, { type, part, request });
  if (request.target === 0) replyItems(call, request, items);
  else storeItems(call, request, items);
}

/** A set has no order of its own that a stored list should show. */
function sortByText(request: SortRequest): void {
  request.isUnsorted = false;
  request.isAlpha = true;
  request.by = undefined;
}

function sizeOf(call: Call, ref: number, type: number): number {
  const { records, values: { lists, sets, sortedSets } } = call.keyspace;
  if (type === SET) return sets.count(records, ref);
  if (type === SORTED_SET) return sortedSets.count(records, ref);
  lists.open(call.session.database, ref);
  return lists.count;
}

function partOf({ skip, limit }: SortRequest, size: number): Part {
  const first = Math.min(Math.max(skip, 0), size);
  return { first, end: limit < 0 ? size : Math.min(size, first + limit) };
}

/** The elements that are shown, in order. */
function itemsOf(
  call: Call,
  ref: number,
  { type, part, request }: { type: number; part: Part; request: SortRequest },
): SortItem[] {
  if (ref === 0) return [];
  const { first, end } = part;
  if (request.isUnsorted && type !== SET) {
    return elementsOf(call, ref, { type, part, isBackward: request.isDescending });
  }
  const whole = { first: 0, end: sizeOf(call, ref, type) };
  const items = elementsOf(call, ref, { type, part: whole, isBackward: false });
  if (!request.isUnsorted) {
    weigh(call, request, items);
    order(request, items, part);
  }
  return items.slice(first, end);
}

function elementsOf(
  call: Call,
  ref: number,
  { type, part, isBackward }: { type: number; part: Part; isBackward: boolean },
): SortItem[] {
  const items: SortItem[] = [];
  const count = part.end - part.first;
  if (count === 0) return items;
  const add = ({ bytes, start, end }: ByteRange) =>
    items.push({ element: bytes.slice(start, end), score: 0, text: undefined });
  const { records, values: { lists, sortedSets } } = call.keyspace;
  if (type === SET) {
    setCursor.open(records, ref);
    while (setCursor.next()) add(setCursor.member);
    return items;
  }
  const size = sizeOf(call, ref, type);
  const from = isBackward ? size - 1 - part.first : part.first;
  if (type === SORTED_SET) {
    sortedSetCursor.open(sortedSets, records, ref, { rank: from, count, isBackward });
    while (sortedSetCursor.next()) add(sortedSetCursor.member);
    return items;
  }
  listCursor.open(lists, from, isBackward);
  while (items.length < count && listCursor.next()) {
    listCursor.read(piece);
    add(piece);
  }
  return items;
}

/** Finds for each element what it is sorted by. */
function weigh(call: Call, { by, isAlpha }: SortRequest, items: readonly SortItem[]): void {
  if (by === undefined && isAlpha) return;
  let isWrong = false;
  for (const item of items) {
    if (by !== undefined && !lookUp(call, by, item.element)) continue;
    if (by === undefined) piece.set(item.element, 0, item.element.length);
    const bytes = piece.bytes.subarray(piece.start, piece.end);
    if (isAlpha) item.text = bytes.slice();
    else item.score = sortNumberOf(bytes);
    isWrong ||= Number.isNaN(item.score);
  }
  if (isWrong) throw new CommandError("ERR One or more scores can't be converted into double");
}

function order(
  { by, isAlpha, isDescending, target }: SortRequest,
  items: SortItem[],
  { first, end }: Part,
): void {
  const isByPattern = by !== undefined;
  const compare = comparisonOf({ isAlpha, isByPattern, isDescending, isStored: target !== 0 });
  // Which elements are shown among equals depends on how they are sorted.
  if (isByPattern && end - first < items.length) sortPart(items, first, end - 1, compare);
  else items.sort(compare);
}

/** Makes `piece` what a pattern means for an element; false if there is no such thing. */
function lookUp(call: Call, pattern: SortPattern, element: Uint8Array): boolean {
  if (pattern.kind === "element") piece.set(element, 0, element.length);
  if (pattern.kind !== "key") return pattern.kind === "element";
  const { keyspace: { records, values: { hashes } }, keyspace, server } = call;
  const key = keyOf(pattern, element);
  const ref = call.session.database.find(key, 0, key.length);
  if (ref === 0) {
    server.keyspaceMisses++;
    return false;
  }
  server.keyspaceHits++;
  keyspace.touch(ref);
  const { field } = pattern;
  if (records.type(ref) !== (field === undefined ? STRING : HASH)) return false;
  if (field === undefined) {
    const start = records.valueStart(ref);
    piece.set(records.bytes(ref), start, start + records.valueLength(ref));
    return true;
  }
  if (!hashes.get(records, ref, field, 0, field.length)) return false;
  piece.set(hashes.value.bytes, hashes.value.start, hashes.value.end);
  return true;
}

function replyItems(call: Call, { gets }: SortRequest, items: readonly SortItem[]): void {
  const { reply } = call;
  reply.array(items.length * Math.max(1, gets.length));
  for (const { element } of items) {
    if (gets.length === 0) reply.bulk(element, 0, element.length);
    for (const get of gets) {
      if (lookUp(call, get, element)) reply.bulk(piece.bytes, piece.start, piece.end);
      else reply.nil();
    }
  }
}

/** Makes a list of what would be shown; what there is not becomes an empty element. */
function storeItems(call: Call, { gets, target }: SortRequest, items: readonly SortItem[]): void {
  const { database } = call.session;
  const { lists } = database.values;
  const scratch = openScratch(database);
  lists.open(scratch, 0);
  for (const { element } of items) {
    if (gets.length === 0) lists.push(element, 0, element.length, false);
    for (const get of gets) {
      if (!lookUp(call, get, element)) piece.set(NO_BYTES, 0, 0);
      lists.push(piece.bytes, piece.start, piece.end, false);
    }
  }
  const { ref, count } = lists;
  const old = call.find(target);
  if (ref !== 0) stored(adoptScratch(scratch, ref, database, NO_EXPIRY));
  else if (old !== 0) database.remove(old);
  call.reply.integer(count);
}
