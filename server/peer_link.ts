/**
 * A connection that this server opened to another one: requests go out pipelined, replies come back in
 * order. It lives on the reactor of the data plane and never makes it wait.
 *
 * A link logs in and selects its database before anything else leaves: a request that reached a peer in
 * the wrong database, or before the password was refused, would have taken effect there.
 *
 * Invariant: each request is answered by exactly one of `onReply` and `onLost`, in the order of `send`,
 * and never from inside `send`.
 *
 * @module
 */

import { encodeRequest } from "../core/resp/encode_request.ts";
import { ReplyScanner } from "../core/resp/reply_scanner.ts";
import type {
  CloseReason,
  ConnectionHandler,
  Reactor,
  SocketAddress,
  TimerId,
} from "../core/transport/reactor.ts";

/** Why a request has no reply. */
export interface PeerLoss {
  /**
   * How far the link came. Before `request` nothing was sent, so nothing was executed; at `request` it is
   * unknown whether the peer executed it.
   */
  readonly stage: "connect" | "auth" | "select" | "request";
  /** The peer's own error, or what happened to the connection, such as `refused` or `timeout`. */
  readonly reason: string;
}

/** What is waited for on a link. */
export interface PeerExchange {
  /** The request is lost if neither bytes came nor bytes left for so long while it was the oldest. */
  readonly timeoutMs: number;
  /** The reply is `bytes[start, end)`, valid during the call; errors are replies. */
  onReply(bytes: Uint8Array, start: number, end: number): void;
  /** There will be no reply. */
  onLost(loss: PeerLoss): void;
}

/** Options of {@linkcode PeerLink}. */
export interface PeerLinkOptions {
  readonly address: SocketAddress;
  /** Selected once for the whole life of the link. */
  readonly database: number;
  /** Sent with AUTH; empty: none. */
  readonly password: string;
  /** Closed when nothing was asked for so long. */
  readonly idleTimeoutMs: number;
  /** The link is gone: no further request may be sent. Told before the requests that are lost with it. */
  onClosed(): void;
}

interface Waiting {
  readonly exchange: PeerExchange;
  readonly sentAtMs: number;
}

const latin1 = new TextDecoder("latin1");

/** One pipelined connection to a peer; made and cached by `PeerLinks`. */
export class PeerLink implements ConnectionHandler {
  readonly #reactor: Reactor;
  readonly #options: PeerLinkOptions;
  readonly #scanner = new ReplyScanner();
  readonly #connection: number;
  /** Requests whose reply is still to come, oldest first, from `#oldest` on. */
  #waiting: Waiting[] = [];
  #oldest = 0;
  /** Frames that wait until the greeting is through. */
  #held: Uint8Array[] = [];
  #heldBytes = 0;
  #stage: PeerLoss["stage"] = "connect";
  #closed = false;
  /** The peer's error or our own finding, which says more than the reason of the close. */
  #finding = "";
  #movedAtMs: number;
  #outputBytes = 0;
  #timer: TimerId = -1;
  #timerAtMs = Infinity;

  /** Starts connecting. Throws `TypeError` if the host is a name and the reactor cannot look it up. */
  constructor(reactor: Reactor, options: PeerLinkOptions) {
    this.#reactor = reactor;
    this.#options = options;
    this.#movedAtMs = reactor.nowMs;
    this.#connection = reactor.connect(options.address, this);
    this.#checkAt(reactor.nowMs + options.idleTimeoutMs);
  }

  /** False once the link takes no more requests. */
  get isOpen(): boolean {
    return !this.#closed;
  }

  /** Bytes given to `send` that the kernel has not taken; hold back above a limit of your own. */
  get pendingBytes(): number {
    return this.#closed ? 0 : this.#heldBytes + this.#reactor.pendingOutput(this.#connection);
  }

  /** Requests without a reply. */
  get waitingCount(): number {
    return this.#waiting.length - this.#oldest;
  }

