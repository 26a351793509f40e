/**
 * A whole product of separate processes, as several machines would run it: three ZooKeeper servers, three
 * groups, two proxies, two managers; each of which can be killed, stopped and started again.
 *
 * Invariant: processes are started here only, are signalled by their pid, and are gone when it is disposed.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import type { Coordinator } from "../../core/coordinator/coordinator.ts";
import { ZookeeperCoordinator } from "../../core/coordinator/zookeeper_coordinator.ts";
import { Log } from "../../core/log.ts";
import { expandSlots, type SlotTable } from "../../core/topology/slot_table.ts";
import type { MigrationView } from "../../manager/migration_use_cases.ts";
import type { ProxyView } from "../../manager/proxy_use_cases.ts";
import { TopologyFollower } from "../../proxy/topology_follower.ts";
import { eventually } from "./eventually.ts";
import { ProgramSeat } from "./program_seat.ts";
import { unusedPort } from "./programs.ts";
import { RespClient } from "./resp_client.ts";
import type { RunningBackend, SlotBackend } from "./slot_backend.ts";
import { ZookeeperEnsemble } from "./zookeeper_server.ts";

/** How a product is to be. */
export interface SeparateOptions {
  /** What keeps the keys. */
  readonly backend: SlotBackend;
  /** How long ZooKeeper waits for a silent process. */
  readonly sessionTimeoutMs: number;
  /**
   * How long a request may be held for a slot in motion. Stock servers' slots stand still while nobody
   * leads, so that there it must be longer than the longest fault.
   * @default {5000}
   */
  readonly redirectTimeoutMs?: number;
  /** Longest time that anything may take to go on by itself after the last fault. */
  readonly patienceMs: number;
}

/** What a manager says of itself. */
interface Status {
  readonly epoch: number;
  readonly leader: { readonly addr: string } | null;
}

const REDIRECT_TIMEOUT_MS = 5000;
const PRODUCT = "default";
const CHROOT = "/codis-chaos";
const GROUPS = 3;
const PROXIES = 2;
const MANAGERS = 2;
/** A manager that was stopped answers nothing: the next one is asked. */
const ANSWER_MS_MAX = 3000;

/** A running product. */
export class SeparateProduct implements AsyncDisposable {
  readonly options: SeparateOptions;
  /** The coordinator's processes. */
  readonly ensemble: ZookeeperEnsemble;
  /** One for each port. */
  readonly proxies: readonly ProgramSeat[];
  readonly managers: readonly ProgramSeat[];
  readonly #servers: RunningBackend[] = [];
  readonly #closing = new AsyncDisposableStack();
  #asked: readonly ProgramSeat[];
  #coordinator!: Coordinator;
  #table: SlotTable = [];

  private constructor(options: SeparateOptions, ensemble: ZookeeperEnsemble) {
    this.options = options;
    this.ensemble = ensemble;
    const url = ensemble.url(`${CHROOT}?session-timeout-ms=${options.sessionTimeoutMs}`);
    const seat = (name: string, args: readonly string[]) => {
      const port = unusedPort();
      const where = ["--coordinator", url, "--listen", `127.0.0.1:${port}`];
      return this.#closing.use(new ProgramSeat(name, port, [...args, ...where]));
    };
    this.managers = Array.from(
      { length: MANAGERS },
      (_, index) => seat(`manager ${index + 1}`, ["manager"]),
    );
    this.#asked = this.managers;
    this.proxies = Array.from({ length: PROXIES }, (_, index) => {
      const id = `p${index + 1}`;
      return seat(`proxy ${id}`, ["proxy", "--id", id, "--admin", "127.0.0.1:0"]);
    });
  }

