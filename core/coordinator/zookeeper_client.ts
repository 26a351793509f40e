/**
 * One session with ZooKeeper over `node-zookeeper-client`, with a workaround for each of its defects.
 *
 * ```text
 * connecting ──granted──→ connected ──connection lost──→ connecting (the same session)
 *      └──session expired, credentials refused──→ ended
 * any ──close()──→ closed
 * ```
 *
 * Invariant: every request ends. One is sent only while connected, and is refused at the loss of its
 * connection at the latest, which the heartbeat brings about when nothing else does.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import type {
  Client,
  ConnectionManager,
  Exception,
  WatcherEvent,
} from "./node_zookeeper_client.d.ts";
import type { ZookeeperAddress } from "./zookeeper_address.ts";
import { ZOOKEEPER_CODE, ZookeeperError } from "./zookeeper_error.ts";
import { ZookeeperHeartbeat } from "./zookeeper_heartbeat.ts";
import { createRawClient } from "./zookeeper_library.ts";
import { ZookeeperRotation } from "./zookeeper_rotation.ts";

/** The library's states, by its numbers. */
const STATE = {
  disconnected: 0,
  connecting: 1,
  connected: 2,
  expired: -3,
  authFailed: -4,
} as const;

/** Request numbers are 32 bits; the library never starts again. */
const XID_MAX = 0x7f000000;
/** What a server has to grant a session. One that is starting may take the request and forget it. */
const HANDSHAKE_MS = { min: 500, max: 4000 };
const CLOSE_MS_MAX = 1000;
/** Requests that wait for an answer at a time. */
const OUTSTANDING_MAX = 10_000;

/** What whoever holds a client is told. None of these may throw. */
export interface ZookeeperClientEvents {
  /** A server granted the session, or took it over from another. */
  onConnected(): void;
  /** The connection was lost; the next server is tried. */
  onSuspended(): void;
  /** The session is over: this client is of no more use. */
  onEnded(reason: EndReason): void;
  /** A watch fired, which therefore is no more. */
  onEvent(event: WatcherEvent): void;
}

/** Options of {@linkcode ZookeeperClient}. */
export interface ZookeeperClientOptions extends ZookeeperClientEvents {
  readonly address: ZookeeperAddress;
  /** `user:password`; undefined: none. */
  readonly auth: string | undefined;
}

/** Why a client is of no more use. */
export type EndReason = "expired" | "credentials refused" | "connection not permitted";

type Phase = "connecting" | "connected" | "ended" | "closed";

/** Ends a request, with an error or a result. */
export type Done<R> = (error: Exception | null | undefined, result?: R) => void;

/** The client of one session. */
export class ZookeeperClient {
  readonly #options: ZookeeperClientOptions;
  readonly #raw: Client;
  readonly #manager: ConnectionManager;
  readonly #rotation: ZookeeperRotation;
  readonly #outstanding = new Set<() => void>();
  #phase: Phase = "connecting";
  #heartbeat: ZookeeperHeartbeat | null = null;
  #answeredAtMs = performance.now();
  #attempt: ReturnType<typeof setTimeout> | undefined;
  #handshake: ReturnType<typeof setTimeout> | undefined;
  #server = "";
  #trouble: Error | null = null;
  /** Whether the present attempt's end has been explained by an error. */
  #explained = false;
  #closing: Promise<void> | null = null;

  /** Begins to connect. */
  constructor(options: ZookeeperClientOptions) {
    this.#options = options;
    const { address, auth } = options;
    this.#raw = createRawClient(address.sessionTimeoutMs);
    this.#rotation = new ZookeeperRotation(address.servers);
    this.#manager = this.#repaired();
    if (auth !== undefined) this.#raw.addAuthInfo("digest", Buffer.from(auth));
    this.#raw.connect();
  }

  /** Whether requests can be sent. */
  get isConnected(): boolean {
    return this.#phase === "connected";
  }

