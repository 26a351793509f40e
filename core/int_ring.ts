/**
 * A first-in-first-out queue of integers in a power-of-two typed array.
 *
 * Invariant: `head` and `tail` only grow (modulo 2³²); `tail - head` is the length, at most the limit.
 *
 * @module
 */

/** A queue of int32 that doubles up to a limit and never shrinks. */
export class IntRing {
  readonly #limit: number;
  #values: Int32Array;
  #mask: number;
  #head = 0;
  #tail = 0;

  /** A queue of at most `limit` integers (rounded up to a power of two). */
  constructor(limit: number) {
    this.#limit = limit;
    this.#values = new Int32Array(64);
    this.#mask = 63;
  }

  /** How many integers are queued. */
  get length(): number {
    return (this.#tail - this.#head) | 0;
  }

  /** Appends `value`; false when the queue is full. */
  push(value: number): boolean {
    if (((this.#tail - this.#head) | 0) > this.#mask && !this.#grow()) return false;
    this.#values[this.#tail & this.#mask] = value;
    this.#tail = (this.#tail + 1) | 0;
    return true;
  }

  /** Removes and returns the oldest integer; the queue must not be empty. */
  shift(): number {
    const value = this.#values[this.#head & this.#mask]!;
    this.#head = (this.#head + 1) | 0;
    return value;
  }

  /** The oldest integer; the queue must not be empty. */
  peek(): number {
    return this.#values[this.#head & this.#mask]!;
  }

  #grow(): boolean {
    const length = this.length;
    if (length >= this.#limit) return false;
    const values = new Int32Array(this.#values.length * 2);
    for (let i = 0; i < length; i++) values[i] = this.#values[(this.#head + i) & this.#mask]!;
    this.#values = values;
    this.#mask = values.length - 1;
    this.#head = 0;
    this.#tail = length;
    return true;
  }
}
