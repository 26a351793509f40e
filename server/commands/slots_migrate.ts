/**
 * SLOTSMGRTONE, SLOTSMGRTSLOT, SLOTSMGRTTAGONE and SLOTSMGRTTAGSLOT: move keys to another server.
 *
 * For the caller they are what they are in codis-server: the reply comes when the keys have moved. Only
 * the caller waits for it, and commands on those very keys; all others are served meanwhile.
 *
 * Unlike there, a key that does not exist is answered at once: no connection is needed to know it.
 *
 * @module
 */

import { findTag, tag } from "../../core/slots.ts";
import type { Call, Handlers } from "../call.ts";
import type { Database } from "../keyspace/database.ts";
import { HAS_LINKS } from "../keyspace/record.ts";
import { randomKeyOfSlot } from "../keyspace/scan.ts";
import { REF_MASK } from "../keyspace/slot_index.ts";
import {
  addressArguments,
  requireUnmanaged,
  slotArgument,
  timeoutArgument,
} from "./slots_arguments.ts";
import { sendKeys } from "./slots_transfer.ts";

/** The commands of this file. */
export const SLOTS_MIGRATE_HANDLERS: Handlers = {
  slotsmgrtone: (call) => moveKey(call, false),
  slotsmgrttagone: (call) => moveKey(call, true),
  slotsmgrtslot: (call) => moveFromSlot(call, false),
  slotsmgrttagslot: (call) => moveFromSlot(call, true),
};

/** Entries looked at when no live key of a slot was found at random. */
const EXPIRED_PER_CALL = 1000;

/** One key, or a key's whole family, which may be there without that key. */
function moveKey(call: Call, withFamily: boolean): void {
  requireUnmanaged(call);
  const target = addressArguments(call, 1);
  const timeoutMs = timeoutArgument(call, 3);
  const { database } = call.session;
  const { bytes } = call;
  const ref = call.find(4);
  const isTagged = withFamily && findTag(bytes, call.start(4), call.end(4), call.server.emptyTag);
  const refs = isTagged
    ? familyOf(database, bytes, { slot: database.slot, ...tag })
    : ref === 0
    ? []
    : [ref];
  if (waitsForTransit(call, refs)) return;
  sendKeys(call, refs, { target, timeoutMs, answer: (reply, moved) => reply.integer(moved) });
}

/** A key of a slot that chance picks, or its whole family. */
function moveFromSlot(call: Call, withFamily: boolean): void {
  requireUnmanaged(call);
  const target = addressArguments(call, 1);
  const timeoutMs = timeoutArgument(call, 3);
  const slot = slotArgument(call, 4);
  const { database } = call.session;
  const ref = randomKeyOfSlot(database, slot);
  if (ref === 0) expireSome(database, slot);
  const refs = ref === 0 ? [] : withFamily ? relativesOf(database, slot, ref) : [ref];
  if (waitsForTransit(call, refs)) return;
  sendKeys(call, refs, {
    target,
    timeoutMs,
    answer: (reply, moved) => {
      reply.array(2);
      reply.integer(moved);
      reply.integer(database.slotKeys[slot]!);
    },
  });
}

/** The keys that share the tag of `ref`; itself alone if it has none. */
function relativesOf(database: Database, slot: number, ref: number): number[] {
  const { records } = database;
  if ((records.kind(ref) & HAS_LINKS) === 0) return [ref];
  const bytes = records.bytes(ref);
  const start = records.keyStart(ref);
  findTag(bytes, start, start + records.keyLength(ref), "hash-empty");
  return familyOf(database, bytes, { slot, ...tag });
}

/** The keys of a tag; those past their expiry are removed. */
function familyOf(
  database: Database,
  bytes: Uint8Array,
  { slot, start, end }: { slot: number; start: number; end: number },
): number[] {
  const all: number[] = [];
  let ref = database.families.first(slot, bytes, start, end);
  for (; ref !== 0; ref = database.families.next(ref)) all.push(ref);
  return all.filter((member) => {
    const expired = database.isExpired(member);
    if (expired) database.expire(member);
    return !expired;
  });
}

/** Removes keys past their expiry, so that a slot with nothing else becomes empty. */
function expireSome(database: Database, slot: number): void {
  if (database.slotKeys[slot] === 0) return;
  const entries: number[] = [];
  database.scanEntries(slot, 0, EXPIRED_PER_CALL, entries);
  for (const entry of entries) {
    const ref = entry & REF_MASK;
    if (entry < 0 && database.isExpired(ref)) database.expire(ref);
  }
}

/** Lets the command wait, as if it had come later, if one of the keys is on its way already. */
function waitsForTransit({ server, session }: Call, refs: readonly number[]): boolean {
  const { records } = session.database;
  const isMoving = server.transit.size > 0 && refs.some((ref) => {
    const start = records.keyStart(ref);
    return server.transit.has(records.bytes(ref), start, start + records.keyLength(ref));
  });
  if (isMoving) server.transit.wait(server.defer(session));
  return isMoving;
}
