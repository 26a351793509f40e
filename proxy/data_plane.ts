/**
 * One worker's share of the proxy: clients on one side, servers on the other, on one reactor.
 *
 * Composes the parts and answers for what falls between them. Everything runs inside
 * {@linkcode Reactor.turn}.
 *
 * @module
 */

import { formatAddress, parseAddress } from "../core/address.ts";
import { RequestParser } from "../core/resp/request_parser.ts";
import type { EmptyTag } from "../core/slots.ts";
import type { IoMemory } from "../core/transport/io_memory.ts";
import type { Listener, ListenOptions, Reactor } from "../core/transport/reactor.ts";
import { Delivery } from "./delivery.ts";
import { Dispatcher, errorFrame, type OtherCommands, unreachableText } from "./dispatcher.ts";
import { DumpSlots } from "./dump_slots.ts";
import { Forwarder, type ForwarderEvents } from "./forwarder.ts";
import {
  KIND_INTERNAL,
  KIND_PART,
  PendingRequests,
  PURPOSE_BRING,
  PURPOSE_GREETING,
} from "./pending_requests.ts";
import { CLIENT_GONE, type RedirectLimits, Redirector } from "./redirector.ts";
import { greetingFrames } from "./greeting_frames.ts";
import { latin1Of } from "./request_arguments.ts";
import type { RouteDocument, StockServer } from "./routes.ts";
import { type SessionLimits, Sessions } from "./sessions.ts";
import { serversOf } from "./server_list.ts";
import { SlotTable } from "./slot_table.ts";
import { type NumberedLogin, Upstream } from "./upstream.ts";

/** What a worker is told once, at its start. */
export interface DataPlaneOptions {
  readonly session: SessionLimits;
  readonly redirect: RedirectLimits;
  /** Requests of all clients of a worker not yet answered. */
  readonly pendingMax: number;
  /** Replies of one client that wait for an older one. */
  readonly stashBytesMax: number;
  /** A server that answers nothing for so long is given up. */
  readonly serverTimeoutMs: number;
  readonly emptyTag: EmptyTag;
  /** What clients must send with AUTH; empty: nothing. */
  readonly password: string;
  /** How the proxy logs in at servers; empty: not at all. */
  readonly serverUser: string;
  readonly serverPassword: string;
  readonly firstClientId: number;
  /** The product's name, for INFO. @default none */
  readonly product?: string;
  /** How many workers this proxy has, for INFO. @default 1 */
  readonly workerCount?: number;
}

/** What a data plane tells its control plane. */
export interface DataPlaneEvents {
  /** Servers know at least `epoch`; the proxy may be behind. */
  onTopologyWanted(epoch: number): void;
  /**
   * What was sent under a login of the proxy's own is to be thrown away at the server, as it is not known
   * what became of it; or the server refuses the login. Told before any later {@linkcode onApplied}.
   */
  onLoginLost(address: string, login: number): void;
  /** Every slot follows the routes of `epoch`. */
  onApplied(epoch: number): void;
  /** After {@linkcode DataPlane.drain}: no client is left. */
  onDrained(): void;
}

const TICK_MS = 100;
/** A tick that is later than this: the process was stopped, and not its servers slow. */
const LATE_MS_MAX = 500;
const WANT_AGAIN_MS = 20;
const MINUS = 0x2d;

/** A worker's data plane. */
export class DataPlane implements ForwarderEvents {
  readonly pending: PendingRequests;
  readonly delivery: Delivery;
  readonly slots: SlotTable;
  readonly forwarder: Forwarder;
  readonly dispatcher: Dispatcher;
  readonly redirector: Redirector;
  readonly sessions: Sessions;
  readonly parser: RequestParser;
  readonly others: OtherCommands;
  readonly #reactor: Reactor;
  readonly #options: DataPlaneOptions;
  readonly #events: DataPlaneEvents;
  /** The redirector looks at them whenever it compares: they follow the topology. */
  readonly #redirectLimits: { redirectTimeoutMs: number; heldBytesMax: number };
  #applied = 0;
  #wantedEpoch = 0;
  #wantAgainAtMs = 0;
  #draining = false;
  #hasNewRoutes = false;
  readonly #dumps: DumpSlots;
  /** The servers that cannot fence, by address. */
  #stock = new Map<string, StockServer>();
  readonly #logins = new Map<string, NumberedLogin>();
  readonly #upstreams = new Map<string, Upstream>();
  readonly #listeners: Listener[] = [];

