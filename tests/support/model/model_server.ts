/**
 * A server of the model: obeys fences, judges commands, gives and takes. Every decision is the product's;
 * what is here is its memory.
 *
 * @module
 */

import type { FenceOrder } from "../../../server/slots/fence_decision.ts";
import { FENCE_STATES, type FenceMemory, IMPORTING } from "../../../server/slots/fence_table.ts";
import { GIVING } from "../../../server/slots/fence_table.ts";
import { emptyMemory } from "../../../server/slots/fence_record.ts";
import type { OrderDecision, SlotEntering } from "../../../server/slots/order_decision.ts";
import type { TransferAnswer } from "../../../server/slots/transfer_decision.ts";
import { ABSENT, checkFound, noteLeft, noteMoved, noteRestart } from "./observer.ts";
import type { Model } from "./model.ts";
import {
  bootOf,
  type ClientCommand,
  type ConnectionState,
  type Frame,
  type ModelTransfer,
  ProtocolViolation,
  type ServerSlot,
  type World,
} from "./world.ts";

/** Transfers of a slot without an answer at a time. */
const OUTSTANDING_MAX = 2;
const REFUSALS = { ask: "SLOTASK", busy: "SLOTBUSY", stale: "SLOTSTALE" } as const;

/** What a server says to a fence: a reply, or the claims it must have first. */
export type FenceReply =
  | { readonly kind: "reply"; readonly text: string }
  | { readonly kind: "claims"; readonly claims: ReadonlyMap<number, number> };

/** Takes in a fence. Claims that it needs are read at once; the caller says when they arrive. */
export function takeFence(
  model: Model,
  world: World,
  server: number,
  order: FenceOrder,
): FenceReply {
  const decision = decide(model, world, { server, order, claims: null });
  if (decision.kind !== "read-claims") {
    return { kind: "reply", text: obey(model, world, { server, order, claims: null }, decision) };
  }
  const claims = new Map<number, number>();
  for (const [slot, needed] of decision.slots) {
    const bits = claimsOf(world, server, {
      slot,
      slotEpoch: needed === "any" ? 0 : order.slotEpoch,
    });
    if (bits !== null) claims.set(slot, bits);
  }
  return { kind: "claims", claims };
}

/** Takes in the claims that a fence waited for. */
export function finishFence(
  model: Model,
  world: World,
  told: { server: number; order: FenceOrder; claims: ReadonlyMap<number, number> },
): string {
  return obey(model, world, told, decide(model, world, told));
}

interface Told {
  readonly server: number;
  readonly order: FenceOrder;
  readonly claims: ReadonlyMap<number, number> | null;
}

function decide({ rules }: Model, world: World, { server, order, claims }: Told): OrderDecision {
  const { leaderEpoch, slots } = world.servers[server]!;
  const subject = {
    boot: bootOf(server, world.servers[server]!),
    leaderEpoch,
    standingOf(slot: number) {
      const { state, slotEpoch, floorEpoch, role, data, outstanding } = slots[slot]!;
      const keys = data.reduce((count, value) => count + Number(value !== ABSENT), 0);
      return { state, slotEpoch, floorEpoch, role, keys, inDoubt: outstanding.length };
    },
  };
  return rules.decideOrder(order, subject, claims);
}

function obey(model: Model, world: World, told: Told, decision: OrderDecision): string {
  const { server, order, claims } = told;
  const state = world.servers[server]!;
  if (decision.kind === "refuse" || decision.kind === "read-claims") {
    const text = decision.kind === "refuse" ? decision.text : "ERR claims were read in vain";
    if (/^(ERR|SLOTNOTEMPTY)/.test(text)) {
      throw new ProtocolViolation(`server ${server + 1} answers a fence with ${text}`);
    }
    return text;
  }
  state.leaderEpoch = order.leaderEpoch;
  if (decision.kind === "settle") {
    for (const slot of order.slots) settle(state.slots[slot]!, order);
    return decision.text;
  }
  for (const [slot, entry] of decision.entries) {
    enter(world, { server, slot }, order, { entry, claims: claims?.get(slot) });
  }
  model.checkOwners(world);
  return "OK";
}

function settle(slot: ServerSlot, { peer }: FenceOrder): void {
  if (slot.peerBoot === null) return;
  slot.pumping = false;
  if (peer !== null) slot.peerBoot = peer.boot;
}

function enter(
  world: World,
  at: { server: number; slot: number },
  { state, slotEpoch, peer }: FenceOrder,
  { entry, claims }: { entry: SlotEntering; claims: number | undefined },
): void {
  const slot = world.servers[at.server]!.slots[at.slot]!;
  if (entry.purge) {
    slot.data.fill(ABSENT);
    slot.applied = [];
    slot.purges++;
  }
  if (entry.forgetClaims) slot.claimed = 0;
  if (claims !== undefined) dropClaimed(world, at, claims);
  slot.state = state;
  slot.slotEpoch = slot.floorEpoch = slotEpoch;
  slot.role = entry.role;
  slot.moved = slot.sum = 0;
  slot.seq = 0;
  slot.pumping = state === "giving";
  if (state === "giving") slot.peerBoot = peer!.boot;
  else {
    slot.peerBoot = null;
    slot.outstanding = [];
  }
}

