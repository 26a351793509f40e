/**
 * One pipelined connection from a worker to a server.
 *
 * Requests are sent in the order of {@linkcode Upstream.send} and kept in the connection's retained
 * output until they are answered, so that a request that the server refused to execute can be sent
 * elsewhere. Reconnects by itself: at once the first time, then with growing pauses.
 *
 * Invariant: the n-th reply belongs to the n-th request in the queue; after a loss every queued
 * request is reported lost exactly once and none is sent again.
 *
 * @module
 */

import { IntRing } from "../core/int_ring.ts";
import type { StockLogin } from "../core/stock_users.ts";
import { ReplyScanner } from "../core/resp/reply_scanner.ts";
import type {
  CloseReason,
  ConnectionHandler,
  Reactor,
  SocketAddress,
} from "../core/transport/reactor.ts";
import { NONE } from "./pending_requests.ts";

/** Requests one upstream connection may have unanswered. */
const QUEUE_MAX = 1 << 20;
/** Room kept in the queue for the proxy's own requests that go before a client's. */
const OWN_REQUESTS_MAX = 8;
/** Unsent bytes above which clients of this server are read no further. */
const BACKLOG_BYTES_MAX = 8 * 1024 * 1024;
/** `>`: what a server says unasked in RESP3. */
const PUSH = 0x3e;
const RECONNECT_DELAY_MS_MIN = 50;
const RECONNECT_DELAY_MS_MAX = 2000;

/** Who hears of an upstream's replies. */
export interface UpstreamOwner {
  /** `request` got the reply at `[start, end)`; its own bytes lie at `sentAt` of the memory. */
  onReply(
    upstream: Upstream,
    request: number,
    bytes: Uint8Array,
    start: number,
    end: number,
    sentAt: number,
  ): void;
  /** All replies of this turn's bytes were reported; `bytes` is about to change. */
  onReplies(upstream: Upstream): void;
  /** `request` will never be answered. It may or may not have been executed. */
  onLost(upstream: Upstream, request: number, reason: string): void;
  /** A connection is being made: what must come first (AUTH, HELLO) is sent from here. */
  onConnecting(upstream: Upstream): void;
  /** There is room again after {@linkcode Upstream.backlogged}. */
  onRoom(upstream: Upstream): void;
}

/** A user of the proxy's own at a stock server. */
export interface NumberedLogin extends StockLogin {
  /** Grows with each user that the proxy makes there. */
  readonly login: number;
}

/** A connection to one server in one RESP version. */
export class Upstream implements ConnectionHandler {
  /** Where the server is. */
  readonly address: SocketAddress;
  /** RESP version spoken on this connection. */
  readonly protocol: 2 | 3;
  /** Reactor milliseconds of the newest reply, or of the oldest unanswered request. */
  progressAtMs = 0;
  /** The slot epochs that this connection's server was told with `SLOTSROUTE`. */
  readonly announced: Map<number, number> = new Map();
  /** Clients wait for room here. */
  roomAwaited = false;
  /** The server knows nothing of slots. */
  isStock = false;
  /** The proxy must be logged in as a user of its own before anything else is sent. */
  needsLogin = false;
  /** That user, while there is one. */
  login: NumberedLogin | undefined = undefined;
  /** The one that this connection was, or is being, logged in as. */
  usedLogin: NumberedLogin | undefined = undefined;

  readonly #reactor: Reactor;
  readonly #owner: UpstreamOwner;
  readonly #requestBytes: () => Int32Array;
  readonly #queue = new IntRing(QUEUE_MAX);
  readonly #scanner = new ReplyScanner();
  #connection = NONE;
  /** What is sent once the server has accepted the log-in; undefined: everything is sent at once. */
  #gated: Uint8Array[] | undefined = undefined;
  #gatedBytes = 0;
  #opened = false;
  #failures = 0;
  #retryAtMs = 0;
  #lastFailure = "";
  /** Why the server cannot be used although it was reached. */
  #refusal: string | undefined = undefined;

  /** `requestBytes` gives the current array of request lengths by request number. */
  constructor(
    reactor: Reactor,
    owner: UpstreamOwner,
    address: SocketAddress,
    protocol: 2 | 3,
    requestBytes: () => Int32Array,
  ) {
    this.#reactor = reactor;
    this.#owner = owner;
    this.address = address;
    this.protocol = protocol;
    this.#requestBytes = requestBytes;
  }

  /** Requests not yet answered. */
  get inFlight(): number {
    return this.#queue.length;
  }

  /** The server was reached on this connection. */
  get connected(): boolean {
    return this.#opened;
  }

  /** Why the last attempt failed. */
  get lastFailure(): string {
    return this.#lastFailure;
  }

  /** More output than the server takes: stop reading the clients that cause it. */
  get backlogged(): boolean {
    return this.#connection !== NONE &&
      this.#reactor.pendingOutput(this.#connection) + this.#gatedBytes > BACKLOG_BYTES_MAX;
  }

  /** Nothing but the log-in was sent on this connection yet. */
  get isGated(): boolean {
    return this.#gated !== undefined;
  }

