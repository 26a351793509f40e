/**
 * A manager of the model: the executor's round and its lanes around the product's decisions.
 *
 * @module
 */

import type { ControlCommand } from "../../../core/control_client.ts";
import type { Reply } from "../../../core/resp/decode_reply.ts";
import type { FenceEffect, FenceState } from "../../../core/topology/slot_fences.ts";
import type { SlotEffect, SlotEvent } from "../../../core/topology/slot_machine.ts";
import type { Advance } from "../../../core/topology/advance_slots.ts";
import type { MigrationJob } from "../../../manager/migration_job.ts";
import type { ReceiptEffect } from "../../../manager/server_wire.ts";
import type { ServerEffect } from "../../../manager/slot_board.ts";
import type { FenceOrder } from "../../../server/slots/fence_decision.ts";
import { sampleJob } from "../sample_job.ts";
import { slotsOfWords } from "../slots_of_words.ts";
import type { Doc, Edit } from "./documents.ts";
import type { Model } from "./model.ts";
import { ABSENT, noteMoved } from "./observer.ts";
import { bootOf, ProtocolViolation, type World } from "./world.ts";

/** News that a manager draws from an answer. */
export interface Heard {
  readonly slots: readonly number[];
  readonly event: SlotEvent;
}

/** What the manager is to send to a server now. */
export function dueAt(model: Model, world: World, manager: number, server: number): ServerEffect[] {
  const due: ServerEffect[] = [];
  for (const work of world.managers[manager]!.works) {
    for (const effect of model.dueOf(work)) {
      if (effect.kind !== "fence" && effect.kind !== "ask-receipt") continue;
      if (effect.at.group === server + 1) due.push(effect);
    }
  }
  return due.length < 2 ? due : model.rules.joinSlots<ServerEffect>(due);
}

/** The parts of an effect: all slots together, and each alone, as a lane does that was held up. */
export function partsOf(effect: ServerEffect): ServerEffect[] {
  if (effect.kind !== "fence" || effect.slots.length === 1) return [effect];
  return [effect, ...effect.slots.map((slot) => ({ ...effect, slots: [slot] }))];
}

/** The fence that a server reads. */
export function orderOf(model: Model, fence: FenceEffect): FenceOrder {
  return parsedOrder(model.rules.fenceCommand(fence, fence.peer && fence.peer.addr));
}

/** Returns the news in a server's reply to a fence. @throws {ProtocolViolation} if it is none of ours. */
export function heardOfFence(model: Model, effect: FenceEffect, text: string): Heard | null {
  const reply: Reply = text === "OK" ? text : { error: text } as Reply;
  const answer = model.rules.readFence(effect, reply);
  return answer.kind === "events" ? answer : null;
}

/** Returns the news in a server's answer to a question for the receipts, by slot. */
export function heardOfReceipts(model: Model, world: World, effect: ReceiptEffect): Heard[] {
  const server = effect.at.group - 1;
  const { leaderEpoch, slots } = world.servers[server]!;
  const boot = bootOf(server, world.servers[server]!);
  if (boot !== effect.at.boot) return [];
  return effect.slots.flatMap((number) => {
    const { slotEpoch, state, data, outstanding, moved, sum } = slots[number]!;
    const row = {
      slot: number,
      slotEpoch,
      state,
      keys: data.filter((value) => value !== ABSENT).length,
      inDoubt: outstanding.length,
      moved,
      sum: sum.toString(16),
    };
    if (!model.rules.standsAsAsked(effect, row)) return [];
    const answer = { boot, leaderEpoch, rows: [row] };
    return [{ slots: [number], event: model.rules.receiptEvent(effect.at, answer, row) }];
  });
}

/** Takes in news. A manager that a server outranks looks at the document, as the executor does. */
export function hear(model: Model, world: World, manager: number, { slots, event }: Heard): void {
  const state = world.managers[manager]!;
  for (const slot of slots) {
    const turn = model.rules.next(state.works[slot]!, event);
    state.works[slot] = turn.work;
    for (const effect of turn.effects) {
      if (effect.kind === "report-mismatch") {
        throw new ProtocolViolation(`receipts of slot ${slot} differ: ${JSON.stringify(effect)}`);
      }
      if (effect.kind !== "resign") continue;
      readDocument(model, world, manager);
      if (state.doc.topology.leader.epoch !== state.leaderEpoch) return stopLeading(state);
    }
  }
}

/** Reads the newest document. */
export function readDocument(model: Model, world: World, manager: number): void {
  const state = world.managers[manager]!;
  if (state.doc === world.doc) return;
  state.doc = world.doc;
  state.works = state.works.map((work) => model.rules.adoptTopology(work, world.doc.topology));
}

/** The writes that the manager would make now, in the executor's order. */
export function editsOf(model: Model, world: World, manager: number): Edit[] {
  const { doc } = world.managers[manager]!;
  const job = jobOf(model, world);
  return [
    ...admissions(model, world, doc),
    ...startOf(model, doc, job),
    ...stepsOf(model, world, manager, job),
  ];
}

