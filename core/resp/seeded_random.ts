/**
 * Repeatable random numbers for the tests of this folder: a failure names its seed, and a generator
 * made with that seed repeats it.
 *
 * @module
 */

/** Numbers that follow from a seed alone (the mulberry32 generator). */
export class SeededRandom {
  /** What the numbers follow from. */
  readonly seed: number;
  #state: number;

  /** Takes the seed given, or a new one. */
  constructor(seed: number = Math.floor(Math.random() * 2 ** 31)) {
    this.seed = seed;
    this.#state = seed;
  }

  /** Returns an integer from 0 to `bound` - 1. */
  below(bound: number): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % bound;
  }

  /** Returns one of `choices`. */
  pick<T>(choices: ArrayLike<T>): T {
    return choices[this.below(choices.length)]!;
  }

  /** Returns `length` bytes, of `alphabet` if given. */
  bytes(length: number, alphabet?: Uint8Array): Uint8Array {
    return Uint8Array.from({ length }, () => alphabet ? this.pick(alphabet) : this.below(256));
  }
}
