/**
 * Everything that can happen next in a world.
 *
 * @module
 */

import type { FenceOrder } from "../../../server/slots/fence_decision.ts";
import type { Doc } from "./documents.ts";
import type { Model } from "./model.ts";
import {
  claim,
  dueAt,
  editsOf,
  hear,
  type Heard,
  heardOfFence,
  heardOfReceipts,
  orderOf,
  partsOf,
  readDocument,
  write,
  writeLate,
} from "./model_manager.ts";
import {
  ask,
  drain,
  loseConnection,
  mayAsk,
  mayPump,
  proxyReads,
  pump,
  readRoutes,
  serverReads,
  serverReadsLate,
} from "./model_proxy.ts";
import {
  beginTransfer,
  finishFence,
  hearAnswer,
  restart,
  takeFence,
  takeTransfer,
  unitsToSend,
} from "./model_server.ts";
import { type LateKind, mayBeLate } from "./scenario.ts";
import {
  bootOf,
  cloneConnection,
  isIdle,
  type LateMessage,
  type ModelTransfer,
  type ProxyState,
  type World,
} from "./world.ts";
import { keyOfTransfer } from "./world_key.ts";
import type { ServerEffect } from "../../../manager/slot_board.ts";

/**
 * Something that can happen. `control`: managers and the document take part. `data`: clients, proxies
 * and servers alone. `fault`: what need not happen.
 */
export interface Step {
  readonly kind: "control" | "data" | "fault";
  readonly label: string;
  /** Changes the world, which is a copy. */
  readonly apply: (world: World) => void | Promise<void>;
}

/** Returns what can happen in a world. */
export function stepsOf(model: Model, world: World): Step[] {
  const steps: Step[] = [];
  for (let manager = 0; manager < world.managers.length; manager++) {
    addManagerSteps(steps, model, world, manager);
  }
  for (let server = 0; server < world.servers.length; server++) {
    addTransferSteps(steps, model, world, server);
    addRestarts(steps, model, world, server);
  }
  for (let proxy = 0; proxy < world.proxies.length; proxy++) {
    addProxySteps(steps, model, world, proxy);
  }
  for (let index = 0; index < world.late.length; index++) addArrival(steps, model, world, index);
  if (world.left.cancels > 0 && !world.cancelling) {
    steps.push(fault("the operator cancels the job", (next) => {
      next.left.cancels--;
      next.cancelling = true;
    }));
  }
  return steps;
}

function addManagerSteps(steps: Step[], model: Model, world: World, manager: number): void {
  const state = world.managers[manager]!;
  const who = `manager ${manager + 1}`;
  if (!state.leads) {
    if (world.left.claims === 0) return;
    steps.push(fault(`${who} claims the lead`, (next) => {
      next.left.claims--;
      return claim(model, next, manager);
    }));
    return;
  }
  if (state.doc !== world.doc) {
    steps.push(control(`${who} reads the document`, (next) => readDocument(model, next, manager)));
  }
  for (const edit of editsOf(model, world, manager)) {
    steps.push(control(`${who} writes: ${edit.name}`, (next) => write(model, next, manager, edit)));
    const written = model.documents.edited(state.doc, edit);
    if (world.left.claims === 0 || written === null || !isLate(model, world, "write")) continue;
    steps.push(fault(`${who} sends its last write, late: ${edit.name}`, (next) => {
      next.left.delayed--;
      next.managers[manager]!.leads = false;
      const text = `a write of ${who}: ${state.doc.id} to ${written.id}, ${edit.name}`;
      next.late.push({ kind: "write", text, seen: state.doc, next: written });
    }));
  }
  for (let server = 0; server < world.servers.length; server++) {
    for (const effect of dueAt(model, world, manager, server).flatMap(partsOf)) {
      addExchange(steps, model, world, { manager, server, effect });
    }
  }
}

interface Exchange {
  readonly manager: number;
  readonly server: number;
  readonly effect: ServerEffect;
}

