/**
 * The pool of requests that a worker has accepted and not yet answered, in typed arrays indexed by a
 * request number.
 *
 * Each request stands in exactly one session's queue (linked by `next`, in the order of arrival) and,
 * while it is at a server, in exactly one upstream's queue.
 *
 * Invariant: a number is handed out by {@linkcode PendingRequests.take} and comes back through
 * {@linkcode PendingRequests.give}; between the two it means one request.
 *
 * @module
 */

/** No request, no session, no position. */
export const NONE = -1;

/** The reply goes to the session as it came. */
export const KIND_FORWARDED = 0;
/** Sent by the proxy for itself (AUTH, HELLO, SLOTSASKING): the reply is looked at, never passed on. */
export const KIND_INTERNAL = 1;
/** One of the parts that a request was split into; `owner` is the whole. */
export const KIND_PART = 2;
/** A request answered by the proxy once its parts, or something else it waits for, are there. */
export const KIND_COMPOSED = 3;

/** `part` of a {@linkcode KIND_INTERNAL} request that opens a connection: an error ends it. */
export const PURPOSE_GREETING = 1;
/** `part` of a {@linkcode KIND_INTERNAL} request that brings a key of a client's request to its new owner. */
export const PURPOSE_BRING = 2;

const CAPACITY_MIN = 1024;

/** Requests of one worker that are not answered yet. */
export class PendingRequests {
  /** The next request of the same session, or {@linkcode NONE}. */
  next: Int32Array;
  /** The session's connection, or {@linkcode NONE} once the client is gone. */
  session: Int32Array;
  /** One of the `KIND_` constants. */
  kind: Uint8Array;
  /** The slot it counts on, or {@linkcode NONE}. */
  slot: Int16Array;
  /** Bytes it occupies in its upstream's retained output. */
  requestBytes: Int32Array;
  /** Where its reply waits in the session's stash, or {@linkcode NONE} while there is none. */
  replyStart: Int32Array;
  /** Length of the waiting reply. */
  replyBytes: Int32Array;
  /** For {@linkcode KIND_PART}: the request it is a part of. */
  owner: Int32Array;
  /** For {@linkcode KIND_PART}: which part it is; for {@linkcode KIND_INTERNAL}: what it is for. */
  part: Int32Array;
  /** How often it was sent again after a refusal. */
  attempts: Uint8Array;
  /** Reactor milliseconds since which the proxy could not have it executed; 0: not held yet. */
  heldSinceMs: Float64Array;
  /** Requests taken and not given back. */
  count = 0;

  readonly #limit: number;
  #freeHead = NONE;
  #used = 0;

  /** A pool that takes at most `limit` requests of clients. */
  constructor(limit: number) {
    this.#limit = limit;
    const capacity = CAPACITY_MIN;
    this.next = new Int32Array(capacity);
    this.session = new Int32Array(capacity);
    this.kind = new Uint8Array(capacity);
    this.slot = new Int16Array(capacity);
    this.requestBytes = new Int32Array(capacity);
    this.replyStart = new Int32Array(capacity);
    this.replyBytes = new Int32Array(capacity);
    this.owner = new Int32Array(capacity);
    this.part = new Int32Array(capacity);
    this.attempts = new Uint8Array(capacity);
    this.heldSinceMs = new Float64Array(capacity);
  }

  /** True when {@linkcode take} would refuse. */
  get full(): boolean {
    return this.count >= this.#limit;
  }

  /**
   * Hands out a request of `session`, or {@linkcode NONE} at the limit. The proxy's own requests are
   * not refused: those of clients that were taken cannot be answered without them.
   */
  take(session: number, kind: number): number {
    if (this.count >= this.#limit && kind !== KIND_INTERNAL) return NONE;
    let request = this.#freeHead;
    if (request !== NONE) {
      this.#freeHead = this.next[request]!;
    } else {
      if (this.#used === this.next.length) this.#grow();
      request = this.#used++;
    }
    this.count++;
    this.next[request] = NONE;
    this.session[request] = session;
    this.kind[request] = kind;
    this.slot[request] = NONE;
    this.replyStart[request] = NONE;
    this.owner[request] = NONE;
    this.part[request] = 0;
    this.attempts[request] = 0;
    this.heldSinceMs[request] = 0;
    return request;
  }

  /** The connection of the client that waits for `request` or for what it is a part of. */
  sessionOf(request: number): number {
    return this.session[this.kind[request] === KIND_PART ? this.owner[request]! : request]!;
  }

  /** Takes a request number back. */
  give(request: number): void {
    this.next[request] = this.#freeHead;
    this.#freeHead = request;
    this.count--;
  }

  /** Takes `lostMs` from the time that requests have been held, as of `nowMs`. */
  forgive(lostMs: number, nowMs: number): void {
    const { heldSinceMs } = this;
    for (let request = 0; request < this.#used; request++) {
      if (heldSinceMs[request] === 0) continue;
      heldSinceMs[request] = Math.min(heldSinceMs[request]! + lostMs, nowMs);
    }
  }

  #grow(): void {
    const capacity = this.next.length * 2;
    this.next = widen(this.next, new Int32Array(capacity));
    this.session = widen(this.session, new Int32Array(capacity));
    this.kind = widen(this.kind, new Uint8Array(capacity));
    this.slot = widen(this.slot, new Int16Array(capacity));
    this.requestBytes = widen(this.requestBytes, new Int32Array(capacity));
    this.replyStart = widen(this.replyStart, new Int32Array(capacity));
    this.replyBytes = widen(this.replyBytes, new Int32Array(capacity));
    this.owner = widen(this.owner, new Int32Array(capacity));
    this.part = widen(this.part, new Int32Array(capacity));
    this.attempts = widen(this.attempts, new Uint8Array(capacity));
    this.heldSinceMs = widen(this.heldSinceMs, new Float64Array(capacity));
  }
}

function widen<T extends Int32Array | Int16Array | Uint8Array | Float64Array>(from: T, to: T): T {
  to.set(from);
  return to;
}
