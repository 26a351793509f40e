/**
 * Ranges and tables say the same.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { compressSlots, entryOf, expandSlots, formatSlots } from "./slot_table.ts";
import type { SlotRange } from "./topology.ts";

const slots: readonly SlotRange[] = [
  { range: [0, 3], phase: "stable", epoch: 1, owner: 1 },
  { range: [4, 4], phase: "stable", epoch: 2, owner: 1 },
  { range: [9, 1023], phase: "stable", epoch: 1, owner: 2 },
];

Deno.test("compressSlots() gives back the ranges that were expanded", () => {
  const table = expandSlots({ slots });

  assertEquals(table.length, 1024);
  assertEquals(compressSlots(table), slots);
});

Deno.test("compressSlots() joins neighbours that say the same in separate objects", () => {
  const table = expandSlots({ slots: [] })
    .with(5, { phase: "stable", epoch: 1, owner: 1 })
    .with(6, { owner: 1, epoch: 1, phase: "stable" });

  assertEquals(compressSlots(table), [{ range: [5, 6], phase: "stable", epoch: 1, owner: 1 }]);
});

Deno.test("entryOf() finds a slot's entry, or says that it is offline", () => {
  assertEquals(entryOf({ slots }, 4), { phase: "stable", epoch: 2, owner: 1 });
  assertEquals(entryOf({ slots }, 5), { phase: "offline" });
});

Deno.test("formatSlots() writes ranges", () => {
  assertEquals(formatSlots([0, 1, 2, 3, 7, 9, 10]), "0-3, 7, 9-10");
});
