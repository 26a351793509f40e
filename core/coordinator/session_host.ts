/**
 * What the sessions of a coordinator in this process share: the nodes, and who is told of changes.
 *
 * A **guest** is a session that belongs to a program elsewhere. It is recorded beside the nodes, so that
 * with a durable store it and its ephemeral nodes outlive this process: only whoever admits guests may
 * say that one is gone.
 *
 * Invariant: a guest is recorded before its first ephemeral node, and forgotten after its last.
 *
 * @module
 */

import type { CoordinatorSource } from "./coordinator.ts";
import { CoordinatorClosedError } from "./coordinator_error.ts";
import { LocalSession } from "./local_session.ts";
import type { GuestRecord, NodeStore } from "./node_store.ts";

/** A source that keeps the nodes itself, and therefore can serve them to others. */
export interface HostingSource extends CoordinatorSource {
  /** Its sessions, those of others included. */
  readonly host: SessionHost;
}

/** Whether `source` keeps the nodes itself. */
export function isHosting(source: CoordinatorSource): source is HostingSource {
  return "host" in source && source.host instanceof SessionHost;
}

/** The sessions over one {@linkcode NodeStore}. */
export class SessionHost {
  /** Where the nodes are. */
  readonly store: NodeStore;
  /** The sessions that are open. */
  readonly sessions: Set<LocalSession> = new Set();
  readonly #listeners = new Set<(path: string) => void>();
  #guestsAreClaimed = false;
  #closed = false;

  /** Opens for sessions over `store`, which it closes. */
  constructor(store: NodeStore) {
    this.store = store;
  }

  /** Begins a session of this process. */
  connect(): Promise<LocalSession> {
    return this.#closed ? Promise.reject(closedError()) : Promise.resolve(new LocalSession(this));
  }

  /** Makes the caller the one who looks after the guests; false while another does. */
  claimGuests(): boolean {
    if (this.#guestsAreClaimed) return false;
    return this.#guestsAreClaimed = true;
  }

  /** Lets another look after the guests. */
  releaseGuests(): void {
    this.#guestsAreClaimed = false;
  }

  /** Begins a guest's session, or takes it up again. @throws {CoordinatorClosedError} */
  admit(guest: GuestRecord): LocalSession {
    if (this.#closed) throw closedError();
    this.store.keepGuest(guest);
    return new LocalSession(this, guest.id);
  }

  /** Returns the guests whose sessions have not ended, those of earlier runs included. */
  listGuests(): GuestRecord[] {
    return this.store.guests();
  }

  /** Calls `listener` with the path of every change, until the returned function is called. */
  listen(listener: (path: string) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Says that the node at `path` changed. */
  tell(path: string): void {
    for (const session of this.sessions) session.hear(path);
    for (const listener of this.#listeners) listener(path);
  }

  /** Ends the sessions of this process, leaves those of guests to be taken up again. Idempotent. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    for (const session of [...this.sessions]) {
      if (session.isGuest) session.leave();
      else await session.close();
    }
    this.store.close();
  }
}

function closedError(): CoordinatorClosedError {
  return new CoordinatorClosedError("Cannot connect: the coordinator is closed");
}
