/**
 * The proxy's workers: each has its own reactor, clients and server connections.
 *
 * Invariant: all workers were given the same routes in the same order.
 *
 * @module
 */

import { listenOn } from "../core/listen_on.ts";
import { WorkerHost } from "../core/worker_host.ts";
import type { ListenOptions, ReactorKind, SocketAddress } from "../core/transport/reactor.ts";
import type { DataPlaneOptions } from "./data_plane.ts";
import type { RouteDocument } from "./routes.ts";
import type { NumberedLogin } from "./upstream.ts";
import type { FromProxyWorker, ProxyWorkerInit, Tally, ToProxyWorker } from "./worker_messages.ts";

/** CLIENT IDs of different workers are this far apart. */
const CLIENT_IDS_PER_WORKER = 2 ** 40;

/** Options of {@linkcode WorkerPool.start}. */
export interface WorkerPoolOptions {
  readonly count: number;
  readonly transport: ReactorKind;
  /** The workers' entry module, if it is not ours. */
  readonly module?: URL;
  readonly plane: Omit<DataPlaneOptions, "firstClientId">;
  /** Each worker's applied epoch, after any of them changed. */
  onApplied(applied: readonly number[]): void;
  /** A worker met a server that knows a newer epoch. */
  onTopologyWanted(epoch: number): void;
  /** Requests were lost with a login of the proxy's own at a stock server. */
  onLoginLost(address: string, login: number): void;
  /** A worker died of an error; another takes its place. */
  onReplaced(error: string): void;
  /** Workers die too often, or cannot be replaced. */
  onDeath(error: string): void;
}

/** So many deaths in a minute are not bad luck. */
const DEATHS_PER_MINUTE_MAX = 3;
const MINUTE_MS = 60_000;
/** A worker that has not counted by then is busy; its last count stands. */
const COUNT_TIMEOUT_MS = 500;
const NOTHING: Tally = { clients: 0, requests: 0 };

type Host = WorkerHost<ProxyWorkerInit, ToProxyWorker, FromProxyWorker>;

/** All workers of a proxy. */
export class WorkerPool {
  readonly #options: WorkerPoolOptions;
  readonly #hosts: Host[] = [];
  readonly #applied: number[];
  readonly #tallies: Tally[];
  #counted = Promise.withResolvers<void>();
  #uncounted = new Set<number>();
  readonly #drained = new Set<number>();
  #allDrained = Promise.withResolvers<void>();
  #listening = Promise.withResolvers<SocketAddress>();
  /** What a worker that takes another's place is told. */
  #routes: string | undefined = undefined;
  #listen: ListenOptions | undefined = undefined;
  #deathsMs: number[] = [];
  #closing = false;

  private constructor(options: WorkerPoolOptions) {
    this.#options = options;
    this.#applied = new Array(options.count).fill(0);
    this.#tallies = new Array(options.count).fill(NOTHING);
    // A worker may die while nobody waits for it to listen.
    this.#listening.promise.catch(() => {});
  }

  /** Starts the workers; they serve nothing before {@linkcode listen}. */
  static async start(options: WorkerPoolOptions): Promise<WorkerPool> {
    const pool = new WorkerPool(options);
    try {
      for (let index = 0; index < options.count; index++) {
        pool.#hosts.push(await pool.#startWorker(index));
      }
    } catch (error) {
      await pool.close(1000);
      throw error;
    }
    return pool;
  }

  /** How many workers there are. */
  get count(): number {
    return this.#hosts.length;
  }

