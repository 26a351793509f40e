/**
 * Who leads: an ephemeral node elects, the claim of the topology gives the right to act.
 *
 * ```text
 * waiting ──the node is ours──→ claiming ──claimed──→ leading ──┐
 *    ↑                                                          │ outranked, session lost, an error
 *    └──────────────────── pause ───────────────────────────────┘
 * ```
 *
 * Invariant: the work of a leader begins after its claim and has ended before the next claim.
 *
 * @module
 */

import type { Coordinator, CoordinatorNode, Watch } from "../core/coordinator/coordinator.ts";
import {
  ConflictError,
  CoordinatorUnavailableError,
} from "../core/coordinator/coordinator_error.ts";
import { pathsOf } from "../core/coordinator/paths.ts";
import type { Log } from "./log.ts";
import { NotLeaderError } from "./manager_error.ts";
import { pause } from "./wake.ts";

/** How long a leader tries to give its node back, milliseconds. */
const GIVE_BACK_MS = 2000;

/** Pauses after a lead was lost, or could not be taken, milliseconds. */
const RETRY_MS = { min: 100, max: 5000 };

/** Who leads, as the node says. */
export interface LeaderNode {
  readonly id: string;
  /** Base address of its REST API, `http://host:port`. */
  readonly addr: string;
}

/** Options of {@linkcode Leadership}. */
export interface LeadershipOptions {
  readonly coordinator: Coordinator;
  readonly product: string;
  readonly self: LeaderNode;
  readonly log: Log;
  /** Claims the topology, then works until the signal aborts. It may throw `NotLeaderError`. */
  lead(signal: AbortSignal): Promise<void>;
  /** Told when the leader is another one than before, or known to be none. */
  onLeader(leader: LeaderNode | null): void;
}

/** One manager's part in the election. */
export class Leadership {
  readonly #options: LeadershipOptions;
  readonly #path: string;

  constructor(options: LeadershipOptions) {
    this.#options = options;
    this.#path = pathsOf(options.product).leader;
  }

  /** Stands for election until `signal` aborts; leads whenever it wins. */
  async run(signal: AbortSignal): Promise<void> {
    const { log } = this.#options;
    let retryMs = RETRY_MS.min;
    while (!signal.aborted) {
      const beganAtMs = performance.now();
      try {
        await this.#stand(signal);
      } catch (error) {
        if (signal.aborted) return;
        const expected = error instanceof NotLeaderError ||
          error instanceof CoordinatorUnavailableError;
        log(expected ? "warn" : "error", `Does not lead: ${(error as Error).message}`);
      }
      if (performance.now() - beganAtMs > RETRY_MS.max) retryMs = RETRY_MS.min;
      await pause(signal, retryMs).catch(() => {});
      retryMs = Math.min(retryMs * 2, RETRY_MS.max);
    }
  }

  /** One election: waits until the node is free, leads, and gives the node back. */
  async #stand(signal: AbortSignal): Promise<void> {
    const { coordinator, self, onLeader } = this.#options;
    using watch = coordinator.watch(this.#path);
    // Opened before the node is made: a session that ends in between is news, too.
    using sessions = coordinator.watchSession();
    const node = await this.#win(watch, signal);
    onLeader(self);
    try {
      await this.#leadWhile(sessions, node, signal);
    } finally {
      onLeader(null);
      await this.#giveBack();
    }
  }

  async #win(watch: Watch, signal: AbortSignal): Promise<CoordinatorNode> {
    const { coordinator, self, onLeader } = this.#options;
    for (;;) {
      try {
        return await coordinator.putEphemeral(this.#path, JSON.stringify(self), { signal });
      } catch (error) {
        if (!(error instanceof ConflictError)) throw error;
      }
      const node = await coordinator.get(this.#path, { signal, sync: true });
      onLeader(node === null ? null : leaderOf(node));
      if (node !== null) await watch.changed(signal);
    }
  }

  async #leadWhile(sessions: Watch, node: CoordinatorNode, signal: AbortSignal): Promise<void> {
    const ending = new AbortController();
    const leading = this.#options.lead(AbortSignal.any([signal, ending.signal]));
    const watching = this.#watchSession(sessions, node, ending.signal);
    try {
      await Promise.race([leading, watching]);
    } finally {
      ending.abort();
      await Promise.allSettled([leading, watching]);
    }
  }

  /** Returns when the session that owns the node is over, or was silent for too long. */
  async #watchSession(sessions: Watch, node: CoordinatorNode, ended: AbortSignal): Promise<void> {
    while (!ended.aborted) {
      const session = this.#options.coordinator.session();
      if (session.kind === "closed" || session.id !== node.owner) return;
      let leftMs = Infinity;
      if (session.kind === "suspended") {
        leftMs = session.sinceMs + session.timeoutMs - performance.now();
        if (leftMs <= 0) return;
      }
      await changedWithin(sessions, ended, leftMs);
    }
  }

  /** The session lives on when only the lead was lost; the next one must not wait for its end. */
  async #giveBack(): Promise<void> {
    const { coordinator, self } = this.#options;
    const signal = AbortSignal.timeout(GIVE_BACK_MS);
    try {
      const node = await coordinator.get(this.#path, { sync: true, signal });
      if (node === null || leaderOf(node)?.id !== self.id) return;
      await coordinator.deleteIfVersion(this.#path, { version: node.version, signal });
    } catch {
      // The session's end removes the node, then.
    }
  }
}

async function changedWithin(watch: Watch, signal: AbortSignal, timeoutMs: number): Promise<void> {
  if (timeoutMs === Infinity) return await watch.changed(signal).catch(() => {});
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(), timeoutMs);
  try {
    await watch.changed(AbortSignal.any([signal, late.signal])).catch(() => {});
  } finally {
    clearTimeout(timer);
  }
}

function leaderOf(node: CoordinatorNode): LeaderNode | null {
  try {
    const { id, addr } = JSON.parse(node.data);
    return typeof id === "string" && typeof addr === "string" ? { id, addr } : null;
  } catch {
    return null;
  }
}
