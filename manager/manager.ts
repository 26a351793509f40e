/**
 * The manager: one process of the control plane. It follows the topology, stands for election, does the
 * leader's work when it leads, and serves the REST API.
 *
 * @module
 */

import type { Hono } from "hono";
import { formatAddress, parseAddress } from "../core/address.ts";
import type { Credentials } from "../core/control_client.ts";
import type { Coordinator, CoordinatorSource } from "../core/coordinator/coordinator.ts";
import { CoordinatorUnavailableError } from "../core/coordinator/coordinator_error.ts";
import { openCoordinator } from "../core/coordinator/open_coordinator.ts";
import { pathsOf } from "../core/coordinator/paths.ts";
import { isHosting } from "../core/coordinator/session_host.ts";
import { isLoopback } from "../core/listen_policy.ts";
import type { Settings } from "../core/topology/topology.ts";
import { apiOf } from "./api.ts";
import { News } from "./api_events.ts";
import { allowedHosts } from "./api_guard.ts";
import type { ControlPlane } from "./control_plane.ts";
import { CoordinatorSessions } from "./coordinator_sessions.ts";
import { Executor } from "./executor.ts";
import { JobStore } from "./job_store.ts";
import { type LeaderNode, Leadership } from "./leadership.ts";
import type { Log } from "./log.ts";
import { LISTEN_DEFAULT, PRODUCT_DEFAULT } from "./manager_flags.ts";
import { StatsSampler } from "./stats_sampler.ts";
import { TopologyStore } from "./topology_store.ts";

/** Serves what is not the API: the dashboard. `api` asks the API without a connection. */
export type Pages = (
  api: (request: Request) => Promise<Response>,
) => (request: Request) => Response | Promise<Response>;

/** Options of {@linkcode startManager}. */
export interface ManagerOptions {
  /** An address, which the manager opens and closes; or a source, which it leaves open. */
  readonly coordinator: string | CoordinatorSource;
  /** The product it manages. @default {PRODUCT_DEFAULT} */
  readonly product?: string | undefined;
  /** `host:port`; port 0 takes a free one. @default {LISTEN_DEFAULT} */
  readonly listen?: string | undefined;
  /** The host that other managers and people reach it at. @default {the host of `listen`} */
  readonly advertise?: string | undefined;
  /** Needed by every request; and by every address that other machines can reach. */
  readonly token?: string | undefined;
  /** Further host names under which the API may be asked. */
  readonly allowedHosts?: readonly string[] | undefined;
  /** How servers are logged in to. */
  readonly credentials?: Credentials | undefined;
  /** Settings of a product that does not exist yet. */
  readonly settings?: Partial<Settings> | undefined;
  /** How many slots may move at a time. @default {SLOTS_IN_FLIGHT_MAX} */
  readonly slotsInFlightMax?: number | undefined;
  /** What is served beside the API, behind the same guard. */
  readonly pages?: Pages | undefined;
  /** Where events go. @default nothing is logged */
  readonly log?: Log | undefined;
}

/** A manager that cannot be started as it was told to. */
export class ManagerStartError extends Error {
  /** Tells it from other errors in logs. */
  override name = "ManagerStartError";
}

/** A running manager. */
export class Manager implements AsyncDisposable {
  /** Where the REST API listens, `host:port`. */
  readonly address: string;
  readonly #parts: ManagerParts;
  readonly #stopping: AbortController;
  readonly #loops: Promise<unknown>;
  #closing: Promise<void> | null = null;

  /** Made by {@linkcode startManager}. */
  constructor(
    parts: ManagerParts,
    running: { stopping: AbortController; loops: Promise<unknown> },
  ) {
    this.#parts = parts;
    this.#stopping = running.stopping;
    this.#loops = running.loops;
    this.address = formatAddress(addressOf(parts.server));
  }

  /** Whether this manager leads now. */
  get leads(): boolean {
    return this.#parts.plane.store.leaderEpoch !== null;
  }

  /** Stops: the lead is given back, streams end, the session closes. Idempotent. */
  close(): Promise<void> {
    return this.#closing ??= this.#close();
  }

