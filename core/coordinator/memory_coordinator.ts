/**
 * A coordinator for tests and for one process that keeps nothing: many sessions over one map.
 *
 * @module
 */

import type { CoordinatorSource } from "./coordinator.ts";
import { CoordinatorClosedError } from "./coordinator_error.ts";
import { LocalSession, type SessionHost } from "./local_session.ts";
import { MemoryNodeStore } from "./memory_node_store.ts";

/** Sessions over one map. They can be expired, suspended and made to lose answers. */
export class MemoryCoordinator implements CoordinatorSource {
  readonly url = "memory:";
  readonly #host: SessionHost = { store: new MemoryNodeStore(), sessions: new Set() };
  #closed = false;

  connect(): Promise<LocalSession> {
    if (this.#closed) {
      return Promise.reject(
        new CoordinatorClosedError("Cannot connect: the coordinator is closed"),
      );
    }
    return Promise.resolve(new LocalSession(this.#host));
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const session of [...this.#host.sessions]) await session.close();
    this.#host.store.close();
  }

  /** Closes it. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
