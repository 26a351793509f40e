/**
 * What a proxy does with a command of a slot: a pure function of the topology.
 *
 * @module
 */

import type { MigrationMethod, SlotEntry } from "./topology.ts";

/** Where a command of a slot goes. */
export type Route =
  /**
   * To the master of `group`. `leaving`, once the slot was handed over: the group that gave it away
   * and, until it is closed, sends commands on as it did while the slot moved.
   */
  | { readonly kind: "direct"; readonly group: number; readonly leaving?: number }
  /**
   * By `keys`: to `from` first, always; then, with the token of its refusal, to `to`. By `dump`: the
   * command's keys are sent from `from` to `to`, then it goes to `to`.
   */
  | {
    readonly kind: "migrating";
    readonly from: number;
    readonly to: number;
    readonly slotEpoch: number;
    readonly method: MigrationMethod;
  }
  /** Nowhere yet: wait for the next topology. */
  | { readonly kind: "hold" }
  /** Nowhere: no group owns the slot. */
  | { readonly kind: "offline" };

/** Returns the route of a slot. */
export function routeOf(entry: SlotEntry): Route {
  switch (entry.phase) {
    case "offline":
      return { kind: "offline" };
    case "stable": {
      const { owner, closing } = entry;
      if (closing?.receipt === undefined) return { kind: "direct", group: owner };
      return { kind: "direct", group: owner, leaving: closing.group };
    }
    case "preparing":
      // Servers that cannot fence need every proxy to stop before the directions of a slot change.
      return entry.holding === true
        ? { kind: "hold" }
        : { kind: "direct", group: entry.migration.from };
    case "migrating": {
      const { from, to, method } = entry.migration;
      return { kind: "migrating", from, to, slotEpoch: entry.epoch, method };
    }
    case "returning":
      return { kind: "hold" };
  }
}
