/**
 * What a product's history must look like whatever was stopped, killed and started again.
 *
 * Invariant: the documents kept are those of consecutive epochs up to the one before the present, whose
 * own copy may be there too if a write stopped half-way; and no epoch of a leader or a slot ever falls.
 *
 * @module
 */

import type { Coordinator } from "../../core/coordinator/coordinator.ts";
import { listHistory, loadHistory, loadTopology } from "../../core/topology/save_topology.ts";
import { expandSlots } from "../../core/topology/slot_table.ts";
import type { SlotEntry, Topology } from "../../core/topology/topology.ts";
import { formatTopology } from "../../core/topology/topology_text.ts";

/** What is wrong with the history, one sentence per fault; empty when nothing is. */
export async function faultsOfHistory(
  coordinator: Coordinator,
  product: string,
): Promise<string[]> {
  const faults: string[] = [];
  const present = (await loadTopology(coordinator, product))!.topology;
  const epochs = await listHistory(coordinator, product);
  let before: Topology | undefined;
  for (const epoch of epochs) {
    const document = (await loadHistory(coordinator, product, { epoch }))!;
    if (document.epoch !== epoch) faults.push(`history ${epoch} holds epoch ${document.epoch}`);
    if (before !== undefined) faults.push(...faultsBetween(before, document));
    before = document;
  }
  if (before === undefined) return faults;
  if (before.epoch < present.epoch) faults.push(...faultsBetween(before, present));
  else if (formatTopology(before) !== formatTopology(present)) {
    faults.push(`history ${before.epoch} is another document than the present one`);
  }
  return faults;
}

function faultsBetween(before: Topology, after: Topology): string[] {
  const faults: string[] = [];
  if (after.epoch !== before.epoch + 1) {
    faults.push(`epoch ${after.epoch} follows ${before.epoch}`);
  }
  if (after.leader.epoch < before.leader.epoch) {
    faults.push(`epoch ${after.epoch}: the leader's epoch falls to ${after.leader.epoch}`);
  }
  const earlier = expandSlots(before);
  expandSlots(after).forEach((entry, slot) => {
    const [from, to] = [epochOf(earlier[slot]!), epochOf(entry)];
    if (to >= from && to <= after.epoch) return;
    faults.push(`epoch ${after.epoch}: slot ${slot} goes from epoch ${from} to ${to}`);
  });
  return faults;
}

function epochOf(entry: SlotEntry): number {
  return entry.phase === "offline" ? 0 : entry.epoch;
}
