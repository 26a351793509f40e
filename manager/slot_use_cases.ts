/**
 * Slots: who owns them, how many keys they have, and giving away those that nobody owns.
 *
 * @module
 */

import { assignSlots } from "../core/topology/edit_slots.ts";
import { endpointOf } from "../core/topology/slot_fences.ts";
import { entryOf, slotsOfRange } from "../core/topology/slot_table.ts";
import { participantsOf, type SlotEntry, type SlotRange } from "../core/topology/topology.ts";
import { askServer } from "./ask_server.ts";
import type { Asker, ControlPlane } from "./control_plane.ts";
import { groupInProduct } from "./group_use_cases.ts";
import { ManagerError } from "./manager_error.ts";
import { planInit } from "./plan_init.ts";
import { readSlotSizes } from "./server_wire.ts";

/** A slot as people see it. */
export interface SlotView {
  readonly slot: number;
  readonly entry: SlotEntry;
  /** Keys at each group that has a part in it; null where the server does not say. */
  readonly keys: readonly { readonly group: number; readonly keys: number | null }[];
}

/** Returns all slots that are not offline, as ranges. */
export function listSlots(plane: ControlPlane): readonly SlotRange[] {
  return plane.store.topology.slots;
}

/** Returns one slot, with its keys as its servers count them now. */
export async function getSlot(plane: ControlPlane, slot: number): Promise<SlotView> {
  slotsOfRange(slot, slot);
  const entry = entryOf(plane.store.topology, slot);
  const keys = await Promise.all(
    participantsOf(entry).map(async (group) => {
      const sizes = await slotSizes(plane, { group, range: [slot, slot] });
      return { group, keys: sizes === null ? null : sizes.get(slot) ?? 0 };
    }),
  );
  return { slot, entry, keys };
}

/** Gives slots that nobody owns to a group; those it owns already stay. */
export async function setSlots(
  plane: ControlPlane,
  order: { readonly range: readonly [number, number]; readonly group: number },
  asker: Asker,
): Promise<readonly SlotRange[]> {
  const { range, group } = order;
  groupInProduct(plane.store.topology, group);
  const topology = await plane.store.change(
    { ...asker, reason: `set slots ${range.join("-")} to group ${group}` },
    (topology, change) => assignSlots(topology, { assignments: [{ group, range }] }, change),
  );
  return topology.slots;
}

/** Shares the slots that nobody owns among the groups; see `planInit`. */
export async function initSlots(
  plane: ControlPlane,
  order: { readonly force: boolean },
  asker: Asker,
): Promise<readonly SlotRange[]> {
  const topology = await plane.store.change(
    { ...asker, reason: "share the unassigned slots" },
    (topology, change) => assignSlots(topology, { assignments: planInit(topology, order) }, change),
  );
  return topology.slots;
}

/** Returns the keys by slot at a group's master, slots without keys left out; null if it does not say. */
export async function slotSizes(
  plane: ControlPlane,
  place: { readonly group: number; readonly range: readonly [number, number] },
): Promise<Map<number, number> | null> {
  const at = endpointOf(plane.store.topology, place.group);
  if (at === null) return null;
  const [first, last] = place.range;
  const question = { addr: at.addr, credentials: plane.credentials };
  try {
    return readSlotSizes(await askServer(question, ["SLOTSINFO", first, last - first + 1]));
  } catch (error) {
    // Counts are for people to look at: a server that does not answer has its problem shown elsewhere.
    if (error instanceof ManagerError) return null;
    throw error;
  }
}
