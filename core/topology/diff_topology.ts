/**
 * What changed between two topologies, in the words of the history page.
 *
 * @module
 */

import { SLOT_COUNT } from "../slots.ts";
import { expandSlots, formatSlots, sameEntry } from "./slot_table.ts";
import type { Group, SlotEntry, Topology } from "./topology.ts";

/** One difference; null where there was, or is, nothing. */
export interface TopologyDifference {
  /** `leader`, `settings`, `group 3`, `slots 0-511`. */
  readonly subject: string;
  /** How it was. */
  readonly before: string | null;
  /** How it is. */
  readonly after: string | null;
}

/** Returns what is different in `after`: leader, settings, groups, then slots in ascending order. */
export function diffTopology(before: Topology, after: Topology): TopologyDifference[] {
  return [
    difference("leader", leaderText(before), leaderText(after)),
    difference("settings", JSON.stringify(before.settings), JSON.stringify(after.settings)),
    ...diffGroups(before, after),
    ...diffSlots(before, after),
  ].filter((difference) => difference.before !== difference.after);
}

/** Returns an entry in words: `group 1`, `migrating from group 1 to 2`. */
export function entryText(entry: SlotEntry): string {
  switch (entry.phase) {
    case "offline":
      return "offline";
    case "stable":
      return entry.closing === undefined
        ? `group ${entry.owner}`
        : `group ${entry.owner}, closing at group ${entry.closing.group}`;
    case "preparing":
    case "migrating":
    case "returning":
      return `${entry.phase} from group ${entry.migration.from} to ${entry.migration.to}`;
  }
}

function diffGroups(before: Topology, after: Topology): TopologyDifference[] {
  const ids = new Set([...Object.keys(before.groups), ...Object.keys(after.groups)]);
  return [...ids].sort((left, right) => Number(left) - Number(right)).map((id) =>
    difference(`group ${id}`, groupText(before.groups[id]), groupText(after.groups[id]))
  );
}

/** Slots whose change reads the same share a line. */
function diffSlots(before: Topology, after: Topology): TopologyDifference[] {
  const old = expandSlots(before);
  const young = expandSlots(after);
  const lines = new Map<string, { slots: number[]; before: string; after: string }>();
  for (let slot = 0; slot < SLOT_COUNT; slot++) {
    if (sameEntry(old[slot]!, young[slot]!)) continue;
    const [from, to] = [entryText(old[slot]!), entryText(young[slot]!)];
    const line = lines.get(`${from}\n${to}`);
    if (line === undefined) lines.set(`${from}\n${to}`, { slots: [slot], before: from, after: to });
    else line.slots.push(slot);
  }
  return [...lines.values()].map(({ slots, before, after }) =>
    difference(`slots ${formatSlots(slots)}`, before, after)
  );
}

function leaderText({ leader }: Topology): string {
  return `"${leader.id}", epoch ${leader.epoch}`;
}

function groupText(group: Group | undefined): string | null {
  if (group === undefined) return null;
  if (group.servers.length === 0) return "no server";
  return group.servers.map(({ id, addr, boot }) => `"${id}" at ${addr}, start ${boot ?? "unknown"}`)
    .join("; ");
}

function difference(
  subject: string,
  before: string | null,
  after: string | null,
): TopologyDifference {
  return { subject, before, after };
}
