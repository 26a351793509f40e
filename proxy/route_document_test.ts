import { assertEquals } from "@std/assert";
import { startMigration } from "../core/topology/edit_slots.ts";
import { advanceSlots } from "../core/topology/advance_slots.ts";
import { STOCK_CAPABILITIES } from "../core/topology/topology.ts";
import { SAMPLE_CHANGE, sampleTopology, sampleWith } from "../tests/support/sample_topology.ts";
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

Deno.test("routeDocumentOf() names the servers that cannot fence, and how keys move between them", () => {
  const topology = sampleWith({
    phase: "migrating",
    epoch: 6,
    opened: true,
    migration: { id: "m", from: 1, to: 2, method: "dump" },
  });
  const { groups } = topology;
  const [one, two] = [{ ...STOCK_CAPABILITIES, acl: true }, STOCK_CAPABILITIES];
  const stock = { 1: { ...groups[1]!, caps: one }, 2: { ...groups[2]!, caps: two } };

  const document = routeDocumentOf({ ...topology, groups: stock });

  assertEquals(document.stock, [
    { address: "h1:6379", ownUser: true },
    { address: "h2:6379", ownUser: false },
  ]);
  assertEquals(document.ranges[0]?.route, {
    kind: "migrating",
    from: "h1:6379",
    to: "h2:6379",
    slotEpoch: 6,
    method: "dump",
  });
});
