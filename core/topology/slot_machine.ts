/**
 * The leader's mind about one slot: what the document says, what the servers have confirmed since, and
 * what is to be done next. Pure: the manager and the tests run the same functions.
 *
 * One turn is always: write the document → fence the servers → collect their answers *at that slot
 * epoch, leader epoch and boot* → decide the next write. {@linkcode next} takes in one piece of news;
 * {@linkcode dueEffects} says what is to be done now, and may be asked again at any time: every effect
 * is idempotent.
 *
 * Invariant: nothing is decided on anything that was observed before the servers confirmed the fences
 * of the current document.
 *
 * @module
 */

import type { Advance } from "./advance_slots.ts";
import {
  type BarrierEffect,
  closingEffects,
  type DumpEffect,
  dumpEffects,
  type DumpEvent,
  type DumpWork,
  movesByDump,
  nextDump,
  NO_DUMP_WORK,
  turnOf,
} from "./dump_machine.ts";
import { entryOf, sameEntry } from "./slot_table.ts";
import {
  type Endpoint,
  endpointOf,
  type FenceEffect,
  fenceEffects,
  fencesOf,
  type FenceState,
  type LearnBootEffect,
  type SlotFence,
} from "./slot_fences.ts";
import {
  groupOf,
  masterOf,
  participantsOf,
  type Receipt,
  type SlotEntry,
  type Topology,
} from "./topology.ts";

/** What the leader knows of one slot. */
export interface SlotWork {
  /** The slot's number. */
  readonly slot: number;
  /** What the document says. */
  readonly entry: SlotEntry;
  /** The document's servers and leader, as of the entry. */
  readonly topology: Pick<Topology, "groups" | "leader">;
  /** The groups that confirmed their fence of this entry. */
  readonly confirmed: readonly number[];
  /** Transfers of unknown outcome, as the source said last. */
  readonly inDoubt: number;
  /** The source's receipt, once it was empty with nothing in doubt; it cannot change after that. */
  readonly source: Receipt | null;
  /** The target's receipt, taken after the source's. */
  readonly target: Receipt | null;
  /** What servers that cannot fence had done. */
  readonly dump: DumpWork;
}

/** Who says something, and at which epochs it stood when it did. */
export interface Testimony {
  /** The group it answers for. */
  readonly group: number;
  /** The server's id. */
  readonly server: string;
  /** The process start. */
  readonly boot: string;
  /** The slot's epoch there. */
  readonly slotEpoch: number;
  /** The leader's epoch there. */
  readonly leaderEpoch: number;
}

/** A piece of news about a slot. */
export type SlotEvent =
  | DumpEvent
  /** `+OK` to a fence. */
  | { readonly kind: "fenced"; readonly by: Testimony; readonly state: FenceState }
  /** `-SLOTINDOUBT` to a fence. */
  | { readonly kind: "in-doubt"; readonly by: Testimony; readonly count: number }
  /** The answer to a question for the receipt. */
  | {
    readonly kind: "receipt";
    readonly by: Testimony;
    readonly empty: boolean;
    readonly inDoubt: number;
    readonly receipt: Receipt;
  }
  /** `-SLOTBOOT`, or whatever else showed that another process answers at the server's address. */
  | {
    readonly kind: "restarted";
    readonly group: number;
    readonly server: string;
    readonly boot: string;
  }
  /** `-SLOTFENCED`: the server obeys a newer leader, or a newer epoch of the slot. */
  | { readonly kind: "outranked"; readonly leaderEpoch: number; readonly slotEpoch: number }
  /** The operator wants the slot back. */
  | { readonly kind: "cancel" };

/** Something for the executor to do. */
export type SlotEffect =
  | DumpEffect
  | BarrierEffect
  | FenceEffect
  | LearnBootEffect
  /** Ask for `{empty, inDoubt, receipt}` of the slots at this epoch. The source moves keys by itself. */
  | {
    readonly kind: "ask-receipt";
    readonly side: "source" | "target";
    readonly at: Endpoint;
    readonly slots: readonly number[];
    readonly slotEpoch: number;
  }
  /** Write the document with this step; join many. */
  | { readonly kind: "advance"; readonly advance: Advance }
  /** Write the document with this boot, by `setServerBoot`. */
  | {
    readonly kind: "admit-boot";
    readonly group: number;
    readonly server: string;
    readonly boot: string;
  }
  /** Stop leading: a newer leader exists. */
  | { readonly kind: "resign"; readonly leaderEpoch: number }
  /** Tell the operator: the sides disagree on what moved, so the slot stays where it is. */
  | {
    readonly kind: "report-mismatch";
    readonly slot: number;
    readonly source: Receipt;
    readonly target: Receipt;
  };

/** Whether a piece of news counted. */
export type Verdict =
  | { readonly kind: "accepted" }
  /** It is about a past that no longer matters. */
  | { readonly kind: "stale"; readonly why: string }
  /** It does not fit: a wrong order of the operator, or a broken server. */
  | { readonly kind: "refused"; readonly why: string };

