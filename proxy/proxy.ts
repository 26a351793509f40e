/**
 * A codis-proxy: the control plane of one process.
 *
 * Registers, reads the topology, hands routes to the workers, listens; in that order, so that nobody
 * who changes the topology can miss this proxy (PROTOCOL rule 17).
 *
 * Invariant: it never stops serving because the coordinator is away (promise P11).
 *
 * @module
 */

import { formatAddress } from "../core/address.ts";
import { randomHex } from "../core/boot_id.ts";
import type { Coordinator, CoordinatorSource } from "../core/coordinator/coordinator.ts";
import { wantedProxyPath } from "../core/coordinator/paths.ts";
import type { Log } from "../core/log.ts";
import type { Topology } from "../core/topology/topology.ts";
import { bestTransport, requireSharedPort } from "../core/transport/choose_transport.ts";
import type { ReactorKind, SocketAddress } from "../core/transport/reactor.ts";
import { VERSION } from "../core/version.ts";
import { type AdminServer, startAdminServer } from "./admin_server.ts";
import { type ProxyRecord, type ProxyState, Registration } from "./registration.ts";
import { routeDocumentOf, stockServersOf } from "./route_document.ts";
import { StockLogins } from "./stock_logins.ts";
import { TopologyFollower } from "./topology_follower.ts";
import { type WantedState, WantedStateFollower, wantedStateOf } from "./wanted_state.ts";
import { WorkerPool } from "./worker_pool.ts";

/** Where the routes come from. */
export type TopologySource =
  /** A product at a coordinator; changes are followed. */
  | { readonly kind: "coordinator"; readonly source: CoordinatorSource; readonly product: string }
  /** A document that never changes. */
  | { readonly kind: "fixed"; readonly topology: Topology };

/** Limits on what clients and servers may do to a proxy. */
export interface ProxyLimits {
  /** Clients at a time, of all workers. */
  readonly clientCountMax: number;
  /** Requests of one client not yet answered; then it is read no further. */
  readonly pipelineMax: number;
  /** Closes a client silent for so long; 0: never. */
  readonly clientTimeoutMs: number;
  /** Gives a server up that answers nothing for so long. */
  readonly serverTimeoutMs: number;
}

/** Options of {@linkcode startProxy}. */
export interface ProxyOptions {
  /** Where the routes come from. */
  readonly topology: TopologySource;
  /** Where clients connect. */
  readonly listen: SocketAddress;
  /** Where operators connect by HTTP; undefined: nowhere. */
  readonly admin: SocketAddress | undefined;
  /** The host that clients and operators are told; default: that of `listen`. */
  readonly advertise?: string | undefined;
  /** Names this proxy among those of the product. */
  readonly id: string;
  /** Threads; with the portable transport several only on Linux. */
  readonly workers: number;
  /**
   * How sockets are used.
   * @default native where it can be, else portable
   */
  readonly transport?: ReactorKind;
  /**
   * What clients and servers may do.
   * @default 10 000 clients, 1024 requests each, no client timeout, 30 s for servers
   */
  readonly limits?: ProxyLimits;
  /** Password for clients; empty: none. */
  readonly password: string;
  /** How the proxy logs in at servers. */
  readonly serverUser: string;
  /** The password that goes with it; empty: no log-in. */
  readonly serverPassword: string;
  /** Where events go. */
  readonly log: Log;
  /** A worker died: the process should end. */
  readonly onFailure: (error: string) => void;
  /** Ends a wait for the product to appear. */
  readonly signal?: AbortSignal;
}

/** A running proxy. */
export interface Proxy {
  /** Where clients connect. */
  readonly address: SocketAddress;
  /** Where operators connect. */
  readonly admin: SocketAddress | undefined;
  /** Finishes what clients asked for, for at most `drainMs`, then ends. False if it had to be cut short. */
  close(drainMs: number): Promise<boolean>;
}

/** What a client may make the proxy do, unless options say otherwise. */
const LIMITS: ProxyLimits = {
  clientCountMax: 10_000,
  pipelineMax: 1024,
  clientTimeoutMs: 0,
  serverTimeoutMs: 30_000,
};
const OUTPUT_BYTES_HIGH = 2 ** 20;
const PENDING_MAX = 2 ** 20;
const STASH_BYTES_MAX = 256 * 2 ** 20;
const HELD_BYTES_MAX = 64 * 2 ** 20;
const WORKER_CLOSE_MS = 5000;
/** How long clients wait for the proxy to log in at stock servers, when it starts. */
const LOGIN_MS_MAX = 2000;

