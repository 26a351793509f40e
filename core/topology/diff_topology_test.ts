/**
 * Differences in the words of the history page.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { SAMPLE_CHANGE, sampleTopology } from "../../tests/support/sample_topology.ts";
import { claimLeader } from "./advance_slots.ts";
import { diffTopology } from "./diff_topology.ts";
import { addGroup, setServerBoot } from "./edit_groups.ts";
import { startMigration } from "./edit_slots.ts";

Deno.test("diffTopology() says what each kind of edit changed", () => {
  const before = sampleTopology();
  let after = claimLeader(before, "manager-1", SAMPLE_CHANGE);
  after = addGroup(after, { id: 3 }, SAMPLE_CHANGE);
  after = setServerBoot(after, { group: 2, server: "s2", boot: "boot-3" }, SAMPLE_CHANGE);
  const order = { id: "m", range: [1, 2], to: 2, method: "keys" } as const;
  after = startMigration(after, order, SAMPLE_CHANGE);

  assertEquals(diffTopology(before, after), [
    { subject: "leader", before: '"", epoch 0', after: '"manager-1", epoch 1' },
    {
      subject: "group 2",
      before: '"s2" at h2:6379, start boot-2',
      after: '"s2" at h2:6379, start boot-3',
    },
    { subject: "group 3", before: null, after: "no server" },
    { subject: "slots 1-2", before: "group 1", after: "preparing from group 1 to 2" },
  ]);
});

Deno.test("diffTopology() of a topology with itself is empty", () => {
  assertEquals(diffTopology(sampleTopology(), sampleTopology()), []);
});
