/**
 * Keeps something up to date with a node of the coordinator.
 *
 * Invariant: what was read last is never older than the newest change by more than one failed read and
 * its pause; a coordinator that is away ends nothing.
 *
 * @module
 */

import type { Coordinator } from "../core/coordinator/coordinator.ts";
import { CoordinatorClosedError } from "../core/coordinator/coordinator_error.ts";
import { delay } from "../core/delay.ts";

/** Pause after a failed read. */
export const READ_AGAIN_MS = 500;

/**
 * Calls `read` now, whenever the node at `path` changes, and after a pause when it returned false.
 * Resolves when `signal` aborts or the coordinator is closed.
 */
export async function followNode(
  coordinator: Coordinator,
  path: string,
  read: () => Promise<boolean>,
  signal: AbortSignal,
): Promise<void> {
  using watch = coordinator.watch(path);
  while (!signal.aborted) {
    if (!await read()) {
      await delay(READ_AGAIN_MS, signal);
      continue;
    }
    try {
      await watch.changed(signal);
    } catch (error) {
      if (signal.aborted || error instanceof CoordinatorClosedError) return;
      await delay(READ_AGAIN_MS, signal);
    }
  }
}
