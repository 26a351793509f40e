/**
 * Every state of a slot against every event.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { sampleWith } from "../../tests/support/sample_topology.ts";
import type { FenceState } from "./slot_fences.ts";
import {
  adoptTopology,
  dueEffects,
  next,
  type SlotEffect,
  type SlotEvent,
  type SlotTurn,
  type SlotWork,
  slotWorkOf,
  type Testimony,
} from "./slot_machine.ts";
import type { Receipt, SlotEntry } from "./topology.ts";

const EPOCH = 6;
const MIGRATION = { id: "m", from: 1, to: 2, method: "keys" } as const;
const RECEIPT: Receipt = { moved: 3, sum: "ab" };
const OTHER_RECEIPT: Receipt = { moved: 2, sum: "cd" };

const MIGRATING = work({ phase: "migrating", epoch: EPOCH, opened: true, migration: MIGRATION });

const STATES: Record<string, SlotWork> = {
  offline: work({ phase: "offline" }),
  stable: work({ phase: "stable", epoch: EPOCH, owner: 1 }),
  closing: work({ phase: "stable", epoch: EPOCH, owner: 2, closing: { id: "m", group: 1 } }),
  preparing: work({ phase: "preparing", epoch: EPOCH, migration: MIGRATION }),
  prepared: {
    ...work({ phase: "preparing", epoch: EPOCH, migration: MIGRATION }),
    confirmed: [1, 2],
  },
  opening: work({ phase: "migrating", epoch: EPOCH, opened: false, migration: MIGRATION }),
  opened: MIGRATING,
  moving: { ...MIGRATING, confirmed: [2, 1] },
  drained: { ...MIGRATING, confirmed: [2, 1], source: RECEIPT },
  differing: { ...MIGRATING, confirmed: [2, 1], source: RECEIPT, target: OTHER_RECEIPT },
  returning: work({ phase: "returning", epoch: EPOCH, migration: MIGRATION }),
  returned: {
    ...work({ phase: "returning", epoch: EPOCH, migration: MIGRATION }),
    confirmed: [2, 1],
  },
  closed: {
    ...work({ phase: "stable", epoch: EPOCH, owner: 2, closing: { id: "m", group: 1 } }),
    confirmed: [1, 2],
  },
  dump: work({ phase: "preparing", epoch: EPOCH, migration: { ...MIGRATION, method: "dump" } }),
};

/** What an event means where the state's row says nothing else. */
const ELSEWHERE: Record<string, string> = {
  "source fenced": "stale",
  "target fenced": "stale",
  "source in doubt": "refused",
  "source not empty": "stale",
  "source empty, in doubt": "stale",
  "source empty": "stale",
  "target agrees": "stale",
  "target differs": "stale",
  "source restarted": "accepted: admit boot-9 of group 1",
  "target restarted": "accepted: admit boot-9 of group 2",
  "newer leader": "accepted: resign",
  "newer slot epoch": "refused",
  "older fence refused": "stale",
  "cancel": "accepted: cancel",
};

/** `due`: what the state asks for by itself. Then, per event: the verdict, and what follows. */
const MATRIX: Record<string, { due: string } & Record<string, string>> = {
  offline: {
    "due": "",
    "source in doubt": "stale",
    "source restarted": "stale",
    "target restarted": "stale",
    "cancel": "refused",
  },
  stable: {
    "due": "group 1 own",
    "source fenced": "accepted",
    "target restarted": "stale",
    "cancel": "refused",
  },
  closing: {
    "due": "group 1 closed",
    "source fenced": "accepted: group 2 own",
    "target fenced": "accepted: group 1 closed",
    "cancel": "refused",
  },
  preparing: {
    "due": "group 1 own, group 2 closed",
    "source fenced": "accepted: group 2 closed",
    "target fenced": "accepted: group 1 own",
  },
  prepared: {
    "due": "open",
  },
  opening: {
    "due": "group 2 importing fresh",
    "target fenced": "accepted: opened",
  },
  opened: {
    "due": "group 2 importing",
    "source fenced": "accepted: group 2 importing",
    "target fenced": "accepted: group 1 giving",
  },
  moving: {
    "due": "ask source",
    "source not empty": "accepted",
    "source empty, in doubt": "accepted",
    "source empty": "accepted: ask target",
  },
  drained: {
    "due": "ask target",
    "target agrees": "accepted: hand-over",
    "target differs": "accepted: report mismatch, ask target",
  },
  differing: {
    "due": "report mismatch, ask target",
    "target agrees": "accepted: hand-over",
  },
  returning: {
    "due": "group 2 hold, group 1 hold",
    "source fenced": "accepted: group 2 hold",
    "target fenced": "accepted: group 1 hold",
    "source in doubt": "accepted",
    "cancel": "refused",
  },
  returned: {
    "due": "turn-back",
    "source in doubt": "stale",
    "cancel": "refused",
  },
  closed: {
    "due": "close",
    "cancel": "refused",
  },
  dump: {
    "due": "purge group 2",
    "source fenced": "refused",
    "target fenced": "refused",
    "source not empty": "refused",
    "source empty, in doubt": "refused",
    "source empty": "refused",
    "target agrees": "refused",
    "target differs": "refused",
  },
};