  /** `stashMemory` allocates inside the reactor's memory, outside what the reactor uses itself. */
  constructor(
    reactor: Reactor,
    stashMemory: IoMemory,
    options: DataPlaneOptions,
    events: DataPlaneEvents,
    makeOthers: (plane: DataPlane) => OtherCommands,
  ) {
    this.#reactor = reactor;
    this.#options = options;
    this.#events = events;
    this.#redirectLimits = { ...options.redirect };
    const pending = this.pending = new PendingRequests(options.pendingMax);
    const delivery = this.delivery = new Delivery(
      reactor,
      pending,
      stashMemory,
      options.stashBytesMax,
    );
    const slots = this.slots = new SlotTable(
      (address, protocol) => this.upstreamOf(address, protocol),
      options.emptyTag,
    );
    const forwarder = this.forwarder = new Forwarder(pending, delivery, slots);
    this.forwarder.events = this;
    const parts = { reactor, pending, delivery, slots, forwarder };
    this.dispatcher = new Dispatcher(parts);
    this.parser = new RequestParser();
    this.redirector = new Redirector(parts, {
      upstreamOf: (address, protocol) => this.upstreamOf(address, protocol),
      protocolOf: (request) => delivery.sessions[pending.sessionOf(request)]?.protocol ?? 2,
      fail: (request, text) => this.failRequest(request, text),
      wantTopology: (epoch) => this.#wantTopology(epoch),
      hasOpenPart: (request, slot) => this.others.hasOpenPart(request, slot),
      onPartRefused: (request, bytes) => this.others.onPartRefused(request, bytes),
      bring: (request, slot, bytes) => this.#dumps.bring(request, slot, bytes),
      pass: (request, bytes, start, end) => this.#pass(request, bytes, start, end),
    }, this.#redirectLimits);
    this.#dumps = new DumpSlots(parts, {
      upstreamOf: (address, protocol) => this.upstreamOf(address, protocol),
      protocolOf: (request) => delivery.sessions[pending.sessionOf(request)]?.protocol ?? 2,
      drop: (request) => this.failRequest(request, CLIENT_GONE),
      takeBack: (request, slot, bytes) => this.redirector.takeBack(request, slot, bytes),
      giveUpLogin: (address, login) => this.#giveUpLogin(address, login, "cut"),
    });
    this.dispatcher.redirector = this.redirector;
    this.others = this.dispatcher.others = makeOthers(this);
    this.sessions = new Sessions(reactor, delivery, this.dispatcher, this.parser, {
      limits: options.session,
      firstId: options.firstClientId,
      authenticated: () => options.password === "",
    });
    this.#tickLater();
  }

  /** Starts accepting clients. */
  listen(options: ListenOptions): Listener {
    const listener = this.#reactor.listen(
      options,
      (connection) => this.sessions.accept(connection),
    );
    this.#listeners.push(listener);
    return listener;
  }

  /** The port that clients connect to; 0 before {@linkcode listen}. */
  get port(): number {
    return this.#listeners[0]?.address.port ?? 0;
  }

  /** Takes a newer set of routes. */
  apply(document: RouteDocument): void {
    if (document.settings !== undefined) {
      this.#redirectLimits.redirectTimeoutMs = document.settings.redirectTimeoutMs;
    }
    this.#stock = new Map(document.stock?.map((server) => [server.address, server]));
    for (const slot of this.slots.apply(document)) this.redirector.pump(slot, true);
    this.#hasNewRoutes = true;
    this.sessions.wake();
    this.#acknowledge();
  }

  /** Takes the proxy's user at a stock server; what it was before is of no use any more. */
  logIn(address: string, login: NumberedLogin): void {
    this.#logins.set(address, login);
    for (const upstream of this.#upstreamsTo(address)) {
      upstream.login = login;
      // The server has closed it, or is about to.
      if (upstream.usedLogin !== login) upstream.disconnect("local");
    }
  }

  /** Accepts no clients until {@linkcode listen}, and lets those connected finish what they asked for. */
  dismiss(): void {
    for (const listener of this.#listeners.splice(0)) listener.close();
    this.sessions.drain();
  }

  /** As {@linkcode dismiss}, and says when no client is left. */
  drain(): void {
    this.dismiss();
    this.#draining = true;
  }

  /**
   * The connection to a server in a RESP version, made when first asked for. The `control` lane is a
   * second one, for what must get through while a script blocks the first.
   */
  upstreamOf(address: string, protocol: 2 | 3, lane: "shared" | "control" = "shared"): Upstream {
    const key = `${address} ${protocol} ${lane}`;
    let upstream = this.#upstreams.get(key);
    if (upstream === undefined) {
      const lengths = () => this.pending.requestBytes;
      const where = parseAddress(address);
      upstream = new Upstream(this.#reactor, this.forwarder, where, protocol, lengths);
      const stock = this.#stock.get(address);
      upstream.isStock = stock !== undefined;
      upstream.needsLogin = stock?.ownUser === true;
      upstream.login = this.#logins.get(address);
      this.#upstreams.set(key, upstream);
    }
    return upstream;
  }

  /** Answers a request that no server will answer. */
  failRequest(request: number, text: string): void {
    const reply = errorFrame(text);
    this.#pass(request, reply, 0, reply.length);
    this.delivery.flush();
  }

  onRefused(request: number, bytes: Uint8Array, start: number, end: number, sentAt: number): void {
    this.delivery.flush();
    this.redirector.onRefused(request, bytes, start, end, sentAt);
  }

  onPart(request: number, bytes: Uint8Array, start: number, end: number): void {
    this.delivery.flush();
    this.others.onPart(request, bytes, start, end);
  }

  onInternal(
    upstream: Upstream,
    request: number,
    bytes: Uint8Array,
    start: number,
    end: number,
  ): void {
    const purpose = this.pending.part[request];
    if (purpose === PURPOSE_BRING) this.#dumps.onReply(request, bytes, start, end);
    this.pending.give(request);
    if (purpose !== PURPOSE_GREETING) return;
    if (bytes[start] === MINUS) {
      upstream.refuse(`it answered the log-in with: ${latin1Of(bytes, start + 1, end).trimEnd()}`);
      this.#giveUpLoginOf(upstream);
    } else if (upstream.isGated) upstream.open();
  }

  onAnswered(slot: number): void {
    this.redirector.pump(slot);
  }

  onLost(upstream: Upstream, request: number, reason: string): void {
    const { host, port } = upstream.address;
    if (!upstream.isGated) this.#giveUpLoginOf(upstream);
    if (
      this.pending.part[request] === PURPOSE_BRING && this.pending.kind[request] === KIND_INTERNAL
    ) {
      this.#dumps.onLost(request);
    }
    if (upstream.isGated) return this.failRequest(request, unreachableText(upstream));
    this.failRequest(
      request,
      `ERR connection to server ${host}:${port} lost (${reason}); the command may have been executed`,
    );
  }

  onConnecting(upstream: Upstream): void {
    const { serverUser: user, serverPassword: password } = this.#options;
    const login = upstream.login ?? (password === "" ? undefined : { user, password });
    for (const frame of greetingFrames(login, upstream.protocol)) {
      this.forwarder.sendInternal(upstream, frame, PURPOSE_GREETING);
    }
    if (upstream.needsLogin) upstream.gate();
  }

  onRoom(): void {
    this.sessions.wake();
  }

  onReplies(): void {
    this.sessions.wake();
    if (this.slots.epoch !== this.#applied) this.#acknowledge();
  }

  /** Asks at once for an epoch not known to be wanted, else now and then: refusals come in masses. */
  #wantTopology(epoch: number): void {
    const { nowMs } = this.#reactor;
    if (epoch <= this.#wantedEpoch && nowMs < this.#wantAgainAtMs) return;
    this.#wantedEpoch = Math.max(epoch, this.#wantedEpoch);
    this.#wantAgainAtMs = nowMs + WANT_AGAIN_MS;
    this.#events.onTopologyWanted(epoch);
  }

  /** Says so when the newest routes are in force for every slot (PROTOCOL rule 19). */
  #acknowledge(): void {
    if (this.slots.waiting > 0 || this.slots.epoch === this.#applied) return;
    this.#applied = this.slots.epoch;
    this.#events.onApplied(this.#applied);
  }

  /**
   * Uses a login no more. `cut`: at once. Otherwise its other connections serve until the server closes
   * them: what they carry is in order.
   */
  #giveUpLogin(address: string, login: number, cut?: "cut"): void {
    if (this.#logins.get(address)?.login !== login) return;
    this.#logins.delete(address);
    this.#events.onLoginLost(address, login);
    for (const upstream of this.#upstreamsTo(address)) {
      upstream.login = undefined;
      if (cut !== undefined) upstream.disconnect("local");
    }
  }

  #giveUpLoginOf({ address, usedLogin }: Upstream): void {
    if (usedLogin !== undefined) this.#giveUpLogin(formatAddress(address), usedLogin.login);
  }

  #upstreamsTo(address: string): Upstream[] {
    return [...this.#upstreams].flatMap(([key, upstream]) =>
      key.slice(0, key.indexOf(" ")) === address ? [upstream] : []
    );
  }

  /** Closes connections to servers that no route names any more, once nothing is asked there. */
  #forgetServers(): void {
    const { addresses } = serversOf(this.slots.route);
    this.#hasNewRoutes = false;
    for (const [key, upstream] of this.#upstreams) {
      if (addresses.includes(key.slice(0, key.indexOf(" ")))) continue;
      if (upstream.inFlight > 0) this.#hasNewRoutes = true;
      else {
        upstream.disconnect("local");
        this.#upstreams.delete(key);
      }
    }
  }

  #pass(request: number, bytes: Uint8Array, start: number, end: number): void {
    if (this.pending.kind[request] === KIND_PART) this.others.onPart(request, bytes, start, end);
    else this.delivery.deliver(request, bytes, start, end);
  }

  #tickLater(): void {
    const dueMs = this.#reactor.nowMs + TICK_MS;
    this.#reactor.setTimer(TICK_MS, () => {
      this.#tickLater();
      const lateMs = this.#reactor.nowMs - dueMs;
      if (lateMs > LATE_MS_MAX) this.#forgive(lateMs);
      else this.#giveUpLate();
      if (this.#draining && this.sessions.count === 0) {
        this.#draining = false;
        this.#events.onDrained();
      }
      this.sessions.wake();
      this.#acknowledge();
      if (this.#hasNewRoutes && this.slots.waiting === 0) this.#forgetServers();
    });
  }

  /** Ends what has waited for too long. */
  #giveUpLate(): void {
    this.redirector.tick();
    this.sessions.closeIdle();
    for (const upstream of this.#upstreams.values()) {
      upstream.expire(this.#options.serverTimeoutMs);
    }
  }

  /**
   * A process that was stopped could neither ask nor listen, and what came meanwhile is still to be read:
   * that time counts against nobody.
   */
  #forgive(lateMs: number): void {
    const { nowMs } = this.#reactor;
    this.pending.forgive(lateMs, nowMs);
    for (const upstream of this.#upstreams.values()) {
      upstream.progressAtMs = Math.min(upstream.progressAtMs + lateMs, nowMs);
    }
  }
}
