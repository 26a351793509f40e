/**
 * Which slots to move so that every group has its share, with as few moves as possible.
 *
 * A plan changes nothing: it is shown first, and each move of it becomes a migration.
 *
 * @module
 */

import { SLOT_COUNT } from "../slots.ts";
import { expandSlots } from "./slot_table.ts";
import { type SlotEntry, type Topology, TopologyError } from "./topology.ts";

/** Slots to move from one group to another; `range` is first and last, both included. */
export interface SlotMove {
  /** First and last slot. */
  readonly range: readonly [number, number];
  /** The group that gives. */
  readonly from: number;
  /** The group that takes. */
  readonly to: number;
}

/** What balancing would do. Counts are by group id; slots on their way count where they go. */
export interface RebalancePlan {
  /** Ascending by slot. */
  readonly moves: readonly SlotMove[];
  /** Slots per group now. */
  readonly before: Readonly<Record<string, number>>;
  /** Slots per group when all moves are made. */
  readonly after: Readonly<Record<string, number>>;
}

/**
 * Plans equal shares of the owned slots, or shares in proportion to `weights` (by group id, default 1;
 * 0 empties a group). Only slots at rest are moved.
 *
 * @throws {TopologyError} if the weights leave no group to take the slots.
 */
export function planRebalance(
  topology: Topology,
  weights: Readonly<Record<string, number>> = {},
): RebalancePlan {
  const table = expandSlots(topology);
  const ids = Object.keys(topology.groups).map(Number);
  const before = new Map(ids.map((id) => [id, 0]));
  for (const entry of table) {
    const home = homeOf(entry);
    if (home !== null) before.set(home, before.get(home)! + 1);
  }
  const shares = sharesOf(topology, before, weights);
  const after = new Map(before);
  const moves: SlotMove[] = [];
  // From the highest slot down, so that the ranges that stay keep their beginnings.
  for (let slot = SLOT_COUNT - 1; slot >= 0; slot--) {
    const entry = table[slot]!;
    if (entry.phase !== "stable" || entry.closing !== undefined) continue;
    const from = entry.owner;
    if (after.get(from)! <= shares.get(from)!) continue;
    const to = ids.find((id) => after.get(id)! < shares.get(id)!);
    if (to === undefined) break;
    after.set(from, after.get(from)! - 1);
    after.set(to, after.get(to)! + 1);
    addMove(moves, { slot, from, to });
  }
  return {
    moves: moves.reverse(),
    before: Object.fromEntries(before),
    after: Object.fromEntries(after),
  };
}

/** Where a slot is, or will be when it has arrived; null for one that is offline. */
function homeOf(entry: SlotEntry): number | null {
  switch (entry.phase) {
    case "offline":
      return null;
    case "stable":
      return entry.owner;
    case "preparing":
    case "migrating":
      return entry.migration.to;
    case "returning":
      return entry.migration.from;
  }
}

/** Whole shares in proportion; what rounding leaves goes to those who would otherwise lose most. */
function sharesOf(
  topology: Topology,
  counts: ReadonlyMap<number, number>,
  weights: Readonly<Record<string, number>>,
): Map<number, number> {
  const total = [...counts.values()].reduce((sum, count) => sum + count, 0);
  const weightOf = (id: number) => topology.groups[id]!.servers.length === 0 ? 0 : weights[id] ?? 1;
  const ids = [...counts.keys()];
  if (ids.some((id) => !(weightOf(id) >= 0 && weightOf(id) < Infinity))) {
    throw new TopologyError("Cannot plan: want weights of 0 or more");
  }
  const weightSum = ids.reduce((sum, id) => sum + weightOf(id), 0);
  if (weightSum === 0 && total > 0) {
    throw new TopologyError("Cannot plan: no group with a server has a weight above 0");
  }
  const exact = (id: number) => weightSum === 0 ? 0 : total * weightOf(id) / weightSum;
  const shares = new Map(ids.map((id) => [id, Math.floor(exact(id))]));
  let left = total - [...shares.values()].reduce((sum, share) => sum + share, 0);
  const surplus = (id: number) => counts.get(id)! - exact(id);
  for (const id of ids.filter((id) => weightOf(id) > 0).sort((a, b) => surplus(b) - surplus(a))) {
    if (left-- <= 0) break;
    shares.set(id, shares.get(id)! + 1);
  }
  return shares;
}

/** Slots come in descending order: a move grows downwards. */
function addMove(moves: SlotMove[], step: { slot: number; from: number; to: number }): void {
  const { slot, from, to } = step;
  const last = moves.at(-1);
  if (last !== undefined && last.from === from && last.to === to && last.range[0] === slot + 1) {
    moves[moves.length - 1] = { from, to, range: [slot, last.range[1]] };
  } else {
    moves.push({ from, to, range: [slot, slot] });
  }
}
