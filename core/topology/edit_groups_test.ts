/**
 * Edits of groups and servers: what they change, and what they refuse.
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
import { addGroup, addServer, removeGroup, removeServer, setServerBoot } from "./edit_groups.ts";
import { entryOf } from "./slot_table.ts";
import { type Topology, TopologyError } from "./topology.ts";

const replica = { id: "s1b", addr: "h1:6380", boot: "boot-1b" };

function withReplica(): Topology {
  return addServer(sampleTopology(), { group: 1, server: replica }, SAMPLE_CHANGE);
}

Deno.test("addGroup() adds an empty group and one to the epoch", () => {
  const before = sampleGroups();

  const after = addGroup(before, { id: 3 }, { ...SAMPLE_CHANGE, id: "change-2" });

  assertEquals(after.groups[3], { servers: [], caps: { fence: true, methods: ["keys"] } });
  assertEquals([after.epoch, after.lastChange.id], [before.epoch + 1, "change-2"]);
  assertEquals(before.groups[3], undefined);
});

Deno.test("removeGroup() removes a group without slots", () => {
  assertEquals(Object.keys(removeGroup(sampleTopology(), 2, SAMPLE_CHANGE).groups), ["1"]);
});

Deno.test("setServerBoot() of a master renews the epoch of every slot it has a part in", () => {
  const migration = { id: "m", from: 1, to: 2, method: "keys" } as const;
  const topology = sampleWith({ phase: "migrating", epoch: 6, opened: true, migration });

  const next = setServerBoot(topology, { group: 2, server: "s2", boot: "boot-3" }, SAMPLE_CHANGE);

  assertEquals(next.groups[2]!.servers[0]!.boot, "boot-3");
  const { epoch } = next;
  assertEquals(entryOf(next, 0), { phase: "migrating", epoch, opened: true, migration });
  assertEquals(entryOf(next, 1), entryOf(topology, 1));
});

Deno.test("setServerBoot() of a replica renews nothing", () => {
  const topology = withReplica();

  const next = setServerBoot(topology, { group: 1, server: "s1b", boot: "x" }, SAMPLE_CHANGE);

  assertEquals(next.slots, topology.slots);
});

Deno.test("removeServer() removes a replica", () => {
  const next = removeServer(withReplica(), { group: 1, server: "s1b" }, SAMPLE_CHANGE);

  assertEquals(next.groups, sampleTopology().groups);
});

const REFUSALS: Record<string, () => Topology> = {
  "Cannot add group 0: want an id of 1 to 9999": () =>
    addGroup(sampleGroups(), { id: 0 }, SAMPLE_CHANGE),
  "Cannot add group 2: it is there already": () =>
    addGroup(sampleGroups(), { id: 2 }, SAMPLE_CHANGE),
  "Cannot remove group 1: it has a part in slots 0-3; migrate them first": () =>
    removeGroup(sampleTopology(), 1, SAMPLE_CHANGE),
  "Cannot use group 7: there is no such group": () => removeGroup(sampleGroups(), 7, SAMPLE_CHANGE),
  'Cannot add server "s9" at h1:6379 to group 2: group 1 has server "s1" at h1:6379': () => {
    const server = { id: "s9", addr: "h1:6379", boot: null };
    return addServer(sampleGroups(), { group: 2, server }, SAMPLE_CHANGE);
  },
  'Cannot remove server "s1": it is the master of group 1; remove its replicas first': () =>
    removeServer(withReplica(), { group: 1, server: "s1" }, SAMPLE_CHANGE),
  'Cannot remove server "s1": it is the master of group 1; migrate slots 0-3 first': () =>
    removeServer(sampleTopology(), { group: 1, server: "s1" }, SAMPLE_CHANGE),
  'Cannot use server "s2": group 1 has none of it': () =>
    removeServer(sampleTopology(), { group: 1, server: "s2" }, SAMPLE_CHANGE),
};

for (const [message, edit] of Object.entries(REFUSALS)) {
  Deno.test(`an edit is refused: ${message}`, () => {
    assertEquals(assertThrows(edit, TopologyError).message, message);
  });
}
