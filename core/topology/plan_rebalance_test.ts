/**
 * Plans move as little as they can.
 *
 * @module
 */

import { assertEquals, assertThrows } from "@std/assert";
import {
  SAMPLE_CHANGE,
  sampleGroups,
  sampleTopology,
} from "../../tests/support/sample_topology.ts";
import { initSlots, startMigration } from "./edit_slots.ts";
import { planRebalance } from "./plan_rebalance.ts";
import { TopologyError } from "./topology.ts";

Deno.test("planRebalance() fills a new group with as few moves as possible", () => {
  const topology = initSlots(sampleGroups(3), [1, 2], SAMPLE_CHANGE);

  assertEquals(planRebalance(topology), {
    moves: [
      { range: [342, 511], from: 1, to: 3 },
      { range: [853, 1023], from: 2, to: 3 },
    ],
    before: { 1: 512, 2: 512, 3: 0 },
    after: { 1: 342, 2: 341, 3: 341 },
  });
});

Deno.test("planRebalance() plans nothing where the shares differ by one", () => {
  const topology = initSlots(sampleGroups(3), [3, 1, 2], SAMPLE_CHANGE);

  assertEquals(planRebalance(topology).moves, []);
});

Deno.test("planRebalance() follows weights, and empties a group of weight 0", () => {
  const topology = initSlots(sampleGroups(3), [1, 2, 3], SAMPLE_CHANGE);

  const { after } = planRebalance(topology, { 1: 3, 2: 1, 3: 0 });

  assertEquals(after, { 1: 768, 2: 256, 3: 0 });
});

Deno.test("planRebalance() leaves moving slots alone and counts them where they go", () => {
  const order = { id: "m", range: [0, 1], to: 2, method: "keys" } as const;
  const topology = startMigration(sampleTopology(), order, SAMPLE_CHANGE);

  assertEquals(planRebalance(topology), {
    moves: [],
    before: { 1: 2, 2: 2 },
    after: { 1: 2, 2: 2 },
  });
});

Deno.test("planRebalance() refuses weights that leave no group", () => {
  assertThrows(() => planRebalance(sampleTopology(), { 1: 0, 2: 0 }), TopologyError);
  assertThrows(() => planRebalance(sampleTopology(), { 1: -1 }), TopologyError);
});
