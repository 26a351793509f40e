/**
 * KEYS and SCAN.
 *
 * @module
 */

import { matchesGlobBytes } from "../../core/glob.ts";
import { type Call, CommandError, ERROR, type Handlers } from "../call.ts";
import { scanKeys } from "../keyspace/scan.ts";

/** The commands of this file. */
export const SCAN_HANDLERS: Handlers = { keys, scan };

/** What the keys in a reply must be like; arguments by their index, 0 for none. */
interface KeyFilter {
  /** The argument with the pattern. */
  pattern: number;
  /** The type's name in lower case, or undefined for any. */
  type: string | undefined;
}

const COUNT_DEFAULT = 10;
/** The largest cursor that C's `strtoul` takes. */
const CURSOR_MAX = 2n ** 64n - 1n;

const refs: number[] = [];

function keys(call: Call): void {
  refs.length = 0;
  let cursor = 0;
  do cursor = scanKeys(call.session.database, cursor, 1 << 20, refs); while (cursor !== 0);
  keepMatching(call, { pattern: 1, type: undefined });
  replyKeys(call);
}

function scan(call: Call): void {
  const cursor = cursorOf(call.text(1));
  const filter: KeyFilter = { pattern: 0, type: undefined };
  let count = COUNT_DEFAULT;
  for (let at = 2; at < call.argumentCount; at += 2) {
    if (at + 1 === call.argumentCount) throw new CommandError(ERROR.syntax);
    if (call.is(at, "count")) {
      count = call.integer(at + 1);
      if (count < 1) throw new CommandError(ERROR.syntax);
    } else if (call.is(at, "match")) filter.pattern = at + 1;
    else if (call.is(at, "type")) filter.type = call.word(at + 1);
    else throw new CommandError(ERROR.syntax);
  }
  refs.length = 0;
  const next = scanKeys(call.session.database, cursor, count, refs);
  keepMatching(call, filter);
  call.reply.array(2);
  call.reply.bulkLatin1(String(next));
  replyKeys(call);
}

/** A cursor as `strtoul` reads it; one that no scan has returned ends the scan. */
export function cursorOf(text: string): number {
  const match = /^([+-]?)(\d+)$/.exec(text);
  const value = text === "" ? 0n : BigInt(match?.[2] ?? CURSOR_MAX + 1n);
  if (value > CURSOR_MAX) throw new CommandError("ERR invalid cursor");
  return Number(match?.[1] === "-" ? BigInt.asUintN(64, -value) : value);
}

/** Drops the keys from `refs` that do not pass the filter. */
function keepMatching(call: Call, { pattern, type }: KeyFilter): void {
  const { bytes } = call;
  const { database } = call.session;
  const { records } = call.keyspace;
  const start = call.start(pattern);
  const end = call.end(pattern);
  const isAny = pattern === 0 || (end - start === 1 && bytes[start] === 0x2a);
  if (isAny && type === undefined) return;
  let kept = 0;
  for (const ref of refs) {
    const key = records.keyStart(ref);
    const keyEnd = key + records.keyLength(ref);
    if (!isAny && !matchesGlobBytes(bytes, start, end, records.bytes(ref), key, keyEnd)) continue;
    if (type !== undefined && database.typeOf(ref).name !== type) continue;
    refs[kept++] = ref;
  }
  refs.length = kept;
}

/** Replies with the keys in `refs`, and forgets them: after KEYS there may be millions. */
function replyKeys(call: Call): void {
  const { records } = call.keyspace;
  call.reply.array(refs.length);
  for (const ref of refs) {
    const start = records.keyStart(ref);
    call.reply.bulk(records.bytes(ref), start, start + records.keyLength(ref));
  }
  refs.length = 0;
}
