/**
 * The topology of a proxy without a coordinator: one group per server, the slots in equal shares.
 *
 * @module
 */

import { addGroup, addServer } from "../../core/topology/edit_groups.ts";
import { initSlots } from "../../core/topology/edit_slots.ts";
import { type Change, emptyTopology } from "../../core/topology/topology.ts";
import { formatTopology } from "../../core/topology/topology_text.ts";

/** Returns the text for `proxy --topology FILE`, in front of servers on these ports of 127.0.0.1. */
export function fixedTopologyText(ports: readonly number[]): string {
  const change: Change = { id: "fixed", actor: "fixed", reason: "fixed topology" };
  let topology = emptyTopology(change);
  ports.forEach((port, index) => {
    const group = index + 1;
    const addr = `127.0.0.1:${port}`;
    topology = addGroup(topology, { id: group }, change);
    topology = addServer(topology, { group, server: { id: addr, addr, boot: null } }, change);
  });
  return formatTopology(initSlots(topology, ports.map((_, index) => index + 1), change));
}
