/**
 * Every step against every phase, and the claim of a new leader.
 *
 * @module
 */

import { assertEquals, assertThrows } from "@std/assert";
import { SAMPLE_CHANGE, sampleTopology, sampleWith } from "../../tests/support/sample_topology.ts";
import { type Advance, advancedEntry, advanceSlots, claimLeader } from "./advance_slots.ts";
import { entryOf } from "./slot_table.ts";
import { type SlotEntry, TopologyError } from "./topology.ts";

const migration = { id: "m", from: 1, to: 2, method: "keys" } as const;
const dump = { ...migration, method: "dump" } as const;
const back = { id: "m", from: 2, to: 1, method: "keys" } as const;
const receipt = { moved: 3, sum: "ab" };

const STATES = {
  offline: { phase: "offline" },
  stable: { phase: "stable", epoch: 6, owner: 1 },
  closing: { phase: "stable", epoch: 6, owner: 2, closing: { id: "m", group: 1, receipt } },
  preparing: { phase: "preparing", epoch: 6, migration },
  opening: { phase: "migrating", epoch: 6, opened: false, migration },
  opened: { phase: "migrating", epoch: 6, opened: true, migration },
  returning: { phase: "returning", epoch: 6, migration },
  dumping: { phase: "preparing", epoch: 6, migration: dump },
  holding: { phase: "preparing", epoch: 6, holding: true, migration: dump },
} satisfies Record<string, SlotEntry>;

const STEPS: readonly (Advance & { slot: 0 })[] = [
  { slot: 0, slotEpoch: 6, step: "hold" },
  { slot: 0, slotEpoch: 6, step: "open" },
  { slot: 0, slotEpoch: 6, step: "opened" },
  { slot: 0, slotEpoch: 6, step: "hand-over", receipt },
  { slot: 0, slotEpoch: 6, step: "close" },
  { slot: 0, slotEpoch: 6, step: "turn-back" },
  { slot: 0, slotEpoch: 6, step: "cancel" },
];

/** Every step that is allowed; all others are refused. */
const ALLOWED: Record<string, SlotEntry> = {
  "preparing open": { phase: "migrating", epoch: 9, opened: false, migration },
  "opening opened": { phase: "migrating", epoch: 6, opened: true, migration },
  "opened hand-over": {
    phase: "stable",
    epoch: 9,
    owner: 2,
    closing: { id: "m", group: 1, receipt },
  },
  "closing close": { phase: "stable", epoch: 6, owner: 2 },
  "returning turn-back": { phase: "migrating", epoch: 9, opened: true, migration: back },
  "preparing cancel": { phase: "stable", epoch: 9, owner: 1 },
  "opening cancel": { phase: "stable", epoch: 9, owner: 1, closing: { id: "m", group: 2 } },
  "dumping hold": { phase: "preparing", epoch: 9, holding: true, migration: dump },
  "dumping cancel": { phase: "stable", epoch: 9, owner: 1 },
  "holding open": { phase: "migrating", epoch: 9, opened: true, migration: dump },
  "holding cancel": { phase: "stable", epoch: 9, owner: 1 },
  "opened cancel": { phase: "returning", epoch: 9, migration },
};

for (const [name, entry] of Object.entries(STATES)) {
  for (const advance of STEPS) {
    const expected = ALLOWED[`${name} ${advance.step}`];
    Deno.test(`"${advance.step}" of a slot that is ${name} is ${expected ? "made" : "refused"}`, () => {
      if (expected !== undefined) assertEquals(advancedEntry(entry, advance, 9), expected);
      else assertThrows(() => advancedEntry(entry, advance, 9), TopologyError);
    });
  }
}

Deno.test("advancedEntry() refuses a step that was decided at another slot epoch", () => {
  const refused = assertThrows(
    () => advancedEntry(STATES.preparing, { slot: 5, slotEpoch: 4, step: "open" }, 9),
    TopologyError,
  );

  assertEquals(
    refused.message,
    'Cannot apply "open" of epoch 4 to slot 5: it is preparing at epoch 6',
  );
});

Deno.test("advanceSlots() makes one document of many steps", () => {
  const topology = sampleWith(STATES.preparing);

  const next = advanceSlots(topology, [{ slot: 0, slotEpoch: 6, step: "open" }], SAMPLE_CHANGE);

  assertEquals(next.epoch, topology.epoch + 1);
  assertEquals(entryOf(next, 0), {
    phase: "migrating",
    epoch: next.epoch,
    opened: false,
    migration,
  });
  assertEquals(entryOf(next, 1), entryOf(topology, 1));
});

Deno.test("claimLeader() renews the epoch of open migrations, and of nothing else", () => {
  for (const entry of [STATES.preparing, STATES.opened, STATES.returning, STATES.closing]) {
    const topology = sampleWith(entry);

    const next = claimLeader(topology, "manager-2", SAMPLE_CHANGE);

    assertEquals(next.leader, { epoch: 1, id: "manager-2" });
    assertEquals(next.epoch, topology.epoch + 1);
    assertEquals(entryOf(next, 0), { ...entry, epoch: next.epoch });
    assertEquals(entryOf(next, 1), entryOf(sampleTopology(), 1));
  }
});
