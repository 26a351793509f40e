/**
 * The client side of a worker: accepts connections, parses requests, hands each to the dispatcher.
 *
 * Invariant: a session is read only while it has room: for requests not answered, for output its
 * client has not taken, and at the server its requests go to.
 *
 * @module
 */

import {
  REQUEST_ERROR,
  REQUEST_INCOMPLETE,
  type RequestParser,
} from "../core/resp/request_parser.ts";
import type { CloseReason, ConnectionHandler, Reactor } from "../core/transport/reactor.ts";
import type { Delivery } from "./delivery.ts";
import { Session } from "./session.ts";

/** Limits on what one client may make the proxy hold. */
export interface SessionLimits {
  /** Clients at a time. */
  readonly clientCountMax: number;
  /** Requests of one client not yet answered; more are not read. */
  readonly pipelineMax: number;
  /** Unsent replies of one client above which it is read no further. */
  readonly outputBytesHigh: number;
  /** Close a client silent for so long; 0 never. */
  readonly idleTimeoutMs: number;
}

/** Decides what becomes of a request. */
export interface RequestSink {
  /**
   * Takes the request that `parser` holds. False: no room for it now; it is offered again after
   * {@linkcode Sessions.wake}.
   */
  dispatch(session: Session, parser: RequestParser): boolean;
  /** The bytes that the parsers' ranges point into are about to change. */
  flush(): void;
  /** Answers `session`, in order, with an error of the proxy's own. */
  fail(session: Session, text: string): void;
  /** The client is gone. */
  forget(session: Session): void;
}

const FULL = new TextEncoder().encode("-ERR max number of clients reached\r\n");

/** All clients of one worker. */
export class Sessions implements ConnectionHandler {
  /** Clients connected now. */
  count = 0;
  /** Clients accepted since the start. */
  accepted = 0;
  /** Requests received since the start. */
  requests = 0;
  readonly #reactor: Reactor;
  readonly #delivery: Delivery;
  readonly #sink: RequestSink;
  readonly #parser: RequestParser;
  readonly #limits: SessionLimits;
  readonly #authenticated: () => boolean;
  readonly #paused = new Set<Session>();
  #nextId: number;

  /** `firstId` keeps CLIENT IDs of several workers apart; `authenticated` is a new client's state. */
  constructor(
    reactor: Reactor,
    delivery: Delivery,
    sink: RequestSink,
    parser: RequestParser,
    options: { limits: SessionLimits; firstId: number; authenticated: () => boolean },
  ) {
    this.#reactor = reactor;
    this.#delivery = delivery;
    this.#sink = sink;
    this.#parser = parser;
    this.#limits = options.limits;
    this.#nextId = options.firstId;
    this.#authenticated = options.authenticated;
  }

  /** The handler of a new client connection. */
  accept(connection: number): ConnectionHandler {
    this.accepted++;
    const id = this.#nextId++;
    const session = new Session(connection, id, this.#reactor.nowMs, this.#authenticated());
    this.#delivery.sessions[connection] = session;
    this.count++;
    if (this.count > this.#limits.clientCountMax) {
      session.closing = true;
      this.#reactor.append(connection, FULL, 0, FULL.length);
      this.#reactor.closeAfterFlush(connection);
    }
    return this;
  }

  onData(connection: number, bytes: Uint8Array, start: number, end: number): number {
    const session = this.#delivery.sessions[connection]!;
    if (session.closing) return end;
    session.lastRequestAtMs = this.#reactor.nowMs;
    const position = this.#readRequests(session, bytes, start, end);
    this.#sink.flush();
    if (this.#reactor.pendingOutput(connection) > this.#limits.outputBytesHigh) {
      this.#pause(session);
    }
    return session.closing ? end : position;
  }

  onDrain(connection: number): void {
    const session = this.#delivery.sessions[connection];
    if (session !== undefined) this.#resumeIfRoom(session);
  }

  /** What the client asked for before it ended its side is still answered. */
  onEnd(connection: number): boolean {
    const session = this.#delivery.sessions[connection];
    if (session === undefined) return false;
    if (session.count === 0 && this.#reactor.pendingOutput(connection) === 0) return false;
    this.#end(session);
    return true;
  }

  onClose(connection: number, _reason: CloseReason): void {
    const session = this.#delivery.sessions[connection];
    if (session === undefined) return;
    this.#paused.delete(session);
    this.#sink.forget(session);
    this.#delivery.drop(session);
    this.count--;
  }

  /** Reads again every paused client that has room now. */
  wake(): void {
    for (const session of this.#paused) this.#resumeIfRoom(session);
  }

  /** Closes clients idle for longer than the limit. */
  closeIdle(): void {
    const { idleTimeoutMs } = this.#limits;
    if (idleTimeoutMs === 0) return;
    const since = this.#reactor.nowMs - idleTimeoutMs;
    for (const session of this.#delivery.sessions) {
      if (session === undefined || session.count > 0 || session.lastRequestAtMs > since) continue;
      this.#reactor.close(session.connection, "timeout");
    }
  }

  /** Stops reading all clients; each is closed once its requests are answered. */
  drain(): void {
    for (const session of this.#delivery.sessions) {
      if (session === undefined) continue;
      session.closing = true;
      if (session.count === 0) this.#reactor.closeAfterFlush(session.connection);
    }
  }

  #readRequests(session: Session, bytes: Uint8Array, start: number, end: number): number {
    const parser = this.#parser;
    const pipelineMax = this.#limits.pipelineMax;
    let position = start;
    if (session.partial !== undefined) {
      parser.resume(session.partial);
      session.partial = undefined;
    }
    while (position < end) {
      if (session.count >= pipelineMax) {
        this.#pause(session);
        break;
      }
      parser.authenticated = session.authenticated;
      const status = parser.parse(bytes, position, end);
      if (status === REQUEST_INCOMPLETE) {
        position = parser.consumed;
        if (parser.worthSuspending) session.partial = parser.suspend();
        break;
      }
      if (status === REQUEST_ERROR) {
        this.#sink.fail(session, `ERR ${parser.error}`);
        this.#end(session);
        return end;
      }
      if (!this.#sink.dispatch(session, parser)) {
        this.#pause(session);
        break;
      }
      // The next inline command is rewritten where this one lies.
      if (parser.bytes !== bytes) this.#sink.flush();
      this.requests++;
      position = parser.consumed;
      if (session.closing) {
        this.#end(session);
        return end;
      }
    }
    return position;
  }

  /** Reads no more; closes once everything is answered. */
  #end(session: Session): void {
    session.closing = true;
    this.#sink.flush();
    if (session.count === 0) this.#reactor.closeAfterFlush(session.connection);
  }

  #pause(session: Session): void {
    if (session.paused || session.closing) return;
    session.paused = true;
    this.#paused.add(session);
    this.#reactor.pause(session.connection);
  }

  #resumeIfRoom(session: Session): void {
    if (!session.paused || session.count > this.#limits.pipelineMax / 2) return;
    const unsent = this.#reactor.pendingOutput(session.connection);
    if (unsent > this.#limits.outputBytesHigh / 2) return;
    session.paused = false;
    this.#paused.delete(session);
    this.#reactor.resume(session.connection);
  }
}