for (const [name, state] of Object.entries(STATES)) {
  Deno.test(`a slot that is ${name} answers every event as the table says`, () => {
    const { due, ...row } = MATRIX[name]!;

    assertEquals(effectsText(dueEffects(state)), due);
    assertEquals(outcomes(state), { ...ELSEWHERE, ...row });
  });

  Deno.test(`a slot that is ${name} hears nothing from the past`, () => {
    const past: readonly Partial<Testimony>[] = [
      { slotEpoch: EPOCH - 1 },
      { leaderEpoch: -1 },
      { boot: "boot-0" },
      { server: "a replica" },
      { group: 3 },
    ];
    for (const event of Object.values(events(state))) {
      if (!("by" in event) || event.kind === "dumped") continue;
      for (const fields of past) {
        const turn = next(state, { ...event, by: { ...event.by, ...fields } });

        assertEquals(turn.effects, []);
        assertEquals(turn.work, state);
        assertEquals(turn.verdict.kind, name === "dump" ? "refused" : "stale");
      }
    }
  });
}

Deno.test("next() refuses a server that confirms another state than it was told", () => {
  const event: SlotEvent = { kind: "fenced", by: testimony(1), state: "closed" };

  const turn = next(STATES["preparing"]!, event);

  assertEquals(turn.verdict, {
    kind: "refused",
    why: 'it confirmed "closed" and was told "own"',
  });
});

Deno.test("dueEffects() learns a server's start before it fences it", () => {
  const topology = sampleWith({ phase: "stable", epoch: EPOCH, owner: 1 });
  const group = topology.groups[1]!;
  const servers = [{ ...group.servers[0]!, boot: null }];
  const groups = { ...topology.groups, 1: { ...group, servers } };

  const effects = dueEffects(slotWorkOf({ ...topology, groups }, 0));

  assertEquals(effectsText(effects), "learn boot of group 1");
});

Deno.test("adoptTopology() keeps what was observed while the slot and the leader are the same", () => {
  const state = STATES["drained"]!;
  const same = sampleWith(state.entry);
  const elsewhere = { ...same, epoch: same.epoch + 1 };
  const newLeader = { ...same, leader: { epoch: 1, id: "other" } };
  const newEpoch = sampleWith({ ...MIGRATING.entry, epoch: EPOCH + 1 } as SlotEntry);

  assertEquals(adoptTopology(state, elsewhere), state);
  assertEquals(adoptTopology(state, newLeader).confirmed, []);
  assertEquals(adoptTopology(state, newEpoch).source, null);
});

function outcomes(state: SlotWork): Record<string, string> {
  return Object.fromEntries(
    Object.entries(events(state)).map(([name, event]) => [name, turnText(next(state, event))]),
  );
}

/** The events, as they are said by servers that stand exactly where the state wants them. */
function events(state: SlotWork): Record<string, SlotEvent> {
  const [source, target] = [testimony(1), testimony(2)];
  return {
    "source fenced": { kind: "fenced", by: source, state: expectedState(state, 1) },
    "target fenced": { kind: "fenced", by: target, state: expectedState(state, 2) },
    "source in doubt": { kind: "in-doubt", by: source, count: 2 },
    "source not empty": receipt(source, { empty: false }),
    "source empty, in doubt": receipt(source, { inDoubt: 1 }),
    "source empty": receipt(source),
    "target agrees": receipt(target),
    "target differs": receipt(target, { receipt: OTHER_RECEIPT }),
    "source restarted": { kind: "restarted", group: 1, server: "s1", boot: "boot-9" },
    "target restarted": { kind: "restarted", group: 2, server: "s2", boot: "boot-9" },
    "newer leader": { kind: "outranked", leaderEpoch: 1, slotEpoch: EPOCH },
    "newer slot epoch": { kind: "outranked", leaderEpoch: 0, slotEpoch: EPOCH + 1 },
    "older fence refused": { kind: "outranked", leaderEpoch: 0, slotEpoch: 0 },
    "cancel": { kind: "cancel" },
  };
}

function expectedState(state: SlotWork, group: 1 | 2): FenceState {
  const { entry } = state;
  if (entry.phase === "migrating") return group === 1 ? "giving" : "importing";
  if (entry.phase === "returning") return "hold";
  const owner = entry.phase === "stable" ? entry.owner : 1;
  return group === owner ? "own" : "closed";
}

function receipt(
  by: Testimony,
  fields: Partial<Omit<SlotEvent & { kind: "receipt" }, "kind" | "by">> = {},
): SlotEvent {
  return { kind: "receipt", by, empty: true, inDoubt: 0, receipt: RECEIPT, ...fields };
}

function testimony(group: number): Testimony {
  return { group, server: `s${group}`, boot: `boot-${group}`, slotEpoch: EPOCH, leaderEpoch: 0 };
}

function work(entry: SlotEntry): SlotWork {
  return slotWorkOf(sampleWith(entry), 0);
}

function turnText({ verdict, effects }: SlotTurn): string {
  const what = effectsText(effects);
  return what === "" ? verdict.kind : `${verdict.kind}: ${what}`;
}

function effectsText(effects: readonly SlotEffect[]): string {
  return effects.map(effectText).join(", ");
}

function effectText(effect: SlotEffect): string {
  switch (effect.kind) {
    case "dump":
      return `${effect.task} group ${effect.at.group}`;
    case "barrier":
      return "barrier";
    case "fence":
      return `group ${effect.at.group} ${effect.state}${effect.fresh ? " fresh" : ""}`;
    case "learn-boot":
      return `learn boot of group ${effect.at.group}`;
    case "ask-receipt":
      return `ask ${effect.side}`;
    case "advance":
      return effect.advance.step;
    case "admit-boot":
      return `admit ${effect.boot} of group ${effect.group}`;
    case "resign":
      return "resign";
    case "report-mismatch":
      return "report mismatch";
  }
}