  /** The session's id as ZooKeeper's logs show it; `0x0` before the first connection. */
  get sessionId(): string {
    return sessionText(this.#manager.sessionId.readBigUInt64BE());
  }

  /** How long ZooKeeper waits for this session while it is silent; what was asked for until it is granted. */
  get sessionTimeoutMs(): number {
    return this.#manager.sessionTimeout;
  }

  /** The newest change that a server has shown this session; what is newer has a greater number. */
  get seenZxid(): bigint {
    return this.#manager.zxid.readBigInt64BE();
  }

  /** `performance.now()` of the newest answer. */
  get answeredAtMs(): number {
    return this.#heartbeat?.answeredAtMs ?? this.#answeredAtMs;
  }

  /** Why there is no connection, as far as is known: which server, and what happened. */
  get trouble(): Error | null {
    return this.#trouble;
  }

  /**
   * Sends a request, and returns its answer. What cannot be sent now is refused, never queued: queued
   * requests would be sent before the credentials, or never be ended.
   *
   * @throws {ZookeeperError} if it was refused, not sent, or not answered.
   */
  ask<R>(kind: "read" | "write", send: (client: Client, done: Done<R>) => void): Promise<R> {
    return new Promise((resolve, reject) => {
      if (!this.isConnected || this.#outstanding.size >= OUTSTANDING_MAX) {
        return reject(this.#lost({ sentWrite: false }));
      }
      const sentWrite = kind === "write";
      const lose = () => reject(this.#lost({ sentWrite }));
      this.#outstanding.add(lose);
      try {
        send(this.#raw, (error, result) => {
          this.#outstanding.delete(lose);
          if (!error) resolve(result as R);
          else if (error.code === ZOOKEEPER_CODE.connectionLoss) return lose();
          else reject(new ZookeeperError(error.code, error.name, { sentWrite }));
          this.#heartbeat?.answered();
        });
      } catch (error) {
        this.#outstanding.delete(lose);
        reject(error);
      }
    });
  }

  /** The watcher of every watch: the library tells equal functions apart by identity only. */
  readonly watcher = (event: WatcherEvent): void => {
    // Not inside the socket's handler, where an exception would end the process.
    queueMicrotask(() => {
      if (this.isConnected) this.#options.onEvent(event);
    });
  };

  /** Ends the session if a server can be told in time, and the connection in any case. Idempotent. */
  close(): Promise<void> {
    return this.#closing ??= this.#close();
  }

  /** Puts our own parts into the library's connection manager. */
  #repaired(): ConnectionManager {
    const { connectionManager: manager } = this.#raw;
    const { address } = this.#options;
    const readReply = manager.onSocketData;
    manager.servers = address.servers.map((server) => ({ ...server }));
    manager.updateTimeout(address.sessionTimeoutMs);
    manager.findNextServer = (connect) => {
      const { server, delayMs } = this.#rotation.attempt();
      this.#attempt = setTimeout(() => {
        this.#server = `${server.host}:${server.port}`;
        this.#explained = false;
        connect(server);
      }, delayMs);
    };
    manager.onSocketError = (error) => {
      if (manager.connectTimeoutHandler !== null) clearTimeout(manager.connectTimeoutHandler);
      this.#explain(error.message, error);
      // The library would try for ever, and tell nobody.
      if (error instanceof Deno.errors.NotCapable) this.#end("connection not permitted");
    };
    manager.onSocketData = (bytes) => {
      try {
        readReply.call(manager, bytes);
      } catch (error) {
        this.#drop(`sent what cannot be read: ${(error as Error).message}`);
      }
    };
    manager.on("state", (state: number) => this.#onState(state));
    return manager;
  }

