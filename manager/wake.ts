/**
 * Waiting for "something changed" or for a time, whichever is first: what every loop of the manager
 * does between two rounds.
 *
 * Invariant: a notice that comes while nobody waits is kept for the next wait.
 *
 * @module
 */

/** One loop's bell. */
export class Wake {
  #waiter: PromiseWithResolvers<void> | null = null;
  #notified = false;

  /** Wakes the loop, or makes its next wait return at once. */
  notify(): void {
    this.#notified = this.#waiter === null;
    this.#waiter?.resolve();
    this.#waiter = null;
  }

  /** Waits for a notice, at most `timeoutMs`. @throws the signal's reason when it aborts. */
  async wait(signal: AbortSignal, timeoutMs: number): Promise<void> {
    signal.throwIfAborted();
    if (this.#notified) {
      this.#notified = false;
      return;
    }
    const waiter = this.#waiter = Promise.withResolvers<void>();
    const abort = () => waiter.reject(signal.reason);
    const timer = setTimeout(waiter.resolve, timeoutMs);
    signal.addEventListener("abort", abort);
    try {
      await waiter.promise;
    } finally {
      clearTimeout(timer);
      signal.removeEventListener("abort", abort);
      if (this.#waiter === waiter) this.#waiter = null;
    }
  }
}

/** Waits for `delayMs`. @throws the signal's reason when it aborts. */
export function pause(signal: AbortSignal, delayMs: number): Promise<void> {
  return new Wake().wait(signal, delayMs);
}
