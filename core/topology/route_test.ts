/**
 * What a proxy does, per entry of a slot.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { type Route, routeOf } from "./route.ts";
import type { SlotEntry } from "./topology.ts";

const receipt = { moved: 3, sum: "1f" };
const migration = { id: "m", from: 1, to: 2, method: "keys" } as const;
const moving: Route = { kind: "migrating", from: 1, to: 2, slotEpoch: 6, method: "keys" };

const TABLE: readonly (readonly [SlotEntry, Route])[] = [
  [{ phase: "offline" }, { kind: "offline" }],
  [{ phase: "stable", epoch: 6, owner: 1 }, { kind: "direct", group: 1 }],
  [
    { phase: "stable", epoch: 6, owner: 2, closing: { id: "m", group: 1 } },
    { kind: "direct", group: 2 },
  ],
  [
    { phase: "stable", epoch: 6, owner: 2, closing: { id: "m", group: 1, receipt } },
    { kind: "direct", group: 2, leaving: 1 },
  ],
  [{ phase: "preparing", epoch: 6, migration }, { kind: "direct", group: 1 }],
  [{ phase: "preparing", epoch: 6, holding: true, migration }, { kind: "hold" }],
  [{ phase: "migrating", epoch: 6, opened: false, migration }, moving],
  [{ phase: "migrating", epoch: 6, opened: true, migration }, moving],
  [{ phase: "returning", epoch: 6, migration }, { kind: "hold" }],
];

for (const [entry, route] of TABLE) {
  Deno.test(`routeOf() a slot that is ${JSON.stringify(entry)}`, () => {
    assertEquals(routeOf(entry), route);
  });
}
