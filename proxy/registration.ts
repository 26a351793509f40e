/**
 * The proxy's nodes at the coordinator: one says that this process lives, where, and which epoch it
 * applies; the other one tells Jodis clients of it while it takes clients.
 *
 * Invariant: while the session lives there is one node of this start; its `applied` is never ahead of
 * what every worker applies.
 *
 * @module
 */

import type { Coordinator } from "../core/coordinator/coordinator.ts";
import { jodisPath, proxyPath } from "../core/coordinator/paths.ts";
import type { Log } from "../core/log.ts";
import { jodisTextOf } from "./jodis_record.ts";
import { KeptNode } from "./kept_node.ts";

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
  /**
   * Stock servers, `host:port`, that may still execute what was sent under an older topology: for them
   * `applied` does not count. @default none
   */
  readonly doubtful?: readonly string[];
  readonly state: ProxyState;
  readonly version: string;
}

/** Keeps the nodes of one process up to date. */
export class Registration {
  readonly #startedAt = new Date();
  readonly #own: KeptNode;
  readonly #jodis: KeptNode;
  #record: ProxyRecord;

  /** Starts to register `record` for `product`. */
  constructor(coordinator: Coordinator, product: string, record: ProxyRecord, log: Log) {
    const { id, boot } = record;
    this.#record = record;
    this.#own = new KeptNode(coordinator, proxyPath(product, id, boot), this.#text, log);
    this.#jodis = new KeptNode(coordinator, jodisPath(product, id), this.#jodisText, log);
  }

  /** Resolves when the node was written for the first time (PROTOCOL rule 17: before the first read). */
  get registered(): Promise<void> {
    return this.#own.first;
  }

  /** Changes what the nodes say. */
  update(change: Partial<ProxyRecord>): void {
    this.#record = { ...this.#record, ...change };
    this.#own.put(this.#text);
    this.#jodis.put(this.#jodisText);
  }

  /** Stops; the nodes go with the session. */
  async close(): Promise<void> {
    await Promise.all([this.#own.close(), this.#jodis.close()]);
  }

  get #text(): string {
    return JSON.stringify(this.#record);
  }

  get #jodisText(): string | null {
    return jodisTextOf(this.#record, this.#startedAt);
  }
}
