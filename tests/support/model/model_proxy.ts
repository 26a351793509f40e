/**
 * A proxy of the model, with one client: what waits, what is at a server, and what a refusal leads to.
 *
 * It keeps the order of requests as the redirector does; where a request goes and what a refusal means
 * is decided by the product's functions.
 *
 * @module
 */

import type { Route } from "../../../proxy/routes.ts";
import {
  MODE_DIRECT,
  MODE_GATED,
  MODE_MIGRATING,
  MODE_OFFLINE,
} from "../../../proxy/slot_table.ts";
import type { Model } from "./model.ts";
import { takeFrame } from "./model_server.ts";
import {
  type Answer,
  bootOf,
  type ConnectionState,
  ProtocolViolation,
  type ProxyState,
  type World,
} from "./world.ts";

const encoder = new TextEncoder();

/** A proxy in a world. */
export interface ProxyPlace {
  readonly model: Model;
  readonly world: World;
  readonly proxy: number;
}

/** Whether the client may ask its next request. */
export function mayAsk({ model, world, proxy }: ProxyPlace): boolean {
  const { stages } = world.proxies[proxy]!;
  const open = stages.filter((stage) => stage === "held" || stage === "sent").length;
  return open < model.window && stages.includes("new");
}

/** The client asks its next request. */
export function ask(place: ProxyPlace): void {
  const state = stateOf(place);
  const request = state.stages.indexOf("new");
  const slot = slotOf(place, request);
  state.stages[request] = "held";
  const mode = modeOf(place, slot);
  if (mode === MODE_OFFLINE) throw new ProtocolViolation(`slot ${slot} is offline`);
  if (mode === MODE_DIRECT) send(place, request, routeOf(place, slot));
  else if (mode === MODE_GATED || isBehind(place, request)) state.admitted[slot]!.push(request);
  else resend(place, slot, request);
}

/** The proxy reads the newest document. */
export function readRoutes(place: ProxyPlace): void {
  const { world } = place;
  const state = stateOf(place);
  state.doc = world.doc;
  for (let slot = 0; slot < state.routes.length; slot++) pump(place, slot);
}

/** Whether the proxy has something to send again, or a route that waits for its slot to be silent. */
export function mayPump(place: ProxyPlace, slot: number): boolean {
  const state = stateOf(place);
  return state.refused[slot]!.length + state.admitted[slot]!.length > 0 || hasNext(place, slot);
}

/** Sends what may go now, in order. */
export function pump(place: ProxyPlace, slot: number): void {
  const { rules } = place.model;
  const state = stateOf(place);
  // Equal routes are interchangeable: the newer document makes fewer worlds.
  if (hasNext(place, slot) && !rules.mayChangeServers(inFlight(place, slot))) return;
  state.routes[slot] = state.doc;
  const held = [...state.refused[slot]!, ...state.admitted[slot]!];
  if (held.length === 0) return;
  if (modeOf(place, slot) === MODE_GATED && inFlight(place, slot) === 0) {
    state.closed &= ~(1 << slot);
    forgetAnnounced(place, slot);
  }
  const mode = modeOf(place, slot);
  if (mode === MODE_GATED) return;
  state.refused[slot] = [];
  state.admitted[slot] = [];
  held.forEach((request, index) => {
    const waits = mode === MODE_MIGRATING && (index > 0 || isBehind(place, request));
    if (waits) state.admitted[slot]!.push(request);
    else resend(place, slot, request);
  });
}

/** A server reads the next frame of a connection. */
export function serverReads({ model, world, proxy }: ProxyPlace, server: number): void {
  const connection = world.proxies[proxy]!.connections[server]!;
  takeFrame(model, world, { server, proxy, connection }, connection.frames.shift()!);
}

/** The proxy reads the next answer on a connection. */
export function proxyReads(place: ProxyPlace, server: number): void {
  const connection = stateOf(place).connections[server]!;
  hear(place, connection.answers.shift()!);
}

/**
 * Lets everything under way arrive, but the command that is sent as number `late`: that one stays in the
 * server's socket, and the proxy gives up. Returns how many commands were sent.
 */
export function drain(place: ProxyPlace, late: number): number {
  const { world } = place;
  let sent = 0;
  for (;;) {
    const { connections } = stateOf(place);
    const server = connections.findIndex((one) =>
      one !== null && one.frames.length + one.answers.length > 0
    );
    if (server < 0) return sent;
    const connection = connections[server]!;
    if (connection.frames.length === 0) {
      proxyReads(place, server);
      continue;
    }
    if (connection.frames.some(({ kind }) => kind === "command") && sent++ === late) {
      world.late.push(lateConnection(place, server, connection));
      loseConnection(place, server);
      continue;
    }
    while (connection.frames.length > 0) serverReads(place, server);
  }
}

/** The connection is gone: what was asked on it may have been executed, or may be yet. */
export function loseConnection(place: ProxyPlace, server: number): void {
  const state = stateOf(place);
  const connection = state.connections[server];
  if (connection == null) return;
  state.connections[server] = null;
  const lost = [
    ...connection.frames,
    ...connection.answers.map(({ request }) => ({
      kind: "command" as const,
      request,
    })),
  ];
  for (const frame of lost) {
    if (frame.kind === "command") state.stages[frame.request] = "unknown";
  }
}