/**
 * Starts a proxy and resolves when it accepts clients.
 *
 * @throws {Deno.errors.AddrInUse} if a port is taken.
 * @throws {UsageError} if the transport cannot share a port among several workers.
 */
export async function startProxy(options: ProxyOptions): Promise<Proxy> {
  requireSharedPort(options.transport ?? bestTransport(), options.workers);
  return await RunningProxy.start(options);
}

class RunningProxy implements Proxy {
  address: SocketAddress;
  admin: SocketAddress | undefined = undefined;
  readonly #options: ProxyOptions;
  readonly #boot = randomHex(16);
  readonly #closing: (() => Promise<unknown>)[] = [];
  #pool!: WorkerPool;
  #logins!: StockLogins;
  #coordinator: Coordinator | undefined = undefined;
  #registration: Registration | undefined = undefined;
  #follower: TopologyFollower | undefined = undefined;
  #wishes: WantedStateFollower | undefined = undefined;
  #topology!: Topology;
  #applied: readonly number[] = [];
  #state: ProxyState = "starting";

  private constructor(options: ProxyOptions) {
    this.#options = options;
    this.address = options.listen;
  }

  static async start(options: ProxyOptions): Promise<RunningProxy> {
    const proxy = new RunningProxy(options);
    try {
      proxy.#topology = await proxy.#firstTopology();
      proxy.#logins = proxy.#makeLogins();
      proxy.#closing.push(() => proxy.#logins.close());
      proxy.#pool = await proxy.#startWorkers();
      proxy.#pool.apply(routeDocumentOf(proxy.#topology));
      proxy.#logIn();
      await proxy.#logins.ready(LOGIN_MS_MAX);
      await proxy.#startAdmin();
      await proxy.#obey(await proxy.#firstWish());
      proxy.#followWishes();
      return proxy;
    } catch (error) {
      await proxy.close(0);
      throw error;
    }
  }

  async close(drainMs: number): Promise<boolean> {
    this.#enter("draining");
    await this.#wishes?.close();
    if (drainMs > 0) await this.#pool?.drain(drainMs);
    const ended = await this.#pool?.close(WORKER_CLOSE_MS) ?? true;
    for (const close of this.#closing.splice(0).reverse()) await close();
    return ended;
  }

  /** Follows the product; waits for its first topology. */
  async #firstTopology(): Promise<Topology> {
    const { topology: from, log, signal } = this.#options;
    if (from.kind === "fixed") return from.topology;
    const coordinator = await from.source.connect(signal === undefined ? {} : { signal });
    this.#coordinator = coordinator;
    this.#closing.push(() => coordinator.close());
    const registration = new Registration(coordinator, from.product, this.#record(), log);
    this.#registration = registration;
    this.#closing.push(() => registration.close());
    await unlessAborted(registration.registered, signal);
    const first = Promise.withResolvers<Topology>();
    const follower = new TopologyFollower(coordinator, from.product, log, (topology) => {
      first.resolve(topology);
      this.#adopt(topology);
    });
    this.#follower = follower;
    this.#closing.push(() => follower.close());
    return await unlessAborted(first.promise, signal);
  }

  /** What the operator wants now; while that cannot be read, to serve. */
  async #firstWish(): Promise<WantedState> {
    const { topology: from, id } = this.#options;
    if (from.kind === "fixed") return "online";
    const path = wantedProxyPath(from.product, id);
    const node = await this.#coordinator?.get(path).catch(() => null);
    return wantedStateOf(node?.data ?? null);
  }