/** What follows from a piece of news. */
export interface SlotTurn {
  /** What is known now. */
  readonly work: SlotWork;
  /** What is to be done now. */
  readonly effects: readonly SlotEffect[];
  /** Whether the news counted. */
  readonly verdict: Verdict;
}

/** Returns the work of a slot of which nothing is known yet but the document. */
export function slotWorkOf(topology: Topology, slot: number): SlotWork {
  const { groups, leader } = topology;
  return {
    slot,
    entry: entryOf(topology, slot),
    topology: { groups, leader },
    confirmed: [],
    inDoubt: 0,
    source: null,
    target: null,
    dump: NO_DUMP_WORK,
  };
}

/**
 * Returns the work after the document changed. What was observed is kept only if the slot's epoch, its
 * phase and the leader are the same; the boots are then the same too.
 */
export function adoptTopology(work: SlotWork, topology: Topology): SlotWork {
  const fresh = slotWorkOf(topology, work.slot);
  if (work.topology.leader.epoch !== topology.leader.epoch) return fresh;
  if (!sameEntry(work.entry, fresh.entry)) return fresh;
  return { ...work, topology: fresh.topology };
}

/** Returns what is to be done now, from the document and what was confirmed. */
export function dueEffects(work: SlotWork): SlotEffect[] {
  if (movesByDump(work.entry)) return dumpEffects(work);
  const open = fencesOf(work.entry).filter((fence) => !confirmed(work, fence));
  if (open.length === 0) return settledEffects(work);
  const order = Math.min(...open.map((fence) => fence.order));
  return open.filter((fence) => fence.order === order).flatMap((fence) =>
    fenceEffects({ topology: work.topology, slot: work.slot, entry: work.entry, fence })
  );
}

/** Takes in one piece of news. An event that does not count changes nothing and says why. */
export function next(work: SlotWork, event: SlotEvent): SlotTurn {
  if (event.kind === "restarted") return onRestarted(work, event);
  if (event.kind === "outranked") return onOutranked(work, event);
  if (event.kind === "cancel") return onCancel(work);
  if (event.kind === "dumped" || event.kind === "barrier") {
    return turnOf(work, nextDump(work, event), dueEffects);
  }
  if (movesByDump(work.entry)) return refused(work, `it does not move by the method "keys"`);
  switch (event.kind) {
    case "fenced":
      return onFenced(work, event);
    case "in-doubt":
      return onInDoubt(work, event);
    case "receipt":
      return onReceipt(work, event);
  }
}

function onFenced(work: SlotWork, event: SlotEvent & { kind: "fenced" }): SlotTurn {
  const past = whyPast(work, event.by);
  if (past !== null) return stale(work, past);
  const fence = fencesOf(work.entry).find((fence) => fence.group === event.by.group);
  if (fence === undefined) return stale(work, `group ${event.by.group} has nothing to confirm`);
  if (fence.state !== event.state) {
    return refused(work, `it confirmed "${event.state}" and was told "${fence.state}"`);
  }
  if (work.confirmed.includes(fence.group)) return stale(work, "it was confirmed already");
  return accepted({ ...work, confirmed: [...work.confirmed, fence.group], inDoubt: 0 });
}

function onInDoubt(work: SlotWork, event: SlotEvent & { kind: "in-doubt" }): SlotTurn {
  const past = whyPast(work, event.by);
  if (past !== null) return stale(work, past);
  if (work.entry.phase !== "returning") {
    return refused(work, `a slot that is ${work.entry.phase} asks nobody to hold`);
  }
  if (work.confirmed.includes(event.by.group)) return stale(work, "it holds already");
  // The source resolves its doubts by itself; the fence is sent again until it has.
  return { work: { ...work, inDoubt: event.count }, effects: [], verdict: { kind: "accepted" } };
}

function onReceipt(work: SlotWork, event: SlotEvent & { kind: "receipt" }): SlotTurn {
  const past = whyPast(work, event.by);
  if (past !== null) return stale(work, past);
  const { entry } = work;
  if (entry.phase !== "migrating") return stale(work, `no keys move while it is ${entry.phase}`);
  if (!entry.opened || dueEffects(work).some((effect) => effect.kind === "fence")) {
    return stale(work, "the servers do not stand at this epoch yet");
  }
  if (event.by.group === entry.migration.from) {
    if (work.source !== null) return stale(work, "the source was empty already");
    if (event.empty && event.inDoubt === 0) return accepted({ ...work, source: event.receipt });
    const waiting = { ...work, inDoubt: event.inDoubt };
    return { work: waiting, effects: [], verdict: { kind: "accepted" } };
  }
  if (work.source === null) return stale(work, "the source was not empty yet");
  if (work.target !== null && sameReceipt(work.target, event.receipt)) {
    return stale(work, "the target's receipt is known");
  }
  return accepted({ ...work, target: event.receipt });
}

