/**
 * What the use cases work with. Each face (REST, CLI through REST, dashboard) calls the same use cases.
 *
 * @module
 */

import type { Coordinator } from "../core/coordinator/coordinator.ts";
import type { Credentials } from "../core/control_client.ts";
import type { Executor } from "./executor.ts";
import type { JobStore } from "./job_store.ts";
import type { LeaderNode } from "./leadership.ts";
import type { TopologyStore } from "./topology_store.ts";

/** One manager's view of one product. */
export interface ControlPlane {
  readonly product: string;
  readonly coordinator: Coordinator;
  readonly store: TopologyStore;
  readonly jobs: JobStore;
  readonly credentials: Credentials | undefined;
  /** The work under way; null while this manager does not lead. */
  executor(): Executor | null;
  /** Who leads, as far as is known. */
  leader(): LeaderNode | null;
  /** Aborts when the leader is another one than now. */
  leaderChange(): AbortSignal;
}

/** Who asks for a change; recorded with it. */
export interface Asker {
  readonly actor: string;
}