  #followWishes(): void {
    const { topology: from, log, id } = this.#options;
    if (from.kind === "fixed") return;
    const where = { product: from.product, id };
    const obey = (wanted: WantedState) => this.#obey(wanted);
    this.#wishes = new WantedStateFollower(this.#coordinator!, where, log, obey);
  }

  /** Begins or ends to take clients. @throws {Error} if the port cannot be had. */
  async #obey(wanted: WantedState): Promise<void> {
    if (this.#state === wanted || this.#state === "draining") return;
    if (wanted === "offline") this.#pool.dismiss();
    else this.address = await this.#pool.listen(this.address);
    this.#enter(wanted);
  }

  #enter(state: ProxyState): void {
    if (this.#state === "draining") return;
    this.#state = state;
    const { addr, admin } = this.#record();
    this.#registration?.update({ addr, admin, state });
  }

  #adopt(topology: Topology): void {
    this.#topology = topology;
    if (this.#pool === undefined) return;
    this.#pool.apply(routeDocumentOf(topology));
    this.#logIn();
  }

  #makeLogins(): StockLogins {
    const { id, serverUser, serverPassword: password, log } = this.#options;
    const user = serverUser === "" ? {} : { user: serverUser };
    return new StockLogins({
      proxy: { id, boot: this.#boot },
      credentials: password === "" ? undefined : { ...user, password },
      log,
      readTopology: () => this.#follower?.readNow() ?? Promise.resolve(),
      onLogin: (address, login) => this.#pool.logIn(address, login),
      onDoubt: () => this.#publishApplied(),
    });
  }

  #logIn(): void {
    const own = stockServersOf(this.#topology).filter(({ ownUser }) => ownUser);
    this.#logins.adopt(own.map(({ address }) => address));
  }

  /** Both at once: where something sent earlier may still be executed, `applied` says nothing. */
  #publishApplied(): void {
    this.#registration?.update({ applied: this.#applied, doubtful: this.#logins.doubtful });
  }

  #startWorkers(): Promise<WorkerPool> {
    const { topology: from, workers, password, serverUser, serverPassword, onFailure } =
      this.#options;
    const limits = this.#options.limits ?? LIMITS;
    const { emptyTag, redirectTimeoutMs } = this.#topology.settings;
    const redirect = { redirectTimeoutMs, heldBytesMax: HELD_BYTES_MAX };
    return WorkerPool.start({
      count: workers,
      transport: this.#options.transport ?? bestTransport(),
      plane: {
        session: {
          // Each worker counts its own; the kernel spreads clients about evenly.
          clientCountMax: Math.ceil(limits.clientCountMax / workers),
          pipelineMax: limits.pipelineMax,
          outputBytesHigh: OUTPUT_BYTES_HIGH,
          idleTimeoutMs: limits.clientTimeoutMs,
        },
        pendingMax: PENDING_MAX,
        stashBytesMax: STASH_BYTES_MAX,
        serverTimeoutMs: limits.serverTimeoutMs,
        redirect,
        emptyTag,
        password,
        serverUser,
        serverPassword,
        workerCount: workers,
        product: from.kind === "fixed" ? "fixed" : from.product,
      },
      onApplied: (applied) => {
        this.#applied = applied;
        this.#publishApplied();
      },
      onLoginLost: (address, login) => this.#logins.lost(address, login),
      onTopologyWanted: (epoch) => this.#follower?.want(epoch),
      onReplaced: (error) => {
        this.#logins.lostAll();
        this.#options.log.error("a worker died and was replaced", { error });
      },
      onDeath: onFailure,
    });
  }

  async #startAdmin(): Promise<void> {
    const { admin } = this.#options;
    if (admin === undefined) return;
    const server: AdminServer = await startAdminServer(admin, async () => ({
      ...this.#record(),
      topologyEpoch: this.#topology.epoch,
      ...await this.#pool.tally(),
    }));
    this.admin = server.address;
    this.#closing.push(() => server.close());
  }

  #record(): ProxyRecord {
    const { id, admin, advertise } = this.#options;
    const adminAddress = this.admin ?? admin;
    const { host, port } = this.address;
    return {
      id,
      boot: this.#boot,
      addr: formatAddress({ host: advertise ?? host, port }),
      admin: adminAddress === undefined ? "" : formatAddress(adminAddress),
      applied: this.#applied,
      state: this.#state,
      version: VERSION,
    };
  }
}

/** Settles as `promise` does, or rejects when `signal` aborts first. */
async function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  const aborted = Promise.withResolvers<never>();
  const abort = () => aborted.reject(signal?.reason);
  if (signal?.aborted) abort();
  signal?.addEventListener("abort", abort, { once: true });
  try {
    return await Promise.race([promise, aborted.promise]);
  } finally {
    signal?.removeEventListener("abort", abort);
  }
}
