/**
 * Commands that take elements from lists and wait for one if there is none.
 *
 * @module
 */

import type { Call, Handlers } from "../call.ts";
import { LIST } from "../values/value_tags.ts";
import { timeoutArgument } from "./blocking_timeout.ts";
import { isLeft, listPopOf, moveElement, popOne, popSome } from "./lists.ts";
import { waitOrServe } from "./wait_or_serve.ts";

/** The commands of this file. */
export const BLOCKING_LIST_HANDLERS: Handlers = {
  blmove,
  blmpop,
  blpop: (call) => pop(call, true),
  brpop: (call) => pop(call, false),
  brpoplpush: (call) => move(call, { fromHead: false, toHead: true, timeout: 3 }),
};

function pop(call: Call, fromHead: boolean): void {
  const end = call.argumentCount - 1;
  const timeoutMs = timeoutArgument(call, end);
  const serve = (call: Call, key: number) => {
    call.reply.array(2);
    call.reply.bulk(call.bytes, call.start(key), call.end(key));
    popOne(call, call.findOf(key, LIST), fromHead);
  };
  waitOrServe(call, { first: 1, end, type: LIST, timeoutMs, serve });
}

function blmpop(call: Call): void {
  const timeoutMs = timeoutArgument(call, 1);
  const { first, end, fromHead, count } = listPopOf(call, 2);
  const serve = (call: Call, key: number) => {
    call.reply.array(2);
    call.reply.bulk(call.bytes, call.start(key), call.end(key));
    popSome(call, call.findOf(key, LIST), count, fromHead);
  };
  waitOrServe(call, { first, end, type: LIST, timeoutMs, serve });
}

function blmove(call: Call): void {
  const fromHead = isLeft(call, 3);
  move(call, { fromHead, toHead: isLeft(call, 4), timeout: 5 });
}

function move(
  call: Call,
  { fromHead, toHead, timeout }: { fromHead: boolean; toHead: boolean; timeout: number },
): void {
  const timeoutMs = timeoutArgument(call, timeout);
  const serve = (call: Call) => moveElement(call, fromHead, toHead);
  // The one reply for nothing that is no array, and only in a transaction.
  if (call.session.isExecuting && call.findOf(1, LIST) === 0) return call.reply.nil();
  waitOrServe(call, { first: 1, end: 2, type: LIST, timeoutMs, serve });
}
