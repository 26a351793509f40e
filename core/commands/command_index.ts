/**
 * The command table for the hot path: a name's bytes to a number, a number to its facts.
 *
 * All of it is typed arrays, filled once from the table and indexed by command id; nothing here makes
 * an object or a string. Invariant: {@linkcode findCommand} accepts exactly the table's names, in any
 * case.
 *
 * @module
 */

import {
  COMMAND_FLAGS,
  type CommandFlag,
  REPLY_POLICIES,
  type ReplyPolicy,
  REQUEST_POLICIES,
  type RequestPolicy,
} from "./command_row.ts";
import { legacyKeyRangeOf } from "./legacy_key_range.ts";
import { COMMAND_COUNT, COMMANDS } from "./table.ts";

/** May change data. */
export const FLAG_WRITE: number = bitOf("write");
/** Reads data only. */
export const FLAG_READONLY: number = bitOf("readonly");
/** Refused when memory is full. */
export const FLAG_DENYOOM: number = bitOf("denyoom");
/** Not put in the slow log. */
export const FLAG_SKIP_SLOWLOG: number = bitOf("skip_slowlog");
/** Constant or logarithmic time. */
export const FLAG_FAST: number = bitOf("fast");
/** Allowed before a log-in. */
export const FLAG_NO_AUTH: number = bitOf("no_auth");
/** Its key specifications may find no key. */
export const FLAG_NO_MANDATORY_KEYS: number = bitOf("no_mandatory_keys");
/** Refused between MULTI and EXEC. */
export const FLAG_NO_MULTI: number = bitOf("no_multi");
/** Keys are not a plain range: ask `keysOf`. */
export const FLAG_MOVABLEKEYS: number = bitOf("movablekeys");
/** Allowed while a script is over its time. */
export const FLAG_ALLOW_BUSY: number = bitOf("allow_busy");

/** See {@linkcode REQUEST_POLICIES}; so for the seven that follow. */
export const REQUEST_ONE_SLOT: number = requestOf("one-slot");
/** One command a group. */
export const REQUEST_SPLIT: number = requestOf("split");
/** To every group. */
export const REQUEST_ALL_GROUPS: number = requestOf("all-groups");
/** To some group. */
export const REQUEST_ANY_GROUP: number = requestOf("any-group");
/** Answered by the proxy. */
export const REQUEST_LOCAL: number = requestOf("local");
/** Over a connection of the client's own. */
export const REQUEST_DEDICATED: number = requestOf("dedicated");
/** By code of its own. */
export const REQUEST_SPECIAL: number = requestOf("special");
/** Refused by the proxy. */
export const REQUEST_UNSUPPORTED: number = requestOf("unsupported");

/** All elements of all replies; see {@linkcode REPLY_POLICIES}, so for the five that follow. */
export const REPLY_CONCAT: number = replyOf("concat");
/** The sum. */
export const REPLY_SUM: number = replyOf("sum");
/** The first error or the first reply. */
export const REPLY_ALL_OK: number = replyOf("all-ok");
/** The least. */
export const REPLY_MIN: number = replyOf("min");
/** 1 where all say 1. */
export const REPLY_LOGICAL_AND: number = replyOf("logical-and");
/** By code of its own. */
export const REPLY_SPECIAL: number = replyOf("special");

/** Names by command id, lower case; a subcommand's as `client|list`. */
export const nameOf: readonly string[] = COMMANDS.map((command) => command.name);
/** Arities by command id: the number of arguments with the name; negative: at least as many. */
export const arityOf: Int16Array = Int16Array.from(COMMANDS, (command) => command.arity);
/** Sets of `FLAG_*` by command id. */
export const flagsOf: Uint32Array = Uint32Array.from(
  COMMANDS,
  (command) => command.flags.reduce((flags, flag) => flags | bitOf(flag), 0),
);
/** `REQUEST_*` by command id. */
export const requestPolicyOf: Uint8Array = Uint8Array.from(
  COMMANDS,
  (command) => requestOf(command.request),
);
/** `REPLY_*` by command id. */
export const replyPolicyOf: Uint8Array = Uint8Array.from(
  COMMANDS,
  (command) => replyOf(command.reply),
);

