/**
 * How fast keys move and when they will have arrived.
 *
 * @module
 */

/** How many keys had moved at a time. */
export interface ProgressSample {
  /** Milliseconds, any clock that only goes forward. */
  readonly atMs: number;
  readonly moved: number;
}

/** The stretch of time over which the rate is taken, milliseconds. */
export const RATE_WINDOW_MS = 5000;

/** Returns the samples with `sample` added and those dropped that the rate no longer needs. */
export function addSample(
  samples: readonly ProgressSample[],
  sample: ProgressSample,
): ProgressSample[] {
  const last = samples.at(-1);
  // Keys that return to their source make the count smaller: the rate begins anew.
  if (last !== undefined && sample.moved < last.moved) return [sample];
  return [...samples.filter(({ atMs }) => atMs >= sample.atMs - RATE_WINDOW_MS), sample];
}

/** Returns keys per second over the samples; 0 while that cannot be said. */
export function rateOf(samples: readonly ProgressSample[]): number {
  const [first, last] = [samples[0], samples.at(-1)];
  if (first === undefined || last === undefined || last.atMs <= first.atMs) return 0;
  return (last.moved - first.moved) * 1000 / (last.atMs - first.atMs);
}

/** Returns the seconds that `keysLeft` take at `rate`; null while that cannot be said. */
export function etaSecondsOf(keysLeft: number | null, rate: number): number | null {
  if (keysLeft === null) return null;
  if (keysLeft === 0) return 0;
  return rate > 0 ? keysLeft / rate : null;
}
