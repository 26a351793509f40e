/**
 * What servers are told, per entry of a slot.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { sampleWith } from "../../tests/support/sample_topology.ts";
import { fenceEffects, fencesOf, joinSlots } from "./slot_fences.ts";
import type { SlotEntry, Topology } from "./topology.ts";

const receipt = { moved: 3, sum: "1f" };
const migration = { id: "m", from: 1, to: 2, method: "keys" } as const;

const TABLE: readonly (readonly [SlotEntry, readonly string[]])[] = [
  [{ phase: "offline" }, []],
  [{ phase: "stable", epoch: 6, owner: 1 }, ["0: group 1 own"]],
  [
    { phase: "stable", epoch: 6, owner: 2, closing: { id: "m", group: 1 } },
    ["0: group 1 closed, peer 2", "1: group 2 own, peer 1"],
  ],
  [
    { phase: "stable", epoch: 6, owner: 2, closing: { id: "m", group: 1, receipt } },
    ["0: group 2 own, peer 1", "1: group 1 closed, peer 2"],
  ],
  [
    { phase: "preparing", epoch: 6, migration },
    ["0: group 1 own, peer 2", "0: group 2 closed, peer 1"],
  ],
  [
    { phase: "migrating", epoch: 6, opened: false, migration },
    ["0: group 2 importing fresh, peer 1"],
  ],
  [
    { phase: "migrating", epoch: 6, opened: true, migration },
    ["0: group 2 importing, peer 1", "1: group 1 giving, peer 2"],
  ],
  [
    { phase: "returning", epoch: 6, migration },
    ["0: group 2 hold, peer 1", "0: group 1 hold, peer 2"],
  ],
];

for (const [entry, expected] of TABLE) {
  Deno.test(`fencesOf() a slot that is ${JSON.stringify(entry)}`, () => {
    const texts = fencesOf(entry).map(({ order, group, state, fresh, peer }) =>
      `${order}: group ${group} ${state}${fresh ? " fresh" : ""}${peer ? `, peer ${peer}` : ""}`
    );

    assertEquals(texts, expected);
  });
}

const ENTRY = { phase: "preparing", epoch: 6, migration } as const;

/** What group 1 is told of slot 0. */
function told(topology: Topology) {
  const [fence] = fencesOf(ENTRY);
  return fenceEffects({ topology, slot: 0, entry: ENTRY, fence: fence! });
}

Deno.test("fenceEffects() names the start and the epochs that are meant", () => {
  assertEquals(told(sampleWith(ENTRY)), [{
    kind: "fence",
    at: { group: 1, server: "s1", addr: "h1:6379", boot: "boot-1" },
    slots: [0],
    state: "own",
    slotEpoch: 6,
    leaderEpoch: 0,
    fresh: false,
    peer: { group: 2, server: "s2", addr: "h2:6379", boot: "boot-2" },
    order: 0,
  }]);
});

Deno.test("fenceEffects() tells nothing to servers that cannot fence", () => {
  const topology = sampleWith(ENTRY);
  const stock = { ...topology.groups[1]!, caps: { fence: false, methods: ["dump"] as const } };

  assertEquals(told({ ...topology, groups: { ...topology.groups, 1: stock } }), []);
});

Deno.test("fenceEffects() asks for the start of a server it does not know", () => {
  const topology = sampleWith(ENTRY);
  const servers = [{ ...topology.groups[1]!.servers[0]!, boot: null }];
  const groups = { ...topology.groups, 1: { ...topology.groups[1]!, servers } };

  assertEquals(told({ ...topology, groups }), [
    { kind: "learn-boot", at: { group: 1, server: "s1", addr: "h1:6379", boot: null } },
  ]);
});

Deno.test("joinSlots() keeps apart what differs, and drops repetitions", () => {
  const effects = [
    { kind: "a", slots: [3], epoch: 1 },
    { kind: "a", slots: [1], epoch: 1 },
    { kind: "a", slots: [1], epoch: 2 },
    { kind: "b" },
    { kind: "b" },
  ];

  assertEquals(joinSlots<{ kind: string; slots?: number[]; epoch?: number }>(effects), [
    { kind: "a", slots: [1, 3], epoch: 1 },
    { kind: "a", slots: [1], epoch: 2 },
    { kind: "b" },
  ]);
});
