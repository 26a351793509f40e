/**
 * A {@linkcode Coordinator} over ZooKeeper.
 *
 * A node of the coordinator is a node of ZooKeeper with data; one without data only holds deeper ones.
 * A removed node that holds deeper ones loses its data instead. A session of ZooKeeper that expired is
 * followed by another, with a client of its own.
 *
 * Invariant: an operation is either answered by ZooKeeper or fails saying whether it may have been
 * applied; nothing is sent twice.
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
import { CoordinatorClosedError, CoordinatorUnavailableError } from "./coordinator_error.ts";
import { LevelWatch } from "./level_watch.ts";
import { checkedBytes, checkedPath } from "./node_rules.ts";
import type { ZookeeperAddress } from "./zookeeper_address.ts";
import { type EndReason, ZookeeperClient } from "./zookeeper_client.ts";
import { hasCode, ZOOKEEPER_CODE, ZookeeperError } from "./zookeeper_error.ts";
import { listZnode, readZnode, syncWithLeader } from "./zookeeper_requests.ts";
import { ZookeeperWatches } from "./zookeeper_watches.ts";
import { ZookeeperWriter } from "./zookeeper_writer.ts";

/** Pause before what was refused is tried again, milliseconds. */
const REFUSED_PAUSE_MS = 2000;

/** Options of {@linkcode ZookeeperSession}. */
export interface ZookeeperSessionOptions {
  readonly address: ZookeeperAddress;
  /** `user:password`; undefined: none. */
  readonly auth: string | undefined;
  /** Told once, when it closes. */
  onClose(session: ZookeeperSession): void;
}

/** One session after the other, as one coordinator. */
export class ZookeeperSession implements Coordinator {
  readonly #options: ZookeeperSessionOptions;
  readonly #chroot: string;
  readonly #watches = new ZookeeperWatches();
  readonly #sessionWatches = new Set<LevelWatch>();
  readonly #first = Promise.withResolvers<void>();
  #client: ZookeeperClient;
  #state: SessionState;
  #reopening: ReturnType<typeof setTimeout> | undefined;
  #closing: Promise<void> | null = null;

  /** Begins to connect; {@linkcode ZookeeperSession.connected} tells when it has. */
  constructor(options: ZookeeperSessionOptions) {
    this.#options = options;
    this.#chroot = options.address.chroot;
    this.#client = this.#open();
    this.#state = this.#suspended();
    // Nobody needs to wait for it.
    this.#first.promise.catch(() => {});
  }

  /** Waits for the first connection, and makes the chroot where it is missing. */
  async prepare(signal: AbortSignal): Promise<void> {
    await unlessAborted(this.#first.promise, signal);
    if (this.#chroot === "") return;
    await this.#operate(this.#chroot, { signal }, async (client) => {
      if (await listZnode(client, this.#chroot) !== null) return;
      const hasCredentials = this.#options.auth !== undefined;
      await new ZookeeperWriter(client, { chroot: "", hasCredentials }).makeParent(this.#chroot);
    });
  }

  /** Why there is no connection, as far as is known. */
  get trouble(): Error | null {
    return this.#client.trouble;
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
    const whole = this.#chroot + checkedPath(path);
    if (this.#state.kind !== "closed") return this.#watches.open(whole, this.#client);
    const watch = new LevelWatch(() => {});
    watch.fail(closedError());
    return watch;
  }

  get(path: string, options: ReadOptions = {}): Promise<CoordinatorNode | null> {
    return this.#read(path, options, async (client, whole) => {
      const found = await readZnode(client, whole);
      if (found === null || !found.stat.hasData) return null;
      const { data, stat: { version, owner } } = found;
      return { path, data, version, owner };
    });
  }

  list(path: string, options: ReadOptions = {}): Promise<string[]> {
    return this.#read(path, options, async (client, whole) => {
      const found = await listZnode(client, whole);
      return found?.names.toSorted() ?? [];
    });
  }