  /** Starts everything; resolves when both proxies serve every slot, which are all group 1's. */
  static async start(options: SeparateOptions): Promise<SeparateProduct> {
    const product = new SeparateProduct(options, await ZookeeperEnsemble.start());
    try {
      await product.#startParts();
      return product;
    } catch (error) {
      await product[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Ports of the proxies. */
  get ports(): readonly number[] {
    return this.proxies.map(({ port }) => port);
  }

  /** Ports of the groups' servers. */
  get serverPorts(): readonly number[] {
    return this.#servers.map(({ port }) => port);
  }

  /** Name of the product at {@linkcode SeparateProduct.coordinator}. */
  get product(): string {
    return PRODUCT;
  }

  /** A session of the test's own; it only reads. */
  get coordinator(): Coordinator {
    return this.#coordinator;
  }

  /** Whether the servers judge themselves what they may execute, and count what they move. */
  get fences(): boolean {
    return this.options.backend.kind === "codis-server";
  }

  /** Whether keys of the slot may be at two servers now, as far as the test has heard. */
  isMigrating(slot: number): boolean {
    const phase = this.#table[slot]?.phase;
    return phase === "migrating" || phase === "returning";
  }

  /** Keys that a group's server has. */
  keysAt(group: number): Promise<number> {
    return this.options.backend.keysAt(this.serverPorts[group - 1]!);
  }

  /** A connection to the first proxy. */
  connect(): Promise<RespClient> {
    return RespClient.connect({ port: this.ports[0]! });
  }

  /** Limits what the moves away from every server may take. */
  async throttle(bytesPerSecond: number): Promise<void> {
    for (const port of this.serverPorts) {
      await this.options.backend.throttle(port, { bytesPerSecond });
    }
  }

  /** The manager that leads, as one of those that answer says. @throws {Error} while none does. */
  async leader(): Promise<ProgramSeat> {
    const { leader } = await this.ask<Status>("GET", "/status");
    const found = this.managers.find(({ port }) => leader?.addr.endsWith(`:${port}`));
    if (found === undefined) throw new Error("no manager leads");
    return found;
  }

  /**
   * Asks the managers one after the other until one answers, the one that answered last first, and never
   * `without`. A change whose answer was lost may have been made.
   *
   * @throws {Error} if none does what it is asked.
   */
  async ask<T>(
    method: string,
    path: string,
    body?: unknown,
    { without }: { without?: ProgramSeat } = {},
  ): Promise<T> {
    const problems: string[] = [];
    for (const manager of this.#asked.filter((each) => each !== without)) {
      try {
        const answer = await askOne<T>(manager.port, method, path, body);
        this.#asked = this.#asked.toSorted((a, b) => Number(b === manager) - Number(a === manager));
        return answer;
      } catch (error) {
        problems.push(`${manager.name}: ${(error as Error).message}`);
      }
    }
    throw new Error(`${method} ${path}: ${problems.join("; ")}`);
  }

  /** Has every slot moved to a group, whatever happens meanwhile, and returns what became of it. */
  async move(to: number): Promise<MigrationView> {
    const { patienceMs: timeoutMs } = this.options;
    const id = await eventually(() => this.#order(to), { timeoutMs });
    return await eventually(async () => {
      const view = await this.ask<MigrationView>("GET", `/migrations/${id}`);
      assert(view.finishedAt !== null, `not finished: ${JSON.stringify(view)}`);
      return view;
    }, { timeoutMs });
  }

  /** Waits until both managers and both proxies know each other and the newest topology. */
  async untilAgreed(): Promise<void> {
    await eventually(async () => {
      const { epoch } = await this.ask<Status>("GET", "/status");
      for (const { port } of this.managers) {
        const status = await askOne<Status>(port, "GET", "/status");
        assertEquals(status.epoch, epoch);
        assert(status.leader !== null, "no manager leads");
        const proxies = await askOne<ProxyView[]>(port, "GET", "/proxies");
        const seen = proxies.map(({ id, state, appliedEpoch }) => [id, state, appliedEpoch]);
        assertEquals(seen, [["p1", "online", epoch], ["p2", "online", epoch]]);
      }
    }, { timeoutMs: this.options.patienceMs });
  }

  /** Ends everything. */
  async [Symbol.asyncDispose](): Promise<void> {
    try {
      await this.#closing.disposeAsync();
    } finally {
      await this.ensemble[Symbol.asyncDispose]();
    }
  }

  async #startParts(): Promise<void> {
    const starting = Array.from({ length: GROUPS }, () => this.options.backend.start());
    const started = await Promise.allSettled([
      ...starting,
      ...this.managers.map((manager) => manager.start()),
    ]);
    for (const server of await Promise.allSettled(starting)) {
      if (server.status === "fulfilled") this.#servers.push(this.#closing.use(server.value));
    }
    for (const part of started) if (part.status === "rejected") throw part.reason;
    await this.ask("PATCH", "/settings", {
      redirectTimeoutMs: this.options.redirectTimeoutMs ?? REDIRECT_TIMEOUT_MS,
    });
    for (const [index, port] of this.serverPorts.entries()) {
      const group = index + 1;
      await this.ask("POST", "/groups", { id: group, kind: this.options.backend.kind });
      await this.ask("POST", `/groups/${group}/servers`, { addr: `127.0.0.1:${port}` });
    }
    await this.ask("PUT", "/slots", { range: [0, 1023], group: 1 });
    await Promise.all(this.proxies.map((proxy) => proxy.start()));
    await this.#follow();
    await this.untilAgreed();
    await this.#untilServing();
  }

  async #follow(): Promise<void> {
    const source = this.#closing.use(new ZookeeperCoordinator(this.ensemble.url(CHROOT)));
    this.#coordinator = await source.connect();
    const log = new Log("test", { level: "error", json: false });
    const follower = new TopologyFollower(this.#coordinator, PRODUCT, log, (topology) => {
      this.#table = expandSlots(topology);
    });
    this.#closing.defer(() => follower.close());
  }

  /** The servers are closed until the leader has fenced them. */
  async #untilServing(): Promise<void> {
    await eventually(async () => {
      await using client = await this.connect();
      assertEquals(await client.send("DBSIZE"), 0);
      assertEquals(await client.send("DEL", "nothing"), 0);
    }, { timeoutMs: this.options.patienceMs });
  }

  /** The open migration to the group, or a new one: an order whose answer was lost is not repeated. */
  async #order(to: number): Promise<string> {
    const known = await this.ask<MigrationView[]>("GET", "/migrations");
    const open = known.find((view) => view.to === to && view.finishedAt === null);
    if (open !== undefined) return open.id;
    const order = { range: [0, 1023], to };
    return (await this.ask<MigrationView>("POST", "/migrations", order)).id;
  }
}

async function askOne<T>(
  port: number,
  method: string,
  path: string,
  body?: unknown,
): Promise<T> {
  const response = await fetch(`http://127.0.0.1:${port}/api/v1${path}`, {
    method,
    headers: { "content-type": "application/json", "x-codis-actor": "test" },
    ...body !== undefined && { body: JSON.stringify(body) },
    signal: AbortSignal.timeout(ANSWER_MS_MAX),
  });
  const answer = await response.json();
  if (!response.ok) throw new Error(JSON.stringify(answer));
  return answer;
}
