/**
 * The commands of codis-server that look at slots, and the one that empties them.
 *
 * @module
 */

import { SLOT_COUNT, slotOf } from "../../core/slots.ts";
import { type Call, CommandError, ERROR, type Handlers } from "../call.ts";
import { scanSlot } from "../keyspace/scan.ts";
import { SCAN_END } from "../keyspace/slot_index.ts";
import { verifyDatabase } from "../keyspace/verify_keyspace.ts";
import { SLOTS_MIGRATE_HANDLERS } from "./slots_migrate.ts";
import { requireUnmanaged, slotArgument } from "./slots_arguments.ts";
import { SLOTS_RESTORE_HANDLERS } from "./slots_restore.ts";

const SCAN_COUNT_DEFAULT = 10;

/** The synchronous family of codis-server. */
export const SLOTS_HANDLERS: Handlers = {
  ...SLOTS_MIGRATE_HANDLERS,
  ...SLOTS_RESTORE_HANDLERS,
  slotscheck: check,
  slotsdel: deleteSlots,
  slotshashkey: replySlots,
  slotsinfo: countKeys,
  slotsscan: scan,
};

/** SLOTSINFO: the slots of the selected database that have keys, with their number. */
function countKeys(call: Call): void {
  if (call.argumentCount > 3) {
    throw new CommandError("ERR wrong number of arguments for 'slotsinfo' command");
  }
  const { slotKeys } = call.session.database;
  const first = call.argumentCount > 1 ? slotArgument(call, 1) : 0;
  const count = call.argumentCount > 2 ? call.integer(2) : SLOT_COUNT;
  if (count < 0) throw new CommandError(`ERR invalid slot count = ${count}`);
  const end = Math.min(first + count, SLOT_COUNT);
  let found = 0;
  for (let slot = first; slot < end; slot++) if (slotKeys[slot]! > 0) found++;
  call.reply.array(found);
  for (let slot = first; slot < end; slot++) {
    if (slotKeys[slot]! > 0) replyPair(call, slot, slotKeys[slot]!);
  }
}

/** SLOTSSCAN: the keys of one slot, as SCAN those of a database. */
function scan(call: Call): void {
  const { reply, session: { database } } = call;
  const slot = slotArgument(call, 1);
  const cursor = call.integer(2, "ERR invalid cursor");
  if (cursor < 0) throw new CommandError("ERR invalid cursor");
  const count = scanCountOf(call);
  const refs: number[] = [];
  const isOver = cursor >= SCAN_END || database.isHidden(slot);
  const next = isOver ? SCAN_END : scanSlot(database, slot, cursor, count, refs);
  reply.array(2);
  reply.bulkText(String(next >= SCAN_END ? 0 : next));
  reply.array(refs.length);
  for (const ref of refs) {
    const start = database.records.keyStart(ref);
    reply.bulk(database.records.bytes(ref), start, start + database.records.keyLength(ref));
  }
}

function scanCountOf(call: Call): number {
  if (call.argumentCount === 3) return SCAN_COUNT_DEFAULT;
  if (call.argumentCount !== 5 || call.word(3) !== "count") throw new CommandError(ERROR.syntax);
  const count = call.integer(4);
  if (count < 1) throw new CommandError(ERROR.syntax);
  return count;
}

/** SLOTSHASHKEY: the slots of some keys, whether they exist or not. */
function replySlots(call: Call): void {
  const { bytes, reply, server } = call;
  reply.array(call.argumentCount - 1);
  for (let i = 1; i < call.argumentCount; i++) {
    reply.integer(slotOf(bytes, call.start(i), call.end(i), server.emptyTag));
  }
}

/** SLOTSCHECK: walks the whole database; for tests and after an accident, never in production. */
function check(call: Call): void {
  try {
    verifyDatabase(call.keyspace, call.session.database);
  } catch (error) {
    throw new CommandError(`ERR ${(error as Error).message}`);
  }
  call.reply.ok();
}

/** SLOTSDEL: empties slots of the selected database; their memory comes back step by step. */
function deleteSlots(call: Call): void {
  requireUnmanaged(call);
  const { database } = call.session;
  for (let i = 1; i < call.argumentCount; i++) slotArgument(call, i);
  call.reply.array(call.argumentCount - 1);
  for (let i = 1; i < call.argumentCount; i++) {
    const slot = slotArgument(call, i);
    database.dropSlot(slot);
    replyPair(call, slot, database.slotKeys[slot]!);
  }
}

function replyPair({ reply }: Call, slot: number, keys: number): void {
  reply.array(2);
  reply.integer(slot);
  reply.integer(keys);
}
