/**
 * How many commands a second are run just now, as Redis tells it: the mean of the last sixteen samples.
 *
 * @module
 */

const SAMPLE_COUNT = 16;

/** Samples of a counter that only grows. */
export class CommandRate {
  readonly #rates = new Float64Array(SAMPLE_COUNT);
  #next = 0;
  #count = 0;
  #atMs = 0;

  /** Notes that the counter stands at `count`; the first sample and one without time in between count for nothing. */
  sample(nowMs: number, count: number): void {
    const elapsedMs = nowMs - this.#atMs;
    if (this.#atMs > 0 && elapsedMs > 0) {
      // The counter starts again from 0 with CONFIG RESETSTAT.
      this.#rates[this.#next] = Math.max(0, count - this.#count) * 1000 / elapsedMs;
      this.#next = (this.#next + 1) % SAMPLE_COUNT;
    }
    this.#atMs = nowMs;
    this.#count = count;
  }

  /** Commands a second, rounded. */
  get perSecond(): number {
    return Math.round(this.#rates.reduce((sum, rate) => sum + rate, 0) / SAMPLE_COUNT);
  }
}
