/**
 * The order in which the keys of a slot are sent: criss-cross over their hashes, not along them.
 *
 * A table that is filled in the order of its own hashes fills up from one end, and every further key
 * has to pass by all that came before: n keys would cost the other server n² steps. So the hashes are
 * cut into ranges of about one message, and those are visited in the order of their reversed bits.
 *
 * Invariant: a key that is there from the start of a walk to its end lies behind the cursor at least once.
 *
 * @module
 */

import { SCAN_END } from "../keyspace/slot_index.ts";

/** Keys of a range, on average. */
const RANGE_KEYS = 16;
const RANGE_BITS_MAX = 16;

/** One pass over the hashes of a slot. */
export class SlotWalk {
  #bits = 0;
  #done = 0;
  #cursor = 0;

  /** Begins a pass over a slot with about `keyCount` keys. */
  restart(keyCount: number): void {
    this.#bits = Math.min(RANGE_BITS_MAX, Math.max(0, Math.ceil(Math.log2(keyCount / RANGE_KEYS))));
    this.#done = 0;
    this.#cursor = 0;
  }

  /** Whether the pass is over. */
  get isDone(): boolean {
    return this.#done === 1 << this.#bits;
  }

  /** The hash from which to look on. */
  get cursor(): number {
    return this.#cursor;
  }

  /** What lies between the cursor and `hash` was looked at. */
  passed(hash: number): void {
    const width = SCAN_END / (1 << this.#bits);
    if (hash < (Math.floor(this.#cursor / width) + 1) * width) this.#cursor = hash;
    else this.#cursor = reversed(++this.#done, this.#bits) * width;
  }
}

/** The `count` last bits of `value`, last first. */
function reversed(value: number, count: number): number {
  let bits = 0;
  for (let i = 0; i < count; i++) bits = bits << 1 | value >> i & 1;
  return bits;
}