/** A question of a manager and its answer: in time, or one of the two late, or the answer lost. */
function addExchange(steps: Step[], model: Model, world: World, exchange: Exchange): void {
  const { manager, server, effect } = exchange;
  const text = textOfExchange(exchange);
  steps.push(control(text, (next) => {
    for (const heard of answered(model, next, exchange)) hear(model, next, manager, heard);
  }));
  if (isLate(model, world, "news")) {
    steps.push(fault(`${text}; the answer comes late`, (next) => {
      next.left.delayed--;
      for (const heard of answered(model, next, exchange)) {
        const news = `news for manager ${manager + 1}: ${JSON.stringify(heard)}`;
        next.late.push({ kind: "news", text: news, manager, ...heard });
      }
    }));
  }
  if (effect.kind !== "fence") return;
  const order = orderOf(model, effect);
  if (isLate(model, world, "fence")) {
    steps.push(fault(`${text}; it comes late`, (next) => {
      next.left.delayed--;
      next.late.push({ kind: "fence", text: textOfOrder(server, order), server, order });
    }));
  }
  if (isLate(model, world, "claims")) {
    steps.push(fault(`${text}; the claims that it needs come late`, (next) => {
      next.left.delayed--;
      const reply = takeFence(model, next, server, order);
      if (reply.kind === "reply") return;
      const message = `claims ${[...reply.claims].join(" ")} for ${textOfOrder(server, order)}`;
      next.late.push({ kind: "claims", text: message, server, order, claims: reply.claims });
    }));
  }
  if (world.left.lost > 0) {
    steps.push(fault(`${text}; the answer is lost`, (next) => {
      next.left.lost--;
      answered(model, next, exchange);
    }));
  }
}

function answered(model: Model, world: World, { server, effect }: Exchange): Heard[] {
  if (effect.kind === "ask-receipt") return heardOfReceipts(model, world, effect);
  const order = orderOf(model, effect);
  const heard = heardOfFence(model, effect, fenced(model, world, server, order));
  return heard === null ? [] : [heard];
}

function fenced(model: Model, world: World, server: number, order: FenceOrder): string {
  const reply = takeFence(model, world, server, order);
  if (reply.kind === "reply") return reply.text;
  return finishFence(model, world, { server, order, claims: reply.claims });
}

function addTransferSteps(steps: Step[], model: Model, world: World, server: number): void {
  const other = 1 - server;
  world.servers[server]!.slots.forEach((slot, number) => {
    for (const unit of unitsToSend(model, world, { server, slot: number })) {
      const names = model.scenario.keys.filter((key) => key.unit === unit).map(({ name }) => name);
      addSending(steps, model, world, {
        server,
        text: `server ${server + 1} sends "${names.join(`", "`)}"`,
        transferIn: (next) => beginTransfer(model, next, { server, slot: number, unit }),
      });
    }
    for (const transfer of slot.outstanding) {
      const name = keyOfTransfer(transfer);
      if (slot.peerBoot === bootOf(other, world.servers[other]!)) {
        const text = `server ${server + 1} sends again ${name}`;
        addSending(steps, model, world, { server, text, transferIn: () => transfer });
      }
      const answer = model.rules.answerOfSilence;
      if (answer === null) continue;
      steps.push(data(`server ${server + 1} waits no longer for ${name}`, (next) => {
        const byBoot = slot.peerBoot!;
        hearAnswer(model, next, server, { transfer, byBoot, answer });
      }));
    }
  });
}

interface Sending {
  readonly server: number;
  readonly text: string;
  readonly transferIn: (world: World) => ModelTransfer;
}

