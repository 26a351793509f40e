/**
 * A proxy's data plane between model clients and model servers, all in one thread and by one random
 * generator: which of them does something next, how many bytes get through, what breaks.
 *
 * Invariant: a seed decides everything.
 *
 * @module
 */

import { encodeRequest } from "../../core/resp/encode_request.ts";
import { IoMemory } from "../../core/transport/io_memory.ts";
import type { SocketAddress } from "../../core/transport/reactor.ts";
import { CommandRouter } from "../../proxy/command_router.ts";
import { DataPlane, type DataPlaneOptions } from "../../proxy/data_plane.ts";
import { type FakeNetwork, type FakePeer, FakeReactor } from "./fake_reactor.ts";
import { type Expectation, ModelClient } from "./model_client.ts";
import { ModelSlotMover, type PlacedServer } from "./model_slot_mover.ts";
import { ModelConversation, ModelSlotServer } from "./model_slot_server.ts";
import type { SeededRandom } from "./seeded_random.ts";
import { slotOfText } from "./slot_server.ts";

/** What may go wrong. */
export interface WorldTroubles {
  /** Refusals for no reason, in 100 commands. */
  readonly refusedOf100: number;
  readonly slotsMove: boolean;
  readonly serversBreak: boolean;
  readonly loginsFail: boolean;
  readonly clientsLeave: boolean;
  readonly clientsAreSlow: boolean;
}

const TAGS = "abcdef".split("");
const SERVER_COUNT = 3;
const CLIENT_COUNT = 4;
const WAITING_MAX = 60;
const IO_BYTES = 24 * 2 ** 20;
const STASH_BYTES = 8 * 2 ** 20;
/** Shared by all worlds, which live one after the other. */
const MEMORY = new Uint8Array(IO_BYTES + STASH_BYTES);
const RECONNECT_MS = 2500;
const encoder = new TextEncoder();

/** A connection from the proxy to a server. */
class Link implements FakePeer {
  readonly connection: number;
  readonly placed: PlacedServer;
  readonly conversation: ModelConversation;
  readonly #random: SeededRandom;
  state: "connecting" | "open" | "ended" = "connecting";
  toServer: Uint8Array = new Uint8Array(0);
  fromServer: Uint8Array = new Uint8Array(0);

  constructor(connection: number, placed: PlacedServer, password: string, random: SeededRandom) {
    this.connection = connection;
    this.placed = placed;
    this.conversation = new ModelConversation(placed.server, password);
    this.#random = random;
  }

  receive(bytes: Uint8Array): void {
    this.toServer = joined(this.toServer, bytes);
  }

  room(): number {
    return this.#random.below(5) === 0 ? this.#random.below(100) : Infinity;
  }

  closed(): void {
    this.state = "ended";
  }

  /** The server reads and executes up to `count` bytes. */
  serve(count: number): void {
    const reply = this.conversation.feed(this.toServer.subarray(0, count));
    this.toServer = this.toServer.slice(count);
    this.fromServer = joined(this.fromServer, encoder.encode(reply));
  }
}

/** The whole. */
export class DataPlaneWorld implements FakeNetwork {
  readonly random: SeededRandom;
  readonly reactor: FakeReactor;
  readonly plane: DataPlane;
  readonly stash: IoMemory;
  readonly servers: readonly PlacedServer[];
  readonly mover: ModelSlotMover;
  clients: ModelClient[] = [];
  /** How often each token was executed. */
  readonly executions = new Map<string, number>();
  /** The epoch that the data plane says it applies. */
  applied = 0;
  /** How often it asked for the topology, and in how many turns. */
  wanted = 0;
  turns = 0;
  isDrained = false;
  readonly #options: DataPlaneOptions;
  readonly #troubles: WorldTroubles;
  readonly #down = new Set<string>();
  /** The newest token executed, by key and client. */
  readonly #newest = new Map<string, number>();
  #links: Link[] = [];
  #clientId = 0;
  #sequence = 0;

