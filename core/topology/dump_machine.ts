/**
 * What the leader does about a slot that moves between servers that cannot fence: the same turn as in
 * `slot_machine.ts`, with other effects. Pure.
 *
 * | entry | to be done | then |
 * |---|---|---|
 * | preparing | purge the target | `hold` |
 * | preparing, holding | barrier | `open`; if it cannot be had, `cancel` |
 * | migrating | sweep the source | `hand-over` |
 * | returning | settle the source's sweep, barrier | `turn-back` |
 * | stable, closing at a stock group | purge that group | `close` |
 *
 * A **barrier** says that each proxy follows the document of the slot's epoch, or was shut out at both
 * servers (PROTOCOL rule 29). To **settle** says that no command of an earlier sweep is under way.
 *
 * Invariant: an answer counts only at the slot epoch and leader epoch that the document has now.
 *
 * @module
 */

import type { Advance } from "./advance_slots.ts";
import { type Endpoint, endpointOf } from "./slot_fences.ts";
import type { SlotEffect, SlotTurn, SlotWork } from "./slot_machine.ts";
import { groupOf, masterOf, participantsOf, type SlotEntry } from "./topology.ts";

/** What a stock server's keys of a slot need done. */
export type DumpTask = "purge" | "sweep" | "settle";

/** What is known of a slot that moves by `dump`, since its epoch began. */
export interface DumpWork {
  /** The tasks that were done. */
  readonly done: readonly DumpTask[];
  /** Keys that the sweep moved. */
  readonly moved: number;
  /** Whether every proxy follows the document or is shut out. */
  readonly barrier: "awaited" | "passed" | "failed";
}

/** Nothing was done yet. */
export const NO_DUMP_WORK: DumpWork = { done: [], moved: 0, barrier: "awaited" };

/** Something to be done to all keys of slots at one server. */
export interface DumpEffect {
  /** What is to be done. */
  readonly kind: "dump";
  /** In particular. */
  readonly task: DumpTask;
  /** The server whose keys it is about. */
  readonly at: Endpoint;
  /** Where a sweep moves them; null for other tasks. */
  readonly to: Endpoint | null;
  /** Ascending. */
  readonly slots: readonly number[];
  /** The slots' epoch. */
  readonly slotEpoch: number;
  /** The leader's epoch. */
  readonly leaderEpoch: number;
}

/** A barrier to be had. */
export interface BarrierEffect {
  /** What is to be done. */
  readonly kind: "barrier";
  /** Where a silent proxy is shut out, in this order: the side whose keys go first. */
  readonly at: readonly [Endpoint, Endpoint];
  /** Ascending. */
  readonly slots: readonly number[];
  /** The epoch that proxies must apply. */
  readonly slotEpoch: number;
  /** The leader's epoch. */
  readonly leaderEpoch: number;
}

/** Who says that something was done, and at which epochs it was asked for. */
export interface DumpTestimony {
  /** The group it answers for. */
  readonly group: number;
  /** The server's id. */
  readonly server: string;
  /** The slot's epoch. */
  readonly slotEpoch: number;
  /** The leader's epoch. */
  readonly leaderEpoch: number;
}

/** News about a slot that moves by `dump`. */
export type DumpEvent =
  /** A task is done for the whole slot. */
  | {
    readonly kind: "dumped";
    readonly task: DumpTask;
    readonly by: DumpTestimony;
    readonly moved: number;
  }
  /** The barrier was had, or it was given up. */
  | {
    readonly kind: "barrier";
    readonly slotEpoch: number;
    readonly leaderEpoch: number;
    readonly passed: boolean;
  };

/** Whether the slot's migration is one of this machine. */
export function movesByDump(entry: SlotEntry): boolean {
  return "migration" in entry && entry.migration.method === "dump";
}

/** Returns what is to be done now for a slot that moves by `dump`. */
export function dumpEffects(work: SlotWork): SlotEffect[] {
  const { entry, dump } = work;
  switch (entry.phase) {
    case "offline":
    case "stable":
      return [];
    case "preparing":
      if (entry.holding !== true) {
        return dump.done.includes("purge")
          ? step(work, entry.epoch, "hold")
          : task(work, entry, { task: "purge", at: entry.migration.to });
      }
      if (dump.barrier === "awaited") return barrier(work, entry);
      return step(work, entry.epoch, dump.barrier === "passed" ? "open" : "cancel");
    case "migrating": {
      const { from: at, to } = entry.migration;
      if (!dump.done.includes("sweep")) return task(work, entry, { task: "sweep", at, to });
      const { slot } = work;
      const receipt = { moved: dump.moved, sum: "0" };
      const advance: Advance = { slot, slotEpoch: entry.epoch, step: "hand-over", receipt };
      return [{ kind: "advance", advance }];
    }
    case "returning": {
      const settled = dump.done.includes("settle");
      if (settled && dump.barrier === "passed") return step(work, entry.epoch, "turn-back");
      return [
        ...settled ? [] : task(work, entry, { task: "settle", at: entry.migration.from }),
        ...dump.barrier === "passed" ? [] : barrier(work, entry),
      ];
    }
  }
}

