/**
 * The history: who changed what, when and why, as the kept documents tell.
 *
 * @module
 */

import { diffTopology, type TopologyDifference } from "../core/topology/diff_topology.ts";
import { listHistory, loadHistory } from "../core/topology/save_topology.ts";
import type { Change, Topology } from "../core/topology/topology.ts";
import type { ControlPlane } from "./control_plane.ts";
import { ManagerError } from "./manager_error.ts";

/** One change of the topology. */
export interface HistoryEntry {
  readonly epoch: number;
  readonly change: Change;
  /** What was different from the document before; empty for the first that is kept. */
  readonly differences: readonly TopologyDifference[];
}

/** Returns the latest changes, newest first. */
export async function listChanges(plane: ControlPlane, countMax: number): Promise<HistoryEntry[]> {
  const { coordinator, product, store } = plane;
  const epochs = (await listHistory(coordinator, product)).filter((epoch) =>
    epoch < store.topology.epoch
  );
  const entries: HistoryEntry[] = [];
  let after = store.topology;
  for (const epoch of epochs.reverse()) {
    if (entries.length === countMax) return entries;
    const before = await loadHistory(coordinator, product, { epoch });
    if (before === null) continue;
    entries.push(entryOf(after, diffTopology(before, after)));
    after = before;
  }
  if (entries.length < countMax) entries.push(entryOf(after, []));
  return entries;
}

/** Returns the document that had `epoch`. */
export async function getTopologyAt(plane: ControlPlane, epoch: number): Promise<Topology> {
  const { coordinator, product, store } = plane;
  if (epoch === store.topology.epoch) return store.topology;
  const topology = await loadHistory(coordinator, product, { epoch });
  if (topology !== null) return topology;
  throw new ManagerError(
    "not-found",
    `Cannot find topology epoch ${epoch}: it is not, or no longer, in the history`,
    `The latest is ${store.topology.epoch}`,
  );
}

function entryOf(topology: Topology, differences: readonly TopologyDifference[]): HistoryEntry {
  return { epoch: topology.epoch, change: topology.lastChange, differences };
}
