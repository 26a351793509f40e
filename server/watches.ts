/**
 * The keys that clients watch: whether one changed before the client's EXEC.
 *
 * Invariant: a client whose watch is broken watches nothing any more, until EXEC, DISCARD or UNWATCH.
 *
 * @module
 */

import type { Keyspace } from "./keyspace/keyspace.ts";
import { type KeyEntry, type KeyPlace, KeyRegistry } from "./key_registry.ts";
import type { Session } from "./session.ts";

/** Keys that one client may watch at a time. */
export const WATCHED_KEYS_MAX = 65_536;

/** What one client watches. */
export interface Watching {
  readonly entries: Set<KeyEntry<Session>>;
  /** A key changed: EXEC will not execute. */
  isBroken: boolean;
}

/** The watches of all clients. */
export class Watches {
  readonly #keys = new KeyRegistry<Session>();

  /** How many keys are watched. */
  get size(): number {
    return this.#keys.size;
  }

  /** Begins to watch a key of a slot; false if the client watches as many as it may. */
  watch(session: Session, place: KeyPlace, slot: number): boolean {
    const watching = session.watching ??= { entries: new Set(), isBroken: false };
    if (watching.isBroken) return true;
    if (watching.entries.size >= WATCHED_KEYS_MAX) return false;
    watching.entries.add(this.#keys.add(place, slot, session));
    return true;
  }

  /** Forgets what a client watches, and that it was broken. */
  unwatch(session: Session): void {
    const { watching } = session;
    if (watching === undefined) return;
    session.watching = undefined;
    for (const entry of watching.entries) this.#keys.remove(entry, session);
  }

  /** Whether EXEC of a client must not execute. Keys past their expiry go now, which counts as a change. */
  isBroken({ watching }: Session, keyspace: Keyspace): boolean {
    if (watching === undefined) return false;
    for (const { database, key } of [...watching.entries]) {
      keyspace.database(database).find(key, 0, key.length);
    }
    return watching.isBroken;
  }

  /** The entry of a key, if it is watched. */
  find(
    database: number,
    bytes: Uint8Array,
    start: number,
    end: number,
  ): KeyEntry<Session> | undefined {
    return this.#keys.find(database, bytes, start, end);
  }

  /** All watched keys. */
  all(): KeyEntry<Session>[] {
    return this.#keys.all();
  }

  /** A key changed: breaks the watches on it. */
  touch(entry: KeyEntry<Session>): void {
    for (const session of [...entry.members]) {
      const { watching } = session;
      this.unwatch(session);
      session.watching = watching;
      watching!.isBroken = true;
      watching!.entries.clear();
    }
  }

  /** A key changed that may be watched. */
  touchKey(database: number, bytes: Uint8Array, start: number, end: number): void {
    if (this.#keys.size === 0) return;
    const entry = this.#keys.find(database, bytes, start, end);
    if (entry !== undefined) this.touch(entry);
  }

  /** Breaks the watches on all keys of slots that are not this server's any more. */
  touchSlots(isGone: (slot: number) => boolean): void {
    if (this.#keys.size === 0) return;
    for (const entry of this.#keys.all()) if (isGone(entry.slot)) this.touch(entry);
  }
}
