/**
 * Walking over keys: by slot, over a database, or to a random one.
 *
 * Invariant: a key that is there from the first call to the last is returned exactly once, whatever else comes and
 * goes; keys past their expiry are left out.
 *
 * @module
 */
import { SLOT_COUNT } from "../../core/slots.ts";
import type { Database } from "./database.ts";
import { FAMILY } from "./record.ts";
import { REF_MASK, SCAN_END } from "./slot_index.ts";

/**
 * Appends the keys of a slot from `cursor` (0 at first) on to `refs` until there are about `count` more, and returns the
 * cursor to go on from, {@linkcode SCAN_END} after the last.
 */
export function scanSlot(
  database: Database,
  slot: number,
  cursor: number,
  count: number,
  refs: number[],
): number {
  const from = refs.length;
  const next = database.scanEntries(slot, cursor, count, refs);
  let kept = from;
  for (let i = from; i < refs.length; i++) {
    const entry = refs[i]!;
    const ref = entry & REF_MASK;
    if (entry < 0 ? database.isExpired(ref) : database.records.type(ref) === FAMILY) continue;
    refs[kept++] = ref;
  }
  refs.length = kept;
  return next;
}

/** The same over all slots: cursor 0 starts, and is returned after the last key. Its upper bits are the slot. */
export function scanKeys(
  database: Database,
  cursor: number,
  count: number,
  refs: number[],
): number {
  const enough = refs.length + count;
  let slot = Math.floor(cursor / SCAN_END);
  let hash = cursor % SCAN_END;
  // Pieces that yield nothing are bounded too, as in Redis: ten times the count.
  for (let pieces = 0; slot < SLOT_COUNT; slot++, hash = 0) {
    if (database.isHidden(slot)) continue;
    while (hash < SCAN_END && database.slotKeys[slot] !== 0) {
      if (refs.length >= enough || pieces++ > count * 10) return slot * SCAN_END + hash;
      hash = scanSlot(database, slot, hash, enough - refs.length, refs);
    }
  }
  return 0;
}

/** A key, each about as likely, or 0 when there is none that has not expired. `random` is in [0, 1). */
export function randomKey(database: Database, random: () => number = Math.random): number {
  let skip = Math.floor(random() * visibleKeyCount(database));
  let slot = 0;
  while (slot < SLOT_COUNT && skip >= visibleKeysOf(database, slot)) {
    skip -= visibleKeysOf(database, slot++);
  }
  for (let visited = 0; visited <= SLOT_COUNT; visited++, slot++) {
    if (database.isHidden(slot % SLOT_COUNT)) continue;
    const ref = randomKeyOfSlot(database, slot % SLOT_COUNT, random);
    if (ref !== 0) return ref;
  }
  return 0;
}

/** How many keys clients may see. */
export function visibleKeyCount(database: Database): number {
  let count = database.keyCount;
  for (let slot = 0; slot < SLOT_COUNT; slot++) {
    count -= database.slotKeys[slot]! - visibleKeysOf(database, slot);
  }
  return count;
}

function visibleKeysOf(database: Database, slot: number): number {
  return database.isHidden(slot) ? 0 : database.slotKeys[slot]!;
}

/** The same within a slot. */
export function randomKeyOfSlot(
  database: Database,
  slot: number,
  random: () => number = Math.random,
): number {
  if (database.slotKeys[slot] === 0) return 0;
  const refs: number[] = [];
  const start = Math.floor(random() * SCAN_END);
  for (let at = start; at < SCAN_END && refs.length === 0;) {
    at = scanSlot(database, slot, at, 1, refs);
  }
  for (let at = 0; at < start && refs.length === 0;) at = scanSlot(database, slot, at, 1, refs);
  return refs[Math.floor(random() * refs.length)] ?? 0;
}