function onRestarted(work: SlotWork, event: SlotEvent & { kind: "restarted" }): SlotTurn {
  const { group, server, boot } = event;
  if (!participantsOf(work.entry).includes(group)) {
    return stale(work, `group ${group} has no part in it`);
  }
  const master = masterOf(groupOf(work.topology, group));
  if (master?.id !== server) return stale(work, `server "${server}" is not the master`);
  if (master.boot === boot) return stale(work, "this start is admitted already");
  const effects: SlotEffect[] = [{ kind: "admit-boot", group, server, boot }];
  return { work, effects, verdict: { kind: "accepted" } };
}

function onOutranked(work: SlotWork, event: SlotEvent & { kind: "outranked" }): SlotTurn {
  const leader = work.topology.leader.epoch;
  if (event.leaderEpoch > leader) {
    const effects: SlotEffect[] = [{ kind: "resign", leaderEpoch: event.leaderEpoch }];
    return { work, effects, verdict: { kind: "accepted" } };
  }
  const epoch = work.entry.phase === "offline" ? 0 : work.entry.epoch;
  if (event.slotEpoch <= epoch) return stale(work, "an older fence was refused");
  return refused(
    work,
    `a server stands at slot epoch ${event.slotEpoch}, the document at ${epoch}`,
  );
}

function onCancel(work: SlotWork): SlotTurn {
  const { entry, slot } = work;
  if (entry.phase !== "preparing" && entry.phase !== "migrating") {
    const why = entry.phase === "stable" && entry.closing !== undefined
      ? "it is handed over already; migrate it back"
      : `it is ${entry.phase}`;
    return refused(work, `there is nothing to cancel: ${why}`);
  }
  const advance: Advance = { slot, slotEpoch: entry.epoch, step: "cancel" };
  return { work, effects: [{ kind: "advance", advance }], verdict: { kind: "accepted" } };
}

/** What follows when every fence is confirmed. */
function settledEffects(work: SlotWork): SlotEffect[] {
  const { entry } = work;
  switch (entry.phase) {
    case "offline":
      return [];
    case "stable": {
      if (entry.closing === undefined) return [];
      const rest = closingEffects(work);
      return rest.length > 0 ? rest : [step(work, entry.epoch, "close")];
    }
    case "preparing":
      return [step(work, entry.epoch, "open")];
    case "returning":
      return [step(work, entry.epoch, "turn-back")];
    case "migrating":
      return entry.opened ? transferEffects(work, entry) : [step(work, entry.epoch, "opened")];
  }
}

function transferEffects(work: SlotWork, entry: SlotEntry & { phase: "migrating" }): SlotEffect[] {
  const { slot, source, target } = work;
  const { from, to } = entry.migration;
  if (source !== null && target !== null && sameReceipt(source, target)) {
    const advance: Advance = { slot, slotEpoch: entry.epoch, step: "hand-over", receipt: source };
    return [{ kind: "advance", advance }];
  }
  const at = endpointOf(work.topology, source === null ? from : to);
  const asked: SlotEffect[] = at === null ? [] : [{
    kind: "ask-receipt",
    side: source === null ? "source" : "target",
    at,
    slots: [slot],
    slotEpoch: entry.epoch,
  }];
  if (source === null || target === null) return asked;
  return [{ kind: "report-mismatch", slot, source, target }, ...asked];
}

function step(
  work: SlotWork,
  slotEpoch: number,
  kind: "open" | "opened" | "close" | "turn-back",
): SlotEffect {
  return { kind: "advance", advance: { slot: work.slot, slotEpoch, step: kind } };
}

/** Servers that cannot fence have nothing to confirm. */
function confirmed(work: SlotWork, fence: SlotFence): boolean {
  return work.confirmed.includes(fence.group) ||
    !groupOf(work.topology, fence.group).caps.fence;
}

/** Why a testimony is about the past; null if it is about the present. */
function whyPast(work: SlotWork, by: Testimony): string | null {
  const { entry, topology } = work;
  if (entry.phase === "offline" || !participantsOf(entry).includes(by.group)) {
    return `group ${by.group} has no part in it`;
  }
  const master = masterOf(groupOf(topology, by.group));
  if (master?.id !== by.server) return `server "${by.server}" is not the master`;
  if (master.boot !== by.boot) return `start "${by.boot}" is not the admitted one`;
  if (by.leaderEpoch !== topology.leader.epoch) return `leader epoch ${by.leaderEpoch} is over`;
  if (by.slotEpoch !== entry.epoch) return `slot epoch ${by.slotEpoch} is over`;
  return null;
}

function sameReceipt(left: Receipt, right: Receipt): boolean {
  return left.moved === right.moved && left.sum === right.sum;
}

function accepted(work: SlotWork): SlotTurn {
  return { work, effects: dueEffects(work), verdict: { kind: "accepted" } };
}

function stale(work: SlotWork, why: string): SlotTurn {
  return { work, effects: [], verdict: { kind: "stale", why } };
}

function refused(work: SlotWork, why: string): SlotTurn {
  return { work, effects: [], verdict: { kind: "refused", why } };
}
