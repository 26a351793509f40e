/**
 * A set of 64-bit hashes in one typed array, and the hash of a key that both sides of a migration use.
 *
 * Invariant: a hash is two signed 32-bit halves, never a BigInt; no key is an object.
 *
 * @module
 */

import { crc64, crc64Of } from "../rdb/crc64.ts";

const CAPACITY_MIN = 16;

/** The hash computed last; one object, so that computing allocates nothing. */
export const hash: { low: number; high: number } = { low: 0, high: 0 };

/** Puts the hash of `bytes[start, end)` into {@linkcode hash}. */
export function hashOf(bytes: Uint8Array, start: number, end: number): void {
  crc64Of(bytes, start, end);
  mixInto(crc64.low, crc64.high);
}

/** Spreads 64 bits over {@linkcode hash}: sums and places must not show the linearity of a CRC. */
export function mixInto(low: number, high: number): void {
  let a = Math.imul(low ^ (high >>> 15), 0x85ebca6b);
  let b = Math.imul(high ^ (a >>> 13), 0xc2b2ae35);
  a = Math.imul(a ^ (b >>> 16), 0x27d4eb2f);
  b = Math.imul(b ^ (a >>> 15), 0x165667b1);
  hash.low = a ^ (b >>> 13);
  hash.high = b ^ (a >>> 16);
}

/** Open addressing with linear probing; grows at half full. */
export class HashSet {
  /** How many there are. */
  size = 0;
  #pairs = new Int32Array(2 * CAPACITY_MIN);
  #mask = CAPACITY_MIN - 1;

  /** Bytes that it takes. */
  get byteCount(): number {
    return this.#pairs.byteLength;
  }

  /** Whether it holds a hash. */
  has(low: number, high: number): boolean {
    return this.#find(low | Number((low | high) === 0), high) >= 0;
  }

  /** Adds a hash, if it is not there. */
  add(low: number, high: number): void {
    // A pair of zeros marks a free place: that one hash shares the place of another.
    low |= Number((low | high) === 0);
    if (this.#find(low, high) >= 0) return;
    if (++this.size * 2 > this.#mask) this.#grow();
    this.#place(low, high);
  }

  /** Takes a hash out, if it is there. */
  delete(low: number, high: number): void {
    let hole = this.#find(low | Number((low | high) === 0), high);
    if (hole < 0) return;
    this.size--;
    const pairs = this.#pairs;
    // What stands behind the hole and was displaced over it moves up, so that no search stops early.
    for (let at = (hole + 1) & this.#mask;; at = (at + 1) & this.#mask) {
      const next = pairs[2 * at]!;
      if ((next | pairs[2 * at + 1]!) === 0) break;
      if (((at - next) & this.#mask) < ((at - hole) & this.#mask)) continue;
      pairs[2 * hole] = next;
      pairs[2 * hole + 1] = pairs[2 * at + 1]!;
      hole = at;
    }
    pairs[2 * hole] = 0;
    pairs[2 * hole + 1] = 0;
  }

  /** Calls `visit` for each hash, in no order. */
  forEach(visit: (low: number, high: number) => void): void {
    const pairs = this.#pairs;
    for (let at = 0; at < pairs.length; at += 2) {
      if ((pairs[at]! | pairs[at + 1]!) !== 0) visit(pairs[at]!, pairs[at + 1]!);
    }
  }

  #find(low: number, high: number): number {
    const pairs = this.#pairs;
    for (let at = low & this.#mask;; at = (at + 1) & this.#mask) {
      if (pairs[2 * at] === low && pairs[2 * at + 1] === high) return at;
      if ((pairs[2 * at]! | pairs[2 * at + 1]!) === 0) return -1;
    }
  }

  #place(low: number, high: number): void {
    const pairs = this.#pairs;
    let at = low & this.#mask;
    while ((pairs[2 * at]! | pairs[2 * at + 1]!) !== 0) at = (at + 1) & this.#mask;
    pairs[2 * at] = low;
    pairs[2 * at + 1] = high;
  }

  #grow(): void {
    const old = this.#pairs;
    this.#mask = this.#mask * 2 + 1;
    this.#pairs = new Int32Array(2 * (this.#mask + 1));
    for (let at = 0; at < old.length; at += 2) {
      if ((old[at]! | old[at + 1]!) !== 0) this.#place(old[at]!, old[at + 1]!);
    }
  }
}
