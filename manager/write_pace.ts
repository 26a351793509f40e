/**
 * When the topology may be written again: at once while little happens, ten times a second while much
 * does, so that slots which finish near each other share a write.
 *
 * Invariant: in any stretch of time no more is written than the burst and the rate allow.
 *
 * @module
 */

/** Writes per second that may go on for ever. */
const WRITES_PER_SECOND_MAX = 10;

/** Writes that a job may make ahead of the rate. */
export const WRITE_BURST_MAX = 20;

/** How long a write waits for more slots, while others are still at work, milliseconds. */
export const WRITE_GATHER_MS = 20;

/** A token bucket over a clock that the caller reads. */
export class WritePace {
  #tokens = WRITE_BURST_MAX;
  #readAtMs = 0;

  /**
   * Returns how long a write must still wait, milliseconds.
   *
   * @param waitedMs since there has been something to write
   * @param more whether other slots may soon have something to add
   */
  delayMs(nowMs: number, waitedMs: number, more: boolean): number {
    this.#refill(nowMs);
    const gatherMs = more ? Math.max(0, WRITE_GATHER_MS - waitedMs) : 0;
    if (this.#tokens >= 1) return gatherMs;
    return Math.max(gatherMs, (1 - this.#tokens) * 1000 / WRITES_PER_SECOND_MAX);
  }

  /** Counts a write. */
  spend(nowMs: number): void {
    this.#refill(nowMs);
    this.#tokens--;
  }

  #refill(nowMs: number): void {
    const gained = (nowMs - this.#readAtMs) * WRITES_PER_SECOND_MAX / 1000;
    this.#tokens = Math.min(WRITE_BURST_MAX, this.#tokens + Math.max(0, gained));
    this.#readAtMs = nowMs;
  }
}
