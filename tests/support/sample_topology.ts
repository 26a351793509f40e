/**
 * Topologies for tests: two groups of one server, slots 0 to 3 on group 1.
 *
 * @module
 */

import { addGroup, addServer } from "../../core/topology/edit_groups.ts";
import { assignSlots } from "../../core/topology/edit_slots.ts";
import { compressSlots, expandSlots } from "../../core/topology/slot_table.ts";
import {
  type Change,
  emptyTopology,
  type SlotEntry,
  type Topology,
} from "../../core/topology/topology.ts";

/** Who changes things in tests. */
export const SAMPLE_CHANGE: Change = { id: "change-1", actor: "test", reason: "sample" };

/** Returns groups 1 and 2, each with a server that is known to have started once. */
export function sampleGroups(count = 2): Topology {
  let topology = emptyTopology(SAMPLE_CHANGE);
  for (let group = 1; group <= count; group++) {
    topology = addGroup(topology, { id: group }, SAMPLE_CHANGE);
    const server = { id: `s${group}`, addr: `h${group}:6379`, boot: `boot-${group}` };
    topology = addServer(topology, { group, server }, SAMPLE_CHANGE);
  }
  return topology;
}

/** Returns the sample with slots 0 to 3 on group 1, at epoch 6. */
export function sampleTopology(): Topology {
  const assignments = [{ group: 1, range: [0, 3] as const }];
  return assignSlots(sampleGroups(), { assignments }, SAMPLE_CHANGE);
}

/** Returns the sample with `entry` in slot 0. */
export function sampleWith(entry: SlotEntry): Topology {
  const topology = sampleTopology();
  return { ...topology, slots: compressSlots(expandSlots(topology).with(0, entry)) };
}
