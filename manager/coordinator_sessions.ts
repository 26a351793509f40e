/**
 * The sessions of programs elsewhere that use this manager's coordinator.
 *
 * A session that is silent for its TTL is gone, and its ephemeral nodes with it. After a start of the
 * manager, and after it was itself asleep, each session gets a full TTL before it may be called gone: it
 * was the manager that did not listen.
 *
 * Invariant: an operation of an earlier attachment is not executed after one of a later was.
 *
 * @module
 */

import { SESSION_TTL_MS } from "../core/coordinator/http_protocol.ts";
import type { LocalSession } from "../core/coordinator/local_session.ts";
import type { GuestRecord } from "../core/coordinator/node_store.ts";
import type { SessionHost } from "../core/coordinator/session_host.ts";
import { CoordinatorNews } from "./coordinator_news.ts";
import { ManagerError } from "./manager_error.ts";

/** How many sessions there may be. */
const SESSIONS_MAX = 2000;

/** How often silent sessions are looked for, milliseconds. */
const SWEEP_MS = 100;

/** A sweep that comes later than this was preceded by the manager's own silence, milliseconds. */
const ASLEEP_MS = 500;

/** One session, and what this manager knows of its program. */
export interface GuestSession {
  readonly record: GuestRecord;
  /** Its side at the coordinator. */
  readonly local: LocalSession;
  /** The highest attachment seen. */
  attachment: number;
  /** `performance.now()` of its last sign of life. */
  heardAtMs: number;
  /** Ends the stream of news that it reads now. */
  stream: AbortController;
}

/** The guests of one coordinator. */
export class CoordinatorSessions {
  /** What changed at the coordinator. */
  readonly news: CoordinatorNews = new CoordinatorNews();
  readonly #host: SessionHost;
  readonly #guests = new Map<string, GuestSession>();
  readonly #stopListening: () => void;
  readonly #timer: ReturnType<typeof setInterval>;
  #sweptAtMs = performance.now();
  #closed = false;

  /** Takes up the sessions that `host` has recorded; the caller has claimed its guests. */
  constructor(host: SessionHost) {
    this.#host = host;
    this.#stopListening = host.listen((path) => this.news.record(path));
    for (const guest of host.listGuests()) this.#admit(guest);
    this.#timer = setInterval(() => this.#sweep(), SWEEP_MS);
  }

  /** Begins a session. @throws {ManagerError} if there are too many, or the manager is about to end. */
  begin(order: { readonly ttlMs: number }): GuestRecord {
    this.#checkOpen();
    if (this.#guests.size >= SESSIONS_MAX) {
      throw new ManagerError("unavailable", `Cannot begin a session: ${SESSIONS_MAX} are open`);
    }
    const { min, max } = SESSION_TTL_MS;
    const ttlMs = Math.min(Math.max(order.ttlMs, min), max);
    return this.#admit({ id: crypto.randomUUID(), ttlMs }).record;
  }

  /**
   * Returns the session, which has just shown that it lives.
   *
   * @throws {ManagerError} `gone` if it has ended; `conflict` if it is known under a later attachment.
   */
  use(id: string, attachment: number): GuestSession {
    this.#checkOpen();
    const guest = this.#guests.get(id);
    if (guest === undefined) {
      throw new ManagerError("gone", `Cannot use session "${id}": it has ended; begin another`);
    }
    if (attachment < guest.attachment) {
      throw new ManagerError(
        "conflict",
        `Cannot take a request of attachment ${attachment}: its program came back as ${guest.attachment}`,
      );
    }
    guest.attachment = attachment;
    guest.heardAtMs = performance.now();
    return guest;
  }

  /** Ends a session: its ephemerals go. */
  async end(guest: GuestSession): Promise<void> {
    this.#guests.delete(guest.record.id);
    guest.stream.abort();
    await guest.local.close();
  }

  /** Ends the streams and leaves the sessions to be taken up by the next manager. */
  close(): void {
    this.#closed = true;
    clearInterval(this.#timer);
    this.#stopListening();
    for (const guest of this.#guests.values()) {
      guest.stream.abort();
      guest.local.leave();
    }
    this.#guests.clear();
    this.#host.releaseGuests();
  }

  /** A session that is only left must not look as if it had ended. */
  #checkOpen(): void {
    if (this.#closed) {
      throw new ManagerError("unavailable", "Cannot serve the coordinator: the manager ends");
    }
  }

  #admit(record: GuestRecord): GuestSession {
    const guest: GuestSession = {
      record,
      local: this.#host.admit(record),
      attachment: 0,
      heardAtMs: performance.now(),
      stream: new AbortController(),
    };
    this.#guests.set(record.id, guest);
    return guest;
  }

  #sweep(): void {
    const nowMs = performance.now();
    const wasAsleep = nowMs - this.#sweptAtMs > ASLEEP_MS;
    this.#sweptAtMs = nowMs;
    for (const guest of [...this.#guests.values()]) {
      if (wasAsleep) guest.heardAtMs = nowMs;
      else if (nowMs - guest.heardAtMs > guest.record.ttlMs) void this.end(guest);
    }
  }
}
