/**
 * The consistency check behind `SLOTSCHECK` and the tests: walks everything, trusts nothing.
 *
 * Invariant: it changes nothing; its time and memory grow with the number of keys.
 *
 * @module
 */
import { crc32 } from "../../core/crc32.ts";
import { SLOT_COUNT } from "../../core/slots.ts";
import type { Database } from "./database.ts";
import type { Keyspace } from "./keyspace.ts";
import { FAMILY, HAS_EXPIRY, HAS_LINKS } from "./record.ts";
import { REF_MASK, SCAN_END } from "./slot_index.ts";

/** What was counted on the way, for comparison with other figures. */
export interface Verified {
  /** Keys seen. */
  keys: number;
  /** Bytes of the cells of their records, and of the families'. */
  recordBytes: number;
}

/** Walks one database. Throws an `Error` that names the first key found wrong. */
export function verifyDatabase(keyspace: Keyspace, database: Database): Verified {
  const verified: Verified = { keys: 0, recordBytes: 0 };
  let volatileKeys = 0;
  for (let slot = 0; slot < SLOT_COUNT; slot++) {
    const keys = verified.keys;
    const volatileInSlot = verifySlot(keyspace, database, slot, verified);
    expectEqual(`keys of slot ${slot}`, verified.keys - keys, database.slotKeys[slot]!);
    expectEqual(`expiring keys of slot ${slot}`, volatileInSlot, database.slotVolatile[slot]!);
    volatileKeys += volatileInSlot;
  }
  expectEqual("keys", verified.keys, database.keyCount);
  expectEqual("expiring keys", volatileKeys, database.volatileCount);
  return verified;
}

function verifySlot(keyspace: Keyspace, database: Database, slot: number, verified: Verified) {
  const { records, arena } = keyspace;
  const entries: number[] = [];
  for (let at = 0; at < SCAN_END;) at = database.scanEntries(slot, at, 1000, entries);
  const members = new Set<number>();
  let linked = 0;
  let volatileKeys = 0;
  for (const entry of entries) {
    const ref = entry & REF_MASK;
    verified.recordBytes += arena.capacityOf(ref);
    if (records.type(ref) === FAMILY) {
      linked += verifyFamily(keyspace, database, slot, ref, members);
      continue;
    }
    verified.keys++;
    const kind = records.kind(ref);
    const expires = (kind & HAS_EXPIRY) !== 0 && records.expireAtMs(ref) !== 0;
    if (expires) volatileKeys++;
    if (expires !== (entry < 0)) throw new Error(`wrong expiry mark: ${nameOf(keyspace, ref)}`);
    if (!database.holds(slot, ref)) throw new Error(`not found: ${nameOf(keyspace, ref)}`);
  }
  for (const entry of entries) {
    const ref = entry & REF_MASK;
    if (records.type(ref) === FAMILY || (records.kind(ref) & HAS_LINKS) === 0) continue;
    if (!members.has(ref)) throw new Error(`in no family: ${nameOf(keyspace, ref)}`);
    linked--;
  }
  expectEqual(`dead family members of slot ${slot}`, linked, 0);
  return volatileKeys;
}

/** Walks a family and returns how many keys it has. */
function verifyFamily(
  keyspace: Keyspace,
  database: Database,
  slot: number,
  head: number,
  members: Set<number>,
): number {
  const { records } = keyspace;
  const start = records.keyStart(head);
  const end = start + records.keyLength(head);
  const bytes = records.bytes(head);
  expectEqual(`slot of family ${nameOf(keyspace, head)}`, crc32(bytes, start, end) & 1023, slot);
  let count = 0;
  let previous = head;
  for (let ref = database.families.first(slot, bytes, start, end); ref !== 0; count++) {
    expectEqual("previous link", records.words(ref)[records.linkWord(ref) + 1]!, previous);
    members.add(ref);
    previous = ref;
    ref = database.families.next(ref);
  }
  if (count === 0) throw new Error(`empty family: ${nameOf(keyspace, head)}`);
  return count;
}

function nameOf({ records }: Keyspace, ref: number): string {
  const start = records.keyStart(ref);
  const key = records.bytes(ref).subarray(start, start + records.keyLength(ref));
  return JSON.stringify(new TextDecoder().decode(key));
}

function expectEqual(what: string, found: number, expected: number): void {
  if (found !== expected) throw new Error(`${what}: found ${found}, expected ${expected}`);
}
