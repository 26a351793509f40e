import { assertEquals } from "@std/assert";
import { startMigration } from "../core/topology/edit_slots.ts";
import { advanceSlots } from "../core/topology/advance_slots.ts";
import { SAMPLE_CHANGE, sampleTopology } from "../tests/support/sample_topology.ts";
import { routeDocumentOf } from "./route_document.ts";

Deno.test("routeDocumentOf() joins neighbours and leaves unowned slots offline", () => {
  const topology = sampleTopology();

  assertEquals(routeDocumentOf(topology), {
    epoch: topology.epoch,
    ranges: [
      { first: 0, last: 3, route: { kind: "direct", address: "h1:6379" } },
      { first: 4, last: 1023, route: { kind: "offline" } },
    ],
    settings: topology.settings,
  });
});

Deno.test("routeDocumentOf() sends a moving slot to its source and names its target and epoch", () => {
  const migration = { id: "m1", range: [1, 1] as const, to: 2, method: "keys" as const };
  const preparing = startMigration(sampleTopology(), migration, SAMPLE_CHANGE);
  const slotEpoch = preparing.epoch;
  const topology = advanceSlots(preparing, [{ slot: 1, slotEpoch, step: "open" }], SAMPLE_CHANGE);

  assertEquals(routeDocumentOf(topology).ranges[1], {
    first: 1,
    last: 1,
    route: { kind: "migrating", from: "h1:6379", to: "h2:6379", slotEpoch: topology.epoch },
  });
});
