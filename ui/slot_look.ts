/**
 * How a slot looks: its group's colour, and words that say the same.
 *
 * Invariant: colour never says anything alone. Classes name colours; the style sheet has eight, then
 * they begin again, so the group's number is written beside them.
 *
 * @module
 */

import { entryText } from "../core/topology/diff_topology.ts";
import type { SlotEntry } from "../core/topology/topology.ts";

const COLOURS = 8;

/** The group that a slot counts for: its owner, or where it leaves; null for an offline one. */
export function homeOf(entry: SlotEntry): number | null {
  switch (entry.phase) {
    case "offline":
      return null;
    case "stable":
      return entry.owner;
    case "preparing":
    case "migrating":
    case "returning":
      return entry.migration.from;
  }
}

/** Whether a slot is on its way. */
export function isMoving(entry: SlotEntry): boolean {
  return entry.phase !== "offline" && entry.phase !== "stable";
}

/** The class that gives a group's colour. */
export function groupClass(group: number): string {
  return `g${(group - 1) % COLOURS}`;
}

/** The classes of a slot's cell. */
export function slotClass(entry: SlotEntry): string {
  switch (entry.phase) {
    case "offline":
      return "off";
    case "stable":
      return groupClass(entry.owner);
    case "preparing":
    case "migrating":
    case "returning":
      return `moving ${groupClass(entry.migration.from)} t${(entry.migration.to - 1) % COLOURS}`;
  }
}

/** A slot in words. */
export function slotText(slot: number, entry: SlotEntry): string {
  return `Slot ${slot}: ${entryText(entry)}`;
}
