/**
 * An ephemeral node that says what holds now, kept up to date over every session of this process.
 *
 * Invariant: an earlier session's node is waited for, never overwritten (PROTOCOL rule 4).
 *
 * @module
 */

import type { Coordinator } from "../core/coordinator/coordinator.ts";
import { ConflictError, CoordinatorClosedError } from "../core/coordinator/coordinator_error.ts";
import { delay } from "../core/delay.ts";
import type { Log } from "../core/log.ts";

const RETRY_MS_MAX = 1000;
const JITTER_MS_MAX = 1000;

/** Keeps one node. */
export class KeptNode {
  readonly #coordinator: Coordinator;
  readonly #path: string;
  readonly #log: Log;
  readonly #stop = new AbortController();
  /** What the node shall say; null: there shall be none. */
  #text: string | null;
  /** The session's id and the text that were written last. */
  #written = "";
  /** What was logged last, not to be repeated. */
  #complaint = "";
  #changed = Promise.withResolvers<void>();
  readonly #loop: Promise<void>;
  readonly #first = Promise.withResolvers<void>();

  /** Starts to keep the node at `path`. */
  constructor(coordinator: Coordinator, path: string, text: string | null, log: Log) {
    this.#coordinator = coordinator;
    this.#path = path;
    this.#text = text;
    this.#log = log;
    this.#loop = this.#keep();
  }

  /** Resolves when the node was as wanted for the first time. */
  get first(): Promise<void> {
    return this.#first.promise;
  }

  /** Changes what the node says; null removes it. */
  put(text: string | null): void {
    this.#text = text;
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
    const text = this.#text;
    // A session that ends meanwhile takes the node with it: it is then written again for the next.
    const written = session.kind === "closed" ? "" : `${session.id} ${text ?? ""}`;
    if (written === this.#written) return true;
    try {
      if (text !== null) await this.#coordinator.putEphemeral(this.#path, text, { signal });
      else await this.#remove(signal);
      this.#written = written;
      this.#complaint = "";
      return true;
    } catch (error) {
      if (signal.aborted || error instanceof CoordinatorClosedError) return true;
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

  async #remove(signal: AbortSignal): Promise<void> {
    const session = this.#coordinator.session();
    const node = await this.#coordinator.get(this.#path, { signal, sync: true });
    if (node === null || session.kind === "closed" || node.owner !== session.id) return;
    await this.#coordinator.deleteIfVersion(this.#path, { version: node.version, signal });
  }
}
