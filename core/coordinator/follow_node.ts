/**
 * Keeps something up to date with one place at the coordinator.
 *
 * One rule for whatever goes wrong: it is told, and tried again after the same pause. So a coordinator
 * that is away, or a node that cannot be read, ends nothing.
 *
 * Invariant: what was read last is older than the newest change only while a read, or the pause after a
 * failed one, is under way.
 *
 * @module
 */

import { delay } from "../delay.ts";
import type { Coordinator } from "./coordinator.ts";
import { CoordinatorClosedError } from "./coordinator_error.ts";

/** Pause after a read that failed, milliseconds. */
export const READ_AGAIN_MS = 500;

/** Options of {@linkcode followNode}. */
export interface FollowOptions {
  /** Reads what is at the place now. */
  refresh(signal: AbortSignal): Promise<unknown>;
  /** Told why a read failed, whenever the reason is another one than the time before. */
  onError(error: unknown): void;
  /** Ends it. */
  readonly signal: AbortSignal;
}

/**
 * Calls `refresh` now and after each change at `path`. Resolves when `signal` aborts or the coordinator
 * is closed.
 *
 * @throws {TypeError} if `path` is none.
 */
export async function followNode(
  coordinator: Coordinator,
  path: string,
  { refresh, onError, signal }: FollowOptions,
): Promise<void> {
  using watch = coordinator.watch(path);
  let told = "";
  while (!signal.aborted) {
    try {
      await refresh(signal);
      told = "";
      await watch.changed(signal);
    } catch (error) {
      if (signal.aborted || error instanceof CoordinatorClosedError) return;
      if (String(error) !== told) onError(error);
      told = String(error);
      await delay(READ_AGAIN_MS, signal);
    }
  }
}
