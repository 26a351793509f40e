/**
 * Who gets slots, and how a migration begins.
 *
 * @module
 */

import { assertEquals, assertThrows } from "@std/assert";
import {
  SAMPLE_CHANGE,
  sampleGroups,
  sampleTopology,
  sampleWith,
} from "../../tests/support/sample_topology.ts";
import { addGroup } from "./edit_groups.ts";
import { assignSlots, initSlots, methodBetween, startMigration } from "./edit_slots.ts";
import {
  type Capabilities,
  SERVER_CAPABILITIES,
  STOCK_CAPABILITIES,
  type Topology,
  TopologyError,
} from "./topology.ts";

const order = { id: "m", range: [0, 3], to: 2, method: "keys" } as const;

Deno.test("initSlots() gives contiguous shares, the first groups one slot more", () => {
  const topology = initSlots(sampleGroups(3), [1, 2, 3], SAMPLE_CHANGE);

  const { epoch } = topology;
  assertEquals(topology.slots, [
    { range: [0, 341], phase: "stable", epoch, owner: 1 },
    { range: [342, 682], phase: "stable", epoch, owner: 2 },
    { range: [683, 1023], phase: "stable", epoch, owner: 3 },
  ]);
});

Deno.test("assignSlots() with force hands owned slots over and has the old owner close them", () => {
  const assignments = [{ group: 2, range: [3, 4] as const }];

  const { slots, epoch } = assignSlots(
    sampleTopology(),
    { assignments, force: true },
    SAMPLE_CHANGE,
  );

  const closing = { id: SAMPLE_CHANGE.id, group: 1 };
  assertEquals(slots, [
    { range: [0, 2], phase: "stable", epoch: 6, owner: 1 },
    { range: [3, 3], phase: "stable", epoch, owner: 2, closing },
    { range: [4, 4], phase: "stable", epoch, owner: 2 },
  ]);
});

Deno.test("startMigration() prepares the slots that are not on the target", () => {
  const assignments = [{ group: 2, range: [4, 5] as const }];
  const topology = assignSlots(sampleTopology(), { assignments }, SAMPLE_CHANGE);

  const { slots, epoch } = startMigration(topology, { ...order, range: [2, 5] }, SAMPLE_CHANGE);

  const migration = { id: "m", from: 1, to: 2, method: "keys" };
  assertEquals(slots as unknown, [
    { range: [0, 1], phase: "stable", epoch: 6, owner: 1 },
    { range: [2, 3], phase: "preparing", epoch, migration },
    { range: [4, 5], phase: "stable", epoch: 7, owner: 2 },
  ]);
});

const closing = { id: "m", group: 2 };
const migration = { id: "m", from: 1, to: 2, method: "keys" } as const;

const REFUSALS: Record<string, () => Topology> = {
  "Cannot assign slots 2-3: they belong to another group; migrate them": () => {
    const assignments = [{ group: 2, range: [2, 4] as const }];
    return assignSlots(sampleTopology(), { assignments }, SAMPLE_CHANGE);
  },
  "Cannot assign slots 0: they belong to another group; wait for their migration": () => {
    const topology = sampleWith({ phase: "preparing", epoch: 6, migration });
    const assignments = [{ group: 2, range: [0, 0] as const }];
    return assignSlots(topology, { assignments, force: true }, SAMPLE_CHANGE);
  },
  "Cannot use slots 1-1024: want two of 0 to 1023, the lower first": () => {
    const assignments = [{ group: 2, range: [1, 1024] as const }];
    return assignSlots(sampleTopology(), { assignments }, SAMPLE_CHANGE);
  },
  "Cannot give slots to group 3: it has no server; add one first": () =>
    initSlots(addGroup(sampleGroups(), { id: 3 }, SAMPLE_CHANGE), [3], SAMPLE_CHANGE),
  "Cannot migrate slot 4: it is offline; assign it first": () =>
    startMigration(sampleTopology(), { ...order, range: [0, 4] }, SAMPLE_CHANGE),
  'Cannot migrate slot 0: it is preparing to group 2 (migration "m")': () =>
    startMigration(sampleWith({ phase: "preparing", epoch: 6, migration }), order, SAMPLE_CHANGE),
  "Cannot migrate slot 0: group 2 has not yet confirmed that it closed it": () => {
    const topology = sampleWith({ phase: "stable", epoch: 6, owner: 1, closing });
    return startMigration(topology, order, SAMPLE_CHANGE);
  },
  'Cannot migrate slot 0 by "dump": groups 1 and 2 cannot': () =>
    startMigration(sampleTopology(), { ...order, method: "dump" }, SAMPLE_CHANGE),
  "Cannot migrate slots 0-3: all are on group 1": () =>
    startMigration(sampleTopology(), { ...order, to: 1 }, SAMPLE_CHANGE),
};

Deno.test("methodBetween() names both groups where slots have no way", () => {
  const between = (one: Capabilities, two: Capabilities) => {
    const { groups, ...rest } = sampleTopology();
    const both = { 1: { ...groups[1]!, caps: one }, 2: { ...groups[2]!, caps: two } };
    try {
      return methodBetween({ ...rest, groups: both }, { from: 1, to: 2 });
    } catch (error) {
      return (error as Error).message.replace("Cannot migrate slots from group 1 to group 2: ", "");
    }
  };
  const users = { ...STOCK_CAPABILITIES, acl: true };
  const { keys, dump, mixed, bare } = {
    keys: between(SERVER_CAPABILITIES, SERVER_CAPABILITIES),
    dump: between(users, users),
    mixed: between(users, SERVER_CAPABILITIES),
    bare: between(users, { ...users, acl: false }),
  };

  assertEquals([keys, dump], ["keys", "dump"]);
  assertEquals(
    mixed,
    "group 1 has stock servers, group 2 has codis-servers; slots move between groups of one kind",
  );
  assertEquals(
    bare.split(",")[0],
    "the servers of group 2 have no ACL users that the manager may make",
  );
});

for (const [message, edit] of Object.entries(REFUSALS)) {
  Deno.test(`an edit is refused: ${message}`, () => {
    assertEquals(assertThrows(edit, TopologyError).message, message);
  });
}
