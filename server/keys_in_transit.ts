/**
 * The keys that are on their way to another server: sent, and not yet acknowledged.
 *
 * Such a key must not change here, or the change would be lost with the copy that is deleted once the
 * other server has it. Whoever asks for it waits until it is resolved and is then run again.
 *
 * Invariant: keys are compared by their bytes in all databases together, so that commands that reach
 * into another database (MOVE, COPY, SWAPDB) need no rule of their own.
 *
 * @module
 */

import { crc32 } from "../core/crc32.ts";

/** A set of keys, found without allocating. */
export class KeysInTransit {
  /** How many there are; 0 means that nothing needs to be looked up. */
  size = 0;
  readonly #keys = new Map<number, Uint8Array[]>();
  #waiting: (() => void)[] = [];

  /** Adds a key, which the set keeps; the same key may be added once for each database. */
  add(key: Uint8Array): void {
    const hash = crc32(key, 0, key.length) >>> 1;
    const sharing = this.#keys.get(hash);
    if (sharing === undefined) this.#keys.set(hash, [key]);
    else sharing.push(key);
    this.size++;
  }

  /** Takes a key out; it must have been added. {@linkcode KeysInTransit.resolved} lets waiters go on. */
  delete(key: Uint8Array): void {
    const hash = crc32(key, 0, key.length) >>> 1;
    const sharing = this.#keys.get(hash)!;
    sharing.splice(sharing.findIndex((other) => holds(other, key, 0, key.length)), 1);
    if (sharing.length === 0) this.#keys.delete(hash);
    this.size--;
  }

  /** Whether the key `bytes[start, end)` is on its way. */
  has(bytes: Uint8Array, start: number, end: number): boolean {
    if (this.size === 0) return false;
    const sharing = this.#keys.get(crc32(bytes, start, end) >>> 1);
    if (sharing === undefined) return false;
    for (let i = 0; i < sharing.length; i++) {
      if (holds(sharing[i]!, bytes, start, end)) return true;
    }
    return false;
  }

  /** Calls `retry` once, when next some key was resolved; it may find that it has to wait again. */
  wait(retry: () => void): void {
    this.#waiting.push(retry);
  }

  /** Some keys have been taken out: everybody who waits looks again. */
  resolved(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const retry of waiting) retry();
  }
}

function holds(key: Uint8Array, bytes: Uint8Array, start: number, end: number): boolean {
  if (key.length !== end - start) return false;
  for (let i = 0; i < key.length; i++) if (key[i] !== bytes[start + i]) return false;
  return true;
}
