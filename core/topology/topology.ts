/**
 * The topology: one versioned document per product that says who owns what and what is moving.
 *
 * Everything a proxy, a manager or the dashboard does follows from it. It is never changed in place:
 * every edit is a pure function that returns the next document.
 *
 * Invariant: `epoch` grows by one per document. A slot's own `epoch` is that of the document in which
 * what its servers must hold last changed: fences carry it, so unrelated edits re-fence nothing.
 *
 * @module
 */

import type { EmptyTag } from "../slots.ts";

/** The layout this program reads and writes. */
export const TOPOLOGY_SCHEMA_VERSION = 1;

/** The highest group id; the lowest is 1. */
export const GROUP_ID_MAX = 9999;

/** How the keys of a slot travel. */
export type MigrationMethod = "keys" | "dump";

/** One server process of a group. */
export interface Server {
  /** Unique in the product. */
  readonly id: string;
  /** `host:port`. */
  readonly addr: string;
  /** The process start that the leader has admitted; null before it was first seen. */
  readonly boot: string | null;
}

/** What the servers of a group can do. */
export interface Capabilities {
  /** They hold fences and decide by themselves what a command may do. */
  readonly fence: boolean;
  /** The ways in which slots can move to and from them. */
  readonly methods: readonly MigrationMethod[];
  /** Of servers that cannot fence: whether they have ACL users, by which others can be shut out. */
  readonly acl?: boolean;
  /** Of servers that cannot fence: the program and its version, `redis 7.0.15`. */
  readonly version?: string;
}

/** What our own server can do. */
export const SERVER_CAPABILITIES: Capabilities = { fence: true, methods: ["keys"] };

/** What every stock Redis or Valkey can do; the rest is found when a server is added. */
export const STOCK_CAPABILITIES: Capabilities = { fence: false, methods: ["dump"] };

/** A master (the first server) and its replicas. */
export interface Group {
  /** The master first. */
  readonly servers: readonly Server[];
  /** What all of them can do. */
  readonly caps: Capabilities;
}

/** A slot's way from one group to another; slots that were started together share the id. */
export interface Migration {
  /** Names the migration. */
  readonly id: string;
  /** The group the keys leave. */
  readonly from: number;
  /** The group the keys go to. */
  readonly to: number;
  /** How they travel. */
  readonly method: MigrationMethod;
}

/** What both sides of a migration counted at the moment of each transfer. */
export interface Receipt {
  /** Keys moved. */
  readonly moved: number;
  /** Sum over hash(key, type, value, expiry), in hexadecimal. */
  readonly sum: string;
}

/** The rest of a finished migration: `group` has not yet confirmed that it closed the slot. */
export interface Closing {
  /** The migration's id. */
  readonly id: string;
  /** The group that gave the slot away. */
  readonly group: number;
  /** What both sides agreed on, when the slot was handed over. */
  readonly receipt?: Receipt;
}

/**
 * What the document says of one slot. `epoch` is the slot's; while a migration is there, its
 * `from` owns the slot.
 *
 * `opened`: the target stood at `importing` in this migration. From then on it may hold the only copy
 * of a key, and is never purged again.
 *
 * `holding`: the target was purged, and proxies hold the slot's requests until the phase ends; only by
 * the method `dump`.
 */
export type SlotEntry =
  | { readonly phase: "offline" }
  | {
    readonly phase: "stable";
    readonly epoch: number;
    readonly owner: number;
    readonly closing?: Closing;
  }
  | {
    readonly phase: "preparing";
    readonly epoch: number;
    readonly holding?: true;
    readonly migration: Migration;
  }
  | {
    readonly phase: "migrating";
    readonly epoch: number;
    readonly opened: boolean;
    readonly migration: Migration;
  }
  | { readonly phase: "returning"; readonly epoch: number; readonly migration: Migration };

/** Neighbouring slots with equal entries; `range` is first and last, both included. */
export type SlotRange =
  & { readonly range: readonly [number, number] }
  & Exclude<
    SlotEntry,
    { readonly phase: "offline" }
  >;

/** What holds for the whole product. */
export interface Settings {
  /** What `{}` in a key means. */
  readonly emptyTag: EmptyTag;
  /** Longest time a proxy holds a command for a newer topology before `-TRYAGAIN`. */
  readonly redirectTimeoutMs: number;
}

/** Who changed what and why; `id` tells one's own write from another's after a lost answer. */
export interface Change {
  /** Unique per change. */
  readonly id: string;
  /** A person, or a manager's id. */
  readonly actor: string;
  /** For the history. */
  readonly reason: string;
}

/** The document. Slots in no range are offline. */
export interface Topology {
  /** The layout. */
  readonly schemaVersion: typeof TOPOLOGY_SCHEMA_VERSION;
  /** Grows by one per write. */
  readonly epoch: number;
  /** Who may write: the epoch grows by one per claim. */
  readonly leader: { readonly epoch: number; readonly id: string };
  /** By group id. */
  readonly groups: Readonly<Record<string, Group>>;
  /** Ascending, without overlap. */
  readonly slots: readonly SlotRange[];
  /** What holds for every slot. */
  readonly settings: Settings;
  /** Who wrote this document. */
  readonly lastChange: Change;
}

/** An edit that the topology does not allow, or a document that is not one; nothing was changed. */
export class TopologyError extends Error {
  /** The class's name. */
  override name = "TopologyError";
}

/** Returns the first document of a product: no group, no slot. */
export function emptyTopology(change: Change, settings: Partial<Settings> = {}): Topology {
  return {
    schemaVersion: TOPOLOGY_SCHEMA_VERSION,
    epoch: 1,
    leader: { epoch: 0, id: "" },
    groups: {},
    slots: [],
    settings: { emptyTag: "hash-empty", redirectTimeoutMs: 5000, ...settings },
    lastChange: change,
  };
}

/** Returns the document that follows `topology`, with `fields` replaced. */
export function nextTopology(
  topology: Topology,
  fields: Partial<Pick<Topology, "leader" | "groups" | "slots" | "settings">>,
  change: Change,
): Topology {
  return { ...topology, ...fields, epoch: topology.epoch + 1, lastChange: change };
}

/** Returns a group. @throws {TopologyError} if there is none with this id. */
export function groupOf(topology: Pick<Topology, "groups">, id: number): Group {
  const group = topology.groups[id];
  if (group === undefined) {
    throw new TopologyError(`Cannot use group ${id}: there is no such group`);
  }
  return group;
}

/** Returns the master of a group; null while it has no server. */
export function masterOf(group: Group): Server | null {
  return group.servers[0] ?? null;
}

/** Returns the groups that have a part in a slot, the one that serves it first. */
export function participantsOf(entry: SlotEntry): number[] {
  switch (entry.phase) {
    case "offline":
      return [];
    case "stable":
      return entry.closing === undefined ? [entry.owner] : [entry.owner, entry.closing.group];
    case "preparing":
    case "migrating":
    case "returning":
      return [entry.migration.from, entry.migration.to];
  }
}
