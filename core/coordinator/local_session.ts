/**
 * A session with a coordinator that lives in this process: the rules that memory and the embedded
 * store share, over a {@linkcode NodeStore}.
 *
 * Invariant: what a session created as ephemeral is gone before anybody hears of the session's end.
 *
 * @module
 */

import type {
  Coordinator,
  CoordinatorNode,
  ReadOptions,
  SessionState,
  VersionOptions,
  WaitOptions,
  Watch,
} from "./coordinator.ts";
import {
  ConflictError,
  CoordinatorClosedError,
  CoordinatorUnavailableError,
} from "./coordinator_error.ts";
import { LevelWatch } from "./level_watch.ts";
import { SESSION_TTL_MS } from "./http_protocol.ts";
import { checkedBytes, checkedPath, isWatched } from "./node_rules.ts";
import type { SessionHost } from "./session_host.ts";

/** A {@linkcode Coordinator} in this process, with the faults that tests want. */
export class LocalSession implements Coordinator {
  /** Whether it belongs to a program elsewhere. */
  readonly isGuest: boolean;
  readonly #host: SessionHost;
  readonly #watches = new Map<LevelWatch, string>();
  readonly #sessionWatches = new Set<LevelWatch>();
  #state: SessionState;
  #answersToLose = 0;
  /** Whether the session ended while the connection was cut. */
  #expired = false;

  /** Joins `host`; `guest` is the id of a session that the host keeps for a program elsewhere. */
  constructor(host: SessionHost, guest?: string) {
    this.#host = host;
    this.isGuest = guest !== undefined;
    this.#state = { kind: "connected", id: guest ?? crypto.randomUUID() };
    host.sessions.add(this);
  }

  session(): SessionState {
    return this.#state;
  }

