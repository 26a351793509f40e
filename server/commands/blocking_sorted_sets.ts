/**
 * Commands that take members from sorted sets and wait for one if there is none.
 *
 * @module
 */

import type { Call, Handlers } from "../call.ts";
import { SORTED_SET } from "../values/value_tags.ts";
import { timeoutArgument } from "./blocking_timeout.ts";
import { memberPopOf, popMembers, popSome } from "./sorted_sets.ts";
import { waitOrServe } from "./wait_or_serve.ts";

/** The commands of this file. */
export const BLOCKING_SORTED_SET_HANDLERS: Handlers = {
  bzmpop,
  bzpopmax: (call) => pop(call, true),
  bzpopmin: (call) => pop(call, false),
};

function pop(call: Call, isMax: boolean): void {
  const end = call.argumentCount - 1;
  const timeoutMs = timeoutArgument(call, end);
  const serve = (call: Call, key: number) => {
    call.reply.array(3);
    call.reply.bulk(call.bytes, call.start(key), call.end(key));
    popMembers(call, call.findOf(key, SORTED_SET), { count: 1, isMax, isNested: false });
  };
  waitOrServe(call, { first: 1, end, type: SORTED_SET, timeoutMs, serve });
}

function bzmpop(call: Call): void {
  const timeoutMs = timeoutArgument(call, 1);
  const { first, end, isMax, count } = memberPopOf(call, 2);
  const serve = (call: Call, key: number) => {
    call.reply.array(2);
    call.reply.bulk(call.bytes, call.start(key), call.end(key));
    popSome(call, call.findOf(key, SORTED_SET), { count, isMax, isNested: true });
  };
  waitOrServe(call, { first, end, type: SORTED_SET, timeoutMs, serve });
}