function addSending(steps: Step[], model: Model, world: World, sending: Sending): void {
  const { server, text, transferIn } = sending;
  const other = 1 - server;
  const toBoot = bootOf(other, world.servers[other]!);
  steps.push(data(text, (next) => {
    const transfer = transferIn(next);
    const answer = takeTransfer(model, next, other, transfer);
    hearAnswer(model, next, server, { transfer, byBoot: toBoot, answer });
  }));
  if (isLate(model, world, "transfer")) {
    steps.push(fault(`${text}; it comes late`, (next) => {
      next.left.delayed--;
      const transfer = transferIn(next);
      const message = `transfer to ${toBoot}: ${keyOfTransfer(transfer)}`;
      next.late.push({ kind: "transfer", text: message, server: other, toBoot, transfer });
    }));
  }
  if (isLate(model, world, "transferred")) {
    steps.push(fault(`${text}; the answer comes late`, (next) => {
      next.left.delayed--;
      const transfer = transferIn(next);
      const reply = takeTransfer(model, next, other, transfer);
      const message = `answer of ${toBoot}: ${reply} ${keyOfTransfer(transfer)}`;
      next.late.push({
        kind: "transferred",
        text: message,
        server,
        byBoot: toBoot,
        transfer,
        reply,
      });
    }));
  }
  if (world.left.lost > 0) {
    steps.push(fault(`${text}; the answer is lost`, (next) => {
      next.left.lost--;
      takeTransfer(model, next, other, transferIn(next));
    }));
  }
}

function addRestarts(steps: Step[], model: Model, world: World, server: number): void {
  if (world.left.restarts[server] === 0) return;
  for (const disk of ["old", "new"] as const) {
    steps.push(fault(`server ${server + 1} restarts with its ${disk} data`, (next) => {
      next.left.restarts[server]!--;
      restart(model, next, server, disk);
      for (let proxy = 0; proxy < next.proxies.length; proxy++) {
        loseConnection({ model, world: next, proxy }, server);
      }
    }));
  }
}

function addProxySteps(steps: Step[], model: Model, world: World, proxy: number): void {
  const who = `proxy ${proxy + 1}`;
  const place = { model, world, proxy };
  if (isIdle(world.proxies[proxy]!)) return;
  if (mayAsk(place)) {
    const request = world.proxies[proxy]!.stages.indexOf("new");
    const text = `client ${proxy + 1} asks ${textOfRequest(model, proxy, request)}`;
    addSent(steps, place, { text, begin: ask });
  }
  for (const slot of model.slots) {
    if (!mayPump(place, slot)) continue;
    addSent(steps, place, {
      text: `${who} goes on with slot ${slot}`,
      begin: (next) => pump(next, slot),
    });
  }
  if (!knowsRoutes(world.proxies[proxy]!, world.doc)) {
    addSent(steps, place, { text: `${who} reads the document`, begin: readRoutes });
  }
  world.proxies[proxy]!.connections.forEach((connection, server) => {
    if (connection === null) return;
    if (connection.frames.length > 0) {
      steps.push(data(`server ${server + 1} reads on from ${who}`, (next) => {
        serverReads({ model, world: next, proxy }, server);
      }));
    }
    if (connection.answers.length > 0) {
      steps.push(data(`${who} reads on from server ${server + 1}`, (next) => {
        proxyReads({ model, world: next, proxy }, server);
      }));
    }
  });
}

function knowsRoutes({ doc }: ProxyState, newest: Doc): boolean {
  return doc.routeIds.every((id, slot) => id === newest.routeIds[slot]);
}

type Place = Parameters<typeof ask>[0];

/** What a proxy sends arrives at once, unless messages travel step by step; or one request of it late. */
function addSent(
  steps: Step[],
  { model, world, proxy }: Place,
  { text, begin }: { text: string; begin: (place: Place) => void },
): void {
  steps.push(data(text, (next) => {
    const place = { model, world: next, proxy };
    begin(place);
    if (!model.isSlow) drain(place, -1);
  }));
  if (!isLate(model, world, "connection") || model.isSlow) return;
  for (const late of [0, 1]) {
    steps.push(fault(`${text}; message ${late + 1} comes late, and nobody waits for it`, (next) => {
      const place = { model, world: next, proxy };
      begin(place);
      // Fewer were sent: this is what happens without a fault.
      if (drain(place, late) > late) next.left.delayed--;
    }));
  }
}

