/**
 * Random numbers that a failing test can be run again with.
 *
 * Invariant: the same seed gives the same numbers.
 *
 * @module
 */

/** A function that returns an integer in [0, limit). */
export function randomFrom(seed: number): (limit: number) => number {
  let state = (seed | 0) || 1;
  return (limit) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % limit;
  };
}

/** Runs a random test with a new seed, or the one given, and names it when the test fails. */
export function withSeed(test: (random: (limit: number) => number) => void, given?: number): void {
  const seed = given ?? Math.floor(Math.random() * 2 ** 31);
  try {
    test(randomFrom(seed));
  } catch (error) {
    throw new Error(`failed with seed ${seed}`, { cause: error });
  }
}
