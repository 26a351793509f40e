/**
 * Commands on elements within lists.
 *
 * @module
 */

import { type Call, CommandError, ERROR, type Handlers } from "../call.ts";
import { ByteRange } from "../values/byte_range.ts";
import { EntryImage } from "../values/entry_image.ts";
import { ListCursor } from "../values/list_cursor.ts";
import { LIST } from "../values/value_tags.ts";

/** The commands of this file. */
export const LIST_ELEMENT_HANDLERS: Handlers = {
  lindex,
  linsert,
  lpos,
  lrange,
  lrem,
  lset,
  ltrim,
};

/** More bytes than a node can have: a node's number and an offset in it make one number. */
const NODE_BYTES_LIMIT = 2 ** 31;

const cursor = new ListCursor();
const element = new ByteRange();
const image = new EntryImage();

/** Opens the list of argument 1; false when there is none. */
function openList(call: Call, ref: number): boolean {
  if (ref === 0) return false;
  call.keyspace.values.lists.open(call.session.database, ref);
  return true;
}

function lindex(call: Call): void {
  const ref = call.readOf(1, LIST);
  if (!openList(call, ref)) return call.reply.nil();
  const { lists } = call.keyspace.values;
  const index = fromFront(call.integer(2), lists.count);
  if (index < 0 || index >= lists.count) return call.reply.nil();
  cursor.open(lists, index, false);
  replyNext(call);
}

function fromFront(index: number, count: number): number {
  return index < 0 ? index + count : index;
}

function replyNext(call: Call): void {
  cursor.next();
  cursor.read(element);
  call.reply.bulk(element.bytes, element.start, element.end);
}

function lrange(call: Call): void {
  let first = call.integer(2);
  let last = call.integer(3);
  if (!openList(call, call.readOf(1, LIST))) return call.reply.array(0);
  const { lists } = call.keyspace.values;
  const { count } = lists;
  first = Math.max(0, fromFront(first, count));
  last = Math.min(fromFront(last, count), count - 1);
  if (first > last) return call.reply.array(0);
  call.reply.array(last - first + 1);
  cursor.open(lists, first, false);
  for (let i = first; i <= last; i++) replyNext(call);
}

function ltrim(call: Call): void {
  let first = call.integer(2);
  let last = call.integer(3);
  const { reply, session: { database } } = call;
  if (!openList(call, call.findOf(1, LIST))) return reply.ok();
  const { lists } = call.keyspace.values;
  const { count } = lists;
  first = Math.max(0, fromFront(first, count));
  last = Math.min(fromFront(last, count), count - 1);
  if (first > last) {
    database.remove(lists.ref);
    return reply.ok();
  }
  lists.deleteRange(last + 1, count - last - 1);
  lists.deleteRange(0, first);
  reply.ok();
}

function lset(call: Call): void {
  const ref = call.findOf(1, LIST);
  if (!openList(call, ref)) throw new CommandError(ERROR.noSuchKey);
  const { lists } = call.keyspace.values;
  const index = fromFront(call.integer(2), lists.count);
  if (index < 0 || index >= lists.count) throw new CommandError(ERROR.indexOutOfRange);
  const node = lists.locate(index);
  lists.replace(node, lists.local, call.bytes, call.start(3), call.end(3));
  call.reply.ok();
}

function linsert(call: Call): void {
  const isAfter = call.is(2, "after");
  if (!isAfter && !call.is(2, "before")) throw new CommandError(ERROR.syntax);
  const ref = call.findOf(1, LIST);
  if (!openList(call, ref)) return call.reply.integer(0);
  const { lists } = call.keyspace.values;
  image.set(call.bytes, call.start(3), call.end(3));
  cursor.open(lists, 0, false);
  let node = 0;
  for (let local = 0; cursor.next(); local++) {
    if (cursor.node !== node) {
      node = cursor.node;
      local = 0;
    }
    if (!image.equals(cursor.bytes, cursor.at)) continue;
    lists.insert(node, local, call.bytes, call.start(4), call.end(4), isAfter);
    return call.reply.integer(lists.count);
  }
  call.reply.integer(-1);
}

