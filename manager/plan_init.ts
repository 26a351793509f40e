/**
 * Who gets the slots that nobody owns.
 *
 * @module
 */

import type { Assignment } from "../core/topology/edit_slots.ts";
import { SLOT_COUNT } from "../core/slots.ts";
import { expandSlots } from "../core/topology/slot_table.ts";
import { participantsOf, type Topology, TopologyError } from "../core/topology/topology.ts";

/**
 * Shares the unassigned slots among the groups that have a server, in contiguous pieces, so that all
 * groups come as near to an equal number as the owned slots let them.
 *
 * `force` allows it where some slots are owned already: those stay where they are. No slot is ever
 * taken away from a group, so no key is lost; `slot migrate` is what moves owned slots.
 *
 * @throws {TopologyError} if there is no group to take slots, nothing to give, or slots are owned.
 */
export function planInit(topology: Topology, options: { force?: boolean } = {}): Assignment[] {
  const table = expandSlots(topology);
  const groups = Object.entries(topology.groups)
    .filter(([, group]) => group.servers.length > 0).map(([id]) => Number(id));
  if (groups.length === 0) {
    throw new TopologyError("Cannot assign slots: no group has a server; add one first");
  }
  const owned = new Map(groups.map((id) => [id, 0]));
  const free: number[] = [];
  table.forEach((entry, slot) => {
    const [owner] = participantsOf(entry);
    if (owner === undefined) free.push(slot);
    else owned.set(owner, (owned.get(owner) ?? 0) + 1);
  });
  const ownedCount = SLOT_COUNT - free.length;
  if (free.length === 0) {
    throw new TopologyError(
      "Cannot assign slots: every slot has a group; migrate or rebalance them",
    );
  }
  if (ownedCount > 0 && options.force !== true) {
    throw new TopologyError(
      `Cannot assign slots: ${ownedCount} are owned already; ` +
        `with -f the other ${free.length} are shared out and the owned ones stay`,
    );
  }
  return dealSlots(free, sharesOf(groups, { owned, count: free.length }));
}

/** Each slot goes to who has the fewest; of equals, the lowest id. */
function sharesOf(
  groups: readonly number[],
  held: { owned: ReadonlyMap<number, number>; count: number },
): Map<number, number> {
  const shares = new Map(groups.map((id) => [id, 0]));
  const sizeOf = (id: number) => held.owned.get(id)! + shares.get(id)!;
  for (let left = held.count; left > 0; left--) {
    let least = groups[0]!;
    for (const id of groups) if (sizeOf(id) < sizeOf(least)) least = id;
    shares.set(least, shares.get(least)! + 1);
  }
  return shares;
}

function dealSlots(slots: readonly number[], shares: ReadonlyMap<number, number>): Assignment[] {
  const assignments: Assignment[] = [];
  let next = 0;
  for (const [group, share] of shares) {
    for (const slot of slots.slice(next, next + share)) {
      const last = assignments.at(-1);
      if (last?.group === group && last.range[1] === slot - 1) {
        assignments[assignments.length - 1] = { group, range: [last.range[0], slot] };
      } else assignments.push({ group, range: [slot, slot] });
    }
    next += share;
  }
  return assignments;
}
