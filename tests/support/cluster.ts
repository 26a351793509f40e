/**
 * A whole product in this process: servers, manager and proxy as `start` composes them, over a
 * coordinator that a test may disturb, in workers whose modules a test may replace.
 *
 * Invariant: everything was started here, and is closed in the reverse order, whatever failed before.
 *
 * @module
 */

import { assert } from "@std/assert";
import { formatAddress } from "../../core/address.ts";
import type { Coordinator, CoordinatorSource } from "../../core/coordinator/coordinator.ts";
import type { LocalSession } from "../../core/coordinator/local_session.ts";
import { MemoryCoordinator } from "../../core/coordinator/memory_coordinator.ts";
import { Log } from "../../core/log.ts";
import { addGroup, addServer } from "../../core/topology/edit_groups.ts";
import { assignSlots } from "../../core/topology/edit_slots.ts";
import { saveTopology } from "../../core/topology/save_topology.ts";
import { expandSlots, type SlotTable } from "../../core/topology/slot_table.ts";
import {
  type Capabilities,
  type Change,
  emptyTopology,
  SERVER_CAPABILITIES,
  STOCK_CAPABILITIES,
  type Topology,
} from "../../core/topology/topology.ts";
import type { ReactorKind } from "../../core/transport/reactor.ts";
import { type Manager, startManager } from "../../manager/manager.ts";
import type { MigrationView } from "../../manager/migration_use_cases.ts";
import { startProxy } from "../../proxy/proxy.ts";
import { TopologyFollower } from "../../proxy/topology_follower.ts";
import { startServer } from "../../server/server.ts";
import { startChangedProxy, startChangedServer } from "./changed_worker.ts";
import { eventually } from "./eventually.ts";
import { startRedisServer } from "./redis_server.ts";
import { type Reply, RespClient } from "./resp_client.ts";

/** What differs from the product as it is. */
export interface ClusterOptions {
  /** What the groups' servers are. @default {"codis-server"} */
  backend?: Backend;
  /** Threads of the proxy. @default {2} */
  workers?: number;
  /** The host of the servers, as the topology names it. @default {"127.0.0.1"} */
  serverHost?: string;
  /** How all parts use sockets. @default {"native"} */
  transport?: ReactorKind;
  /** Entry module of the servers' workers, instead of the product's. */
  serverModule?: URL;
  /** Entry module of the proxy's one worker, instead of the product's. */
  proxyModule?: URL;
}

/** Our own servers, or real `redis-server`s. */
export type Backend = "codis-server" | "stock";

/** The groups: one server each, and all slots are the first one's at the start. */
export type GroupId = 1 | 2;

const PRODUCT = "test";
const HOST = "127.0.0.1";
const CHANGE: Change = { id: "first", actor: "test", reason: "first start" };
const MIGRATION_TIMEOUT_MS = 60_000;

/** A running product. */
export class Cluster implements AsyncDisposable {
  /** Where the topology is. */
  readonly source: MemoryCoordinator = new MemoryCoordinator();
  /** Name of the product there. */
  readonly product = PRODUCT;
  /** Ports of the servers of group 1 and group 2. */
  readonly serverPorts: number[] = [];
  /** What the parts had to say, warnings and errors. */
  readonly log: string[] = [];
  /** The port for clients. */
  port = 0;
  #manager: Manager | undefined;
  #managerSession!: LocalSession;
  #proxySession!: LocalSession;
  #topology!: Topology;
  #table!: SlotTable;
  #backend: Backend = "codis-server";
  readonly #closing: (() => Promise<unknown>)[] = [];

  private constructor() {}