  #onState(state: number): void {
    if (this.#phase === "closed" || this.#phase === "ended") return;
    clearTimeout(this.#handshake);
    if (state === STATE.connecting) this.#awaitHandshake();
    else if (state === STATE.connected) this.#onConnected();
    else if (state === STATE.disconnected) this.#onDisconnected();
    else if (state === STATE.expired) this.#end("expired");
    else if (state === STATE.authFailed) this.#end("credentials refused");
  }

  /** The library gives up on a server that does not accept, not on one that then says nothing. */
  #awaitHandshake(): void {
    const { sessionTimeoutMs, servers } = this.#options.address;
    const shareMs = sessionTimeoutMs / Math.max(2, servers.length);
    const waitMs = Math.min(Math.max(HANDSHAKE_MS.min, shareMs), HANDSHAKE_MS.max);
    this.#handshake = setTimeout(() => {
      this.#drop(`no session was granted within ${Math.round(waitMs)} ms`);
      // Without a socket yet there is nothing to drop: the pause before this attempt was long.
      this.#awaitHandshake();
    }, waitMs);
  }

  #onConnected(): void {
    this.#rotation.succeeded();
    this.#phase = "connected";
    this.#trouble = null;
    this.#heartbeat = new ZookeeperHeartbeat({
      sessionTimeoutMs: this.#manager.sessionTimeout,
      beat: () => this.#beat(),
      silent: () => this.#drop("did not answer"),
    });
    queueMicrotask(() => this.isConnected && this.#options.onConnected());
  }

  #beat(): void {
    this.#manager.xid = numberAfter(this.#manager.xid);
    // A loss is told by the connection itself.
    this.ask("read", (client, done: Done<unknown>) => client.exists("/", done)).catch(() => {});
  }

  /** Comes before the library connects again. */
  #onDisconnected(): void {
    const wasConnected = this.isConnected;
    this.#phase = "connecting";
    if (!this.#explained) this.#explain("closed the connection");
    this.#forgetConnection();
    if (wasConnected) this.#options.onSuspended();
  }

  #end(reason: EndReason): void {
    if (!this.#explained) this.#explain(`session ${this.sessionId} ${reason}`);
    this.#phase = "ended";
    this.#manager.connect = () => {};
    this.#forgetConnection();
    this.#drop("the session is over");
    this.#options.onEnded(reason);
  }

  /** Half a reply, requests and watches belong to a connection, and must not reach the next one. */
  #forgetConnection(): void {
    const { watcherManager, packetQueue } = this.#manager;
    this.#answeredAtMs = this.answeredAtMs;
    this.#heartbeat?.stop();
    this.#heartbeat = null;
    this.#manager.pendingBuffer = null;
    packetQueue.queue = [];
    watcherManager.dataWatchers = {};
    watcherManager.childWatchers = {};
    watcherManager.existenceWatchers = {};
    for (const lose of [...this.#outstanding]) lose();
    this.#outstanding.clear();
  }

  #explain(why: string, cause?: Error): void {
    if (this.#phase === "ended" || this.#phase === "closed") return;
    this.#explained = true;
    this.#trouble = new Error(`${this.#server}: ${why}`, { cause });
  }

  /** Breaks the connection; with an error, because only then the library clears its own timer. */
  #drop(why: string): void {
    this.#manager.socket?.destroy(new Error(why));
  }

  #lost(options: { sentWrite: boolean }): ZookeeperError {
    const why = this.#trouble?.message ?? (this.#server || "no server tried yet");
    return new ZookeeperError(ZOOKEEPER_CODE.connectionLoss, why, options);
  }

  async #close(): Promise<void> {
    const { isConnected } = this;
    const manager = this.#manager;
    this.#phase = "closed";
    // Else the library, told to close while it is not connected, connects again.
    manager.connect = () => {};
    clearTimeout(this.#attempt);
    clearTimeout(this.#handshake);
    this.#forgetConnection();
    const { socket } = manager;
    if (socket === undefined || socket.closed) return;
    const gone = Promise.withResolvers<void>();
    socket.once("close", () => gone.resolve());
    if (isConnected) this.#raw.close();
    else socket.destroy(new Error("closed"));
    // A server that is stopped never confirms.
    const limit = setTimeout(() => socket.destroy(new Error("closed")), CLOSE_MS_MAX);
    const lastLimit = setTimeout(() => gone.resolve(), 2 * CLOSE_MS_MAX);
    await gone.promise;
    clearTimeout(limit);
    clearTimeout(lastLimit);
  }
}

/** The number for the next request, if the library would take `xid`: it starts again before 2^31. */
export function numberAfter(xid: number): number {
  return xid > XID_MAX ? 1 : xid;
}

/** A session's number as ZooKeeper's logs and tools show it. */
export function sessionText(id: bigint): string {
  return `0x${id.toString(16)}`;
}
