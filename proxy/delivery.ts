/**
 * Brings replies to clients in the order of their requests.
 *
 * A reply whose request is the session's oldest goes straight to the client's output; others wait in
 * the session's stash until their turn. Replies that lie side by side and go to one client are copied
 * as one run.
 *
 * Invariant: a client sees exactly one reply for each request, in request order.
 *
 * @module
 */

import { MemoryCopier } from "../core/memory_copier.ts";
import type { IoMemory } from "../core/transport/io_memory.ts";
import type { Reactor } from "../core/transport/reactor.ts";
import { NONE, type PendingRequests } from "./pending_requests.ts";
import type { Session } from "./session.ts";

const STASH_BYTES_MIN = 16 * 1024;

/** Orders replies for all sessions of one worker. */
export class Delivery {
  /** Sessions by connection number. */
  readonly sessions: (Session | undefined)[] = [];
  readonly #reactor: Reactor;
  readonly #copier: MemoryCopier;
  readonly #pending: PendingRequests;
  readonly #stashMemory: IoMemory;
  readonly #stashBytesMax: number;
  #runSession: Session | undefined = undefined;
  #runBytes: Uint8Array;
  #runStart = 0;
  #runEnd = 0;

  /** `stashMemory` must allocate inside the reactor's own memory. */
  constructor(
    reactor: Reactor,
    pending: PendingRequests,
    stashMemory: IoMemory,
    stashBytesMax: number,
  ) {
    this.#reactor = reactor;
    this.#copier = new MemoryCopier(reactor.memory);
    this.#pending = pending;
    this.#stashMemory = stashMemory;
    this.#stashBytesMax = stashBytesMax;
    this.#runBytes = reactor.memory;
  }

  /** Appends `request` to the queue of its session. */
  enqueue(session: Session, request: number): void {
    if (session.last === NONE) session.first = request;
    else this.#pending.next[session.last] = request;
    session.last = request;
    session.count++;
  }

  /**
   * Answers `request` with the reply at `[start, end)` of `bytes`, now or when its turn comes, and
   * gives the request back. Call {@linkcode flush} before `bytes` changes.
   */
  deliver(request: number, bytes: Uint8Array, start: number, end: number): void {
    const pending = this.#pending;
    const connection = pending.session[request]!;
    if (connection === NONE) {
      pending.give(request);
      return;
    }
    const session = this.sessions[connection]!;
    if (session.first !== request) {
      this.#stash(session, request, bytes, start, end);
      return;
    }
    if (this.#runSession === session && this.#runEnd === start && this.#runBytes === bytes) {
      this.#runEnd = end;
    } else {
      this.flush();
      this.#runSession = session;
      this.#runBytes = bytes;
      this.#runStart = start;
      this.#runEnd = end;
    }
    this.#shift(session);
    if (session.first !== NONE && pending.replyStart[session.first] !== NONE) {
      this.flush();
      this.#drain(session);
    }
  }

  /** Hands the current run to the reactor. */
  flush(): void {
    const session = this.#runSession;
    if (session === undefined) return;
    this.#runSession = undefined;
    // With nothing outstanding no more can follow in this turn.
    if (session.count === 0) {
      this.#reactor.send(session.connection, this.#runBytes, this.#runStart, this.#runEnd);
    } else {
      this.#reactor.append(session.connection, this.#runBytes, this.#runStart, this.#runEnd);
    }
    if (session.closing && session.count === 0) this.#reactor.closeAfterFlush(session.connection);
  }

  /** Forgets a session; its requests at servers are answered to nobody. */
  drop(session: Session): void {
    if (this.#runSession === session) this.#runSession = undefined;
    const pending = this.#pending;
    for (let request = session.first; request !== NONE;) {
      const next = pending.next[request]!;
      if (pending.replyStart[request] !== NONE) pending.give(request);
      else pending.session[request] = NONE;
      request = next;
    }
    session.first = session.last = NONE;
    session.count = 0;
    this.#freeStash(session);
    this.sessions[session.connection] = undefined;
  }

  #shift(session: Session): void {
    const request = session.first;
    session.first = this.#pending.next[request]!;
    if (session.first === NONE) session.last = NONE;
    session.count--;
    this.#pending.give(request);
  }

  /** Sends stashed replies as long as the oldest request has one. */
  #drain(session: Session): void {
    const pending = this.#pending;
    const base = session.stash;
    const memory = this.#reactor.memory;
    while (session.first !== NONE && pending.replyStart[session.first] !== NONE) {
      const start = pending.replyStart[session.first]!;
      let end = start;
      while (session.first !== NONE && pending.replyStart[session.first] === end) {
        end += pending.replyBytes[session.first]!;
        this.#shift(session);
      }
      this.#reactor.append(session.connection, memory, base + start, base + end);
      session.stashLive -= end - start;
    }
    if (session.stashLive === 0) this.#freeStash(session);
    if (session.closing && session.count === 0) this.#reactor.closeAfterFlush(session.connection);
  }

  #stash(session: Session, request: number, bytes: Uint8Array, start: number, end: number): void {
    const length = end - start;
    if (session.stashEnd + length > session.stashCapacity && !this.#makeRoom(session, length)) {
      this.#reactor.close(session.connection, "output-limit");
      this.#pending.replyStart[request] = 0;
      this.#pending.replyBytes[request] = 0;
      return;
    }
    const memory = this.#reactor.memory;
    const at = session.stash + session.stashEnd;
    if (bytes === memory) this.#copier.copy(at, start, end);
    else memory.set(bytes.subarray(start, end), at);
    this.#pending.replyStart[request] = session.stashEnd;
    this.#pending.replyBytes[request] = length;
    session.stashEnd += length;
    session.stashLive += length;
  }

  /** Moves the waiting replies to a fresh stash that has room for `length` more bytes. */
  #makeRoom(session: Session, length: number): boolean {
    let capacity = STASH_BYTES_MIN;
    while (capacity < 2 * session.stashLive + length) capacity *= 2;
    if (capacity > this.#stashBytesMax) return false;
    const to = this.#stashMemory.allocate(capacity);
    if (to < 0) return false;
    const pending = this.#pending;
    let end = 0;
    for (let request = session.first; request !== NONE; request = pending.next[request]!) {
      const start = pending.replyStart[request]!;
      if (start === NONE) continue;
      const from = session.stash + start;
      this.#reactor.memory.copyWithin(to + end, from, from + pending.replyBytes[request]!);
      pending.replyStart[request] = end;
      end += pending.replyBytes[request]!;
    }
    if (session.stash !== NONE) this.#stashMemory.free(session.stash, session.stashCapacity);
    session.stash = to;
    session.stashCapacity = capacity;
    session.stashEnd = end;
    return true;
  }

  #freeStash(session: Session): void {
    if (session.stash !== NONE) this.#stashMemory.free(session.stash, session.stashCapacity);
    session.stash = NONE;
    session.stashCapacity = session.stashEnd = session.stashLive = 0;
  }
}
