/**
 * A watch that remembers one bit: did anything change since it was last asked.
 *
 * Invariant: news that arrives while nobody waits is kept for the next wait, never dropped.
 *
 * @module
 */

import type { Watch } from "./coordinator.ts";
import { CoordinatorClosedError } from "./coordinator_error.ts";

/** The one {@linkcode Watch} of every local coordinator; whoever owns it calls `notify` and `fail`. */
export class LevelWatch implements Watch {
  readonly #waiters = new Set<PromiseWithResolvers<void>>();
  readonly #onClose: (watch: LevelWatch) => void;
  #changed = false;
  #ended: Error | null = null;

  /** `onClose` is told once, when the watch ends by itself. */
  constructor(onClose: (watch: LevelWatch) => void) {
    this.#onClose = onClose;
  }

  /** Says that something changed. */
  notify(): void {
    this.#changed = this.#waiters.size === 0;
    for (const waiter of this.#waiters) waiter.resolve();
    this.#waiters.clear();
  }

  /** Ends the watch for `reason`: waits reject with it, now and later. */
  fail(reason: Error): void {
    this.#ended ??= reason;
    for (const waiter of this.#waiters) waiter.reject(this.#ended);
    this.#waiters.clear();
  }

  async changed(signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    if (this.#ended !== null) throw this.#ended;
    if (this.#changed) {
      this.#changed = false;
      return;
    }
    const waiter = Promise.withResolvers<void>();
    const abort = () => {
      this.#waiters.delete(waiter);
      waiter.reject(signal?.reason);
    };
    this.#waiters.add(waiter);
    signal?.addEventListener("abort", abort);
    try {
      await waiter.promise;
    } finally {
      signal?.removeEventListener("abort", abort);
    }
  }

  close(): void {
    if (this.#ended !== null) return;
    this.fail(new CoordinatorClosedError("Cannot wait for changes: the watch is closed"));
    this.#onClose(this);
  }

  /** Closes it. */
  [Symbol.dispose](): void {
    this.close();
  }
}
