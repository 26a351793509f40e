/**
 * Who gets the slots that nobody owns.
 *
 * @module
 */

import { assertEquals, assertThrows } from "@std/assert";
import { addGroup, addServer } from "../core/topology/edit_groups.ts";
import { assignSlots } from "../core/topology/edit_slots.ts";
import { emptyTopology, type Topology, TopologyError } from "../core/topology/topology.ts";
import { planInit } from "./plan_init.ts";

const CHANGE = { id: "c", actor: "test", reason: "test" };

Deno.test("all slots are shared out evenly, and in one piece each", () => {
  assertEquals(planInit(groups(3)), [
    { group: 1, range: [0, 341] },
    { group: 2, range: [342, 682] },
    { group: 3, range: [683, 1023] },
  ]);
});

Deno.test("groups without a server get none", () => {
  assertEquals(planInit(addGroup(groups(1), { id: 5 }, CHANGE)), [{ group: 1, range: [0, 1023] }]);
});

Deno.test("owned slots are only added to by force, and stay where they are", () => {
  const owned = withSlots(groups(2), [100, 299]);
  assertThrows(() => planInit(owned), TopologyError, "200 are owned already");
  assertEquals(planInit(owned, { force: true }), [
    { group: 1, range: [0, 99] },
    { group: 1, range: [300, 511] },
    { group: 2, range: [512, 1023] },
  ]);
});

Deno.test("without a group, or without a free slot, there is nothing to do", () => {
  assertThrows(() => planInit(emptyTopology(CHANGE)), TopologyError, "no group has a server");
  assertThrows(
    () => planInit(withSlots(groups(1), [0, 1023]), { force: true }),
    TopologyError,
    "every slot has a group",
  );
});

function groups(count: number): Topology {
  let topology = emptyTopology(CHANGE);
  for (let group = 1; group <= count; group++) {
    topology = addGroup(topology, { id: group }, CHANGE);
    const server = { id: `s${group}`, addr: `h${group}:1`, boot: null };
    topology = addServer(topology, { group, server }, CHANGE);
  }
  return topology;
}

function withSlots(topology: Topology, range: [number, number]): Topology {
  return assignSlots(topology, { assignments: [{ group: 1, range }] }, CHANGE);
}
