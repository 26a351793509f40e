/**
 * Commands that add to the ends of lists, take from them, and move between them.
 *
 * @module
 */

import { type Call, CommandError, ERROR, type Handlers } from "../call.ts";
import type { Database } from "../keyspace/database.ts";
import { ByteRange } from "../values/byte_range.ts";
import { ListCursor } from "../values/list_cursor.ts";
import { LIST } from "../values/value_tags.ts";
import { wrongArity } from "./command_name.ts";
import { countedKeys, positiveCount } from "./counted_keys.ts";
import { positiveInteger } from "./element_counts.ts";

/** The commands of this file. */
export const LIST_HANDLERS: Handlers = {
  llen,
  lmove,
  lmpop,
  lpop: (call) => pop(call, true),
  lpush: (call) => push(call, true, false),
  lpushx: (call) => push(call, true, true),
  rpop: (call) => pop(call, false),
  rpoplpush: (call) => moveElement(call, false, true),
  rpush: (call) => push(call, false, false),
  rpushx: (call) => push(call, false, true),
};

const cursor = new ListCursor();
const element = new ByteRange();

/** Adds all elements at one end. */
function push(call: Call, atHead: boolean, onlyPresent: boolean): void {
  const ref = call.findOf(1, LIST);
  if (ref === 0 && onlyPresent) return call.reply.integer(0);
  const { lists } = call.keyspace.values;
  lists.open(call.session.database, ref);
  for (let at = 2; at < call.argumentCount; at++) {
    lists.push(call.bytes, call.start(at), call.end(at), atHead);
  }
  call.reply.integer(lists.count);
}

function llen(call: Call): void {
  const ref = call.readOf(1, LIST);
  const { lists } = call.keyspace.values;
  lists.open(call.session.database, ref);
  call.reply.integer(lists.count);
}

function pop(call: Call, fromHead: boolean): void {
  if (call.argumentCount > 3) throw wrongArity(call);
  const hasCount = call.argumentCount === 3;
  const count = hasCount ? positiveInteger(call, 2) : 1;
  const ref = call.findOf(1, LIST);
  if (ref === 0) return hasCount ? call.reply.nilArray() : call.reply.nil();
  if (hasCount) return popSome(call, ref, count, fromHead);
  popOne(call, ref, fromHead);
}

/** Replies with the outermost element of the list of `ref`, and removes it. */
export function popOne(call: Call, ref: number, fromHead: boolean): void {
  const { lists } = call.keyspace.values;
  const { database } = call.session;
  lists.open(database, ref);
  const at = fromHead ? 0 : lists.count - 1;
  cursor.open(lists, at, !fromHead);
  cursor.next();
  cursor.read(element);
  call.reply.bulk(element.bytes, element.start, element.end);
  lists.deleteRange(at, 1);
  if (lists.count === 0) database.remove(lists.ref);
}

/** Replies with up to `count` elements, the outermost first, and removes them. */
export function popSome(call: Call, ref: number, count: number, fromHead: boolean): void {
  const { lists } = call.keyspace.values;
  const { database } = call.session;
  lists.open(database, ref);
  const popped = Math.min(count, lists.count);
  call.reply.array(popped);
  if (popped === 0) return;
  cursor.open(lists, fromHead ? 0 : lists.count - 1, !fromHead);
  for (let i = 0; i < popped; i++) {
    cursor.next();
    cursor.read(element);
    call.reply.bulk(element.bytes, element.start, element.end);
  }
  lists.deleteRange(fromHead ? 0 : lists.count - popped, popped);
  if (lists.count === 0) database.remove(lists.ref);
}

/** What LMPOP and BLMPOP take: up to `count` elements of one of the keys from `first` up to `end`. */
interface ListPop {
  readonly first: number;
  readonly end: number;
  readonly fromHead: boolean;
  readonly count: number;
}

/** Reads the arguments of LMPOP from `index`, the number of keys, on. */
export function listPopOf(call: Call, index: number): ListPop {
  const { first, count: keys } = countedKeys(call, index);
  const end = first + keys;
  if (end >= call.argumentCount) throw new CommandError(ERROR.syntax);
  const fromHead = isLeft(call, end);
  return { first, end, fromHead, count: positiveCount(call, end + 1) };
}

function lmpop(call: Call): void {
  const { first, end, fromHead, count } = listPopOf(call, 1);
  for (let at = first; at < end; at++) {
    const ref = call.findOf(at, LIST);
    if (ref === 0) continue;
    call.reply.array(2);
    call.reply.bulk(call.bytes, call.start(at), call.end(at));
    return popSome(call, ref, count, fromHead);
  }
  call.reply.nilArray();
}

/** Whether argument `index` says LEFT; otherwise it must say RIGHT. */
export function isLeft(call: Call, index: number): boolean {
  if (call.is(index, "left")) return true;
  if (call.is(index, "right")) return false;
  throw new CommandError(ERROR.syntax);
}

function lmove(call: Call): void {
  const fromHead = isLeft(call, 3);
  moveElement(call, fromHead, isLeft(call, 4));
}

/** Takes an element from the list of argument 1 and adds it to that of argument 2. */
export function moveElement(call: Call, fromHead: boolean, toHead: boolean): void {
  const source = call.findOf(1, LIST);
  if (source === 0) return call.reply.nil();
  const target = call.findOf(2, LIST);
  const { database } = call.session;
  const { lists } = call.keyspace.values;
  lists.open(database, source);
  const at = fromHead ? 0 : lists.count - 1;
  cursor.open(lists, at, !fromHead);
  cursor.next();
  cursor.read(element);
  element.own();
  if (source !== target) {
    // First what may fail for want of memory: until then nothing has changed.
    lists.open(database, target);
    lists.push(element.bytes, element.start, element.end, toHead);
    lists.open(database, source);
    removeAt(database, at);
  } else if (fromHead !== toHead) {
    lists.push(element.bytes, element.start, element.end, toHead);
    lists.deleteRange(fromHead ? 0 : lists.count - 1, 1);
  }
  call.reply.bulk(element.bytes, element.start, element.end);
}

function removeAt(database: Database, at: number): void {
  const { lists } = database.values;
  lists.deleteRange(at, 1);
  if (lists.count === 0) database.remove(lists.ref);
}
