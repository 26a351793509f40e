/**
 * Slots that move under load: the scenes of the migration and recovery tests, for any seed.
 *
 * Invariant: a scene returns only if the checker accepted every reply, and everything is where it
 * belongs afterwards; it throws otherwise.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import type { LocalSession } from "../../core/coordinator/local_session.ts";
import type { ReactorKind } from "../../core/transport/reactor.ts";
import { type CheckerReport, requireLinearizable } from "./checker.ts";
import {
  type BallastLoad,
  type BallastOptions,
  faultsOfBallast,
  loadBallast,
} from "./checker_ballast.ts";
import { placementOf } from "./checker_keyspace.ts";
import { type Backend, Cluster, type GroupId } from "./cluster.ts";
import { eventually } from "./eventually.ts";
import { History } from "./history.ts";
import { keysOf } from "./history_objects.ts";
import { RespClient } from "./resp_client.ts";
import { SeededRandom } from "./seeded_random.ts";
import { faultsOfHistory } from "./topology_audit.ts";
import { runWorkload, type WorkloadOptions } from "./workload.ts";

/** How much a scene is to do. */
export interface SceneOptions {
  /** Repeats the choice of commands and of disturbances (not the timing). */
  seed: number;
  /** Keys that nobody changes. */
  ballast: number;
  /** Operations that the clients must have had answered. */
  operationsMin: number;
  /** A smaller part of the operations on slots then migrating fails the scene. @default {0.2} */
  migratingShareMin?: number;
  /** How all parts use sockets. @default {"native"} */
  transport?: ReactorKind;
  /** What the servers are. @default {"codis-server"} */
  backend?: Backend;
}

/** A product whose first group has all slots before and after a scene. */
export interface ProductUnderLoad {
  /** For clients: one of each proxy. */
  readonly ports: readonly number[];
  /** Of the groups' servers. */
  readonly serverPorts: readonly number[];
  /** Whether keys of the slot may be at two servers now. */
  isMigrating(slot: number): boolean;
  /** Keys that a server has, those hidden from clients included. */
  keysAt(group: number): Promise<number>;
  /** A connection to a proxy. */
  connect(): Promise<RespClient>;
}

const LOG_IN_TIMEOUT_MS = 30_000;
const TTL_TOLERANCE_MS = 50;
/** Enough clients that send many commands at a time to keep the proxies busy. */
const LOAD = { clients: 16, pipelinedClients: 16, operations: Infinity };
/** Longest time between two disturbances. */
const CALM_MS_MAX = 250;
/** After so many, a migration is left alone: each costs it some of its way. */
const DISTURBANCES_MAX = 12;
/** Bytes per second and key of the ballast: a migration takes some seconds, so that much can go wrong. */
const STOPS_RATE = 35;
const DISTURBANCES = [
  "restart",
  "restart",
  "expire",
  "suspend",
  "lose-answer",
  "cut",
  "stale",
] as const;

/** All slots move from group 1 to group 2 and back, again and again, until there were enough operations. */
export async function sceneOfMoves(options: SceneOptions): Promise<CheckerReport> {
  const { transport = "native", backend = "codis-server" } = options;
  await using cluster = await Cluster.start({ transport, backend });
  return await checkedScene(cluster, options, async (history) => {
    do {
      for (const to of [2, 1] as const) await moveAll(cluster, to);
    } while (history.returnedCount < options.operationsMin);
  });
}

/**
 * The same with a manager that is stopped and started again or cut off from its coordinator, and with
 * a proxy whose routes are old and connections that are cut, at random moments; and with migrations that are cancelled on their way.
 */
export async function sceneOfStops(options: SceneOptions): Promise<CheckerReport> {
  const random = new SeededRandom(options.seed);
  await using cluster = await Cluster.start({ backend: options.backend ?? "codis-server" });
  await cluster.throttle({ bytesPerSecond: options.ballast * STOPS_RATE, keysPerMessage: 16 });
  return await checkedScene(cluster, options, async (history) => {
    do {
      await moveDisturbed(cluster, 2, random);
      if (random.chance(0.7)) await cancelDisturbed(cluster, random);
      await moveDisturbed(cluster, 1, random);
    } while (history.returnedCount < options.operationsMin);
    const coordinator = await cluster.source.connect();
    assertEquals(await faultsOfHistory(coordinator, cluster.product), []);
  });
}

/** Runs the load until `action` has ended, and reads everything back. */
export async function loadWhile(
  product: Pick<ProductUnderLoad, "ports" | "isMigrating">,
  options: Pick<WorkloadOptions, "seed" | "history"> & Partial<WorkloadOptions>,
  action: () => Promise<void>,
): Promise<void> {
  const stop = new AbortController();
  const isMigrating = (slot: number) => product.isMigrating(slot);
  const { signal } = stop;
  const load = runWorkload({ ports: product.ports, isMigrating, ...LOAD, ...options, signal });
  try {
    // A load that cannot go on ends the scene; one that was told to stop has ended after the action.
    await Promise.race([action(), load]);
  } finally {
    stop.abort();
    await load;
  }
}

