/**
 * A proxy's data plane without a network, where a test plays the servers by hand: it sees what each
 * connection got and says what comes back.
 *
 * @module
 */

import { encodeRequest } from "../../core/resp/encode_request.ts";
import { ReplyScanner } from "../../core/resp/reply_scanner.ts";
import { REQUEST_READY, RequestParser } from "../../core/resp/request_parser.ts";
import { IoMemory } from "../../core/transport/io_memory.ts";
import type { CloseReason, SocketAddress } from "../../core/transport/reactor.ts";
import type { Settings } from "../../core/topology/topology.ts";
import { CommandRouter } from "../../proxy/command_router.ts";
import { DataPlane, type DataPlaneOptions } from "../../proxy/data_plane.ts";
import type { RouteRange } from "../../proxy/routes.ts";
import { type FakeNetwork, type FakePeer, FakeReactor } from "./fake_reactor.ts";

const IO_BYTES = 8 * 2 ** 20;
const STASH_BYTES = 2 * 2 ** 20;
const OPTIONS: DataPlaneOptions = {
  session: {
    clientCountMax: 100,
    pipelineMax: 1000,
    outputBytesHigh: 1 << 20,
    idleTimeoutMs: 0,
  },
  redirect: { redirectTimeoutMs: 1000, heldBytesMax: 1 << 20 },
  pendingMax: 1000,
  stashBytesMax: 1 << 20,
  serverTimeoutMs: 5000,
  emptyTag: "hash-empty",
  password: "",
  serverUser: "",
  serverPassword: "",
  firstClientId: 1,
};
const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** A connection that the proxy made. */
export class StageLink implements FakePeer {
  readonly port: number;
  readonly connection: number;
  isEnded = false;
  readonly #stage: DataPlaneStage;
  readonly #parser = new RequestParser();
  #received: string[] = [];

  constructor(stage: DataPlaneStage, connection: number, port: number) {
    this.#stage = stage;
    this.connection = connection;
    this.port = port;
  }

  room(): number {
    return Infinity;
  }

  closed(): void {
    this.isEnded = true;
  }

  receive(bytes: Uint8Array): void {
    const parser = this.#parser;
    for (let at = 0; at < bytes.length; at = parser.consumed) {
      if (parser.parse(bytes, at, bytes.length) !== REQUEST_READY) {
        throw new Error("half a request");
      }
      const { args, argumentCount } = parser;
      const words = Array.from(
        { length: argumentCount },
        (_, index) => decoder.decode(bytes.subarray(args[2 * index]!, args[2 * index + 1]!)),
      );
      this.#received.push(words.join(" "));
    }
  }

  /** What arrived since it was last asked for. */
  take(): string[] {
    return this.#received.splice(0);
  }

  /** Answers, and lets the proxy read it. */
  reply(...replies: string[]): void {
    const text = replies.map((reply) => `${reply}\r\n`).join("");
    this.#stage.reactor.deliver(this.connection, encoder.encode(text));
    this.#stage.turn();
  }

  /** Ends the connection. */
  lose(reason: CloseReason): void {
    this.#stage.reactor.lose(this.connection, reason);
    this.#stage.turn();
  }
}

/** A client. */
export class StageClient implements FakePeer {
  connection = -1;
  isEnded = false;
  readonly #scanner = new ReplyScanner();
  readonly #stage: DataPlaneStage;
  readonly #replies: string[] = [];

  constructor(stage: DataPlaneStage) {
    this.#stage = stage;
  }

  room(): number {
    return Infinity;
  }

  closed(): void {
    this.isEnded = true;
  }

  receive(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length;) {
      const end = this.#scanner.scan(bytes, at, bytes.length);
      if (end < 0) throw new Error("half a reply");
      this.#replies.push(decoder.decode(bytes.subarray(at, end)).trimEnd());
      at = end;
    }
  }

  /** Sends requests, words parted by spaces, all at once. */
  send(...requests: string[]): void {
    for (const request of requests) {
      this.#stage.reactor.deliver(this.connection, encodeRequest(request.split(" ")));
    }
    this.#stage.turn();
  }

  /** What arrived since it was last asked for, raw but for the last line end. */
  take(): string[] {
    return this.#replies.splice(0);
  }
}

/** The data plane and all around it. */
export class DataPlaneStage implements FakeNetwork {
  readonly reactor: FakeReactor;
  readonly plane: DataPlane;
  /** Epochs it asked for. */
  readonly wanted: number[] = [];
  /** Every connection it made, oldest first. */
  readonly links: StageLink[] = [];
  isDrained = false;
  #epoch = 0;

  /** Routes by `ranges`. */
  constructor(ranges: readonly RouteRange[], changes: Partial<DataPlaneOptions> = {}) {
    const memory = new Uint8Array(IO_BYTES + STASH_BYTES);
    const options = { ...OPTIONS, ...changes };
    const reactor = this.reactor = new FakeReactor(this, memory, IO_BYTES);
    this.plane = new DataPlane(reactor, new IoMemory({ memory, start: IO_BYTES }), options, {
      onLoginLost: () => {},
      onTopologyWanted: (epoch) => this.wanted.push(epoch),
      onApplied: () => {},
      onDrained: () => this.isDrained = true,
    }, (plane) => new CommandRouter(plane, { reactor, options }));
    this.plane.listen({ host: "127.0.0.1", port: 0 });
    this.route(ranges);
  }

  connected(connection: number, { port }: SocketAddress): FakePeer {
    const link = new StageLink(this, connection, port);
    this.links.push(link);
    return link;
  }

  /** Puts newer routes in force, and settings if they are given. */
  route(ranges: readonly RouteRange[], settings?: Settings): void {
    const document = { epoch: ++this.#epoch, ranges, ...settings && { settings } };
    this.reactor.onWake = () => this.plane.apply(document);
    this.reactor.wake();
    this.turn();
  }

  /** Connects a client. */
  connect(): StageClient {
    const client = new StageClient(this);
    client.connection = this.reactor.acceptFrom(client);
    this.turn();
    return client;
  }

  /** The newest connection to a server, which lets the proxy in. */
  link(port: number): StageLink {
    const link = this.links.findLast((link) => link.port === port && !link.isEnded);
    if (link === undefined) throw new Error(`the proxy has no connection to port ${port}`);
    this.reactor.opened(link.connection);
    this.turn();
    return link;
  }

  /** Lets time pass, a millisecond at a time. */
  pass(ms: number): void {
    for (let i = 0; i < ms; i++) {
      this.reactor.pass(1);
      this.turn();
    }
  }

  /** One turn. */
  turn(): void {
    this.reactor.turn(0);
  }
}