  /**
   * Sends one request, a whole frame; `frame` may be used again afterwards.
   *
   * @throws {Error} if the link is closed.
   */
  send(frame: Uint8Array, exchange: PeerExchange): void {
    if (this.#closed) throw new Error("Cannot send to a peer: the link is closed");
    const sentAtMs = this.#reactor.nowMs;
    if (this.waitingCount === 0) this.#movedAtMs = sentAtMs;
    this.#waiting.push({ exchange, sentAtMs });
    this.#checkAt(sentAtMs + exchange.timeoutMs);
    if (this.#stage === "request") {
      this.#reactor.append(this.#connection, frame, 0, frame.length);
    } else {
      this.#held.push(frame.slice());
      this.#heldBytes += frame.length;
    }
  }

  /** Ends the link; requests without a reply are lost. */
  close(): void {
    this.#close("closed here");
  }

  onOpen(): void {
    this.#movedAtMs = this.#reactor.nowMs;
    this.#greet();
  }

  onData(_connection: number, bytes: Uint8Array, start: number, end: number): number {
    this.#movedAtMs = this.#reactor.nowMs;
    let position = start;
    while (position < end && !this.#closed) {
      const replyEnd = this.#scanner.scan(bytes, position, end);
      if (replyEnd === -2) this.#close(this.#scanner.error);
      if (replyEnd < 0) break;
      if (this.#stage === "request") this.#deliver(bytes, position, replyEnd);
      else this.#greeted(bytes, position, replyEnd);
      position = replyEnd;
    }
    return this.#closed ? end : position;
  }

  onClose(_connection: number, reason: CloseReason): void {
    this.#closed = true;
    this.#reactor.clearTimer(this.#timer);
    this.#options.onClosed();
    const loss: PeerLoss = { stage: this.#stage, reason: this.#finding || reason };
    const lost = this.#waiting.slice(this.#oldest);
    this.#waiting = [];
    this.#oldest = 0;
    this.#held = [];
    for (const { exchange } of lost) exchange.onLost(loss);
  }

  /** Takes the next step of the greeting: AUTH, SELECT, then everything that was held. */
  #greet(): void {
    const { password, database } = this.#options;
    if (this.#stage === "connect" && password !== "") {
      this.#stage = "auth";
      return this.#sendGreeting(["AUTH", password]);
    }
    if (this.#stage !== "select" && database !== 0) {
      this.#stage = "select";
      return this.#sendGreeting(["SELECT", database]);
    }
    this.#stage = "request";
    for (const frame of this.#held.splice(0)) {
      this.#reactor.append(this.#connection, frame, 0, frame.length);
    }
    this.#heldBytes = 0;
  }

  #sendGreeting(words: readonly (string | number)[]): void {
    const frame = encodeRequest(words);
    this.#reactor.append(this.#connection, frame, 0, frame.length);
  }

  #greeted(bytes: Uint8Array, start: number, end: number): void {
    if (bytes[start] === 0x2d) this.#close(latin1.decode(bytes.subarray(start + 1, end - 2)));
    else this.#greet();
  }

  #deliver(bytes: Uint8Array, start: number, end: number): void {
    const first = this.#waiting[this.#oldest];
    if (first === undefined) return this.#close("a reply that nothing was asked for");
    this.#oldest++;
    if (this.#oldest === this.#waiting.length) {
      this.#waiting.length = 0;
      this.#oldest = 0;
    } else if (this.#oldest >= 1024) {
      this.#waiting.splice(0, this.#oldest);
      this.#oldest = 0;
    }
    first.exchange.onReply(bytes, start, end);
  }

  /** Closes with a reason of our own; the reactor tells `onClose` at the end of its turn. */
  #close(finding: string): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#finding = finding;
    this.#reactor.close(this.#connection);
  }

  /** Looks at the time limits at that moment, or earlier. */
  #checkAt(atMs: number): void {
    if (atMs >= this.#timerAtMs) return;
    this.#reactor.clearTimer(this.#timer);
    this.#timerAtMs = atMs;
    this.#timer = this.#reactor.setTimer(atMs - this.#reactor.nowMs, () => this.#check());
  }

  #check(): void {
    this.#timerAtMs = Infinity;
    if (this.#closed) return;
    const { nowMs } = this.#reactor;
    const output = this.#reactor.pendingOutput(this.#connection);
    if (output < this.#outputBytes) this.#movedAtMs = nowMs;
    this.#outputBytes = output;
    const first = this.#waiting[this.#oldest];
    const deadlineMs = first === undefined
      ? this.#movedAtMs + this.#options.idleTimeoutMs
      : Math.max(first.sentAtMs, this.#movedAtMs) + first.exchange.timeoutMs;
    if (deadlineMs > nowMs) this.#checkAt(deadlineMs);
    else this.#close(first === undefined ? "idle" : "timeout");
  }
}