  watchSession(): Watch {
    const watch = new LevelWatch((closed) => this.#sessionWatches.delete(closed));
    if (this.#state.kind === "closed") watch.fail(closedError());
    else this.#sessionWatches.add(watch);
    return watch;
  }

  watch(path: string): Watch {
    const watch = new LevelWatch((closed) => this.#watches.delete(closed));
    if (this.#state.kind === "closed") watch.fail(closedError());
    else this.#watches.set(watch, checkedPath(path));
    return watch;
  }

  get(path: string, options: ReadOptions = {}): Promise<CoordinatorNode | null> {
    return this.#read(options, () => this.#host.store.read(checkedPath(path)));
  }

  list(path: string, options: ReadOptions = {}): Promise<string[]> {
    return this.#read(options, () => this.#host.store.childrenOf(checkedPath(path)));
  }

  createIfAbsent(path: string, data: string, options: WaitOptions = {}): Promise<CoordinatorNode> {
    return this.#write(path, options, () => {
      checkedBytes(path, data);
      if (!this.#host.store.insert(path, data, null)) throw this.#conflict(path, "absent");
      return this.#host.store.read(path)!;
    });
  }

  putIfVersion(path: string, data: string, options: VersionOptions): Promise<CoordinatorNode> {
    return this.#write(path, options, () => {
      checkedBytes(path, data);
      if (!this.#host.store.update(path, data, options.version)) {
        throw this.#conflict(path, options.version);
      }
      return this.#host.store.read(path)!;
    });
  }

  deleteIfVersion(path: string, options: VersionOptions): Promise<void> {
    return this.#write(path, options, () => {
      if (!this.#host.store.remove(path, options.version)) {
        throw this.#conflict(path, options.version);
      }
    });
  }

  putEphemeral(path: string, data: string, options: WaitOptions = {}): Promise<CoordinatorNode> {
    return this.#write(path, options, (id) => {
      checkedBytes(path, data);
      const store = this.#host.store;
      const found = store.read(path);
      if (found === null) store.insert(path, data, id);
      else if (found.owner === id) store.update(path, data, found.version);
      else throw this.#conflict(path, "absent");
      return store.read(path)!;
    });
  }

  close(): Promise<void> {
    if (this.#state.kind === "closed") return Promise.resolve();
    const { id } = this.#state;
    this.leave();
    this.#dropEphemerals(id);
    if (this.isGuest) this.#host.store.forgetGuest(id);
    return Promise.resolve();
  }

  /** Ends the waits and watches; a guest's ephemerals stay, and its session can be taken up again. */
  leave(): void {
    this.#state = { kind: "closed" };
    this.#host.sessions.delete(this);
    for (const watch of [...this.#watches.keys(), ...this.#sessionWatches]) {
      watch.fail(closedError());
    }
    this.#watches.clear();
    this.#sessionWatches.clear();
  }

  /** Closes it. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Takes the news that the node at `path` changed. */
  hear(path: string): void {
    if (this.#state.kind !== "connected") return;
    for (const [watch, watched] of this.#watches) if (isWatched(path, watched)) watch.notify();
  }

  /**
   * Ends the session as a coordinator does on its own clock. A new one takes over at once; or, while the
   * connection is cut, when it is restored: until then this side does not know.
   */
  expire(): void {
    if (this.#state.kind === "closed") return;
    this.#dropEphemerals(this.#state.id);
    if (this.#state.kind === "suspended") this.#expired = true;
    else this.#enter({ kind: "connected", id: crypto.randomUUID() });
  }

  /**
   * Cuts the connection: operations fail and no news arrives until {@linkcode resume}. The session ends by
   * {@linkcode expire} only, but this side is told to expect it after `timeoutMs`.
   */
  suspend(timeoutMs: number = SESSION_TTL_MS.default): void {
    if (this.#state.kind !== "connected") return;
    const { id } = this.#state;
    this.#enter({ kind: "suspended", id, sinceMs: performance.now(), timeoutMs });
  }

  /** Restores the connection; every watch is told, since news was missed. */
  resume(): void {
    if (this.#state.kind !== "suspended") return;
    const id = this.#expired ? crypto.randomUUID() : this.#state.id;
    this.#expired = false;
    this.#enter({ kind: "connected", id });
  }

  /** Applies the next write but loses its answer. */
  loseNextAnswer(): void {
    this.#answersToLose++;
  }

  #enter(state: SessionState): void {
    this.#state = state;
    for (const watch of this.#sessionWatches) watch.notify();
    if (state.kind !== "connected") return;
    for (const watch of this.#watches.keys()) watch.notify();
  }

  #dropEphemerals(id: string): void {
    for (const node of this.#host.store.ownedBy(id)) {
      this.#host.store.remove(node.path, node.version);
      this.#host.tell(node.path);
    }
  }

  #read<T>(options: WaitOptions, operation: () => T): Promise<T> {
    try {
      this.#sessionId(options);
      return Promise.resolve(operation());
    } catch (error) {
      return Promise.reject(error);
    }
  }

  #write<T>(path: string, options: WaitOptions, operation: (id: string) => T): Promise<T> {
    try {
      const id = this.#sessionId(options);
      checkedPath(path);
      const result = operation(id);
      this.#host.tell(path);
      if (this.#answersToLose === 0) return Promise.resolve(result);
      this.#answersToLose--;
      throw new CoordinatorUnavailableError(`Cannot tell whether "${path}" was written`, {
        outcomeUnknown: true,
      });
    } catch (error) {
      return Promise.reject(error);
    }
  }

  #sessionId(options: WaitOptions): string {
    options.signal?.throwIfAborted();
    if (this.#state.kind === "closed") throw closedError();
    if (this.#state.kind === "connected") return this.#state.id;
    throw new CoordinatorUnavailableError(
      "Cannot reach the coordinator: the session is suspended",
      {
        outcomeUnknown: false,
      },
    );
  }

  #conflict(path: string, expected: number | "absent"): ConflictError {
    const found = this.#host.store.read(path);
    return new ConflictError(path, {
      expected,
      actual: found?.version ?? "absent",
      owner: found?.owner ?? null,
    });
  }
}

function closedError(): CoordinatorClosedError {
  return new CoordinatorClosedError("Cannot use the coordinator: it is closed");
}