function dropClaimed(world: World, at: { server: number; slot: number }, claims: number): void {
  const { data } = world.servers[at.server]!.slots[at.slot]!;
  data.forEach((value, key) => {
    if (value === ABSENT || (claims & 1 << key) === 0) return;
    data[key] = ABSENT;
    noteMoved(world, 1 - at.server, [key]);
  });
}

/** `SLOTSCLAIMED`, asked by `server` of the other; null: it is not at that epoch. */
function claimsOf(
  world: World,
  server: number,
  asked: { slot: number; slotEpoch: number },
): number | null {
  const other = world.servers[1 - server]!.slots[asked.slot]!;
  if (asked.slotEpoch > 0 && asked.slotEpoch !== other.slotEpoch) return null;
  // Answers of the process before are void from now on: it may be about to drop what they confirm.
  if (other.peerBoot !== null) other.peerBoot = bootOf(server, world.servers[server]!);
  if (other.slotEpoch === 0) return other.claimed;
  return other.data.reduce(
    (bits, value, key) => value === ABSENT ? bits : bits | 1 << key,
    other.claimed,
  );
}

/** Reads a frame of a proxy's connection; a refused command is answered with an error. */
export function takeFrame(
  model: Model,
  world: World,
  from: { server: number; proxy: number; connection: ConnectionState },
  frame: Frame,
): void {
  const { connection } = from;
  if (frame.kind === "route") {
    connection.refused &= ~(1 << frame.slot);
    connection.announced[frame.slot] = frame.epoch;
    return;
  }
  if (frame.kind === "asking") {
    connection.asking = { slot: frame.slot, epoch: frame.epoch };
    return;
  }
  const command = model.scenario.clients[from.proxy]![frame.request]!;
  const error = refusalOf(model, world, from, command);
  if (error === null) execute(model, world, from, frame.request);
  connection.asking = null;
  connection.answers.push({ request: frame.request, error });
}

function refusalOf(
  { rules, scenario }: Model,
  world: World,
  { server, connection }: { server: number; connection: ConnectionState },
  command: ClientCommand,
): string | null {
  const number = scenario.keys[command.keys[0]!]!.slot;
  const slot = world.servers[server]!.slots[number]!;
  const state = FENCE_STATES.indexOf(slot.state);
  const { asking } = connection;
  const isAsked = asking?.slot === number && rules.isTokenGood(asking.epoch, slot.slotEpoch);
  let [here, absent, moving] = [0, 0, 0];
  for (const key of command.keys) {
    if (state !== GIVING) continue;
    const { unit } = scenario.keys[key]!;
    if (slot.outstanding.some((transfer) => transfer.unit === unit)) moving++;
    else if (slot.data[key] === ABSENT) absent++;
    else here++;
  }
  const isRead = command.operation === "get";
  const own = rules.verdictOf(state, isAsked, here, absent, moving, isRead);
  const isRefused = (connection.refused & 1 << number) !== 0;
  const verdict = rules.verdictAfterRefusals(own, isAsked, isRefused);
  if (verdict === "admit") {
    // Behind a token each key that is named becomes this server's.
    if (asking !== null && state === IMPORTING) {
      for (const key of command.keys) slot.claimed |= 1 << key;
    }
    return null;
  }
  const isKnown = connection.announced[number] === slot.slotEpoch;
  if (asking === null && rules.isSticky(verdict, state, isKnown)) connection.refused |= 1 << number;
  return `-${REFUSALS[verdict]} ${number} ${slot.slotEpoch}`;
}

function execute(
  model: Model,
  world: World,
  { server, proxy }: { server: number; proxy: number },
  request: number,
): void {
  const { keys } = model.scenario;
  const command = model.scenario.clients[proxy]![request]!;
  const { data } = world.servers[server]!.slots[keys[command.keys[0]!]!.slot]!;
  const who = `client ${proxy + 1}, request ${request + 1}`;
  checkFound(world, { place: server, who, keys }, command, data);
  for (const key of command.keys) {
    if (command.operation === "set") data[key] = model.valueOf(proxy, request);
    if (command.operation === "del") data[key] = ABSENT;
  }
  noteLeft(world, server, command, data);
  model.checkOrder(world, proxy, request);
}

/** The units that a slot may send now. */
export function unitsToSend(
  model: Model,
  world: World,
  at: { server: number; slot: number },
): number[] {
  const slot = world.servers[at.server]!.slots[at.slot]!;
  if (slot.state !== "giving" || !slot.pumping || slot.outstanding.length >= OUTSTANDING_MAX) {
    return [];
  }
  if (slot.peerBoot !== bootOf(1 - at.server, world.servers[1 - at.server]!)) return [];
  const units = new Set<number>();
  slot.data.forEach((value, key) => {
    if (value !== ABSENT) units.add(model.scenario.keys[key]!.unit);
  });
  for (const { unit } of slot.outstanding) units.delete(unit);
  return [...units];
}

