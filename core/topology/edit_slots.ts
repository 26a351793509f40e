/**
 * Edits that begin something with slots: who owns them at first, and where they are to go.
 * What follows, phase by phase, is in `advance_slots.ts`.
 *
 * @module
 */

import { SLOT_COUNT } from "../slots.ts";
import { requireMaster } from "./edit_groups.ts";
import { compressSlots, expandSlots, formatSlots, slotsOfRange } from "./slot_table.ts";
import {
  type Capabilities,
  type Change,
  groupOf,
  type MigrationMethod,
  nextTopology,
  type SlotEntry,
  type Topology,
  TopologyError,
} from "./topology.ts";

/** Slots that a group is to own. */
export interface Assignment {
  /** The owner to be. */
  readonly group: number;
  /** First and last, both included. */
  readonly range: readonly [number, number];
}

/**
 * Gives slots to groups. Without `force` only offline slots are given: an owned slot has keys, and
 * keys move by migration. With `force` an owned slot changes hands and **its keys are abandoned**.
 *
 * @throws {TopologyError} naming the slots that stand in the way.
 */
export function assignSlots(
  topology: Topology,
  wanted: { assignments: readonly Assignment[]; force?: boolean },
  change: Change,
): Topology {
  const table = expandSlots(topology);
  const epoch = topology.epoch + 1;
  const refused = new Set<number>();
  for (const { group: owner, range } of wanted.assignments) {
    requireMaster(topology, owner);
    for (const slot of slotsOfRange(...range)) {
      const entry = assignedEntry(table[slot]!, { owner, epoch, id: change.id, ...wanted });
      if (entry === null) refused.add(slot);
      else table[slot] = entry;
    }
  }
  if (refused.size > 0) {
    const slots = formatSlots([...refused].sort((left, right) => left - right));
    const todo = wanted.force === true ? "wait for their migration" : "migrate them";
    throw new TopologyError(`Cannot assign slots ${slots}: they belong to another group; ${todo}`);
  }
  return nextTopology(topology, { slots: compressSlots(table) }, change);
}

/** Gives all slots to `groups` in equal, contiguous shares; the first groups take what is over. */
export function initSlots(topology: Topology, groups: readonly number[], change: Change): Topology {
  if (groups.length === 0 || groups.length > SLOT_COUNT) {
    throw new TopologyError(`Cannot share slots among ${groups.length} groups: want 1 to 1024`);
  }
  const assignments = groups.map((group, index): Assignment => ({
    group,
    range: [shareStart(index, groups.length), shareStart(index + 1, groups.length) - 1],
  }));
  return assignSlots(topology, { assignments }, change);
}

/** What is to move where. */
export interface MigrationOrder {
  /** Names the migration; one per order. */
  readonly id: string;
  /** First and last, both included. */
  readonly range: readonly [number, number];
  /** The group they go to. */
  readonly to: number;
  /** How their keys travel. */
  readonly method: MigrationMethod;
}

/**
 * Begins to move every slot of the range that is not on `to` already.
 *
 * @throws {TopologyError} if a slot is offline or moving, the method does not fit, or none is left.
 */
export function startMigration(
  topology: Topology,
  order: MigrationOrder,
  change: Change,
): Topology {
  const { id, to, method } = order;
  requireMaster(topology, to);
  const table = expandSlots(topology);
  const epoch = topology.epoch + 1;
  let moving = 0;
  for (const slot of slotsOfRange(...order.range)) {
    const entry = table[slot]!;
    if (entry.phase === "stable" && entry.owner === to) continue;
    if (entry.phase !== "stable" || entry.closing !== undefined) {
      throw new TopologyError(`Cannot migrate slot ${slot}: ${whyNotStable(entry)}`);
    }
    if (methodBetween(topology, { from: entry.owner, to }) !== method) {
      throw new TopologyError(
        `Cannot migrate slot ${slot} by "${method}": groups ${entry.owner} and ${to} cannot`,
      );
    }
    const migration = { id, from: entry.owner, to, method };
    table[slot] = { phase: "preparing", epoch, migration };
    moving++;
  }
  if (moving === 0) {
    throw new TopologyError(
      `Cannot migrate slots ${order.range.join("-")}: all are on group ${to}`,
    );
  }
  return nextTopology(topology, { slots: compressSlots(table) }, change);
}

/**
 * Returns how slots move from one group to another.
 *
 * @throws {TopologyError} naming both groups, if there is no way, or none that loses nothing.
 */
export function methodBetween(
  topology: Topology,
  groups: { readonly from: number; readonly to: number },
): MigrationMethod {
  const { from, to } = groups;
  const [source, target] = [groupOf(topology, from).caps, groupOf(topology, to).caps];
  const method = source.methods.find((method) => target.methods.includes(method));
  if (method === undefined) {
    const kindOf = (caps: Capabilities) => caps.fence ? "codis-servers" : "stock servers";
    throw new TopologyError(
      `Cannot migrate slots from group ${from} to group ${to}: group ${from} has ` +
        `${kindOf(source)}, group ${to} has ${
          kindOf(target)
        }; slots move between groups of one kind`,
    );
  }
  const open = [from, to].find((id) => method === "dump" && topology.groups[id]!.caps.acl !== true);
  if (open === undefined) return method;
  throw new TopologyError(
    `Cannot migrate slots from group ${from} to group ${to}: the servers of group ${open} have no ` +
      "ACL users that the manager may make, so a silent proxy could not be shut out; " +
      "Redis 6 or newer, and a server user that may use ACL, are needed",
  );
}

function shareStart(index: number, groups: number): number {
  const whole = Math.floor(SLOT_COUNT / groups);
  return index * whole + Math.min(index, SLOT_COUNT % groups);
}

function assignedEntry(
  entry: SlotEntry,
  wanted: { owner: number; epoch: number; id: string; force?: boolean },
): SlotEntry | null {
  const { owner, epoch, id } = wanted;
  if (entry.phase === "offline") return { phase: "stable", epoch, owner };
  if (entry.phase !== "stable") return null;
  if (entry.owner === owner) return entry;
  if (wanted.force !== true || entry.closing !== undefined) return null;
  return { phase: "stable", epoch, owner, closing: { id, group: entry.owner } };
}

function whyNotStable(entry: SlotEntry): string {
  if (entry.phase === "offline") return "it is offline; assign it first";
  if (entry.phase === "stable") {
    return `group ${entry.closing?.group} has not yet confirmed that it closed it`;
  }
  return `it is ${entry.phase} to group ${entry.migration.to} (migration "${entry.migration.id}")`;
}
