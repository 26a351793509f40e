/**
 * What a proxy does with a command of a slot: a pure function of the topology.
 *
 * @module
 */

import type { MigrationMethod, SlotEntry, Topology } from "./topology.ts";

/** Where a command of a slot goes. */
export type Route =
  /** To the master of `group`. */
  | { readonly kind: "direct"; readonly group: number }
  /** To `from` first, always; then, with the token of its refusal, to `to`. */
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
export function routeOf(entry: SlotEntry, groups: Topology["groups"]): Route {
  switch (entry.phase) {
    case "offline":
      return { kind: "offline" };
    case "stable":
      return { kind: "direct", group: entry.owner };
    case "preparing": {
      // Servers that cannot fence need every proxy to stop before the directions of a slot change.
      const { from, to } = entry.migration;
      const fenced = groups[from]?.caps.fence === true && groups[to]?.caps.fence === true;
      return fenced ? { kind: "direct", group: from } : { kind: "hold" };
    }
    case "migrating": {
      const { from, to, method } = entry.migration;
      return { kind: "migrating", from, to, slotEpoch: entry.epoch, method };
    }
    case "returning":
      return { kind: "hold" };
  }
}
