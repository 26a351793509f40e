/**
 * Edits of groups and servers. Each returns the next document, or throws and says why not.
 *
 * Invariant: whenever another process becomes the one that answers for a slot, that slot gets a new
 * epoch, so no fence, answer or token that was meant for the process before it is valid any more.
 *
 * @module
 */

import { compressSlots, expandSlots, formatSlots } from "./slot_table.ts";
import {
  type Capabilities,
  type Change,
  type Group,
  GROUP_ID_MAX,
  groupOf,
  masterOf,
  nextTopology,
  participantsOf,
  type Server,
  SERVER_CAPABILITIES,
  type SlotEntry,
  type SlotRange,
  type Topology,
  TopologyError,
} from "./topology.ts";

/** Adds an empty group. */
export function addGroup(
  topology: Topology,
  group: { id: number; caps?: Capabilities },
  change: Change,
): Topology {
  const { id, caps = SERVER_CAPABILITIES } = group;
  if (!Number.isInteger(id) || id < 1 || id > GROUP_ID_MAX) {
    throw new TopologyError(`Cannot add group ${id}: want an id of 1 to ${GROUP_ID_MAX}`);
  }
  if (topology.groups[id] !== undefined) {
    throw new TopologyError(`Cannot add group ${id}: it is there already`);
  }
  return withGroup(topology, { id, group: { servers: [], caps } }, change);
}

/** Removes a group that has no part in any slot. */
export function removeGroup(topology: Topology, id: number, change: Change): Topology {
  groupOf(topology, id);
  const slots = slotsWith(topology, id);
  if (slots.length > 0) {
    throw new TopologyError(
      `Cannot remove group ${id}: it has a part in slots ${formatSlots(slots)}; migrate them first`,
    );
  }
  const { [id]: _removed, ...groups } = topology.groups;
  return nextTopology(topology, { groups }, change);
}

/**
 * Adds a server: the first of a group is its master, the others are replicas. `caps` is what was found
 * out about the server; without it, the group's stays.
 */
export function addServer(
  topology: Topology,
  place: { group: number; server: Server; caps?: Capabilities },
  change: Change,
): Topology {
  const { group: id, server, caps } = place;
  for (const [otherId, other] of Object.entries(topology.groups)) {
    for (const known of other.servers) {
      if (known.id !== server.id && known.addr !== server.addr) continue;
      throw new TopologyError(
        `Cannot add server "${server.id}" at ${server.addr} to group ${id}: ` +
          `group ${otherId} has server "${known.id}" at ${known.addr}`,
      );
    }
  }
  const group = groupOf(topology, id);
  const servers = [...group.servers, server];
  return withGroup(topology, { id, group: { servers, caps: caps ?? group.caps } }, change);
}

/** Removes a replica, or the last server of a group without slots. */
export function removeServer(
  topology: Topology,
  place: { group: number; server: string },
  change: Change,
): Topology {
  const { group: id, server } = place;
  const group = groupOf(topology, id);
  const index = serverIndex(group, place);
  const slots = slotsWith(topology, id);
  if (index === 0 && (group.servers.length > 1 || slots.length > 0)) {
    const todo = group.servers.length > 1
      ? "remove its replicas first"
      : `migrate slots ${formatSlots(slots)} first`;
    throw new TopologyError(
      `Cannot remove server "${server}": it is the master of group ${id}; ${todo}`,
    );
  }
  const servers = group.servers.toSpliced(index, 1);
  return withGroup(topology, { id, group: { ...group, servers } }, change);
}

/** Admits a new start of a server. If it is the master, its slots get a new epoch, in the same phase. */
export function setServerBoot(
  topology: Topology,
  place: { group: number; server: string; boot: string },
  change: Change,
): Topology {
  const group = groupOf(topology, place.group);
  const index = serverIndex(group, place);
  const servers = group.servers.with(index, { ...group.servers[index]!, boot: place.boot });
  const next = withGroup(topology, { id: place.group, group: { ...group, servers } }, change);
  if (index > 0) return next;
  return { ...next, slots: renewEpochs(topology, place.group, next.epoch) };
}

/** Returns the slots in which a group has a part, ascending. */
export function slotsWith(topology: Topology, group: number): number[] {
  return expandSlots(topology).flatMap((entry, slot) =>
    participantsOf(entry).includes(group) ? [slot] : []
  );
}

/** Returns the master of a group that is to take slots. @throws {TopologyError} if it has none. */
export function requireMaster(topology: Topology, id: number): Server {
  const master = masterOf(groupOf(topology, id));
  if (master === null) {
    throw new TopologyError(`Cannot give slots to group ${id}: it has no server; add one first`);
  }
  return master;
}

function renewEpochs(topology: Topology, group: number, epoch: number): SlotRange[] {
  return compressSlots(
    expandSlots(topology).map((entry): SlotEntry =>
      entry.phase !== "offline" && participantsOf(entry).includes(group)
        ? { ...entry, epoch }
        : entry
    ),
  );
}

function serverIndex(group: Group, place: { group: number; server: string }): number {
  const index = group.servers.findIndex((server) => server.id === place.server);
  if (index >= 0) return index;
  throw new TopologyError(
    `Cannot use server "${place.server}": group ${place.group} has none of it`,
  );
}

function withGroup(
  topology: Topology,
  place: { id: number; group: Group },
  change: Change,
): Topology {
  return nextTopology(
    topology,
    { groups: { ...topology.groups, [place.id]: place.group } },
    change,
  );
}
