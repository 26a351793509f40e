/**
 * OBJECT: what can be seen of how a value is kept.
 *
 * @module
 */

import { decimalOf } from "../../core/resp/decimal.ts";
import { type Call, CommandError, type Handlers } from "../call.ts";
import { STRING } from "../keyspace/record.ts";
import { replyHelp } from "./help_reply.ts";
import { COPIED, RAW, TEXT } from "./string_value.ts";

/** The commands of this file. */
export const OBJECT_HANDLERS: Handlers = {
  "object|encoding": encoding,
  "object|freq": freq,
  "object|help": (call) => replyHelp(call, "OBJECT", HELP),
  "object|idletime": idletime,
  "object|refcount": refcount,
};

/** Redis embeds strings up to this length. */
const EMBEDDED_BYTES_MAX = 44;
/** Redis shares the integers below this one. */
const SHARED_INTEGERS = 10_000;
/** The reference count of a shared value. */
const SHARED_REFCOUNT = 2 ** 31 - 1;

const NOT_LFU = "ERR An LFU maxmemory policy is not selected, access frequency not tracked. " +
  "Please note that when switching between policies at runtime LRU and LFU data will take some " +
  "time to adjust.";

const HELP = [
  "ENCODING <key>",
  "    Return the kind of internal representation used in order to store the value",
  "    associated with a <key>.",
  "FREQ <key>",
  "    Return the access frequency index of the <key>. The returned integer is",
  "    proportional to the logarithm of the recent access frequency of the key.",
  "IDLETIME <key>",
  "    Return the idle time of the <key>, that is the approximated number of",
  "    seconds elapsed since the last access to the key.",
  "REFCOUNT <key>",
  "    Return the number of references of the value associated with the specified",
  "    <key>.",
];

function encoding(call: Call): void {
  const ref = call.peek(2);
  if (ref === 0) call.reply.nil();
  else call.reply.bulkLatin1(encodingOf(call, ref));
}

function encodingOf(call: Call, ref: number): string {
  const { records } = call.keyspace;
  const name = call.session.database.typeOf(ref).encodingName?.(records, ref);
  if (name !== undefined) return name;
  if (records.encoding(ref) === RAW) return "raw";
  if (!Number.isNaN(integerOf(call, ref))) return "int";
  return records.valueLength(ref) <= EMBEDDED_BYTES_MAX ? "embstr" : "raw";
}

/** The integer that Redis would keep instead of the string, or NaN. */
function integerOf(call: Call, ref: number): number {
  const { records } = call.keyspace;
  const how = records.encoding(ref);
  if (records.type(ref) !== STRING || how === RAW || how === TEXT) return NaN;
  const start = records.valueStart(ref);
  return decimalOf(records.bytes(ref), start, start + records.valueLength(ref));
}

function refcount(call: Call): void {
  const ref = call.peek(2);
  if (ref === 0) return call.reply.nil();
  const value = integerOf(call, ref);
  const isShared = value >= 0 && value < SHARED_INTEGERS &&
    call.keyspace.records.encoding(ref) !== COPIED;
  call.reply.integer(isShared ? SHARED_REFCOUNT : 1);
}

/** In steps of about nine minutes, and starting over after 37 hours: a key has a byte to remember its last use. */
function idletime(call: Call): void {
  const ref = call.peek(2);
  if (ref === 0) call.reply.nil();
  else call.reply.integer(Math.floor(call.keyspace.idleMs(ref) / 1000));
}

function freq(call: Call): void {
  if (call.peek(2) === 0) return call.reply.nil();
  throw new CommandError(NOT_LFU);
}
