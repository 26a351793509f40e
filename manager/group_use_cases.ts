/**
 * Groups and servers: what can be asked about them and done to them.
 *
 * @module
 */

import { formatAddress, parseAddress } from "../core/address.ts";
import { isErrorReply } from "../core/control_client.ts";
import {
  addGroup,
  addServer,
  removeGroup,
  removeServer,
  slotsWith,
} from "../core/topology/edit_groups.ts";
import { formatSlots } from "../core/topology/slot_table.ts";
import {
  type Capabilities,
  type Group,
  groupOf,
  SERVER_CAPABILITIES,
  STOCK_CAPABILITIES,
  type Topology,
} from "../core/topology/topology.ts";
import { askServer } from "./ask_server.ts";
import type { Asker, ControlPlane } from "./control_plane.ts";
import { identifyServer } from "./identify_server.ts";
import { ManagerError } from "./manager_error.ts";
import { requireEmptyTag } from "./settings_use_cases.ts";

/** What kind of servers a group has. */
export type GroupKind = "codis-server" | "stock";

/** A server as people see it. */
export interface ServerView {
  readonly addr: string;
  readonly role: "master" | "replica";
  /** The start that the topology has admitted. */
  readonly boot: string | null;
  /** Whether the leader talks to it; null if it does not try, or this manager does not lead. */
  readonly reachable: boolean | null;
  /** Why it does not do what it is told. */
  readonly problem: string | null;
}

/** A group as people see it. */
export interface GroupView {
  readonly id: number;
  readonly kind: GroupKind;
  /** What its servers can do, as found when they were added. */
  readonly caps: Capabilities;
  readonly servers: readonly ServerView[];
  /** Slots in which it has a part. */
  readonly slots: { readonly count: number; readonly text: string };
}

const CAPABILITIES: Readonly<Record<GroupKind, Capabilities>> = {
  "codis-server": SERVER_CAPABILITIES,
  stock: STOCK_CAPABILITIES,
};

/** Returns all groups, by id. */
export function listGroups(plane: ControlPlane): GroupView[] {
  const { topology } = plane.store;
  return Object.entries(topology.groups).map(([id, group]) =>
    groupView(plane, topology, { id: Number(id), group })
  );
}

/** Returns one group. */
export function getGroup(plane: ControlPlane, id: number): GroupView {
  const { topology } = plane.store;
  return groupView(plane, topology, { id, group: groupInProduct(topology, id) });
}

/** Adds an empty group. */
export async function createGroup(
  plane: ControlPlane,
  order: { readonly id: number; readonly kind: GroupKind },
  asker: Asker,
): Promise<GroupView> {
  const caps = CAPABILITIES[order.kind];
  await plane.store.change(
    { ...asker, reason: `add group ${order.id}` },
    (topology, change) => addGroup(topology, { id: order.id, caps }, change),
  );
  return getGroup(plane, order.id);
}

/** Removes a group that has no part in any slot. */
export async function deleteGroup(plane: ControlPlane, id: number, asker: Asker): Promise<void> {
  groupInProduct(plane.store.topology, id);
  await plane.store.change(
    { ...asker, reason: `remove group ${id}` },
    (topology, change) => removeGroup(topology, id, change),
  );
}

/**
 * Adds a server that answers. The first of a group is its master; another one is told to follow that.
 *
 * @throws {ManagerError} if it does not answer, is not of the group's kind, or has another role to play.
 */
export async function createServer(
  plane: ControlPlane,
  order: {
    readonly group: number;
    readonly addr: string;
    readonly role?: "master" | "replica" | undefined;
  },
  asker: Asker,
): Promise<GroupView> {
  const { group: id } = order;
  const address = parseAddress(order.addr);
  const addr = formatAddress(address);
  const group = groupInProduct(plane.store.topology, id);
  checkRole(group, { ...order, addr });
  const { boot, caps } = await identify(plane, { id, group, addr });
  if (group.caps.fence) {
    await requireEmptyTag(plane, { addr, emptyTag: plane.store.topology.settings.emptyTag });
  }
  const master = group.servers[0];
  if (master !== undefined) await follow(plane, { master: master.addr, replica: addr });
  await plane.store.change(
    { ...asker, reason: `add server ${addr} to group ${id}` },
    (topology, change) =>
      addServer(topology, { group: id, server: { id: addr, addr, boot }, caps }, change),
  );
  return getGroup(plane, id);
}

/** Removes a replica, or the last server of a group without slots. */
export async function deleteServer(
  plane: ControlPlane,
  order: { readonly group: number; readonly addr: string },
  asker: Asker,
): Promise<GroupView> {
  const { group: id } = order;
  const addr = formatAddress(parseAddress(order.addr));
  const server = groupInProduct(plane.store.topology, id).servers.find((one) => one.addr === addr);
  if (server === undefined) {
    throw new ManagerError("not-found", `Cannot remove ${addr}: group ${id} has no such server`);
  }
  await plane.store.change(
    { ...asker, reason: `remove server ${addr} from group ${id}` },
    (topology, change) => removeServer(topology, { group: id, server: server.id }, change),
  );
  return getGroup(plane, id);
}