/**
 * Runs `action` under load, has the checker judge what clients saw, and looks where every key is.
 * What is asked of the load beside the seed is in `load`.
 *
 * @throws {HistoryRefusedError} If no order of the commands explains the replies.
 */
export async function checkedScene(
  product: ProductUnderLoad,
  options: SceneOptions & { readonly load?: Partial<WorkloadOptions> },
  action: (history: History) => Promise<void>,
): Promise<CheckerReport> {
  const { seed, ballast: count, operationsMin, migratingShareMin = 0.2 } = options;
  const ballast = { count };
  const load = await loadAtRest(product, ballast);
  const history = new History();
  await loadWhile(product, { ...options.load, seed, history }, () => action(history));
  const report = requireLinearizable(history, { operationsMin, migratingShareMin });
  await using client = await product.connect();
  // A proxy that was shut out of stock servers may not have logged in again everywhere yet.
  await eventually(async () => assertEquals(typeof await client.send("DBSIZE"), "number"), {
    timeoutMs: LOG_IN_TIMEOUT_MS,
  });
  await deleteKeys(client, history);
  assertEquals(await client.send("DBSIZE"), count);
  const { serverPorts } = product;
  const keys = await Promise.all(serverPorts.map((_, index) => product.keysAt(index + 1)));
  assertEquals(keys, [count, ...Array(serverPorts.length - 1).fill(0)]);
  const placement = await placementOf(
    serverPorts.map((port, index) => ({ port, owns: () => index === 0 })),
  );
  assertEquals(placement, { keys: count, dbsize: count, misplaced: [], duplicated: [] });
  const faults = await faultsOfBallast(client, ballast, { load, ttlToleranceMs: TTL_TOLERANCE_MS });
  assertEquals(faults.slice(0, 5), [], `${faults.length} keys are wrong`);
  return report;
}

async function loadAtRest(
  product: ProductUnderLoad,
  ballast: BallastOptions,
): Promise<BallastLoad> {
  await using client = await product.connect();
  return await loadBallast(client, ballast);
}

async function moveAll(cluster: Cluster, to: GroupId): Promise<void> {
  const view = await cluster.finished(await cluster.order(to));
  assertEquals([view.state, view.problems], ["done", []]);
}

/** Moves what is not at `to` yet, whatever happens to the managers. */
async function moveDisturbed(
  cluster: Cluster,
  to: GroupId,
  random: SeededRandom,
): Promise<void> {
  const id = await cluster.order(to);
  await disturbUntilFinished(cluster, id, random);
  const view = await cluster.migration(id);
  assertEquals([view.state, view.problems], ["done", []]);
}

async function cancelDisturbed(cluster: Cluster, random: SeededRandom): Promise<void> {
  const id = await cluster.order(1);
  await pause(random.below(2 * CALM_MS_MAX));
  const { state } = await cluster.migration(id);
  if (state === "queued" || state === "running") await cluster.cancel(id);
  await disturbUntilFinished(cluster, id, random);
  const view = await cluster.migration(id);
  assert(view.state === "cancelled" || view.state === "done", JSON.stringify(view));
}

/** Disturbs the manager's work until the migration has finished by itself, and leaves a fresh manager. */
async function disturbUntilFinished(
  cluster: Cluster,
  id: string,
  random: SeededRandom,
): Promise<void> {
  for (let i = 0; i < DISTURBANCES_MAX; i++) {
    await pause(random.below(CALM_MS_MAX));
    if ((await cluster.migration(id)).finishedAt !== null) break;
    await disturb(cluster, random);
  }
  await restartManager(cluster);
  await cluster.finished(id);
}

async function disturb(cluster: Cluster, random: SeededRandom): Promise<void> {
  const session = cluster.managerSession;
  switch (random.pick(DISTURBANCES)) {
    case "restart":
      return await restartManager(cluster);
    case "expire":
      return session.expire();
    case "lose-answer":
      return session.loseNextAnswer();
    case "suspend":
      return await suspend(session, random);
    case "stale":
      return await suspend(cluster.proxySession, random);
    case "cut":
      return await cutConnections(random.pick(cluster.serverPorts));
  }
}

async function suspend(session: LocalSession, random: SeededRandom): Promise<void> {
  session.suspend();
  await pause(random.below(CALM_MS_MAX));
  session.resume();
}

/** Ends every connection of a server: those of the proxies, of the manager, and of the other server. */
async function cutConnections(port: number): Promise<void> {
  await using client = await RespClient.connect({ port });
  await client.send("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes");
}

async function restartManager(cluster: Cluster): Promise<void> {
  await cluster.stopManager();
  await cluster.startManager();
}

/** Removes what the load left, whatever it is. */
async function deleteKeys(client: RespClient, history: History): Promise<void> {
  const keys = new Set<string>();
  for (const { command } of history.operations()) {
    for (const key of keysOf(command)) keys.add(key);
  }
  await client.pipeline([...keys].map((key) => ["DEL", key]));
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