function lrem(call: Call): void {
  const wanted = call.integer(2);
  const ref = call.findOf(1, LIST);
  if (!openList(call, ref)) return call.reply.integer(0);
  const { lists } = call.keyspace.values;
  const limit = wanted === 0 ? Infinity : Math.abs(wanted);
  image.set(call.bytes, call.start(3), call.end(3));
  const found: number[] = [];
  const isBackward = wanted < 0;
  cursor.open(lists, isBackward ? lists.count - 1 : 0, isBackward);
  while (found.length < limit && cursor.next()) {
    if (!image.equals(cursor.bytes, cursor.at)) continue;
    found.push(cursor.node * NODE_BYTES_LIMIT + cursor.at - lists.startOf(cursor.node));
  }
  if (!isBackward) found.reverse();
  // From the back, so that places before hold.
  for (const place of found) {
    lists.deleteEntry(Math.floor(place / NODE_BYTES_LIMIT), place % NODE_BYTES_LIMIT);
  }
  if (lists.count === 0) call.session.database.remove(lists.ref);
  call.reply.integer(found.length);
}

/** What LPOS looks for. */
interface Search {
  /** Matches to leave out before the first that counts. */
  skip: number;
  isBackward: boolean;
  /** Matches wanted; -1: the first, not as an array. */
  count: number;
  /** Elements looked at. */
  limit: number;
}

function lpos(call: Call): void {
  const search = searchOf(call);
  const isSingle = search.count < 0;
  const ref = call.readOf(1, LIST);
  const found = openList(call, ref) ? positionsOf(call, search) : [];
  if (isSingle) {
    if (found.length === 0) call.reply.nil();
    else call.reply.integer(found[0]!);
    return;
  }
  call.reply.array(found.length);
  for (const position of found) call.reply.integer(position);
}

function positionsOf(call: Call, { skip, isBackward, count, limit }: Search): number[] {
  const { lists } = call.keyspace.values;
  const total = lists.count;
  const wanted = count < 0 ? 1 : count === 0 ? Infinity : count;
  const found: number[] = [];
  image.set(call.bytes, call.start(2), call.end(2));
  cursor.open(lists, isBackward ? total - 1 : 0, isBackward);
  for (let i = 0; i < limit && found.length < wanted && cursor.next(); i++) {
    if (!image.equals(cursor.bytes, cursor.at) || skip-- > 0) continue;
    found.push(isBackward ? total - 1 - i : i);
  }
  return found;
}

function searchOf(call: Call): Search {
  const search: Search = { skip: 0, isBackward: false, count: -1, limit: Infinity };
  for (let at = 3; at < call.argumentCount; at += 2) {
    if (at + 1 === call.argumentCount) throw new CommandError(ERROR.syntax);
    if (call.is(at, "rank")) {
      const rank = call.integer(at + 1);
      if (rank === 0) throw new CommandError(RANK_ZERO);
      search.isBackward = rank < 0;
      search.skip = Math.abs(rank) - 1;
    } else if (call.is(at, "count")) {
      search.count = notNegative(call, at + 1, "ERR COUNT can't be negative");
    } else if (call.is(at, "maxlen")) {
      search.limit = notNegative(call, at + 1, "ERR MAXLEN can't be negative") || Infinity;
    } else throw new CommandError(ERROR.syntax);
  }
  return search;
}

const RANK_ZERO = "ERR RANK can't be zero: use 1 to start from the first match, 2 from the " +
  "second ... or use negative to start from the end of the list";

function notNegative(call: Call, index: number, error: string): number {
  const value = call.integer(index, error);
  if (value < 0) throw new CommandError(error);
  return value;
}