/** Returns what the end of a migration needs at a group that cannot fence: nothing once it is purged. */
export function closingEffects(work: SlotWork): SlotEffect[] {
  const { entry, dump, topology } = work;
  if (entry.phase !== "stable" || entry.closing === undefined) return [];
  const { group } = entry.closing;
  if (groupOf(topology, group).caps.fence || dump.done.includes("purge")) return [];
  return task(work, entry, { task: "purge", at: group });
}

/** Takes in one piece of news about a slot that moves by `dump`, or that ends such a move. */
export function nextDump(work: SlotWork, event: DumpEvent): DumpTurn {
  const past = whyPast(work, event);
  if (past !== null) return { stale: past };
  const { dump } = work;
  if (event.kind === "dumped") {
    if (!asked(work).some((effect) => isTask(effect, event))) {
      return { stale: `nobody asked for a ${event.task} of group ${event.by.group}` };
    }
    return { dump: { ...dump, done: [...dump.done, event.task], moved: event.moved } };
  }
  if (!asked(work).some((effect) => effect.kind === "barrier")) {
    return { stale: "no barrier is awaited" };
  }
  // A return has no other way to go: its barrier is awaited until it can be had.
  if (!event.passed && work.entry.phase === "returning") return { stale: "it is still awaited" };
  return { dump: { ...dump, barrier: event.passed ? "passed" : "failed" } };
}

/** What a piece of news changes, or why it does not count. */
export type DumpTurn = { readonly dump: DumpWork } | { readonly stale: string };

/** What {@linkcode next} makes of it. */
export function turnOf(
  work: SlotWork,
  turn: DumpTurn,
  due: (work: SlotWork) => SlotEffect[],
): SlotTurn {
  if ("stale" in turn) {
    return { work, effects: [], verdict: { kind: "stale", why: turn.stale } };
  }
  const now = { ...work, dump: turn.dump };
  return { work: now, effects: due(now), verdict: { kind: "accepted" } };
}

type MovingEntry = Exclude<SlotEntry, { readonly phase: "offline" }>;

function asked(work: SlotWork): SlotEffect[] {
  return work.entry.phase === "stable" ? closingEffects(work) : dumpEffects(work);
}

function isTask(effect: SlotEffect, event: DumpEvent & { kind: "dumped" }): boolean {
  return effect.kind === "dump" && effect.task === event.task &&
    effect.at.group === event.by.group;
}

function task(
  work: SlotWork,
  entry: MovingEntry,
  wanted: { task: DumpTask; at: number; to?: number },
): SlotEffect[] {
  const at = endpointOf(work.topology, wanted.at);
  const to = wanted.to === undefined ? null : endpointOf(work.topology, wanted.to);
  if (at === null || (to === null && wanted.to !== undefined)) return [];
  return [{
    kind: "dump",
    task: wanted.task,
    at,
    to,
    slots: [work.slot],
    slotEpoch: entry.epoch,
    leaderEpoch: work.topology.leader.epoch,
  }];
}

function barrier(
  work: SlotWork,
  entry: MovingEntry & { phase: "preparing" | "returning" },
): SlotEffect[] {
  const from = endpointOf(work.topology, entry.migration.from);
  const to = endpointOf(work.topology, entry.migration.to);
  if (from === null || to === null) return [];
  return [{
    kind: "barrier",
    at: [from, to],
    slots: [work.slot],
    slotEpoch: entry.epoch,
    leaderEpoch: work.topology.leader.epoch,
  }];
}

function step(
  work: SlotWork,
  slotEpoch: number,
  kind: "hold" | "open" | "cancel" | "turn-back",
): SlotEffect[] {
  return [{ kind: "advance", advance: { slot: work.slot, slotEpoch, step: kind } }];
}

/** Why news is about the past; null if it is about the present. */
function whyPast(work: SlotWork, event: DumpEvent): string | null {
  const { entry, topology } = work;
  const { slotEpoch, leaderEpoch } = event.kind === "dumped" ? event.by : event;
  if (entry.phase === "offline") return "nobody owns it";
  if (leaderEpoch !== topology.leader.epoch) return `leader epoch ${leaderEpoch} is over`;
  if (slotEpoch !== entry.epoch) return `slot epoch ${slotEpoch} is over`;
  if (event.kind === "barrier") return null;
  const { group, server } = event.by;
  if (!participantsOf(entry).includes(group)) return `group ${group} has no part in it`;
  if (masterOf(groupOf(topology, group))?.id !== server) {
    return `server "${server}" is not the master`;
  }
  return null;
}
