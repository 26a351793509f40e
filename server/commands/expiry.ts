/**
 * Commands on when keys expire.
 *
 * @module
 */

import { type Call, CommandError, type Handlers } from "../call.ts";
import { NO_EXPIRY } from "../keyspace/database.ts";
import { type ExpiryUnit, momentOf, UNIT } from "./expire_time.ts";
import { stored } from "./string_value.ts";

/** The commands of this file. */
export const EXPIRY_HANDLERS: Handlers = {
  expire: (call) => expire(call, UNIT.ex),
  expireat: (call) => expire(call, UNIT.exat),
  expiretime: (call) => replyMoment(call, UNIT.exat),
  persist,
  pexpire: (call) => expire(call, UNIT.px),
  pexpireat: (call) => expire(call, UNIT.pxat),
  pexpiretime: (call) => replyMoment(call, UNIT.pxat),
  pttl: (call) => replyMoment(call, UNIT.px),
  ttl: (call) => replyMoment(call, UNIT.ex),
};

const IF_NONE = 1;
const IF_ANY = 2;
const IF_LATER = 4;
const IF_EARLIER = 8;

function expire(call: Call, unit: ExpiryUnit): void {
  const conditions = call.argumentCount === 3 ? 0 : conditionsOf(call);
  const expireAtMs = momentOf(call, 2, unit);
  const ref = call.find(1);
  const { database } = call.session;
  if (ref === 0 || !isAllowed(conditions, database.records.expireAtMs(ref), expireAtMs)) {
    return call.reply.integer(0);
  }
  if (expireAtMs <= call.keyspace.nowMs) database.remove(ref);
  else stored(database.setExpiry(ref, expireAtMs));
  call.reply.integer(1);
}

function conditionsOf(call: Call): number {
  let conditions = 0;
  for (let at = 3; at < call.argumentCount; at++) {
    if (call.is(at, "nx")) conditions |= IF_NONE;
    else if (call.is(at, "xx")) conditions |= IF_ANY;
    else if (call.is(at, "gt")) conditions |= IF_LATER;
    else if (call.is(at, "lt")) conditions |= IF_EARLIER;
    else throw new CommandError(`ERR Unsupported option ${call.text(at)}`);
  }
  if ((conditions & IF_NONE) !== 0 && conditions !== IF_NONE) {
    throw new CommandError(
      "ERR NX and XX, GT or LT options at the same time are not compatible",
    );
  }
  if ((conditions & IF_LATER) !== 0 && (conditions & IF_EARLIER) !== 0) {
    throw new CommandError("ERR GT and LT options at the same time are not compatible");
  }
  return conditions;
}

/** Whether a key that expires at `current` (0: never) may get `wanted`; never is later than any moment. */
function isAllowed(conditions: number, current: number, wanted: number): boolean {
  if (conditions === 0) return true;
  const expires = current !== NO_EXPIRY;
  if ((conditions & IF_NONE) !== 0 && expires) return false;
  if ((conditions & IF_ANY) !== 0 && !expires) return false;
  if ((conditions & IF_LATER) !== 0 && (!expires || wanted <= current)) return false;
  return (conditions & IF_EARLIER) === 0 || !expires || wanted < current;
}

function persist(call: Call): void {
  const ref = call.find(1);
  const { database } = call.session;
  const expires = ref !== 0 && database.records.expireAtMs(ref) !== NO_EXPIRY;
  if (expires) database.setExpiry(ref, NO_EXPIRY);
  call.reply.integer(expires ? 1 : 0);
}

/** Replies when a key expires in `unit`: -1 never, -2 when there is no key. */
function replyMoment(call: Call, unit: ExpiryUnit): void {
  const ref = call.peek(1);
  if (ref === 0) return call.reply.integer(-2);
  const expireAtMs = call.keyspace.records.expireAtMs(ref);
  if (expireAtMs === NO_EXPIRY) return call.reply.integer(-1);
  const moment = unit.relative ? Math.max(0, expireAtMs - call.keyspace.nowMs) : expireAtMs;
  const value = unit.scale === 1 ? moment : Math.floor((moment + 500) / 1000);
  if (Number.isSafeInteger(value)) call.reply.integer(value);
  else call.reply.bigInteger(BigInt(value));
}
