/**
 * What can happen to a slot's entry after a migration began, as pure steps.
 *
 * ```text
 * stable(A) → preparing → migrating → migrating, opened → stable(B), closing A → stable(B)
 *                 │           │              │ cancel
 *                 └→ stable(A)┘              returning → migrating, opened, B to A → …
 *
 * by dump:   preparing → preparing, holding → migrating, opened → stable(B), closing A → …
 * ```
 *
 * Invariant: a step names the slot epoch it was decided at, and is refused at any other; so what was
 * observed before somebody else's write never decides anything.
 *
 * @module
 */

import { compressSlots, expandSlots } from "./slot_table.ts";
import {
  type Change,
  nextTopology,
  participantsOf,
  type Receipt,
  type SlotEntry,
  type Topology,
  TopologyError,
} from "./topology.ts";

/** One step of one slot. */
export type Advance =
  & { readonly slot: number; readonly slotEpoch: number }
  & (
    /** By dump: the target is empty, the proxies are to hold the slot. */
    | { readonly step: "hold" }
    /** Both servers stand ready: the move may begin. */
    | { readonly step: "open" }
    /** The target stands at `importing`: from now on it may hold live keys. */
    | { readonly step: "opened" }
    /** The source is empty and both sides agree on what went over. */
    | { readonly step: "hand-over"; readonly receipt: Receipt }
    /** The side that gave the slot away has closed it. */
    | { readonly step: "close" }
    /** Both sides hold: the directions swap. */
    | { readonly step: "turn-back" }
    /** The operator wants the slot back where it came from. */
    | { readonly step: "cancel" }
  );

/**
 * Returns the document after all `advances`: one write, however many slots moved on.
 *
 * @throws {TopologyError} if any of them does not fit the slot's phase or epoch.
 */
export function advanceSlots(
  topology: Topology,
  advances: readonly Advance[],
  change: Change,
): Topology {
  const table = expandSlots(topology);
  for (const advance of advances) {
    table[advance.slot] = advancedEntry(table[advance.slot]!, advance, topology.epoch + 1);
  }
  return nextTopology(topology, { slots: compressSlots(table) }, change);
}

/**
 * Claims the document for a new leader: its first write. Every slot with an open migration record gets
 * a new epoch, which voids every older fence, answer and observation about it.
 */
export function claimLeader(topology: Topology, id: string, change: Change): Topology {
  const epoch = topology.epoch + 1;
  const table = expandSlots(topology).map((entry): SlotEntry =>
    participantsOf(entry).length === 2 && entry.phase !== "offline" ? { ...entry, epoch } : entry
  );
  const leader = { epoch: topology.leader.epoch + 1, id };
  return nextTopology(topology, { leader, slots: compressSlots(table) }, change);
}

/** Returns the entry after one step; `epoch` is that of the document being made. */
export function advancedEntry(entry: SlotEntry, advance: Advance, epoch: number): SlotEntry {
  if (entry.phase !== "offline" && entry.epoch === advance.slotEpoch) {
    const next = stepped(entry, advance, epoch);
    if (next !== null) return next;
  }
  const found = entry.phase === "offline" ? "offline" : `${entry.phase} at epoch ${entry.epoch}`;
  throw new TopologyError(
    `Cannot apply "${advance.step}" of epoch ${advance.slotEpoch} to slot ${advance.slot}: it is ${found}`,
  );
}

type LiveEntry = Exclude<SlotEntry, { phase: "offline" }>;

function stepped(entry: LiveEntry, advance: Advance, epoch: number): SlotEntry | null {
  switch (advance.step) {
    case "hold":
      if (entry.phase !== "preparing" || entry.holding === true) return null;
      return entry.migration.method === "dump" ? { ...entry, epoch, holding: true } : null;
    case "open": {
      if (entry.phase !== "preparing") return null;
      const { migration } = entry;
      const isDump = migration.method === "dump";
      // By dump the proxies bring keys to the target as soon as they hear of this.
      return isDump === (entry.holding === true)
        ? { phase: "migrating", epoch, opened: isDump, migration }
        : null;
    }
    case "opened":
      // No server has to hold anything else than before: the slot's epoch stays.
      return entry.phase === "migrating" && !entry.opened ? { ...entry, opened: true } : null;
    case "hand-over": {
      if (entry.phase !== "migrating" || !entry.opened) return null;
      const { id, from, to } = entry.migration;
      const closing = { id, group: from, receipt: advance.receipt };
      return { phase: "stable", epoch, owner: to, closing };
    }
    case "close":
      if (entry.phase !== "stable" || entry.closing === undefined) return null;
      return { phase: "stable", epoch: entry.epoch, owner: entry.owner };
    case "turn-back": {
      if (entry.phase !== "returning") return null;
      const { from, to, ...rest } = entry.migration;
      return {
        phase: "migrating",
        epoch,
        opened: true,
        migration: { ...rest, from: to, to: from },
      };
    }
    case "cancel":
      return cancelled(entry, epoch);
  }
}

function cancelled(entry: LiveEntry, epoch: number): SlotEntry | null {
  if (entry.phase !== "preparing" && entry.phase !== "migrating") return null;
  const { id, from, to } = entry.migration;
  if (entry.phase === "preparing") return { phase: "stable", epoch, owner: from };
  // Before the target was opened the source gave nothing away; there is nothing to carry back.
  if (!entry.opened) return { phase: "stable", epoch, owner: from, closing: { id, group: to } };
  return { phase: "returning", epoch, migration: entry.migration };
}
