/**
 * Every state of a slot that moves by `dump`, against every event.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { sampleWith } from "../../tests/support/sample_topology.ts";
import type { DumpEvent, DumpTask, DumpTestimony, DumpWork } from "./dump_machine.ts";
import {
  adoptTopology,
  dueEffects,
  next,
  type SlotEffect,
  type SlotEvent,
  type SlotWork,
  slotWorkOf,
} from "./slot_machine.ts";
import { type SlotEntry, STOCK_CAPABILITIES, type Topology } from "./topology.ts";

const EPOCH = 6;
const migration = { id: "m", from: 1, to: 2, method: "dump" } as const;
const PREPARING: SlotEntry = { phase: "preparing", epoch: EPOCH, migration };
const HOLDING: SlotEntry = { phase: "preparing", epoch: EPOCH, holding: true, migration };
const MIGRATING: SlotEntry = { phase: "migrating", epoch: EPOCH, opened: true, migration };
const RETURNING: SlotEntry = { phase: "returning", epoch: EPOCH, migration };
const CLOSING: SlotEntry = {
  phase: "stable",
  epoch: EPOCH,
  owner: 2,
  closing: { id: "m", group: 1 },
};

const STATES: Record<string, SlotWork> = {
  stable: work({ phase: "stable", epoch: EPOCH, owner: 1 }),
  preparing: work(PREPARING),
  purged: work(PREPARING, { done: ["purge"] }),
  holding: work(HOLDING),
  held: work(HOLDING, { barrier: "passed" }),
  "not held": work(HOLDING, { barrier: "failed" }),
  migrating: work(MIGRATING),
  swept: work(MIGRATING, { done: ["sweep"], moved: 7 }),
  returning: work(RETURNING),
  settled: work(RETURNING, { done: ["settle"] }),
  "held to return": work(RETURNING, { barrier: "passed" }),
  returned: work(RETURNING, { done: ["settle"], barrier: "passed" }),
  closing: work(CLOSING),
  closed: work(CLOSING, { done: ["purge"] }),
};

/** What an event means where the state's row says nothing else. */
const ELSEWHERE: Record<string, string> = {
  "source purged": "stale",
  "target purged": "stale",
  "source swept": "stale",
  "source settled": "stale",
  "barrier passed": "stale",
  "barrier failed": "stale",
  "source fenced": "refused",
  "cancel": "refused",
};

/** `due`: what the state asks for by itself. Then, per event: the verdict, and what follows. */
const MATRIX: Record<string, { due: string } & Record<string, string>> = {
  stable: { "due": "", "source fenced": "stale" },
  preparing: {
    "due": "purge group 2",
    "target purged": "accepted: hold",
    "cancel": "accepted: cancel",
  },
  purged: { "due": "hold", "cancel": "accepted: cancel" },
  holding: {
    "due": "barrier",
    "barrier passed": "accepted: open",
    "barrier failed": "accepted: cancel",
    "cancel": "accepted: cancel",
  },
  held: { "due": "open", "cancel": "accepted: cancel" },
  "not held": { "due": "cancel", "cancel": "accepted: cancel" },
  migrating: {
    "due": "sweep group 1 to 2",
    "source swept": "accepted: hand-over of 7",
    "cancel": "accepted: cancel",
  },
  swept: { "due": "hand-over of 7", "cancel": "accepted: cancel" },
  returning: {
    "due": "settle group 1, barrier",
    "source settled": "accepted: barrier",
    "barrier passed": "accepted: settle group 1",
  },
  settled: { "due": "barrier", "barrier passed": "accepted: turn-back" },
  "held to return": { "due": "settle group 1", "source settled": "accepted: turn-back" },
  returned: { "due": "turn-back" },
  closing: {
    "due": "purge group 1",
    "source purged": "accepted: close",
    "source fenced": "stale",
  },
  closed: { "due": "close", "source fenced": "stale" },
};