/** Puts a unit into a transfer. */
export function beginTransfer(
  model: Model,
  world: World,
  at: { server: number; slot: number; unit: number },
): ModelTransfer {
  const slot = world.servers[at.server]!.slots[at.slot]!;
  const values = slot.data.flatMap((value, key) =>
    value !== ABSENT && model.scenario.keys[key]!.unit === at.unit ? [[key, value] as const] : []
  );
  const { slotEpoch } = slot;
  const transfer = { slot: at.slot, slotEpoch, seq: ++slot.seq, unit: at.unit, values };
  slot.outstanding.push(transfer);
  return transfer;
}

/** `SLOTSRESTORE-SEQ` at `server`. */
export function takeTransfer(
  { rules }: Model,
  world: World,
  server: number,
  transfer: ModelTransfer,
): TransferAnswer {
  const slot = world.servers[server]!.slots[transfer.slot]!;
  const applied = slot.applied.find(([epoch]) => epoch === transfer.slotEpoch)?.[1] ?? 0;
  const state = FENCE_STATES.indexOf(slot.state);
  const verdict = rules.judgeTransfer(transfer, { state, slotEpoch: slot.slotEpoch, applied });
  if (verdict === "again") return "done";
  if (verdict !== "apply") return verdict === "stale" ? "never" : "later";
  for (const [key, value] of transfer.values) {
    // What is here is newer and stays.
    if (slot.data[key] === ABSENT) slot.data[key] = value;
    slot.claimed |= 1 << key;
  }
  slot.applied = slot.applied.filter(([epoch]) => epoch !== transfer.slotEpoch);
  slot.applied.push([transfer.slotEpoch, Math.max(applied, transfer.seq)]);
  count(slot, transfer);
  noteMoved(world, server, transfer.values.map(([key]) => key));
  return "done";
}

/** The answer of a start of the other server to a transfer. */
export function hearAnswer(
  { rules }: Model,
  world: World,
  server: number,
  heard: { transfer: ModelTransfer; byBoot: string; answer: TransferAnswer },
): void {
  const slot = world.servers[server]!.slots[heard.transfer.slot]!;
  const { transfer, byBoot, answer } = heard;
  if (byBoot !== slot.peerBoot || !slot.outstanding.includes(transfer)) return;
  const effect = rules.effectOfAnswer(answer, transfer.slotEpoch === slot.slotEpoch);
  if (effect.keys === "in-transit") return;
  slot.outstanding = slot.outstanding.filter((other) => other !== transfer);
  if (effect.stops) slot.pumping = false;
  if (effect.counts) count(slot, transfer);
  if (effect.keys === "keep") return;
  for (const [key] of transfer.values) slot.data[key] = ABSENT;
  noteMoved(world, 1 - server, transfer.values.map(([key]) => key));
}

function count(slot: ServerSlot, { values }: ModelTransfer): void {
  slot.moved += values.length;
  for (const [key, value] of values) slot.sum += value * 31 + key;
}

/** Another process takes the server's place: with what its disk had at the start, or has now. */
export function restart(
  model: Model,
  world: World,
  server: number,
  disk: "old" | "new",
): void {
  const state = world.servers[server]!;
  state.starts++;
  const table = new model.rules.FenceTable(bootOf(server, state), memoryOf(world, server));
  if (!model.rules.keepsFences) state.leaderEpoch = table.leaderEpoch;
  const found: number[] = world.facts.map(() => ABSENT);
  state.slots.forEach((slot, number) => {
    if (disk === "old") {
      const old = model.start.servers[server]!.slots[number]!;
      slot.data = old.purges === slot.purges ? old.data.slice() : old.data.map(() => ABSENT);
    }
    slot.data.forEach((value, key) => {
      if (model.scenario.keys[key]!.slot === number) found[key] = value;
    });
    slot.claimed =
      slot.moved =
      slot.sum =
      slot.seq =
        0;
    slot.applied = [];
    slot.outstanding = [];
    slot.peerBoot = null;
    slot.pumping = false;
    if (model.rules.keepsFences) return;
    const standing = table.standingOf(number, 0, 0);
    slot.state = standing.state;
    slot.slotEpoch = standing.slotEpoch;
    slot.floorEpoch = standing.floorEpoch;
    slot.role = standing.role;
  });
  noteRestart(world, server, found);
}

function memoryOf(world: World, server: number): FenceMemory {
  const { leaderEpoch, slots } = world.servers[server]!;
  const memory = emptyMemory(true);
  const roles = [...memory.roles];
  slots.forEach((slot, number) => {
    memory.slotEpochs[number] = slot.floorEpoch;
    memory.purges[number] = slot.purges;
    roles[number] = slot.role;
  });
  return { ...memory, leaderEpoch, roles };
}