/** A server reads what a connection held that its proxy has given up. */
export function serverReadsLate(
  { model, world }: { model: Model; world: World },
  at: { server: number; proxy: number; connection: ConnectionState },
): void {
  if (at.connection.boot !== bootOf(at.server, world.servers[at.server]!)) return;
  for (const frame of at.connection.frames) takeFrame(model, world, at, frame);
}

function lateConnection(place: ProxyPlace, server: number, connection: ConnectionState) {
  const { proxy } = place;
  const text = `requests of proxy ${proxy + 1} to server ${server + 1}: ${
    place.model.textOfConnection(connection)
  }`;
  return { kind: "connection", text, server, proxy, connection } as const;
}

function hear(place: ProxyPlace, { request, error }: Answer): void {
  const { rules } = place.model;
  const state = stateOf(place);
  if (error === null) {
    state.stages[request] = "done";
    return;
  }
  const slot = slotOf(place, request);
  const bytes = encoder.encode(`${error}\r\n`);
  const refusal = rules.parseRefusal(bytes, 0, bytes.length);
  if (refusal === undefined) throw new ProtocolViolation(`a proxy cannot read "${error}"`);
  state.stages[request] = "held";
  if (modeOf(place, slot) !== MODE_MIGRATING) {
    state.closed |= 1 << slot;
    state.refused[slot]!.push(request);
    return;
  }
  const { askAt, mustAnnounce } = rules.planAfterRefusal(refusal, routeOf(place, slot));
  if (mustAnnounce) forgetAnnounced(place, slot);
  if (askAt === undefined) {
    state.refused[slot]!.push(request);
    return;
  }
  const connection = connect(place, serverOf(askAt));
  connection.frames.push({ kind: "asking", slot, epoch: refusal.epoch });
  connection.frames.push({ kind: "command", request });
  state.stages[request] = "sent";
}

function resend(place: ProxyPlace, slot: number, request: number): void {
  const route = routeOf(place, slot);
  const connection = connect(place, serverOf(firstAddress(route)));
  const epoch = place.model.rules.announcedEpochOf(route);
  if (connection.told[slot] !== epoch) {
    connection.told[slot] = epoch;
    connection.frames.push({ kind: "route", slot, epoch });
  }
  send(place, request, route);
}

function send(place: ProxyPlace, request: number, route: Route): void {
  connect(place, serverOf(firstAddress(route))).frames.push({ kind: "command", request });
  stateOf(place).stages[request] = "sent";
}

function connect(place: ProxyPlace, server: number): ConnectionState {
  const { world } = place;
  const state = stateOf(place);
  const none = state.routes.map(() => -1);
  return state.connections[server] ??= {
    boot: bootOf(server, world.servers[server]!),
    told: none,
    frames: [],
    answers: [],
    announced: none.slice(),
    refused: 0,
    asking: null,
  };
}

/** The refusal holds at the server that is asked first until the route is announced there again. */
function forgetAnnounced(place: ProxyPlace, slot: number): void {
  const route = routeOf(place, slot);
  if (route.kind !== "direct" && route.kind !== "migrating") return;
  const connection = stateOf(place).connections[serverOf(firstAddress(route))];
  if (connection != null) connection.told[slot] = -1;
}

/** Whether an older request of the client on the slot has no answer. */
function isBehind(place: ProxyPlace, request: number): boolean {
  const slot = slotOf(place, request);
  return stateOf(place).stages.some((stage, older) =>
    older < request && (stage === "held" || stage === "sent") && slotOf(place, older) === slot
  );
}

function inFlight(place: ProxyPlace, slot: number): number {
  return stateOf(place).stages.filter((stage, request) =>
    stage === "sent" && slotOf(place, request) === slot
  ).length;
}

function hasNext(place: ProxyPlace, slot: number): boolean {
  const { doc, routes } = stateOf(place);
  return !place.model.rules.sameRoute(routes[slot]!.routes[slot]!, doc.routes[slot]!);
}

function modeOf(place: ProxyPlace, slot: number): number {
  const isGated = (stateOf(place).closed & 1 << slot) !== 0 || hasNext(place, slot);
  return place.model.rules.modeOf(routeOf(place, slot), isGated);
}

function routeOf(place: ProxyPlace, slot: number): Route {
  return stateOf(place).routes[slot]!.routes[slot]!;
}

function firstAddress(route: Route): string {
  if (route.kind === "direct") return route.address;
  if (route.kind === "migrating") return route.from;
  throw new ProtocolViolation(`a request was sent on a route that is ${route.kind}`);
}

/** Addresses of the model are `s1:1` and `s2:2`. */
function serverOf(address: string): number {
  return Number(address.split(":")[1]) - 1;
}

function slotOf({ model, proxy }: ProxyPlace, request: number): number {
  return model.slotOfRequest(proxy, request);
}

function stateOf({ world, proxy }: ProxyPlace): ProxyState {
  return world.proxies[proxy]!;
}
