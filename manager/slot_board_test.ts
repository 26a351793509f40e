/**
 * What is due, by server.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { advanceSlots } from "../core/topology/advance_slots.ts";
import { setServerBoot } from "../core/topology/edit_groups.ts";
import { startMigration } from "../core/topology/edit_slots.ts";
import type { SlotEvent } from "../core/topology/slot_machine.ts";
import type { Topology } from "../core/topology/topology.ts";
import { SAMPLE_CHANGE, sampleTopology } from "../tests/support/sample_topology.ts";
import { readFence } from "./server_wire.ts";
import { type ServerEffect, SlotBoard } from "./slot_board.ts";

Deno.test("a new leader tells every owner of its slots, in one fence", () => {
  const board = new SlotBoard(sampleTopology());
  assertEquals(effectsText(board.dueAt("s1")), ["own 0,1,2,3"]);
  assertEquals(board.dueAt("s2"), []);
  obey(board, "s1");
  assertEquals(board.dueAt("s1"), []);
  assertEquals(board.hasAdvances(), false);
});

Deno.test("a step is due when both servers have confirmed", () => {
  const board = new SlotBoard(sampleTopology());
  board.adopt(migrating(board.topology));
  assertEquals([effectsText(board.dueAt("s1")), effectsText(board.dueAt("s2"))], [
    ["own 0,1", "own 2,3"],
    ["closed 0,1"],
  ]);
  obey(board, "s1");
  assertEquals([board.advances(), board.waitsForServers()], [[], true]);
  obey(board, "s2");
  assertEquals(board.advances().map(({ slot, step }) => [slot, step]), [[0, "open"], [1, "open"]]);
});

Deno.test("a cancelled slot takes no other step", () => {
  const board = new SlotBoard(sampleTopology());
  board.adopt(migrating(board.topology));
  obey(board, "s1");
  obey(board, "s2");
  board.hear(1, { kind: "cancel" });
  assertEquals(board.advances().map(({ slot, step }) => [slot, step]), [[0, "open"], [
    1,
    "cancel",
  ]]);
  board.adopt(advanceSlots(board.topology, board.advances(), SAMPLE_CHANGE));
  assertEquals(board.advances(), []);
});

Deno.test("a restarted server is told everything again", () => {
  const board = new SlotBoard(sampleTopology());
  obey(board, "s1");
  const restart = { group: 1, server: "s1", boot: "boot-9" };
  board.adopt(setServerBoot(board.topology, restart, SAMPLE_CHANGE));
  assertEquals(effectsText(board.dueAt("s1")), ["own 0,1,2,3"]);
});

Deno.test("an edit elsewhere leaves what was confirmed", () => {
  const board = new SlotBoard(sampleTopology());
  obey(board, "s1");
  board.adopt(migrating(board.topology));
  assertEquals(effectsText(board.dueAt("s1")), ["own 0,1"]);
});

Deno.test("a newer leader is noticed", () => {
  const board = new SlotBoard(sampleTopology());
  const event: SlotEvent = { kind: "outranked", leaderEpoch: 7, slotEpoch: 0 };
  board.hear(0, event);
  assertEquals(board.outrankedBy, 7);
});

function migrating(topology: Topology): Topology {
  const order = { id: "m", range: [0, 1], to: 2, method: "keys" } as const;
  return startMigration(topology, order, SAMPLE_CHANGE);
}

function obey(board: SlotBoard, server: string): void {
  for (const effect of board.dueAt(server)) {
    if (effect.kind !== "fence") continue;
    const answer = readFence(effect, "OK");
    if (answer.kind !== "events") continue;
    for (const slot of answer.slots) board.hear(slot, answer.event);
  }
}

function effectsText(effects: readonly ServerEffect[]): string[] {
  return effects.map((effect) => {
    const what = effect.kind === "fence" ? effect.state : `ask ${effect.side}`;
    return `${what} ${effect.slots.join(",")}`;
  });
}
