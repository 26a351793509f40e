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
  readonly state: "online" | "draining";
  readonly version: string;
}

const RETRY_MS_MAX = 1000;

/** Keeps the node of one process up to date. */
export class Registration {
  readonly #coordinator: Coordinator;
  readonly #path: string;
  readonly #log: Log;
  readonly #stop = new AbortController();
  #record: ProxyRecord;
  #written = "";
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
    using sessions = this.#coordinator.watchSession();
    const onSession = async () => {
      while (!signal.aborted) {
        await sessions.changed(signal);
        this.#written = "";
        this.#changed.resolve();
      }
    };
    const watching = onSession().catch(() => {});
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

  async #write(signal: AbortSignal): Promise<boolean> {
    const text = JSON.stringify(this.#record);
    if (text === this.#written) return true;
    try {
      await this.#coordinator.putEphemeral(this.#path, text, { signal });
      this.#written = text;
      return true;
    } catch (error) {
      if (signal.aborted || error instanceof CoordinatorClosedError) return true;
      // An earlier session's node is waited for, never overwritten (PROTOCOL rule 4).
      const why = error instanceof ConflictError
        ? "an earlier session still holds it"
        : String(error);
      this.#log.warn("cannot register yet; serving meanwhile", { path: this.#path, why });
      return false;
    }
  }
}