  /** Connects if need be; false while the last failure is too recent, or the queue is full. */
  ready(): boolean {
    if (this.#connection !== NONE) return this.#queue.length < QUEUE_MAX - OWN_REQUESTS_MAX;
    if (this.#reactor.nowMs < this.#retryAtMs) return false;
    if (this.needsLogin && this.login === undefined) {
      this.#lastFailure = "the proxy is not logged in there";
      return false;
    }
    if (!this.#connect()) return false;
    this.#reactor.retain(this.#connection);
    this.#refusal = undefined;
    this.usedLogin = this.login;
    this.#scanner.reset();
    this.announced.clear();
    this.#owner.onConnecting(this);
    return true;
  }

  /** Queues `request`; its bytes must follow through {@linkcode append}. Needs {@linkcode ready}. */
  push(request: number): void {
    if (this.#queue.length === 0) this.progressAtMs = this.#reactor.nowMs;
    this.#queue.push(request);
  }

  /** Appends the bytes of one or more queued requests. */
  append(bytes: Uint8Array, start: number, end: number): void {
    if (this.#gated !== undefined) {
      this.#gated.push(bytes.slice(start, end));
      this.#gatedBytes += end - start;
      return;
    }
    if (this.#connection !== NONE) this.#reactor.append(this.#connection, bytes, start, end);
  }

  /**
   * Keeps what is appended until {@linkcode open}: a server that refuses the log-in may execute what
   * comes behind it for anyone.
   */
  gate(): void {
    this.#gated = [];
  }

  /** Ends {@linkcode gate}: the server has accepted the log-in. */
  open(): void {
    const gated = this.#gated ?? [];
    this.#ungate();
    for (const bytes of gated) this.append(bytes, 0, bytes.length);
  }

  /** Ends the connection; what is in flight is reported lost. */
  disconnect(reason: CloseReason): void {
    if (this.#connection !== NONE) this.#reactor.close(this.#connection, reason);
  }

  /** Ends the connection because the server does not let the proxy in; it is left alone for a while. */
  refuse(reason: string): void {
    if (this.#refusal !== undefined) return;
    this.#refusal = this.#lastFailure = reason;
    // What comes behind is answered by a server that does not know the proxy: it is not passed on.
    this.#loseAll(reason);
    this.disconnect("refused");
  }

  /** Gives the connection up if the server has answered nothing for `timeoutMs`. */
  expire(timeoutMs: number): void {
    if (this.#queue.length === 0) return;
    if (this.#reactor.nowMs - this.progressAtMs > timeoutMs) this.disconnect("timeout");
  }

  onOpen(_connection: number): void {
    this.#opened = true;
  }

  onData(connection: number, bytes: Uint8Array, start: number, end: number): number {
    const requestBytes = this.#requestBytes();
    const base = this.#reactor.retainedStart(connection);
    let position = start;
    let released = 0;
    while (position < end) {
      const next = this.#scanner.scan(bytes, position, end);
      if (next < 0) {
        if (next !== -1) this.disconnect("reset");
        break;
      }
      if (bytes[position] === PUSH) {
        position = next;
        continue;
      }
      if (this.#queue.length === 0) {
        this.disconnect("reset");
        break;
      }
      const request = this.#queue.shift();
      const length = requestBytes[request]!;
      this.#owner.onReply(this, request, bytes, position, next, base + released);
      released += length;
      position = next;
    }
    this.#owner.onReplies(this);
    this.#reactor.release(connection, released);
    this.progressAtMs = this.#reactor.nowMs;
    if (this.#refusal === undefined) this.#failures = 0;
    return position;
  }

  onDrain(_connection: number): void {
    if (!this.roomAwaited) return;
    this.roomAwaited = false;
    this.#owner.onRoom(this);
  }

  onClose(_connection: number, reason: CloseReason): void {
    this.#connection = NONE;
    this.#opened = false;
    this.#lastFailure = this.#refusal ?? reason;
    this.#retryAtMs = this.#reactor.nowMs + reconnectDelayMs(this.#failures++);
    this.#loseAll(this.#lastFailure);
    this.#ungate();
    this.#owner.onReplies(this);
    if (this.roomAwaited) {
      this.roomAwaited = false;
      this.#owner.onRoom(this);
    }
  }

  #ungate(): void {
    this.#gated = undefined;
    this.#gatedBytes = 0;
  }

  #connect(): boolean {
    try {
      this.#connection = this.#reactor.connect(this.address, this);
      return true;
    } catch (error) {
      this.#lastFailure = error instanceof Error ? error.message : String(error);
      this.#retryAtMs = this.#reactor.nowMs + RECONNECT_DELAY_MS_MAX;
      return false;
    }
  }

  #loseAll(reason: string): void {
    for (let left = this.#queue.length; left > 0; left--) {
      this.#owner.onLost(this, this.#queue.shift(), reason);
    }
  }
}

/** The pause before the next attempt after `failures` failures in a row: none, then 50 ms doubling to 2 s. */
function reconnectDelayMs(failures: number): number {
  if (failures === 0) return 0;
  return Math.min(RECONNECT_DELAY_MS_MIN * 2 ** (failures - 1), RECONNECT_DELAY_MS_MAX);
}
