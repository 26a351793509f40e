/**
 * What the proxy knows of one client connection.
 *
 * A session owns the queue of its unanswered requests (linked through {@linkcode PendingRequests}) and
 * the stash: replies that arrived before an older request of the same client was answered.
 *
 * Invariant: replies leave in the order of the requests; the stash holds only replies of requests that
 * are queued and not first.
 *
 * @module
 */

import type { PartialRequest } from "../core/resp/request_parser.ts";
import { NONE } from "./pending_requests.ts";

/** One client of the proxy. */
export class Session {
  /** The reactor's number of this connection. */
  readonly connection: number;
  /** Unique in this worker's life; CLIENT ID shows it. */
  readonly id: number;
  /** Oldest unanswered request, or {@linkcode NONE}. */
  first = NONE;
  /** Newest unanswered request, or {@linkcode NONE}. */
  last = NONE;
  /** Unanswered requests. */
  count = 0;

  /** Offset of the stash in the worker's memory, or {@linkcode NONE}. */
  stash = NONE;
  /** Room in the stash. */
  stashCapacity = 0;
  /** Bytes used in the stash. */
  stashEnd = 0;
  /** Bytes of waiting replies; the rest of what is used was sent already. */
  stashLive = 0;

  /** A request that has arrived only in part, if it is big. */
  partial: PartialRequest | undefined = undefined;
  /** False until AUTH, if this proxy asks for a password. */
  authenticated: boolean;
  /** RESP version the client asked for. */
  protocol: 2 | 3 = 2;
  /** CLIENT SETNAME. */
  name = "";
  /** CLIENT SETINFO LIB-NAME and LIB-VER. */
  libraryName = "";
  libraryVersion = "";
  /** Reactor milliseconds. */
  readonly connectedAtMs: number;
  lastRequestAtMs: number;
  /** Id of the command last received, or {@linkcode NONE}. */
  lastCommand = NONE;
  /** Reading is stopped until something gives way. */
  paused = false;
  /** QUIT or a protocol error: nothing more is read. */
  closing = false;
  /** CLIENT NO-EVICT has no meaning here; remembered for CLIENT LIST. */
  noEvict = false;

  constructor(connection: number, id: number, nowMs: number, authenticated: boolean) {
    this.connection = connection;
    this.id = id;
    this.connectedAtMs = nowMs;
    this.lastRequestAtMs = nowMs;
    this.authenticated = authenticated;
  }
}