const legacyKeyRanges = COMMANDS.map((command) => legacyKeyRangeOf(command.keys));
/** First key argument by command id; 0: none, or none at a fixed place. */
export const firstKeyOf: Int8Array = Int8Array.from(legacyKeyRanges, (range) => range.first);
/** Last key argument by command id; negative: from the end (-1 is the last argument). */
export const lastKeyOf: Int8Array = Int8Array.from(legacyKeyRanges, (range) => range.last);
/** Distance of two keys by command id. */
export const keyStepOf: Int8Array = Int8Array.from(legacyKeyRanges, (range) => range.step);

/** A container's first subcommand by command id; -1 for all others. */
export const firstSubcommandOf: Int16Array = Int16Array.from(
  COMMANDS,
  (command) => command.subcommandIds[0] ?? -1,
);
const subcommandCountOf = Uint8Array.from(COMMANDS, (command) => command.subcommandIds.length);

/** Last words of the names ("list" of `client|list`), and where each begins in `nameBytes`. */
const lastWords = COMMANDS.map((command) => command.name.slice(command.name.indexOf("|") + 1));
const nameBytes = new TextEncoder().encode(lastWords.join(""));
const nameLengths = Uint8Array.from(lastWords, (word) => word.length);
const nameStarts = new Uint16Array(COMMANDS.length);
for (let id = 1; id < COMMANDS.length; id++) {
  nameStarts[id] = nameStarts[id - 1]! + nameLengths[id - 1]!;
}

const LONGEST_NAME = Math.max(...nameLengths);
/** Upper case to lower case, all else to itself. */
const LOWER_CASE = Uint8Array.from(
  { length: 256 },
  (_, byte) => byte >= 0x41 && byte <= 0x5a ? byte | 0x20 : byte,
);

/** Open addressing; with this size and factor all but six names are found in one probe. */
const BUCKET_BITS = 11;
const BUCKET_FACTOR = 0x54cabebd;
const BUCKET_MASK = (1 << BUCKET_BITS) - 1;
const buckets = new Int16Array(1 << BUCKET_BITS).fill(-1);
for (let id = 0; id < COMMAND_COUNT; id++) {
  let bucket = bucketOf(nameBytes, nameStarts[id]!, nameLengths[id]!);
  while (buckets[bucket]! >= 0) bucket = (bucket + 1) & BUCKET_MASK;
  buckets[bucket] = id;
}

/**
 * The id of the command named by `bytes[start..end)`, in any case; -1 when there is none.
 *
 * A container is found by its first word; its subcommand then by {@linkcode findSubcommand}.
 */
export function findCommand(bytes: Uint8Array, start: number, end: number): number {
  const length = end - start;
  if (length < 1 || length > LONGEST_NAME) return -1;
  let bucket = bucketOf(bytes, start, length);
  for (let id = buckets[bucket]!; id >= 0; id = buckets[bucket]!) {
    if (isName(id, bytes, start, length)) return id;
    bucket = (bucket + 1) & BUCKET_MASK;
  }
  return -1;
}

/** The id of the container's subcommand named by `bytes[start..end)`, in any case; -1: none. */
export function findSubcommand(
  parentId: number,
  bytes: Uint8Array,
  start: number,
  end: number,
): number {
  const length = end - start;
  const first = firstSubcommandOf[parentId]!;
  const behind = first + subcommandCountOf[parentId]!;
  for (let id = first; id < behind; id++) {
    if (isName(id, bytes, start, length)) return id;
  }
  return -1;
}

/** Looks at four bytes and the length: enough to part the table's names well. */
function bucketOf(bytes: Uint8Array, start: number, length: number): number {
  const ends = (bytes[start]! | 0x20) | (bytes[start + length - 1]! | 0x20) << 8;
  const middle = (bytes[start + (length >> 1)]! | 0x20) |
    (bytes[start + (length >> 2)]! | 0x20) << 8;
  return Math.imul((ends | middle << 16) ^ (length << 3), BUCKET_FACTOR) >>> (32 - BUCKET_BITS);
}

function isName(id: number, bytes: Uint8Array, start: number, length: number): boolean {
  if (nameLengths[id] !== length) return false;
  const nameStart = nameStarts[id]!;
  for (let i = 0; i < length; i++) {
    if (LOWER_CASE[bytes[start + i]!] !== nameBytes[nameStart + i]) return false;
  }
  return true;
}

function bitOf(flag: CommandFlag): number {
  return 1 << COMMAND_FLAGS.indexOf(flag);
}

function requestOf(policy: RequestPolicy): number {
  return REQUEST_POLICIES.indexOf(policy);
}

function replyOf(policy: ReplyPolicy): number {
  return REPLY_POLICIES.indexOf(policy);
}
