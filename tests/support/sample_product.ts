/**
 * A product as the dashboard reads it: two groups that share the slots, one proxy, nothing moving.
 *
 * @module
 */

import { SLOT_COUNT } from "../../core/slots.ts";
import { expandSlots } from "../../core/topology/slot_table.ts";
import type { SlotRange } from "../../core/topology/topology.ts";
import type { MigrationView, ProxyView, ServerStats, StatsSample } from "../../ui/api_answers.ts";
import type { ProductView } from "../../ui/product_view.ts";

/** What a server says that is well. */
export const SAMPLE_STATS: ServerStats = {
  version: "7.0.15",
  uptimeSeconds: 90,
  clients: 2,
  opsPerSecond: 1200,
  keys: 34_567,
  memoryBytes: 5 * 2 ** 20,
  memoryBytesMax: null,
};

/** A proxy that is well. */
export const SAMPLE_PROXY: ProxyView = {
  id: "proxy-1",
  boot: "b1",
  addr: "127.0.0.1:19000",
  admin: "127.0.0.1:11080",
  state: "online",
  wanted: "online",
  appliedEpoch: 7,
  version: "0.1.0",
  clients: 3,
  opsPerSecond: 2400,
};

/** The sums of a moment. */
export const SAMPLE_POINT: StatsSample = {
  atMs: 1000,
  proxyOps: 2400,
  serverOps: 2500,
  keys: 69_134,
  memoryBytes: 10 * 2 ** 20,
  clients: 3,
};

/** A migration half-way. */
export const SAMPLE_MIGRATION: MigrationView = {
  id: "m-1",
  range: [0, 99],
  to: 2,
  delayMs: 0,
  state: "running",
  actor: "ann",
  createdAt: "2026-01-02T03:04:05.000Z",
  startedAt: "2026-01-02T03:04:06.000Z",
  finishedAt: null,
  slots: { arrived: 40, onTheWay: 16, returning: 0, waiting: 44 },
  keys: { moved: 5000, left: 5000, rate: 1000, etaSeconds: 5 },
  receipt: { moved: 4000, sum: "ab12" },
  problems: [],
};

/** Returns the sample, with `changes`. */
export function sampleProduct(
  changes: Partial<ProductView> & { readonly ranges?: readonly SlotRange[] } = {},
): ProductView {
  const ranges = changes.ranges ?? [
    { range: [0, 511], phase: "stable", epoch: 2, owner: 1 },
    { range: [512, SLOT_COUNT - 1], phase: "stable", epoch: 2, owner: 2 },
  ];
  return {
    status: {
      product: "shop",
      self: { id: "manager-1", addr: "http://127.0.0.1:18087" },
      leader: { id: "manager-1", addr: "http://127.0.0.1:18087" },
      epoch: 7,
      coordinator: "connected",
    },
    groups: [1, 2].map((id) => ({
      id,
      kind: "codis-server",
      servers: [{
        addr: `127.0.0.1:638${id}`,
        role: "master",
        reachable: true,
        problem: null,
      }],
      slots: { count: 512, text: id === 1 ? "0-511" : "512-1023" },
    })),
    ranges,
    table: expandSlots({ slots: ranges }),
    migrations: [],
    stats: {
      intervalMs: 1000,
      settledEpoch: 7,
      servers: { "127.0.0.1:6381": SAMPLE_STATS, "127.0.0.1:6382": SAMPLE_STATS },
      proxies: [SAMPLE_PROXY],
      samples: [SAMPLE_POINT],
    },
    ...changes,
  };
}
