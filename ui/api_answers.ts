/**
 * What the dashboard reads from the REST API: the manager's answers, as far as pages show them.
 *
 * @module
 */

import type { TopologyDifference } from "../core/topology/diff_topology.ts";
import type { SlotEntry } from "../core/topology/topology.ts";

/** `GET /status` */
export interface Status {
  readonly product: string;
  readonly self: { readonly id: string; readonly addr: string };
  readonly leader: { readonly id: string; readonly addr: string } | null;
  readonly epoch: number;
  /** How the manager's session with the coordinator is. */
  readonly coordinator: "connected" | "suspended" | "closed";
}

/** A server of a group. */
export interface ServerView {
  readonly addr: string;
  readonly role: "master" | "replica";
  readonly reachable: boolean | null;
  readonly problem: string | null;
}

/** `GET /groups` */
export interface GroupView {
  readonly id: number;
  readonly kind: "codis-server" | "stock";
  readonly servers: readonly ServerView[];
  readonly slots: { readonly count: number; readonly text: string };
}

/** A server's own numbers. */
export interface ServerStats {
  readonly version: string;
  readonly uptimeSeconds: number;
  readonly clients: number;
  readonly opsPerSecond: number;
  readonly keys: number;
  readonly memoryBytes: number;
  readonly memoryBytesMax: number | null;
}

/** A registered proxy and its own numbers. */
export interface ProxyView {
  readonly id: string;
  readonly boot: string;
  readonly addr: string;
  readonly admin: string | null;
  readonly state: string;
  readonly wanted: "online" | "offline";
  readonly appliedEpoch: number | null;
  readonly version: string;
  readonly clients: number | null;
  readonly opsPerSecond: number | null;
}

/** The sums of one moment; null where nobody answered. */
export interface StatsSample {
  readonly atMs: number;
  readonly proxyOps: number | null;
  readonly serverOps: number | null;
  readonly keys: number | null;
  readonly memoryBytes: number | null;
  readonly clients: number | null;
}

/** `GET /stats` */
export interface StatsView {
  readonly intervalMs: number;
  /** The epoch that every proxy has had time to apply. */
  readonly settledEpoch: number | null;
  readonly servers: Readonly<Record<string, ServerStats | null>>;
  readonly proxies: readonly ProxyView[];
  readonly samples: readonly StatsSample[];
}

/** `GET /migrations` */
export interface MigrationView {
  readonly id: string;
  readonly range: readonly [number, number];
  readonly to: number;
  readonly delayMs: number;
  readonly state: "queued" | "running" | "paused" | "cancelling" | "done" | "cancelled" | "failed";
  readonly actor: string;
  readonly createdAt: string;
  readonly startedAt: string | null;
  readonly finishedAt: string | null;
  readonly slots: {
    readonly arrived: number;
    readonly onTheWay: number;
    readonly returning: number;
    readonly waiting: number;
  };
  readonly keys: {
    readonly moved: number;
    readonly left: number | null;
    readonly rate: number;
    readonly etaSeconds: number | null;
  };
  readonly receipt: { readonly moved: number; readonly sum: string };
  readonly problems: readonly string[];
}

/** `GET /migrations/plan` */
export interface MigrationPlan {
  readonly range: readonly [number, number];
  readonly to: number;
  readonly slotsThere: number;
  readonly sources: readonly {
    readonly group: number;
    readonly slots: { readonly count: number; readonly text: string };
    readonly keys: number | null;
  }[];
}

/** `GET /slots/:slot` */
export interface SlotView {
  readonly slot: number;
  readonly entry: SlotEntry;
  readonly keys: readonly { readonly group: number; readonly keys: number | null }[];
}

/** `GET /history` */
export interface HistoryEntry {
  readonly epoch: number;
  readonly change: { readonly actor: string; readonly reason: string };
  readonly differences: readonly TopologyDifference[];
}
