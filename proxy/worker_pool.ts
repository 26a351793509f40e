/**
 * The proxy's workers: each has its own reactor, clients and server connections.
 *
 * Invariant: all workers were given the same routes in the same order.
 *
 * @module
 */

import { listenOn } from "../core/listen_on.ts";
import { WorkerHost } from "../core/worker_host.ts";
import type { ListenOptions, SocketAddress } from "../core/transport/reactor.ts";
import type { DataPlaneOptions } from "./data_plane.ts";
import type { RouteDocument } from "./routes.ts";
import type { FromProxyWorker, ProxyWorkerInit, ToProxyWorker } from "./worker_messages.ts";

/** CLIENT IDs of different workers are this far apart. */
const CLIENT_IDS_PER_WORKER = 2 ** 40;

/** Options of {@linkcode WorkerPool.start}. */
export interface WorkerPoolOptions {
  readonly count: number;
  readonly plane: Omit<DataPlaneOptions, "firstClientId">;
  /** Each worker's applied epoch, after any of them changed. */
  onApplied(applied: readonly number[]): void;
  /** A worker met a server that knows a newer epoch. */
  onTopologyWanted(epoch: number): void;
  /** A worker died of an error. */
  onDeath(error: string): void;
}

type Host = WorkerHost<ProxyWorkerInit, ToProxyWorker, FromProxyWorker>;

/** All workers of a proxy. */
export class WorkerPool {
  readonly #options: WorkerPoolOptions;
  readonly #hosts: Host[] = [];
  readonly #applied: number[];
  readonly #drained = new Set<number>();
  #allDrained = Promise.withResolvers<void>();
  #listening = Promise.withResolvers<SocketAddress>();

  private constructor(options: WorkerPoolOptions) {
    this.#options = options;
    this.#applied = new Array(options.count).fill(0);
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
    const json = JSON.stringify(document);
    for (const host of this.#hosts) host.post({ kind: "routes", json });
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
    return bound;
  }

  /** Accepts no clients until {@linkcode listen}; those connected are let go when they were answered. */
  dismiss(): void {
    for (const host of this.#hosts) host.post({ kind: "dismiss" });
  }

  /** Accepts no more clients; resolves when all have gone or `timeoutMs` is over. */
  async drain(timeoutMs: number): Promise<void> {
    for (const host of this.#hosts) host.post({ kind: "drain" });
    const late = Promise.withResolvers<void>();
    const timer = setTimeout(late.resolve, timeoutMs);
    await Promise.race([this.#allDrained.promise, late.promise]);
    clearTimeout(timer);
  }

  /** Ends the workers. False if one did not end in time. */
  async close(timeoutMs: number): Promise<boolean> {
    const ended = await Promise.all(this.#hosts.map((host) => host.close(timeoutMs)));
    return ended.every(Boolean);
  }

  #startWorker(index: number): Promise<Host> {
    const firstClientId = 1 + index * CLIENT_IDS_PER_WORKER;
    return WorkerHost.start<ProxyWorkerInit, ToProxyWorker, FromProxyWorker>({
      module: new URL("./worker.ts", import.meta.url),
      name: `proxy-${index}`,
      init: { options: { ...this.#options.plane, firstClientId } },
      onMessage: (message) => this.#onMessage(index, message),
      onDeath: (error) => {
        this.#listening.reject(new Error(error));
        this.#options.onDeath(error);
      },
    });
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
      case "topology-wanted":
        return this.#options.onTopologyWanted(message.epoch);
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
