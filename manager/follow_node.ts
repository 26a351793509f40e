/**
 * Keeping up with one place at the coordinator.
 *
 * @module
 */

import type { Coordinator } from "../core/coordinator/coordinator.ts";
import { CoordinatorUnavailableError } from "../core/coordinator/coordinator_error.ts";
import { pause } from "./wake.ts";

const RETRY_PAUSE_MS = 500;

/**
 * Calls `refresh` at once and after each change at `path`, until `signal` aborts. A coordinator that is
 * away is waited for; any other error ends it.
 */
export async function followNode(
  coordinator: Coordinator,
  path: string,
  options: { refresh: (signal: AbortSignal) => Promise<unknown>; signal: AbortSignal },
): Promise<void> {
  const { refresh, signal } = options;
  using watch = coordinator.watch(path);
  while (!signal.aborted) {
    try {
      await refresh(signal);
      await watch.changed(signal);
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof CoordinatorUnavailableError)) throw error;
      await pause(signal, RETRY_PAUSE_MS).catch(() => {});
    }
  }
}
