/**
 * A coordinator for tests and for one process that keeps nothing: many sessions over one map.
 *
 * @module
 */

import type { LocalSession } from "./local_session.ts";
import { MemoryNodeStore } from "./memory_node_store.ts";
import { type HostingSource, SessionHost } from "./session_host.ts";

/** Sessions over one map. They can be expired, suspended and made to lose answers. */
export class MemoryCoordinator implements HostingSource {
  readonly url = "memory:";
  readonly host: SessionHost = new SessionHost(new MemoryNodeStore());

  connect(): Promise<LocalSession> {
    return this.host.connect();
  }

  close(): Promise<void> {
    return this.host.close();
  }

  /** Closes it. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