/** Takes out what can have no effect any more: what is meant for a process that has ended. */
export function forgetVoid(world: World): void {
  if (world.late.length === 0) return;
  world.late = world.late.filter((message) => {
    switch (message.kind) {
      case "fence":
      case "claims":
        return message.order.boot === bootOf(message.server, world.servers[message.server]!);
      case "news":
        return world.managers[message.manager]!.leads;
      case "connection":
        return message.connection.boot === bootOf(message.server, world.servers[message.server]!);
      case "transfer":
        return message.toBoot === bootOf(message.server, world.servers[message.server]!);
      case "transferred": {
        const { outstanding } = world.servers[message.server]!.slots[message.transfer.slot]!;
        return outstanding.includes(message.transfer);
      }
      case "write":
        return true;
    }
  });
}

function addArrival(steps: Step[], model: Model, world: World, index: number): void {
  const message = world.late[index]!;
  steps.push({
    kind: message.kind === "news" || message.kind === "write" || message.kind === "fence" ||
        message.kind === "claims"
      ? "control"
      : "data",
    label: `late: ${message.text}`,
    apply: (next) => {
      next.late.splice(index, 1);
      return arrive(model, next, message);
    },
  });
}

function arrive(model: Model, world: World, message: LateMessage): void | Promise<void> {
  switch (message.kind) {
    case "fence":
      return void fenced(model, world, message.server, message.order);
    case "claims":
      return void finishFence(model, world, message);
    case "news":
      if (world.managers[message.manager]!.leads) hear(model, world, message.manager, message);
      return;
    case "write":
      return writeLate(model, world, message);
    case "connection":
      return serverReadsLate({ model, world }, {
        ...message,
        connection: cloneConnection(message.connection),
      });
    case "transfer": {
      const { server, toBoot, transfer } = message;
      if (toBoot !== bootOf(server, world.servers[server]!)) return;
      const answer = takeTransfer(model, world, server, transfer);
      return hearAnswer(model, world, 1 - server, { transfer, byBoot: toBoot, answer });
    }
    case "transferred": {
      const { server, transfer, byBoot, reply } = message;
      return hearAnswer(model, world, server, { transfer, byBoot, answer: reply });
    }
  }
}

function textOfExchange({ manager, server, effect }: Exchange): string {
  const slots = effect.slots.join(", ");
  const what = effect.kind === "fence"
    ? `tells server ${server + 1} at epoch ${effect.slotEpoch}: slots ${slots} ${effect.state}` +
      (effect.fresh ? ", fresh" : "")
    : `asks server ${server + 1} what moved of slots ${slots}`;
  return `manager ${manager + 1} ${what}`;
}

function textOfOrder(server: number, order: FenceOrder): string {
  const { leaderEpoch, boot, slotEpoch, state, fresh, slots } = order;
  return `fence of leader ${leaderEpoch} to server ${
    server + 1
  } (${boot}) at epoch ${slotEpoch}: ` +
    `slots ${slots.join(", ")} ${state}${fresh ? ", fresh" : ""}`;
}

function textOfRequest({ scenario }: Model, proxy: number, request: number): string {
  const { operation, keys } = scenario.clients[proxy]![request]!;
  const names = keys.map((key) => `"${scenario.keys[key]!.name}"`);
  return `${request + 1}: ${operation} ${names.join(", ")}`;
}

function isLate({ scenario }: Model, { left }: World, kind: LateKind): boolean {
  return left.delayed > 0 && mayBeLate(scenario, kind);
}

function control(label: string, apply: Step["apply"]): Step {
  return { kind: "control", label, apply };
}

function data(label: string, apply: Step["apply"]): Step {
  return { kind: "data", label, apply };
}

function fault(label: string, apply: Step["apply"]): Step {
  return { kind: "fault", label, apply };
}
