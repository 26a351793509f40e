/**
 * Random choices that a seed repeats: a failure names its seed, and a generator made with that seed
 * makes the same choices.
 *
 * Invariant: the same seed gives the same sequence on every machine (mulberry32, 32-bit arithmetic
 * only).
 *
 * @module
 */

/** A sequence of random choices. */
export class SeededRandom {
  /** What the choices follow from. */
  readonly seed: number;
  #state: number;

  /** Starts the sequence of a seed, a 32-bit integer; of a new one when none is given. */
  constructor(seed: number = Math.floor(Math.random() * 2 ** 31)) {
    this.seed = seed;
    this.#state = seed >>> 0;
  }

  /** A number from 0 to below 1. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = this.#state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  /** An integer from 0 to below `limit`. */
  below(limit: number): number {
    return Math.floor(this.next() * limit);
  }

  /** An integer from `min` to `max`, both included. */
  between(min: number, max: number): number {
    return min + this.below(max - min + 1);
  }

  /** Whether an event of this probability happens. */
  chance(probability: number): boolean {
    return this.next() < probability;
  }

  /** One of the items, which must not be empty. */
  pick<T>(items: ArrayLike<T>): T {
    return items[this.below(items.length)]!;
  }

  /** One of the choices, each as often as its weight says. */
  weighted<T extends string>(weights: Readonly<Record<T, number>>): T {
    const entries = Object.entries(weights) as [T, number][];
    let left = this.next() * entries.reduce((sum, [, weight]) => sum + weight, 0);
    for (const [choice, weight] of entries) {
      left -= weight;
      if (left < 0) return choice;
    }
    return entries[0]![0];
  }

  /** `length` bytes, of `alphabet` if given. */
  bytes(length: number, alphabet?: Uint8Array): Uint8Array {
    return Uint8Array.from({ length }, () => alphabet ? this.pick(alphabet) : this.below(256));
  }
}

/** Runs a test with a new seed, or the one given, and names the seed when the test fails. */
export function withSeed(test: (random: SeededRandom) => void, seed?: number): void {
  const random = new SeededRandom(seed);
  try {
    test(random);
  } catch (error) {
    throw new Error(`failed with seed ${random.seed}`, { cause: error });
  }
}