  /** Starts a product, and resolves when it serves every slot. */
  static async start(options: ClusterOptions = {}): Promise<Cluster> {
    const cluster = new Cluster();
    cluster.#closing.push(() => cluster.source.close());
    try {
      await cluster.#startParts(options);
      await cluster.#untilServing();
      return cluster;
    } catch (error) {
      await cluster[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** The newest topology. */
  get topology(): Topology {
    return this.#topology;
  }

  /** Whether keys of the slot may be at two servers now. */
  isMigrating(slot: number): boolean {
    const { phase } = this.#table[slot]!;
    return phase === "migrating" || phase === "returning";
  }

  /** The ports for clients. */
  get ports(): readonly number[] {
    return [this.port];
  }

  /** A connection to the proxy. */
  connect(): Promise<RespClient> {
    return RespClient.connect({ port: this.port });
  }

  /** The running manager's session with the coordinator, for the faults that it can have. */
  get managerSession(): LocalSession {
    return this.#managerSession;
  }

  /** The proxy's session; without news its routes grow stale. */
  get proxySession(): LocalSession {
    return this.#proxySession;
  }

  /** Starts the manager again after {@linkcode Cluster.stopManager}. */
  async startManager(): Promise<void> {
    this.#manager = await startManager({
      coordinator: this.#sourceOf((session) => this.#managerSession = session),
      product: PRODUCT,
      listen: `${HOST}:0`,
      log: (level, message) => level !== "info" && this.log.push(`manager: ${message}`),
    });
  }

  /** Ends the manager, wherever it is in its work. */
  async stopManager(): Promise<void> {
    const manager = this.#manager;
    this.#manager = undefined;
    await manager?.close();
  }

  /** Asks the manager's API, which must do it. */
  async ask(method: string, path: string, body?: unknown): Promise<unknown> {
    const response = await fetch(`http://${this.#manager!.address}/api/v1${path}`, {
      method,
      ...body !== undefined && {
        headers: { "content-type": "application/json" },
        body: JSON.stringify(body),
      },
    });
    const answer = await response.json();
    assert(response.ok, `${method} ${path}: ${JSON.stringify(answer)}`);
    return answer;
  }

  /** Orders all slots to move to a group; returns the migration's id. */
  async order(to: GroupId, range: readonly [number, number] = [0, 1023]): Promise<string> {
    const { id } = await this.ask("POST", "/migrations", { range, to }) as MigrationView;
    return id;
  }

  /** How a migration stands. */
  async migration(id: string): Promise<MigrationView> {
    return await this.ask("GET", `/migrations/${id}`) as MigrationView;
  }

  /** Cancels a migration. */
  async cancel(id: string): Promise<void> {
    await this.ask("POST", `/migrations/${id}/cancel`, {});
  }

  /** Waits until a migration has ended by itself. */
  finished(id: string): Promise<MigrationView> {
    return eventually(async () => {
      const view = await this.migration(id);
      assert(view.finishedAt !== null, `not finished: ${JSON.stringify(view)}`);
      return view;
    }, { timeoutMs: MIGRATION_TIMEOUT_MS });
  }

  /** Keys that a server has on all slots, those hidden from clients included. */
  async keysAt(group: GroupId): Promise<number> {
    await using client = await RespClient.connect({ port: this.serverPorts[group - 1]! });
    if (this.#backend === "stock") return await client.send("DBSIZE") as number;
    const rows = (await client.send("SLOTSRECEIPT", 0, "0-1023") as Reply[]).slice(2);
    return rows.reduce((sum: number, row) => sum + Number(String(row).split(" ")[3]), 0);
  }

  /** Limits what the moves away from both servers may take; stock servers know no limit. */
  async throttle(limits: { bytesPerSecond: number; keysPerMessage: number }): Promise<void> {
    if (this.#backend === "stock") return;
    for (const port of this.serverPorts) {
      await using client = await RespClient.connect({ port });
      await client.send("SLOTSTHROTTLE", limits.bytesPerSecond, limits.keysPerMessage);
    }
  }

  /** Ends it. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.stopManager();
    for (const close of this.#closing.splice(0).reverse()) await close();
  }

  async #startParts(options: ClusterOptions): Promise<void> {
    const { serverModule, proxyModule, serverHost = HOST, workers = 2, transport = "native" } =
      options;
    const { backend = "codis-server" } = options;
    this.#backend = backend;
    for (let i = 0; i < 2; i++) {
      const server = backend === "stock"
        ? await startStockServer()
        : serverModule === undefined
        ? await this.#startServer(transport)
        : await startChangedServer(serverModule);
      this.#closing.push(() => server.close());
      this.serverPorts.push(server.port);
    }
    const coordinator = await this.source.connect();
    this.#closing.push(() => coordinator.close());
    const caps = backend === "stock" ? { ...STOCK_CAPABILITIES, acl: true } : SERVER_CAPABILITIES;
    const next = firstTopology(serverHost, this.serverPorts, caps);
    await saveTopology(coordinator, PRODUCT, { next, version: null });
    await this.startManager();
    await this.#follow(coordinator);
    if (proxyModule !== undefined) return await this.#startChangedProxy(coordinator, proxyModule);
    const proxy = await startProxy({
      topology: {
        kind: "coordinator",
        source: this.#sourceOf((session) => this.#proxySession = session),
        product: PRODUCT,
      },
      listen: { host: HOST, port: 0 },
      admin: undefined,
      id: "proxy-1",
      workers,
      transport,
      password: "",
      serverUser: "",
      serverPassword: "",
      log: this.#logOf("proxy"),
      onFailure: (error) => this.log.push(`proxy: ${error}`),
    });
    this.#closing.push(() => proxy.close(0));
    this.port = proxy.address.port;
  }

  async #startServer(
    transport: ReactorKind,
  ): Promise<{ port: number; close: () => Promise<unknown> }> {
    const server = await startServer({
      transport,
      listen: { host: HOST, port: 0 },
      slots: "managed",
      dir: undefined,
      emptyTag: "hash-empty",
      settings: {},
      onFailure: (error) => this.log.push(`server: ${error}`),
      onShutdown: () => {},
    });
    return { port: server.address.port, close: () => server.close(0) };
  }

  async #startChangedProxy(coordinator: Coordinator, module: URL): Promise<void> {
    const proxy = await startChangedProxy(module);
    this.#closing.push(() => proxy.close());
    this.port = proxy.port;
    const follower = new TopologyFollower(
      coordinator,
      PRODUCT,
      this.#logOf("proxy"),
      (topology) => proxy.apply(topology),
    );
    this.#closing.push(() => follower.close());
  }

  async #follow(coordinator: Coordinator): Promise<void> {
    const first = Promise.withResolvers<void>();
    const follower = new TopologyFollower(
      coordinator,
      PRODUCT,
      this.#logOf("test"),
      (topology) => {
        this.#topology = topology;
        this.#table = expandSlots(topology);
        first.resolve();
      },
    );
    this.#closing.push(() => follower.close());
    await first.promise;
  }

  /** The servers are closed until the leader has fenced them. */
  async #untilServing(): Promise<void> {
    if (this.#backend === "stock") return;
    await using client = await RespClient.connect({ port: this.serverPorts[0]! });
    await eventually(async () => {
      const rows = await client.send("SLOTSRECEIPT", 0, 0, 1023) as Reply[];
      assert(rows.slice(2).every((row) => String(row).includes(" own ")), "not fenced yet");
    });
  }

  /** The coordinator, showing the session that is made with it. */
  #sourceOf(onSession: (session: LocalSession) => void): CoordinatorSource {
    const { source } = this;
    return {
      url: source.url,
      connect: async () => {
        const session = await source.connect();
        onSession(session);
        return session;
      },
      close: () => Promise.resolve(),
      [Symbol.asyncDispose]: () => Promise.resolve(),
    };
  }

  #logOf(part: string): Log {
    return new Log(part, { level: "warn", json: false, write: (line) => this.log.push(line) });
  }
}

async function startStockServer(): Promise<{ port: number; close: () => Promise<unknown> }> {
  const server = await startRedisServer();
  return { port: server.port, close: async () => await server[Symbol.asyncDispose]() };
}

function firstTopology(
  host: string,
  ports: readonly number[],
  caps: Capabilities,
): Topology {
  let topology = emptyTopology(CHANGE);
  ports.forEach((port, index) => {
    const group = index + 1;
    const addr = formatAddress({ host, port });
    topology = addGroup(topology, { id: group, caps }, CHANGE);
    topology = addServer(topology, { group, server: { id: addr, addr, boot: null } }, CHANGE);
  });
  const assignments = [{ range: [0, 1023] as const, group: 1 }];
  return assignSlots(topology, { assignments }, CHANGE);
}