  /** Hands new routes to every worker. */
  apply(document: RouteDocument): void {
    const json = this.#routes = JSON.stringify(document);
    for (const host of this.#hosts) host.post({ kind: "routes", json });
  }

  /** Hands the proxy's user at a stock server to every worker. */
  logIn(address: string, login: NumberedLogin): void {
    for (const host of this.#hosts) host.post({ kind: "login", address, login });
  }

  /** Lets every worker accept clients; returns the address bound. */
  async listen(address: SocketAddress): Promise<SocketAddress> {
    const shared = this.#hosts.length > 1;
    const listen: ListenOptions = { ...(shared ? probePort(address) : address), shared };
    let bound: SocketAddress = address;
    for (const host of this.#hosts) {
      this.#listening = Promise.withResolvers();
      host.post({ kind: "listen", listen });
      bound = await this.#listening.promise;
    }
    this.#listen = { ...listen, port: bound.port };
    return bound;
  }

  /** Returns what all workers have to do, as they count it now. */
  async tally(): Promise<Tally> {
    if (this.#uncounted.size === 0) {
      this.#counted = Promise.withResolvers();
      this.#uncounted = new Set(this.#hosts.keys());
      for (const host of this.#hosts) host.post({ kind: "count" });
    }
    const timer = setTimeout(this.#counted.resolve, COUNT_TIMEOUT_MS);
    await this.#counted.promise;
    clearTimeout(timer);
    this.#uncounted.clear();
    return this.#tallies.reduce((sum, tally) => ({
      clients: sum.clients + tally.clients,
      requests: sum.requests + tally.requests,
    }), NOTHING);
  }

  /** Accepts no clients until {@linkcode listen}; those connected are let go when they were answered. */
  dismiss(): void {
    this.#listen = undefined;
    for (const host of this.#hosts) host.post({ kind: "dismiss" });
  }

  /** Accepts no more clients; resolves when all have gone or `timeoutMs` is over. */
  async drain(timeoutMs: number): Promise<void> {
    this.#closing = true;
    for (const host of this.#hosts) host.post({ kind: "drain" });
    const late = Promise.withResolvers<void>();
    const timer = setTimeout(late.resolve, timeoutMs);
    await Promise.race([this.#allDrained.promise, late.promise]);
    clearTimeout(timer);
  }

  /** Ends the workers. False if one did not end in time. */
  async close(timeoutMs: number): Promise<boolean> {
    this.#closing = true;
    const ended = await Promise.all(this.#hosts.map((host) => host.close(timeoutMs)));
    return ended.every(Boolean);
  }

  #startWorker(index: number): Promise<Host> {
    const firstClientId = 1 + index * CLIENT_IDS_PER_WORKER;
    return WorkerHost.start<ProxyWorkerInit, ToProxyWorker, FromProxyWorker>({
      module: this.#options.module ?? new URL("./worker.ts", import.meta.url),
      name: `proxy-${index}`,
      init: {
        transport: this.#options.transport,
        options: { ...this.#options.plane, firstClientId },
      },
      onMessage: (message) => this.#onMessage(index, message),
      onDeath: (error) => {
        this.#listening.reject(new Error(error));
        this.#replace(index, error);
      },
    });
  }

  /** Starts a worker in the place of one that died, unless that happens too often. */
  #replace(index: number, error: string): void {
    const now = performance.now();
    this.#deathsMs = [...this.#deathsMs.filter((ms) => now - ms < MINUTE_MS), now];
    const wasServing = this.#hosts[index] !== undefined && !this.#closing;
    if (!wasServing || this.#deathsMs.length >= DEATHS_PER_MINUTE_MAX) {
      this.#options.onDeath(error);
      return;
    }
    this.#applied[index] = 0;
    this.#startWorker(index).then((host) => {
      this.#hosts[index] = host;
      if (this.#routes !== undefined) host.post({ kind: "routes", json: this.#routes });
      this.#listening = Promise.withResolvers();
      this.#listening.promise.catch((reason) => this.#options.onDeath(String(reason)));
      if (this.#listen !== undefined) host.post({ kind: "listen", listen: this.#listen });
      this.#options.onReplaced(error);
    }, (reason) => this.#options.onDeath(`${error}; and no other could be started: ${reason}`));
  }

  #onMessage(index: number, message: FromProxyWorker): void {
    switch (message.kind) {
      case "listening":
        return this.#listening.resolve(message.address);
      case "listen-failed":
        return this.#listening.reject(new Error(message.error));
      case "applied":
        this.#applied[index] = message.epoch;
        return this.#options.onApplied([...this.#applied]);
      case "login-lost":
        return this.#options.onLoginLost(message.address, message.login);
      case "topology-wanted":
        return this.#options.onTopologyWanted(message.epoch);
      case "ask": {
        const { ticket, question } = message;
        this.#hosts.forEach((host, to) => {
          if (to !== index) host.post({ kind: "question", from: index, ticket, question });
        });
        return;
      }
      case "answer": {
        const { to, ticket, answer } = message;
        return this.#hosts[to]?.post({ kind: "answer", ticket, answer });
      }
      case "tally":
        this.#tallies[index] = message.tally;
        this.#uncounted.delete(index);
        if (this.#uncounted.size === 0) this.#counted.resolve();
        return;
      case "drained":
        this.#drained.add(index);
        if (this.#drained.size === this.#hosts.length) this.#allDrained.resolve();
    }
  }
}

/**
 * Binds the address once for itself alone: sharing it among the workers would hide that another
 * program has it.
 */
function probePort(address: SocketAddress): SocketAddress {
  const { host, port } = address;
  using listener = listenOn(address, () => Deno.listen({ hostname: host, port }));
  return { host, port: listener.addr.port };
}
