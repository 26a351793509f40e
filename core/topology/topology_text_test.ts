/**
 * The document as text: read as written, and refused by the name of the field.
 *
 * @module
 */

import { assertEquals, assertThrows } from "@std/assert";
import { sampleTopology, sampleWith } from "../../tests/support/sample_topology.ts";
import { formatTopology, parseTopology } from "./topology_text.ts";
import { type SlotEntry, TopologyError } from "./topology.ts";

const migration = { id: "m", from: 1, to: 2, method: "keys" } as const;
const receipt = { moved: 3, sum: "ab" };

const ENTRIES: readonly SlotEntry[] = [
  { phase: "offline" },
  { phase: "stable", epoch: 6, owner: 1 },
  { phase: "stable", epoch: 6, owner: 2, closing: { id: "m", group: 1 } },
  { phase: "stable", epoch: 6, owner: 2, closing: { id: "m", group: 1, receipt } },
  { phase: "preparing", epoch: 6, migration },
  { phase: "preparing", epoch: 6, holding: true, migration: { ...migration, method: "dump" } },
  { phase: "migrating", epoch: 6, opened: false, migration },
  { phase: "returning", epoch: 6, migration },
];

for (const entry of ENTRIES) {
  Deno.test(`a topology with ${JSON.stringify(entry)} is read as it was written`, () => {
    const topology = sampleWith(entry);
    const text = formatTopology(topology);

    assertEquals(parseTopology(text), topology);
    assertEquals(formatTopology(parseTopology(text)), text);
  });
}

Deno.test("formatTopology() writes fields in one order, whatever order they have", () => {
  const topology = sampleTopology();
  const { lastChange: { reason, actor, id }, ...rest } = topology;
  const [first] = topology.slots;
  const shuffled = { lastChange: { reason, actor, id }, ...rest, slots: [reversed(first!)] };

  assertEquals(formatTopology(shuffled), formatTopology(topology));
});

type Fields = Record<string, unknown>;

const BROKEN: Record<string, (document: Fields & { slots: Fields[] }) => unknown> = {
  "document: Invalid input: expected object, received array": () => [],
  "epoch: Too small: expected number to be >=1": (it) => ({ ...it, epoch: 0 }),
  "groups.x: Invalid key in record": (it) => ({ ...it, groups: { x: { servers: [], caps: {} } } }),
  "slots[0].range: want ascending ranges that do not overlap": (it) => ({
    ...it,
    slots: [{ ...it.slots[0]!, range: [3, 0] }],
  }),
  "slots[1].range: want ascending ranges that do not overlap": (it) => ({
    ...it,
    slots: [it.slots[0], it.slots[0]],
  }),
  "slots[0].owner: Too small: expected number to be >=1": (it) => ({
    ...it,
    slots: [{ ...it.slots[0]!, owner: 0 }],
  }),
  "slots[0]: there is no group 9": (it) => ({ ...it, slots: [{ ...it.slots[0]!, owner: 9 }] }),
  "slots[0].epoch: it is newer than the document's, 6": (it) => ({
    ...it,
    slots: [{ ...it.slots[0]!, epoch: 7 }],
  }),
  "slots[0]: group 1 is on both sides": (it) => ({
    ...it,
    slots: [{ ...it.slots[0]!, closing: { id: "m", group: 1 } }],
  }),
};

for (const [message, change] of Object.entries(BROKEN)) {
  Deno.test(`parseTopology() names what is wrong: ${message}`, () => {
    const text = JSON.stringify(change(JSON.parse(formatTopology(sampleTopology()))));

    const refused = assertThrows(() => parseTopology(text), TopologyError);

    assertEquals(refused.message, `Cannot read the topology: ${message}`);
  });
}

Deno.test("parseTopology() says that a newer program is needed for a newer schema", () => {
  const text = JSON.stringify({ ...sampleTopology(), schemaVersion: 2, unknown: true });

  const refused = assertThrows(() => parseTopology(text), TopologyError);

  assertEquals(
    refused.message,
    "Cannot read the topology: its schema version is 2, this program knows 1. " +
      "Start the newer program that wrote it",
  );
});

function reversed<T extends object>(value: T): T {
  return Object.fromEntries(Object.entries(value).reverse()) as T;
}
