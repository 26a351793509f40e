/**
 * `start` on one data directory and fixed ports, killed and started again.
 *
 * Invariant: between two runs the directory is looked at by nobody but this file, and left as it was.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { EmbeddedCoordinator } from "../../core/coordinator/embedded_coordinator.ts";
import { loadTopology } from "../../core/topology/save_topology.ts";
import { expandSlots } from "../../core/topology/slot_table.ts";
import type { Topology } from "../../core/topology/topology.ts";
import type { MigrationView } from "../../manager/migration_use_cases.ts";
import { eventually } from "./eventually.ts";
import { type StartedProgram, startProgram, unusedPort } from "./programs.ts";
import { type Reply, RespClient } from "./resp_client.ts";
import { faultsOfHistory } from "./topology_audit.ts";
import { slotOfKey } from "./workload_slots.ts";

const PRODUCT = "default";
const SETTLE_TIMEOUT_MS = 30_000;

/** Flags of a `start` that can be repeated. */
export interface StartPlace {
  /** Where the topology is kept. */
  readonly directory: string;
  readonly proxyPort: number;
  readonly managerPort: number;
  /** Of the servers of group 1 and group 2. */
  readonly serverPorts: readonly [number, number];
}

/** A directory of its own and ports that nobody uses. */
export async function makePlace(): Promise<StartPlace> {
  return {
    directory: await Deno.makeTempDir({ prefix: "codis_start_" }),
    proxyPort: unusedPort(),
    managerPort: unusedPort(),
    serverPorts: [unusedPort(), unusedPort()],
  };
}

/** The command line of a place. */
export function startArgs(place: StartPlace): string[] {
  const { directory, proxyPort, managerPort, serverPorts } = place;
  return [
    "start",
    ...["--data", directory],
    ...["--proxy-port", `${proxyPort}`],
    ...["--manager-port", `${managerPort}`],
    ...["--server-ports", serverPorts.join(",")],
  ];
}

/** Everything of one place, run after run. */
export class KilledStart implements AsyncDisposable {
  readonly place: StartPlace;
  #program: StartedProgram;

  private constructor(place: StartPlace, program: StartedProgram) {
    this.place = place;
    this.#program = program;
  }

  /** Starts the first run. */
  static async start(place: StartPlace): Promise<KilledStart> {
    return new KilledStart(place, await startProgram(startArgs(place)));
  }

  /** What the present run wrote to standard error. */
  get stderr(): string {
    return this.#program.stderr;
  }

  /** A connection to the proxy. */
  connect(): Promise<RespClient> {
    return RespClient.connect({ port: this.place.proxyPort });
  }

  /** Kills the process, looks at what it left, and starts the next. Returns the topology it left. */
  async killAndStart(): Promise<Topology> {
    this.#program.signal("SIGKILL");
    await this.#program.ended;
    const left = await this.#audit();
    this.#program = await startProgram(startArgs(this.place));
    return left;
  }

  /** Asks the manager. */
  async ask(path: string, body?: unknown): Promise<unknown> {
    const response = await fetch(`http://127.0.0.1:${this.place.managerPort}/api/v1${path}`, {
      method: body === undefined ? "GET" : "POST",
      ...body !== undefined && {
        headers: { "content-type": "application/json" },
        body: JSON.stringify(body),
      },
    });
    const answer = await response.json();
    assert(response.ok, `${path}: ${JSON.stringify(answer)}`);
    return answer;
  }

  /** Limits what the moves may take. */
  async throttle(bytesPerSecond: number): Promise<void> {
    for (const port of this.place.serverPorts) {
      await using client = await RespClient.connect({ port });
      assertEquals(await client.send("SLOTSTHROTTLE", bytesPerSecond, 16), "OK");
    }
  }

  /** Waits until every migration has ended, and each slot is served by its owner alone. */
  async untilSettled(): Promise<void> {
    await eventually(async () => {
      for (const view of await this.ask("/migrations") as MigrationView[]) {
        assert(view.state === "done" || view.state === "cancelled", JSON.stringify(view));
      }
      const owners = expandSlots(await this.ask("/topology") as Topology).map((entry) => {
        assert(entry.phase === "stable" && entry.closing === undefined);
        return entry.owner;
      });
      for (const [index, port] of this.place.serverPorts.entries()) {
        const wanted = owners.map((owner) => owner === index + 1 ? "own" : "closed");
        assertEquals(await statesAt(port), wanted);
      }
    }, { timeoutMs: SETTLE_TIMEOUT_MS });
  }

  /** Writes and reads a key of each slot. */
  async requireServed(token: string): Promise<void> {
    await using client = await this.connect();
    const names = oneNamePerSlot();
    const writes = await client.pipeline(names.map((name) => ["SET", name, token]));
    assertEquals(new Set(writes), new Set(["OK"]));
    const reads = await client.pipeline(names.map((name) => ["GET", name]));
    assertEquals(new Set(reads), new Set([token]));
  }

  /** Ends the present run as SIGTERM does. */
  async stop(): Promise<void> {
    await this.#program[Symbol.asyncDispose]();
  }

  /** Ends the present run, and removes its directory. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    await Deno.remove(this.place.directory, { recursive: true });
  }

  async #audit(): Promise<Topology> {
    await using source = await EmbeddedCoordinator.open(this.place.directory);
    await using coordinator = await source.connect();
    assertEquals(await faultsOfHistory(coordinator, PRODUCT), []);
    return (await loadTopology(coordinator, PRODUCT))!.topology;
  }
}

async function statesAt(port: number): Promise<string[]> {
  await using client = await RespClient.connect({ port });
  const rows = (await client.send("SLOTSRECEIPT", 0, "0-1023") as Reply[]).slice(2);
  return rows.map((row) => String(row).split(" ")[2]!);
}

function oneNamePerSlot(): string[] {
  const names = new Map<number, string>();
  for (let i = 0; names.size < 1024; i++) names.set(slotOfKey(`probe:${i}`), `probe:${i}`);
  return [...names.values()];
}