/** Returns a group of the product. @throws {ManagerError} `not-found`, naming those there are. */
export function groupInProduct(topology: Topology, id: number): Group {
  if (topology.groups[id] !== undefined) return groupOf(topology, id);
  const ids = Object.keys(topology.groups).join(", ");
  throw new ManagerError(
    "not-found",
    `Cannot find group ${id}: there ${ids === "" ? "is no group yet" : `are groups ${ids}`}`,
    `Add it: server add-group ${id}`,
  );
}

function checkRole(
  group: Group,
  order: { readonly group: number; readonly addr: string; readonly role?: string | undefined },
): void {
  const { group: id, addr, role } = order;
  const master = group.servers[0];
  if (role === "replica" && master === undefined) {
    throw new ManagerError(
      "conflict",
      `Cannot add ${addr} as a replica: group ${id} has no master yet`,
      "Add the master first",
    );
  }
  if (role === "master" && master !== undefined) {
    throw new ManagerError(
      "conflict",
      `Cannot add ${addr} as the master: group ${id} has ${master.addr}`,
      "Add it as a replica",
    );
  }
}

/** Who answers at the address, if it fits the group: its servers are of one kind. */
async function identify(
  plane: ControlPlane,
  place: { readonly id: number; readonly group: Group; readonly addr: string },
): Promise<{ readonly boot: string | null; readonly caps: Capabilities }> {
  const { id, addr, group } = place;
  const identity = await identifyServer({ addr, credentials: plane.credentials });
  if (group.caps.fence !== (identity.kind === "codis-server")) {
    throw new ManagerError(
      "conflict",
      identity.kind === "stock"
        ? `Cannot add ${addr}: it is ${identity.caps.version}, group ${id} is one of codis-servers`
        : `Cannot add ${addr}: it is a codis-server, group ${id} is one of stock servers`,
      identity.kind === "stock"
        ? "A stock Redis or Valkey needs a group made with --stock"
        : "A codis-server needs a group made without --stock",
    );
  }
  if (identity.kind === "stock") {
    checkAlike(place, identity.caps);
    return { boot: null, caps: group.servers.length === 0 ? identity.caps : group.caps };
  }
  const { boot, leaderEpoch } = identity.boot;
  const epoch = plane.store.topology.leader.epoch;
  if (leaderEpoch <= epoch) return { boot, caps: group.caps };
  throw new ManagerError(
    "conflict",
    `Cannot add ${addr}: it obeys leader epoch ${leaderEpoch}, this product is at ${epoch}`,
    "It belongs to another product; start it with an empty data directory",
  );
}

/** A replica takes its master's place one day, so it must be able to do the same. */
function checkAlike(
  place: { readonly id: number; readonly group: Group; readonly addr: string },
  caps: Capabilities,
): void {
  const { id, addr, group } = place;
  if (group.servers.length === 0 || group.caps.acl === caps.acl) return;
  const has = (acl: boolean | undefined) => acl === true ? "with" : "without";
  throw new ManagerError(
    "conflict",
    `Cannot add ${addr}: it is ${caps.version} ${has(caps.acl)} ACL users, ` +
      `group ${id} is ${group.caps.version} ${has(group.caps.acl)}`,
    "The servers of a group must be alike: see `server list`",
  );
}

async function follow(
  plane: ControlPlane,
  pair: { readonly master: string; readonly replica: string },
): Promise<void> {
  const { host, port } = parseAddress(pair.master);
  const question = { addr: pair.replica, credentials: plane.credentials };
  const reply = await askServer(question, ["REPLICAOF", host, port]);
  if (!isErrorReply(reply)) return;
  throw new ManagerError(
    "conflict",
    `Cannot add ${pair.replica}: told to follow ${pair.master}, it answered "${reply.error}"`,
  );
}

function groupView(
  plane: ControlPlane,
  topology: Topology,
  place: { readonly id: number; readonly group: Group },
): GroupView {
  const { id, group } = place;
  const slots = slotsWith(topology, id);
  return {
    id,
    kind: group.caps.fence ? "codis-server" : "stock",
    caps: group.caps,
    servers: group.servers.map(({ id: server, addr, boot }, index) => {
      const status = plane.executor()?.statusOf(server) ?? null;
      return {
        addr,
        role: index === 0 ? "master" : "replica",
        boot,
        reachable: status?.reachable ?? null,
        problem: status?.problem ?? null,
      };
    }),
    slots: { count: slots.length, text: formatSlots(slots) },
  };
}
