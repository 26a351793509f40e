/**
 * Keys that somebody waits for or watches, and who.
 *
 * Invariant: an entry is in the registry exactly as long as it has members; those are in the order in which they came.
 *
 * @module
 */

import { crc32 } from "../core/crc32.ts";

/** One key with those concerned. */
export interface KeyEntry<T> {
  /** The number of its database. */
  readonly database: number;
  readonly slot: number;
  readonly key: Uint8Array;
  readonly hash: number;
  readonly members: Set<T>;
}

/** Where a key lies in memory, and which database it is of. */
export interface KeyPlace {
  readonly database: number;
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly end: number;
}

/** Entries by database and key, found without allocating. */
export class KeyRegistry<T> {
  /** How many keys there are; 0 means that nothing needs to be looked up. */
  size = 0;
  readonly #entries = new Map<number, KeyEntry<T>[]>();

  /** The entry of a key, if somebody is concerned. */
  find(
    database: number,
    bytes: Uint8Array,
    start: number,
    end: number,
  ): KeyEntry<T> | undefined {
    const sharing = this.#entries.get(crc32(bytes, start, end) >>> 1);
    if (sharing === undefined) return undefined;
    for (let i = 0; i < sharing.length; i++) {
      const entry = sharing[i]!;
      if (entry.database === database && holds(entry.key, bytes, start, end)) return entry;
    }
    return undefined;
  }

  /** Adds a member to a key, of which a copy is kept, and returns the key's entry. */
  add(place: KeyPlace, slot: number, member: T): KeyEntry<T> {
    const { database, bytes, start, end } = place;
    let entry = this.find(database, bytes, start, end);
    if (entry === undefined) {
      const hash = crc32(bytes, start, end) >>> 1;
      entry = { database, slot, key: bytes.slice(start, end), hash, members: new Set() };
      const sharing = this.#entries.get(hash);
      if (sharing === undefined) this.#entries.set(hash, [entry]);
      else sharing.push(entry);
      this.size++;
    }
    entry.members.add(member);
    return entry;
  }

  /** Takes a member out of an entry that it is in. */
  remove(entry: KeyEntry<T>, member: T): void {
    if (!entry.members.delete(member) || entry.members.size > 0) return;
    const sharing = this.#entries.get(entry.hash)!;
    sharing.splice(sharing.indexOf(entry), 1);
    if (sharing.length === 0) this.#entries.delete(entry.hash);
    this.size--;
  }

  /** All entries; a copy, so that members may be taken out meanwhile. */
  all(): KeyEntry<T>[] {
    return [...this.#entries.values()].flat();
  }
}

function holds(key: Uint8Array, bytes: Uint8Array, start: number, end: number): boolean {
  if (key.length !== end - start) return false;
  for (let i = 0; i < key.length; i++) if (key[i] !== bytes[start + i]) return false;
  return true;
}