  /** The same as {@linkcode Manager.close}. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    const { news, sessions, server, plane, ownSource } = this.#parts;
    this.#stopping.abort();
    news.close();
    sessions?.close();
    await this.#loops;
    await server.shutdown();
    await plane.coordinator.close();
    await ownSource?.close();
  }
}

/** What a manager is made of. */
interface ManagerParts {
  readonly plane: ControlPlane;
  readonly news: News;
  /** Programs that use this manager's coordinator. */
  readonly sessions: CoordinatorSessions | null;
  readonly server: Deno.HttpServer<Deno.NetAddr>;
  /** The source, if the manager opened it. */
  readonly ownSource: CoordinatorSource | null;
}

/** What the loops share and change. */
interface Lead {
  executor: Executor | null;
  leader: LeaderNode | null;
  /** Aborts when `leader` is replaced. */
  reign: AbortController;
}

/**
 * Starts a manager, and returns when it serves and either leads or knows who does.
 *
 * @throws {ManagerStartError} if it may not listen there.
 * @throws {CoordinatorOpenError} if the coordinator cannot be opened.
 */
export async function startManager(options: ManagerOptions): Promise<Manager> {
  const listen = parseAddress(options.listen ?? LISTEN_DEFAULT);
  if (!isLoopback(listen.host) && !options.token) {
    throw new ManagerStartError(
      `Cannot listen at ${formatAddress(listen)} without a token: other machines can reach it. ` +
        "Set CODIS_TOKEN (or --token), or listen at 127.0.0.1",
    );
  }
  const product = options.product ?? PRODUCT_DEFAULT;
  pathsOf(product);
  const ownSource = typeof options.coordinator === "string"
    ? await openCoordinator(options.coordinator, { token: options.token })
    : null;
  try {
    const source = ownSource ?? options.coordinator as CoordinatorSource;
    const coordinator = await source.connect();
    try {
      return await startParts(options, { source, coordinator, product, listen, ownSource });
    } catch (error) {
      await coordinator.close();
      throw error;
    }
  } catch (error) {
    await ownSource?.close();
    throw error;
  }
}

async function startParts(
  options: ManagerOptions,
  base: {
    source: CoordinatorSource;
    coordinator: Coordinator;
    product: string;
    listen: { host: string; port: number };
    ownSource: CoordinatorSource | null;
  },
): Promise<Manager> {
  const { source, coordinator, product, listen, ownSource } = base;
  const log: Log = options.log ?? (() => {});
  const lead: Lead = { executor: null, leader: null, reign: new AbortController() };
  const plane: ControlPlane = {
    product,
    coordinator,
    store: new TopologyStore(coordinator, product),
    jobs: new JobStore(coordinator, product),
    credentials: options.credentials,
    executor: () => lead.executor,
    leader: () => lead.leader,
    leaderChange: () => lead.reign.signal,
  };
  // A document that cannot be read is told to whoever starts the manager, not only to the log.
  await plane.store.refresh(new AbortController().signal);
  const news = new News();
  const id = `manager-${crypto.randomUUID().slice(0, 8)}`;
  const self = (): LeaderNode => {
    const { host, port } = addressOf(server);
    return { id, addr: `http://${formatAddress({ host: options.advertise ?? host, port })}` };
  };
  const others = [...options.allowedHosts ?? [], ...options.advertise ? [options.advertise] : []];
  const guard = {
    hosts: allowedHosts(listen.host, others),
    token: options.token ?? null,
  };
  const sessions = isHosting(source) && source.host.claimGuests()
    ? new CoordinatorSessions(source.host)
    : null;
  const stats = new StatsSampler(plane, () => news.notify());
  const app = apiOf({ plane, self, guard: () => guard, news, sessions, stats, log });
  addPages(app, options.pages);
  const server = serve(listen, app, () => sessions?.close());
  const stopping = new AbortController();
  const { signal } = stopping;
  const known = Promise.withResolvers<void>();
  const leadership = new Leadership({
    coordinator,
    product,
    self: self(),
    log,
    lead: (leading) => leadProduct({ plane, options, lead, news, log, id, known }, leading),
    onLeader(leader) {
      if (leader?.id !== lead.leader?.id) {
        lead.reign.abort();
        lead.reign = new AbortController();
      }
      lead.leader = leader;
      if (leader !== null && leader.id !== id) known.resolve();
      news.notify();
    },
  });
  plane.store.listen(() => news.notify());
  plane.jobs.listen(() => news.notify());
  const loops = Promise.all([
    plane.store.follow({ signal, onError: complainOf("topology", log) }),
    plane.jobs.follow({ signal, onError: complainOf("migrations", log) }),
    leadership.run(signal),
    // Before the product has a topology there is nobody to ask.
    known.promise.then(() => stats.run({ signal, onError: complainOf("servers' numbers", log) })),
  ]);
  const manager = new Manager({ plane, news, sessions, server, ownSource }, { stopping, loops });
  await known.promise;
  return manager;
}

/** The leader's work, from the claim to the loss of the lead. */
async function leadProduct(
  work: {
    plane: ControlPlane;
    options: ManagerOptions;
    lead: Lead;
    news: News;
    log: Log;
    id: string;
    known: PromiseWithResolvers<void>;
  },
  signal: AbortSignal,
): Promise<void> {
  const { plane, options, lead, news, log, id, known } = work;
  const epoch = await plane.store.claim({ id, settings: options.settings }, signal);
  try {
    await plane.jobs.refresh(signal);
    lead.executor = new Executor({
      coordinator: plane.coordinator,
      product: plane.product,
      store: plane.store,
      jobs: plane.jobs,
      credentials: plane.credentials,
      log,
      slotsInFlightMax: options.slotsInFlightMax,
      onChange: () => news.notify(),
    });
    log("info", `Leads product "${plane.product}" with leader epoch ${epoch}`);
    known.resolve();
    await lead.executor.run(signal);
  } finally {
    plane.store.resign();
    lead.executor = null;
  }
}

/** A copy that cannot be read (a damaged node) is no reason to stop: it is told, and tried again. */
function complainOf(what: string, log: Log): (error: unknown) => void {
  return (error) => {
    if (error instanceof CoordinatorUnavailableError) return;
    log("error", `Cannot follow the ${what}: ${(error as Error).message}`);
  };
}

function serve(
  listen: { host: string; port: number },
  app: Hono,
  onRefused: () => void,
): Deno.HttpServer<Deno.NetAddr> {
  const { host: hostname, port } = listen;
  try {
    return Deno.serve({ hostname, port, onListen() {} }, app.fetch);
  } catch (error) {
    onRefused();
    throw new ManagerStartError(
      `Cannot listen at ${formatAddress(listen)}: ${(error as Error).message}`,
      { cause: error },
    );
  }
}

function addPages(app: Hono, pages: Pages | undefined): void {
  if (pages === undefined) return;
  const serve = pages(async (request) => await app.fetch(request));
  app.all("*", (context) => serve(context.req.raw));
}

function addressOf(server: Deno.HttpServer<Deno.NetAddr>): { host: string; port: number } {
  return { host: server.addr.hostname, port: server.addr.port };
}