  createIfAbsent(path: string, data: string, options: WaitOptions = {}): Promise<CoordinatorNode> {
    return this.#write(path, options, async (writer) => {
      const version = await writer.create(path, checkedBytes(path, data));
      return { path, data, version, owner: null };
    });
  }

  putIfVersion(path: string, data: string, options: VersionOptions): Promise<CoordinatorNode> {
    return this.#write(path, options, async (writer) => {
      const bytes = checkedBytes(path, data);
      const { version, owner } = await writer.replace(path, bytes, options.version);
      return { path, data, version, owner };
    });
  }

  deleteIfVersion(path: string, options: VersionOptions): Promise<void> {
    return this.#write(path, options, (writer) => writer.remove(path, options.version));
  }

  putEphemeral(path: string, data: string, options: WaitOptions = {}): Promise<CoordinatorNode> {
    return this.#write(path, options, async (writer) => {
      const { version, owner } = await writer.putEphemeral(path, checkedBytes(path, data));
      return { path, data, version, owner };
    });
  }

  close(): Promise<void> {
    return this.#closing ??= this.#close();
  }

  /** Closes it. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #open(): ZookeeperClient {
    const { address, auth } = this.#options;
    const client: ZookeeperClient = new ZookeeperClient({
      address,
      auth,
      onConnected: () => this.#onConnected(),
      onSuspended: () => this.#enter(this.#suspended()),
      onEnded: (reason) => this.#onEnded(client, reason),
      onEvent: (event) => this.#watches.tell(event),
    });
    return client;
  }

  #onConnected(): void {
    if (this.#state.kind === "closed") return;
    this.#enter({ kind: "connected", id: this.#client.sessionId });
    this.#watches.arm(this.#client);
    this.#first.resolve();
  }

  /** The next client makes a new session. Until it has one, nobody may rely on the old one. */
  #onEnded(ended: ZookeeperClient, reason: EndReason): void {
    if (this.#state.kind === "closed") return;
    if (this.#state.kind === "connected") this.#enter(this.#suspended());
    void ended.close();
    if (reason !== "expired") this.#first.reject(ended.trouble);
    const pauseMs = reason === "expired" ? 0 : REFUSED_PAUSE_MS;
    this.#reopening = setTimeout(() => this.#client = this.#open(), pauseMs);
  }

  #suspended(): SessionState {
    const { sessionId: id, answeredAtMs: sinceMs, sessionTimeoutMs: timeoutMs } = this.#client;
    return { kind: "suspended", id, sinceMs, timeoutMs };
  }

  #enter(state: SessionState): void {
    this.#state = state;
    for (const watch of this.#sessionWatches) watch.notify();
  }

  async #close(): Promise<void> {
    this.#state = { kind: "closed" };
    clearTimeout(this.#reopening);
    this.#first.reject(closedError());
    this.#watches.fail(closedError());
    for (const watch of this.#sessionWatches) watch.fail(closedError());
    this.#sessionWatches.clear();
    this.#options.onClose(this);
    await this.#client.close();
  }

  #read<T>(
    path: string,
    options: ReadOptions,
    read: (client: ZookeeperClient, whole: string) => Promise<T>,
  ): Promise<T> {
    return this.#operate(path, options, async (client) => {
      const whole = this.#chroot + checkedPath(path);
      if (!options.sync) return await read(client, whole);
      // In one flight: ZooKeeper answers a session's requests in their order.
      const [, found] = await Promise.all([syncWithLeader(client), read(client, whole)]);
      return found;
    });
  }

  #write<T>(
    path: string,
    options: WaitOptions,
    write: (writer: ZookeeperWriter) => Promise<T>,
  ): Promise<T> {
    return this.#operate(path, options, async (client) => {
      checkedPath(path);
      const hasCredentials = this.#options.auth !== undefined;
      return await write(new ZookeeperWriter(client, { chroot: this.#chroot, hasCredentials }));
    });
  }

  async #operate<T>(
    path: string,
    { signal }: WaitOptions,
    operation: (client: ZookeeperClient) => Promise<T>,
  ): Promise<T> {
    signal?.throwIfAborted();
    if (this.#state.kind === "closed") throw closedError();
    try {
      return await unlessAborted(operation(this.#client), signal);
    } catch (error) {
      if (!(error instanceof ZookeeperError)) throw error;
      throw this.#state.kind as string === "closed" ? closedError() : failureOf(path, error);
    }
  }
}

async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return await work;
  const aborted = Promise.withResolvers<never>();
  const abort = () => aborted.reject(signal.reason);
  signal.addEventListener("abort", abort);
  try {
    return await Promise.race([work, aborted.promise]);
  } finally {
    signal.removeEventListener("abort", abort);
  }
}

function failureOf(path: string, error: ZookeeperError): CoordinatorUnavailableError {
  const { outcomeUnknown, message: why } = error;
  return new CoordinatorUnavailableError(textOf(path, error, why), {
    outcomeUnknown,
    cause: error,
  });
}

function textOf(path: string, error: ZookeeperError, why: string): string {
  if (error.outcomeUnknown) return `Cannot tell whether "${path}" was written (${why})`;
  if (hasCode(error, ZOOKEEPER_CODE.connectionLoss)) return `Cannot reach ZooKeeper (${why})`;
  if (!hasCode(error, ZOOKEEPER_CODE.noAuth)) return `ZooKeeper refuses "${path}" (${why})`;
  return `ZooKeeper refuses "${path}" to these credentials: ` +
    `set CODIS_ZOOKEEPER_AUTH to the user:password that made it`;
}

function closedError(): CoordinatorClosedError {
  return new CoordinatorClosedError("Cannot use the coordinator: it is closed");
}