for (const [name, state] of Object.entries(STATES)) {
  Deno.test(`a slot of stock servers that is ${name} answers every event as the table says`, () => {
    const { due, ...row } = MATRIX[name]!;

    assertEquals(effectsText(dueEffects(state)), due);
    assertEquals(outcomes(state), { ...ELSEWHERE, ...row });
  });

  Deno.test(`a slot of stock servers that is ${name} hears nothing from the past`, () => {
    const past = [{ slotEpoch: EPOCH - 1 }, { leaderEpoch: -1 }];
    for (const event of Object.values(events())) {
      if (event.kind !== "dumped" && event.kind !== "barrier") continue;
      for (const fields of [...past, { server: "a replica" }, { group: 3 }]) {
        if (event.kind === "barrier" && !("slotEpoch" in fields || "leaderEpoch" in fields)) {
          continue;
        }
        const turn = next(state, aged(event, fields));

        assertEquals([turn.effects, turn.work, turn.verdict.kind], [[], state, "stale"]);
      }
    }
  });
}

Deno.test("what was done for a slot is forgotten with its epoch, and with the leader", () => {
  const topology = stock(PREPARING);
  const purged: SlotWork = { ...slotWorkOf(topology, 0), dump: dump({ done: ["purge"] }) };

  const unrelated = adoptTopology(purged, { ...topology, epoch: topology.epoch + 1 });
  const renewed = adoptTopology(purged, stock({ ...PREPARING, epoch: EPOCH + 1 }));
  const claimed = adoptTopology(purged, { ...topology, leader: { epoch: 9, id: "other" } });

  assertEquals(effectsText(dueEffects(unrelated)), "hold");
  assertEquals(effectsText(dueEffects(renewed)), "purge group 2");
  assertEquals(effectsText(dueEffects(claimed)), "purge group 2");
});

function outcomes(state: SlotWork): Record<string, string> {
  return Object.fromEntries(
    Object.entries(events()).map(([name, event]) => {
      const { verdict, effects } = next(state, event);
      const what = effectsText(effects);
      return [name, what === "" ? verdict.kind : `${verdict.kind}: ${what}`];
    }),
  );
}

function events(): Record<string, SlotEvent> {
  const fenced = { group: 1, server: "s1", boot: "boot-1", slotEpoch: EPOCH, leaderEpoch: 0 };
  return {
    "source purged": dumped("purge", 1),
    "target purged": dumped("purge", 2),
    "source swept": dumped("sweep", 1),
    "source settled": dumped("settle", 1),
    "barrier passed": { kind: "barrier", slotEpoch: EPOCH, leaderEpoch: 0, passed: true },
    "barrier failed": { kind: "barrier", slotEpoch: EPOCH, leaderEpoch: 0, passed: false },
    "source fenced": { kind: "fenced", by: fenced, state: "own" },
    "cancel": { kind: "cancel" },
  };
}

function dumped(task: DumpTask, group: number): DumpEvent {
  const by = { group, server: `s${group}`, slotEpoch: EPOCH, leaderEpoch: 0 };
  return { kind: "dumped", task, by, moved: task === "sweep" ? 7 : 0 };
}

function aged(event: DumpEvent, fields: Partial<DumpTestimony>): DumpEvent {
  return event.kind === "dumped"
    ? { ...event, by: { ...event.by, ...fields } }
    : { ...event, ...fields };
}

function work(entry: SlotEntry, fields: Partial<DumpWork> = {}): SlotWork {
  return { ...slotWorkOf(stock(entry), 0), dump: dump(fields) };
}

function dump(fields: Partial<DumpWork>): DumpWork {
  return { done: [], moved: 0, barrier: "awaited", ...fields };
}

function stock(entry: SlotEntry): Topology {
  const topology = sampleWith(entry);
  const groups = Object.fromEntries(
    Object.entries(topology.groups).map(([id, { servers }]) => [id, {
      servers: servers.map((server) => ({ ...server, boot: null })),
      caps: STOCK_CAPABILITIES,
    }]),
  );
  return { ...topology, groups };
}

function effectsText(effects: readonly SlotEffect[]): string {
  return effects.map((effect) => {
    switch (effect.kind) {
      case "dump":
        return `${effect.task} group ${effect.at.group}` +
          (effect.to === null ? "" : ` to ${effect.to.group}`);
      case "advance": {
        const { advance } = effect;
        return advance.step === "hand-over"
          ? `${advance.step} of ${advance.receipt.moved}`
          : advance.step;
      }
      default:
        return effect.kind;
    }
  }).join(", ");
}