/** Makes a write. A manager that finds another document reads it; one that finds another leader stops. */
export function write(
  model: Model,
  world: World,
  manager: number,
  edit: Edit,
): void | Promise<void> {
  const state = world.managers[manager]!;
  const next = model.documents.edited(state.doc, edit);
  if (next === null) return;
  if (state.doc.topology.leader.epoch !== state.leaderEpoch) return stopLeading(state);
  const settle = (written: boolean) => {
    if (written) adoptWritten(model, world, next);
    readDocument(model, world, manager);
    if (state.doc.topology.leader.epoch !== state.leaderEpoch) stopLeading(state);
  };
  const written = model.documents.write(world.doc, state.doc, next);
  return typeof written === "boolean" ? settle(written) : written.then(settle);
}

/** Writes late what a manager sent that has ended since. */
export function writeLate(
  model: Model,
  world: World,
  { seen, next }: { seen: Doc; next: Doc },
): void | Promise<void> {
  const settle = (written: boolean) => {
    if (written) adoptWritten(model, world, next);
  };
  const written = model.documents.write(world.doc, seen, next);
  return typeof written === "boolean" ? settle(written) : written.then(settle);
}

/** The manager takes the lead: its first write. */
export function claim(model: Model, world: World, manager: number): void | Promise<void> {
  const id = `m${manager + 1}`;
  const next = model.documents.edited(world.doc, {
    name: `claim ${id}`,
    apply: (topology, change) => model.rules.claimLeader(topology, id, change),
  })!;
  const settle = () => {
    adoptWritten(model, world, next);
    world.managers[manager] = {
      leads: true,
      leaderEpoch: next.topology.leader.epoch,
      doc: next,
      works: next.works.slice(),
    };
  };
  const written = model.documents.write(world.doc, world.doc, next);
  return typeof written === "boolean" ? settle() : written.then(settle);
}

/** The job that the model is about. */
function jobOf(model: Model, { cancelling }: World): MigrationJob {
  const last = model.slotCount - 1;
  return sampleJob({ range: [0, last], to: 2, state: cancelling ? "cancelling" : "open" });
}

function admissions({ rules }: Model, world: World, { topology }: Doc): Edit[] {
  return world.servers.flatMap((state, server): Edit[] => {
    const boot = bootOf(server, state);
    const place = { group: server + 1, server: `s${server + 1}`, boot };
    if (topology.groups[place.group]!.servers[0]!.boot === boot) return [];
    return [{
      name: `admit ${boot}`,
      apply: (document, change) => rules.setServerBoot(document, place, change),
    }];
  });
}

function startOf({ rules }: Model, doc: Doc, job: MigrationJob): Edit[] {
  const batch = rules.planBatch({ table: doc.table, jobs: [job], nowMs: 0 });
  if (batch === null) return [];
  const order = { id: job.id, range: batch.range, to: job.to, method: "keys" } as const;
  return [{
    name: `start slots ${batch.range.join("-")}`,
    apply: (document, change) => rules.startMigration(document, order, change),
  }];
}

function stepsOf(model: Model, world: World, manager: number, job: MigrationJob): Edit[] {
  const { doc, works } = world.managers[manager]!;
  const cancelled = job.state === "cancelling" ? model.rules.slotsToCancel(doc.table, [job]) : [];
  const advances: Advance[] = [];
  works.forEach((work, slot) => {
    const effects: readonly SlotEffect[] = cancelled.includes(slot)
      ? model.rules.next(work, { kind: "cancel" }).effects
      : model.dueOf(work);
    for (const effect of effects) if (effect.kind === "advance") advances.push(effect.advance);
  });
  if (advances.length === 0) return [];
  const names = advances.map(({ slot, step, ...rest }) =>
    `${step} slot ${slot}${"receipt" in rest ? ` (${rest.receipt.moved} keys)` : ""}`
  );
  return [{
    name: names.join(", "),
    apply: (document, change) => model.rules.advanceSlots(document, advances, change),
  }];
}

function adoptWritten(model: Model, world: World, next: Doc): void {
  const before = world.doc;
  world.doc = next;
  next.entries.forEach((entry, slot) => {
    const past = before.entries[slot]!;
    if (past.phase !== "migrating" || entry.phase !== "stable" || !past.opened) return;
    noteMoved(world, entry.owner - 1, model.keysOf(slot));
  });
}

function stopLeading(state: { leads: boolean }): void {
  state.leads = false;
}

function parsedOrder(command: ControlCommand): FenceOrder {
  const [, leaderEpoch, boot, slotEpoch, state, fresh, addr, peerBoot, ...slots] = command;
  return {
    leaderEpoch: Number(leaderEpoch),
    boot: String(boot),
    slotEpoch: Number(slotEpoch),
    state: state as FenceState,
    fresh: fresh === 1,
    peer: addr === "-" ? null : { addr: String(addr), boot: String(peerBoot) },
    slots: slotsOfWords(slots.map(String)),
  };
}
