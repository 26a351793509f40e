/**
 * The latencies of an open loop: what clients saw, from the moment a request should have left.
 *
 * Invariant: a request belongs to the stretch of time in which it was scheduled, however late its
 * reply; so a stall cannot hide by delaying the requests that would have shown it.
 *
 * @module
 */

/** The requests of a run. */
export interface OpenLoopSamples {
  /** When each should have left, milliseconds since 1970, rising. */
  readonly scheduledAtMs: Float64Array;
  /** From there to the reply, milliseconds; negative if the reply was an error. */
  readonly latencyMs: Float64Array;
}

/** What the clients saw in a stretch of time. */
export interface Latencies {
  readonly requests: number;
  readonly errors: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

/** Sums up the requests scheduled from `fromMs` on and before `untilMs`. @throws {RangeError} for none. */
export function latenciesOf(
  { scheduledAtMs, latencyMs }: OpenLoopSamples,
  fromMs: number,
  untilMs: number,
): Latencies {
  const seen = latencyMs.filter((_, i) => {
    return scheduledAtMs[i]! >= fromMs && scheduledAtMs[i]! < untilMs;
  });
  if (seen.length === 0) throw new RangeError("No request was scheduled in that stretch of time");
  const errors = seen.filter((ms) => ms < 0).length;
  const sorted = seen.map(Math.abs).sort();
  return {
    requests: seen.length,
    errors,
    p50Ms: quantileOf(sorted, 0.5),
    p99Ms: quantileOf(sorted, 0.99),
    maxMs: sorted.at(-1)!,
  };
}

/** The smallest value that at least the share `q` of the sorted values does not exceed. */
function quantileOf(sorted: Float64Array, q: number): number {
  return sorted[Math.max(0, Math.ceil(q * sorted.length) - 1)]!;
}
