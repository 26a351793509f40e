/**
 * The two forms of the slots: ranges in the document, one entry per slot for work.
 *
 * Invariant: compressing what was expanded gives the same ranges, so a document has one text.
 *
 * @module
 */

import { SLOT_COUNT } from "../slots.ts";
import { type SlotEntry, type SlotRange, type Topology, TopologyError } from "./topology.ts";

/** One entry per slot, by slot number. */
export type SlotTable = readonly SlotEntry[];

const OFFLINE: SlotEntry = { phase: "offline" };

/** Returns one entry per slot; slots of one range share the object. */
export function expandSlots(topology: Pick<Topology, "slots">): SlotEntry[] {
  const table: SlotEntry[] = new Array(SLOT_COUNT).fill(OFFLINE);
  for (const { range: [first, last], ...entry } of topology.slots) {
    table.fill(entry, first, last + 1);
  }
  return table;
}

/** Returns the fewest ranges that say the same as `table`. */
export function compressSlots(table: SlotTable): SlotRange[] {
  const ranges: SlotRange[] = [];
  let first = 0;
  while (first < table.length) {
    const entry = table[first]!;
    let last = first;
    while (last + 1 < table.length && sameEntry(entry, table[last + 1]!)) last++;
    if (entry.phase !== "offline") ranges.push({ range: [first, last], ...entry });
    first = last + 1;
  }
  return ranges;
}

/** Whether two entries say the same. */
export function sameEntry(left: SlotEntry, right: SlotEntry): boolean {
  return left === right || entryText(left) === entryText(right);
}

/** Returns the entry of one slot. */
export function entryOf(topology: Pick<Topology, "slots">, slot: number): SlotEntry {
  const found = topology.slots.find(({ range }) => range[0] <= slot && slot <= range[1]);
  if (found === undefined) return OFFLINE;
  const { range: _range, ...entry } = found;
  return entry;
}

/** Returns every slot from `first` to `last`. @throws {TopologyError} if that is no range. */
export function slotsOfRange(first: number, last: number): number[] {
  const whole = Number.isInteger(first) && Number.isInteger(last);
  if (!whole || first < 0 || last < first || last >= SLOT_COUNT) {
    throw new TopologyError(
      `Cannot use slots ${first}-${last}: want two of 0 to ${SLOT_COUNT - 1}, the lower first`,
    );
  }
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}

/** Returns slots as people write them: `0-3, 7`. `slots` are in ascending order. */
export function formatSlots(slots: readonly number[]): string {
  const parts: string[] = [];
  for (let index = 0; index < slots.length; index++) {
    const first = slots[index]!;
    while (slots[index + 1] === slots[index]! + 1) index++;
    parts.push(first === slots[index] ? `${first}` : `${first}-${slots[index]}`);
  }
  return parts.join(", ");
}

/** Returns the entry with its fields in one order; what is absent stays absent. */
export function canonicalEntry(entry: SlotEntry): SlotEntry {
  switch (entry.phase) {
    case "offline":
      return OFFLINE;
    case "stable": {
      const { phase, epoch, owner, closing } = entry;
      if (closing === undefined) return { phase, epoch, owner };
      const { id, group, receipt } = closing;
      const { moved, sum } = receipt ?? {};
      return {
        phase,
        epoch,
        owner,
        closing: moved === undefined || sum === undefined
          ? { id, group }
          : { id, group, receipt: { moved, sum } },
      };
    }
    case "migrating": {
      const { phase, epoch, opened, migration: { id, from, to, method } } = entry;
      return { phase, epoch, opened, migration: { id, from, to, method } };
    }
    case "preparing": {
      const { phase, epoch, holding, migration: { id, from, to, method } } = entry;
      const migration = { id, from, to, method };
      return holding === true ? { phase, epoch, holding, migration } : { phase, epoch, migration };
    }
    case "returning": {
      const { phase, epoch, migration: { id, from, to, method } } = entry;
      return { phase, epoch, migration: { id, from, to, method } };
    }
  }
}

function entryText(entry: SlotEntry): string {
  return JSON.stringify(canonicalEntry(entry));
}
