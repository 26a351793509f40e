/**
 * The proxy's node at the coordinator: says that this process lives, where, and which epoch it applies.
 *
 * Invariant: while the session lives there is one node of this start; its `applied` is never ahead of
 * what every worker applies.
 *
 * @module
 */

import type { Coordinator } from "../core/coordinator/coordinator.ts";
import { ConflictError, CoordinatorClosedError } from "../core/coordinator/coordinator_error.ts";
import { proxyPath } from "../core/coordinator/paths.ts";
import { delay } from "../core/delay.ts";
import type { Log } from "../core/log.ts";

/** Whether clients are taken: not yet, yes, not as long as the operator wants, not any more. */
export type ProxyState = "starting" | "online" | "offline" | "draining";

/** What the node says. */
export interface ProxyRecord {
  readonly id: string;
  /** Random per process start. */
  readonly boot: string;
  /** Where clients connect. */
  readonly addr: string;
  /** Where operators connect. */
  readonly admin: string;
  /** The epoch applied, by worker. */
  readonly applied: readonly number[];
  readonly state: ProxyState;
  readonly version: string;
}

const RETRY_MS_MAX = 1000;
const JITTER_MS_MAX = 1000;

/** Keeps the node of one process up to date. */
export class Registration {
  readonly #coordinator: Coordinator;
  readonly #path: string;
  readonly #log: Log;
  readonly #stop = new AbortController();
  #record: ProxyRecord;
  /** The session's id and the text that were written last. */
  #written = "";
  /** What was logged last, not to be repeated. */
  #complaint = "";
  #changed = Promise.withResolvers<void>();
  readonly #loop: Promise<void>;
  readonly #first = Promise.withResolvers<void>();

  /** Starts to register `record` for `product`. */
  constructor(coordinator: Coordinator, product: string, record: ProxyRecord, log: Log) {
    this.#coordinator = coordinator;
    this.#path = proxyPath(product, record.id, record.boot);
    this.#record = record;
    this.#log = log;
    this.#loop = this.#keep();
  }

  /** Resolves when the node was written for the first time (PROTOCOL rule 17: before the first read). */
  get registered(): Promise<void> {
    return this.#first.promise;
  }

  /** Changes what the node says. */
  update(change: Partial<ProxyRecord>): void {
    this.#record = { ...this.#record, ...change };
    this.#changed.resolve();
  }

  /** Stops; the node goes with the session. */
  async close(): Promise<void> {
    this.#stop.abort();
    this.#changed.resolve();
    await this.#loop;
  }

  async #keep(): Promise<void> {
    const { signal } = this.#stop;
    const watching = this.#watchSession(signal);
    while (!signal.aborted) {
      this.#changed = Promise.withResolvers<void>();
      if (!await this.#write(signal)) {
        await delay(Math.random() * RETRY_MS_MAX, signal);
        continue;
      }
      this.#first.resolve();
      await this.#changed.promise;
    }
    this.#first.resolve();
    await watching;
  }

  /** A new session has none of the nodes of the one before; all proxies may get one at once. */
  async #watchSession(signal: AbortSignal): Promise<void> {
    using sessions = this.#coordinator.watchSession();
    try {
      while (!signal.aborted) {
        await sessions.changed(signal);
        await delay(Math.random() * JITTER_MS_MAX, signal);
        this.#changed.resolve();
      }
    } catch (error) {
      if (signal.aborted || error instanceof CoordinatorClosedError) return;
      this.#log.error("cannot watch the session", { error: String(error) });
    }
  }

  /** False if it is to be tried again. */
  async #write(signal: AbortSignal): Promise<boolean> {
    const session = this.#coordinator.session();
    const text = JSON.stringify(this.#record);
    // A session that ends meanwhile takes the node with it: it is then written again for the next.
    const written = session.kind === "closed" ? "" : `${session.id} ${text}`;
    if (written === this.#written) return true;
    try {
      await this.#coordinator.putEphemeral(this.#path, text, { signal });
      this.#written = written;
      this.#complaint = "";
      return true;
    } catch (error) {
      if (signal.aborted || error instanceof CoordinatorClosedError) return true;
      // An earlier session's node is waited for, never overwritten (PROTOCOL rule 4).
      const why = error instanceof ConflictError
        ? "an earlier session still holds it"
        : String(error);
      if (why !== this.#complaint) {
        this.#log.warn("cannot register yet; serving meanwhile", { path: this.#path, why });
      }
      this.#complaint = why;
      return false;
    }
  }
}
