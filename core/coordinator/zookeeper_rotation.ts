/**
 * Which member of an ensemble is tried next, and when.
 *
 * Invariant: every member is tried once before any is tried again, and each further round waits longer,
 * up to a limit; the waits are random so that clients that lost a member together do not come back
 * together.
 *
 * @module
 */

import type { ZookeeperServer } from "./zookeeper_address.ts";

/** Pause before a round after the first, milliseconds: grows from `min`, and no wait is above `max`. */
const ROUND_PAUSE_MS = { min: 100, max: 2000 };

/** A member to try. */
export interface Attempt {
  readonly server: ZookeeperServer;
  /** Pause before it. */
  readonly delayMs: number;
}

/** The order in which one client tries an ensemble's members. */
export class ZookeeperRotation {
  readonly #servers: readonly ZookeeperServer[];
  readonly #random: () => number;
  #next = 0;
  #tried = 0;

  /** Shuffles `servers`; `random` is as `Math.random`. */
  constructor(servers: readonly ZookeeperServer[], random: () => number = Math.random) {
    this.#random = random;
    this.#servers = servers
      .map((server) => ({ server, place: random() }))
      .sort((left, right) => left.place - right.place)
      .map(({ server }) => server);
  }

  /** The member to try now. */
  attempt(): Attempt {
    const server = this.#servers[this.#next]!;
    this.#next = (this.#next + 1) % this.#servers.length;
    const round = Math.floor(this.#tried++ / this.#servers.length);
    const pauseMs = Math.min(ROUND_PAUSE_MS.min * 2 ** round, ROUND_PAUSE_MS.max);
    return { server, delayMs: round === 0 ? 0 : pauseMs * (0.5 + this.#random() / 2) };
  }

  /** A member took the session: the next loss begins a first round, with another member. */
  succeeded(): void {
    this.#tried = 0;
  }
}