  constructor(random: SeededRandom, options: DataPlaneOptions, troubles: WorldTroubles) {
    this.random = random;
    this.#options = options;
    this.#troubles = troubles;
    this.reactor = new FakeReactor(this, MEMORY, IO_BYTES);
    this.stash = new IoMemory({ memory: MEMORY, start: IO_BYTES });
    this.servers = Array.from({ length: SERVER_COUNT }, (_, index) => ({
      address: `127.0.0.1:${index + 1}`,
      server: new ModelSlotServer(random, (key, token) => this.#executed(key, token)),
    }));
    for (const { server } of this.servers) server.refusedOf100 = troubles.refusedOf100;
    const slots = TAGS.map((tag) => slotOfText(`{${tag}}`));
    this.mover = new ModelSlotMover(random, this.servers, slots);
    this.plane = new DataPlane(this.reactor, this.stash, options, {
      onLoginLost: () => {},
      onTopologyWanted: () => this.wanted++,
      onApplied: (epoch) => this.applied = epoch,
      onDrained: () => this.isDrained = true,
    }, (plane) => new CommandRouter(plane, { reactor: this.reactor, options }));
    this.plane.listen({ host: "127.0.0.1", port: 0 });
    this.reactor.onWake = () => this.plane.apply(this.mover.document);
    this.reactor.wake();
    for (let i = 0; i < CLIENT_COUNT; i++) this.connectClient();
    this.turn();
  }

  connected(connection: number, { port }: SocketAddress): FakePeer {
    const placed = this.servers[port - 1]!;
    const link = new Link(connection, placed, this.#options.serverPassword, this.random);
    this.#links.push(link);
    return link;
  }

  /** Adds a client, which may speak RESP3. */
  connectClient(): ModelClient {
    const client = new ModelClient(++this.#clientId, this.executions);
    client.connection = this.reactor.acceptFrom(client);
    this.clients.push(client);
    if (this.random.below(3) === 0) {
      this.ask(client, { request: ["HELLO", "3"], reply: /^%7/, tokens: [], isWhole: true });
    }
    return client;
  }

  /** Lets `client` send a request. */
  ask(client: ModelClient, expectation: Expectation): void {
    client.waiting.push(expectation);
    client.output.push(encodeRequest(expectation.request));
  }

  /** One turn of the reactor. */
  turn(): void {
    this.reactor.turn(0);
    this.turns++;
    this.#links = this.#links.filter(({ state }) => state !== "ended");
    this.clients = this.clients.filter((client) => !client.isGone);
  }

  /** Something happens. */
  step(): void {
    const { random } = this;
    const dice = random.below(100);
    if (dice < 20) this.#clientSends();
    else if (dice < 40) this.#clientBytesArrive();
    else if (dice < 60) this.#serverWorks();
    else if (dice < 80) this.#serverBytesArrive();
    else if (dice < 84) this.reactor.pass(random.below(10));
    else if (dice < 88) this.reactor.wake();
    else if (dice < 96) {
      if (this.#troubles.slotsMove) this.mover.step(false);
    } else this.#trouble();
    if (random.below(3) === 0) this.turn();
  }

  /** Ends all trouble and lets time pass until nothing is on its way; false if that never comes. */
  calm(): boolean {
    this.#down.clear();
    for (const { server } of this.servers) {
      server.refusesLogins = false;
      server.refusedOf100 = 0;
    }
    for (let round = 0; round < 3000; round++) {
      for (const client of this.clients) client.isSlow = false;
      for (let i = 0; i < 20 && !this.mover.isStable; i++) this.mover.step(true);
      this.#everythingArrives();
      this.reactor.wake();
      this.turn();
      this.reactor.pass(5);
      if (this.mover.isStable && this.#isQuiet) return true;
    }
    return false;
  }

  /** One request on each slot, for a client of its own, once servers are tried again. */
  probe(): ModelClient {
    this.reactor.pass(RECONNECT_MS);
    const client = this.connectClient();
    for (const tag of TAGS) this.ask(client, this.#appendTo(`{${tag}}probe`, client));
    return client;
  }

  get #isQuiet(): boolean {
    return this.clients.every(({ waiting, output }) => waiting.length + output.length === 0) &&
      this.#links.every(({ toServer, fromServer }) => toServer.length + fromServer.length === 0) &&
      this.plane.pending.count === 0;
  }

  #executed(key: string, token: string): void {
    this.executions.set(token, (this.executions.get(token) ?? 0) + 1);
    const [client, sequence] = token.split(":");
    const place = `${client} ${key}`;
    const before = this.#newest.get(place) ?? 0;
    if (before > Number(sequence)) throw new Error(`${key}: ${token} executed after ${before}`);
    this.#newest.set(place, Number(sequence));
  }

  #clientSends(): void {
    const { random } = this;
    const staying = this.clients.filter(({ isLeaving }) => !isLeaving);
    if (staying.length === 0) return;
    const client = random.pick(staying);
    for (let count = 1 + random.below(12); count > 0; count--) {
      if (client.waiting.length < WAITING_MAX) this.ask(client, this.#randomRequest(client));
    }
  }

  #randomRequest(client: ModelClient): Expectation {
    const { random } = this;
    const key = () => `{${random.pick(TAGS)}}${random.below(3)}`;
    const token = () => `${client.id}:${++this.#sequence}`;
    const keys = () => Array.from({ length: 1 + random.below(5) }, key);
    return random.pick<() => Expectation>([
      () => this.#appendTo(key(), client),
      () => this.#appendTo(key(), client),
      () => {
        const its = token();
        const size = random.below(10) === 0 ? random.below(6000) : random.below(100);
        const text = its + "x".repeat(size);
        const request = ["GETRANGE", key(), its, String(size)];
        return { request, reply: `$${text.length}\r\n${text}\r\n`, tokens: [], isWhole: true };
      },
      () => {
        const request = ["MGET", ...keys()];
        const elements = request.slice(1).map((its) => `$${its.length}\r\n${its}\r\n`);
        const reply = `*${elements.length}\r\n${elements.join("")}`;
        return { request, reply, tokens: [], isWhole: false };
      },
      () => {
        const pairs = [...new Set(keys())].map((its) => [its, token()]);
        const tokens = pairs.map(([, its]) => its!);
        return { request: ["MSET", ...pairs.flat()], reply: "+OK\r\n", tokens, isWhole: false };
      },
      () => ({ request: ["PING"], reply: "+PONG\r\n", tokens: [], isWhole: true }),
      () =>
        random.below(4) > 0
          ? this.#appendTo(key(), client)
          : { request: ["DBSIZE"], reply: /^:\d+\r\n$/, tokens: [], isWhole: false },
    ])();
  }

  #appendTo(key: string, client: ModelClient): Expectation {
    const token = `${client.id}:${++this.#sequence}`;
    const reply = `$${token.length}\r\n${token}\r\n`;
    return { request: ["APPEND", key, token], reply, tokens: [token], isWhole: true };
  }

  #clientBytesArrive(): void {
    const sending = this.clients.filter(({ output }) => output.length > 0);
    if (sending.length === 0) return;
    const client = this.random.pick(sending);
    let bytes = client.output.splice(0).reduce(joined, new Uint8Array(0));
    if (this.random.below(4) === 0) {
      const count = this.random.below(bytes.length + 1);
      client.output.push(bytes.slice(count));
      bytes = bytes.slice(0, count);
    }
    this.reactor.deliver(client.connection, bytes);
  }

  #serverWorks(): void {
    const busy = this.#links.filter(({ state, toServer }) =>
      state === "connecting" || toServer.length > 0
    );
    if (busy.length > 0) this.#serve(this.random.pick(busy), false);
  }

  #serve(link: Link, whole: boolean): void {
    if (link.state === "connecting") {
      if (this.#down.has(link.placed.address)) this.#end(link, "refused");
      else {
        link.state = "open";
        this.reactor.opened(link.connection);
      }
    } else {
      const { length } = link.toServer;
      link.serve(whole || this.random.below(3) > 0 ? length : this.random.below(length + 1));
    }
  }

  #serverBytesArrive(): void {
    const replying = this.#links.filter(({ fromServer }) => fromServer.length > 0);
    if (replying.length === 0) return;
    const link = this.random.pick(replying);
    const { length } = link.fromServer;
    this.#arrive(link, this.random.below(3) > 0 ? length : this.random.below(length + 1));
  }

  #arrive(link: Link, count: number): void {
    this.reactor.deliver(link.connection, link.fromServer.slice(0, count));
    link.fromServer = link.fromServer.slice(count);
  }

  #everythingArrives(): void {
    for (const client of this.clients) {
      const bytes = client.output.splice(0).reduce(joined, new Uint8Array(0));
      if (bytes.length > 0) this.reactor.deliver(client.connection, bytes);
    }
    for (const link of this.#links) {
      this.#serve(link, true);
      if (link.fromServer.length > 0) this.#arrive(link, link.fromServer.length);
    }
  }

  #end(link: Link, reason: "refused" | "reset"): void {
    this.reactor.lose(link.connection, reason);
    link.state = "ended";
    this.#links = this.#links.filter((its) => its !== link);
  }

  #trouble(): void {
    const { random } = this;
    const { serversBreak, loginsFail, clientsLeave, clientsAreSlow } = this.#troubles;
    const { address, server } = random.pick(this.servers);
    switch (random.below(5)) {
      case 0:
        if (serversBreak && this.#links.length > 0) this.#breakLink(random.pick(this.#links));
        return;
      case 1:
        if (!serversBreak) return;
        if (this.#down.delete(address)) return;
        this.#down.add(address);
        for (const link of this.#links) if (link.placed.address === address) this.#breakLink(link);
        return;
      case 2:
        if (loginsFail) server.refusesLogins = !server.refusesLogins;
        return;
      case 3:
        if (clientsLeave && this.clients.length > 0) this.#leave(random.pick(this.clients));
        if (this.clients.length < CLIENT_COUNT) this.connectClient();
        return;
      case 4: {
        if (!clientsAreSlow || this.clients.length === 0) return;
        const client = random.pick(this.clients);
        client.isSlow = !client.isSlow;
      }
    }
  }

  /** The client goes; in one of two cases it waits for what it asked. */
  #leave(client: ModelClient): void {
    client.isLeaving = true;
    client.output.length = 0;
    this.reactor.lose(client.connection, this.random.below(2) === 0 ? "end" : "reset");
  }

  /** Before its connection breaks, a server may still execute what it got. */
  #breakLink(link: Link): void {
    if (link.state === "open" && this.random.below(2) === 0) this.#serve(link, false);
    this.#end(link, "reset");
  }
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  const both = new Uint8Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}
