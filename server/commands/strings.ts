/**
 * Commands that get and set whole strings.
 *
 * @module
 */

import { type Call, CommandError, ERROR, type Handlers } from "../call.ts";
import { KEEP_EXPIRY, NO_EXPIRY } from "../keyspace/database.ts";
import { STRING } from "../keyspace/record.ts";
import { wrongArity } from "./command_name.ts";
import { type ExpiryUnit, positiveMomentOf, UNIT } from "./expire_time.ts";
import { getExOptionsOf, setOptionsOf } from "./string_options.ts";
import { replyString, storeArgument, stored } from "./string_value.ts";

/** What a bulk string takes besides its bytes, at most. */
const REPLY_FRAME_BYTES = 32;

/** The commands of this file. */
export const STRING_HANDLERS: Handlers = {
  get,
  getdel,
  getex,
  getset,
  mget,
  mset,
  msetnx,
  psetex: (call) => setWithExpiry(call, UNIT.px),
  set,
  setex: (call) => setWithExpiry(call, UNIT.ex),
  setnx,
  strlen,
};

function get(call: Call): void {
  replyString(call, call.readOf(1, STRING));
}

function set(call: Call): void {
  if (call.argumentCount > 3) return setWithOptions(call);
  storeArgument(call, 1, 2, NO_EXPIRY);
  call.reply.ok();
}

function setWithOptions(call: Call): void {
  const options = setOptionsOf(call);
  const expireAtMs = options.unit !== undefined
    ? positiveMomentOf(call, options.expiryArgument, options.unit)
    : options.keepExpiry
    ? KEEP_EXPIRY
    : NO_EXPIRY;
  const ref = options.get ? call.readOf(1, STRING) : call.find(1);
  const refused = ref === 0 ? options.ifPresent : options.ifAbsent;
  if (options.get && !refused) return replaceAndReplyOld(call, ref, expireAtMs);
  if (options.get) return replyString(call, ref);
  if (refused) return call.reply.nil();
  storeArgument(call, 1, 2, expireAtMs);
  call.reply.ok();
}

function setnx(call: Call): void {
  const isNew = call.find(1) === 0;
  if (isNew) storeArgument(call, 1, 2, NO_EXPIRY);
  call.reply.integer(isNew ? 1 : 0);
}

function setWithExpiry(call: Call, unit: ExpiryUnit): void {
  storeArgument(call, 1, 3, positiveMomentOf(call, 2, unit));
  call.reply.ok();
}

function getset(call: Call): void {
  replaceAndReplyOld(call, call.readOf(1, STRING), NO_EXPIRY);
}

/** Sets the key of argument 1 to argument 2 and replies with the string that `ref` had. */
function replaceAndReplyOld(call: Call, ref: number, expireAtMs: number): void {
  const { bytes, keyspace, reply, session } = call;
  // All room at once: only then can the reply be taken back when there is no memory for the new value.
  reply.reserve(REPLY_FRAME_BYTES + (ref === 0 ? 0 : keyspace.records.valueLength(ref)));
  const before = reply.position;
  replyString(call, ref);
  if (session.database.putString(bytes, call.start(2), call.end(2), expireAtMs) !== 0) return;
  reply.position = before;
  throw new CommandError(ERROR.outOfMemory);
}

function getdel(call: Call): void {
  const ref = call.readOf(1, STRING);
  replyString(call, ref);
  if (ref !== 0) call.session.database.remove(ref);
}

function getex(call: Call): void {
  const options = getExOptionsOf(call);
  const { database } = call.session;
  const ref = call.readOf(1, STRING);
  if (ref === 0 || (options.unit === undefined && !options.persist)) return replyString(call, ref);
  if (options.unit === undefined) {
    database.setExpiry(ref, NO_EXPIRY);
    return replyString(call, ref);
  }
  const expireAtMs = positiveMomentOf(call, options.expiryArgument, options.unit);
  if (expireAtMs > call.keyspace.nowMs) {
    return replyString(call, stored(database.setExpiry(ref, expireAtMs)));
  }
  replyString(call, ref);
  database.remove(ref);
}

function mget(call: Call): void {
  const { records } = call.keyspace;
  call.reply.array(call.argumentCount - 1);
  for (let at = 1; at < call.argumentCount; at++) {
    const ref = call.read(at);
    replyString(call, ref !== 0 && records.type(ref) === STRING ? ref : 0);
  }
}

function mset(call: Call): void {
  if (call.argumentCount % 2 === 0) throw wrongArity(call);
  storePairs(call);
  call.reply.ok();
}

function msetnx(call: Call): void {
  if (call.argumentCount % 2 === 0) throw wrongArity(call);
  for (let at = 1; at < call.argumentCount; at += 2) {
    if (call.find(at) !== 0) return call.reply.integer(0);
  }
  storePairs(call);
  call.reply.integer(1);
}

/** Sets all pairs; memory that runs out between two leaves those before set, as a process killed for memory would. */
function storePairs(call: Call): void {
  for (let at = 1; at < call.argumentCount; at += 2) storeArgument(call, at, at + 1, NO_EXPIRY);
}

function strlen(call: Call): void {
  const ref = call.readOf(1, STRING);
  call.reply.integer(ref === 0 ? 0 : call.keyspace.records.valueLength(ref));
}
