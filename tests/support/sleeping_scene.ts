/**
 * Two proxies in front of redis-servers, of which one is stopped again and again while slots move: it
 * does not hold them, is shut out, and comes back with requests that it had read long ago.
 *
 * Invariant: a scene returns only if the checker accepted every reply of both.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { BridgedProxy } from "./bridged_proxy.ts";
import { type CheckerReport, requireLinearizable } from "./checker.ts";
import { placementOf } from "./checker_keyspace.ts";
import { Cluster, type GroupId } from "./cluster.ts";
import { History } from "./history.ts";
import { loadWhile } from "./moving_scenes.ts";
import { RespClient } from "./resp_client.ts";
import { SeededRandom } from "./seeded_random.ts";

/** Clients of a stopped proxy give up after this time, and ask the other. */
const REPLY_TIMEOUT_MS = 1000;
const CALM_MS_MAX = 300;
/** A part of the slots: each move has one barrier, which waits for the sleeper. */
const RANGE = [0, 255] as const;

/** Moves slots there and back with a sleeper, and with managers that stop meanwhile. */
export async function sceneOfSleepers(
  options: { seed: number; rounds: number },
): Promise<CheckerReport> {
  const random = new SeededRandom(options.seed);
  await using cluster = await Cluster.start({ backend: "stock" });
  const { proxy, port } = await BridgedProxy.start(cluster.source, cluster.product);
  await using _proxy = proxy;
  const history = new History();
  const load = {
    seed: options.seed,
    history,
    ports: [cluster.port, port],
    replyTimeoutMs: REPLY_TIMEOUT_MS,
  };
  await loadWhile(cluster, load, async () => {
    for (let round = 0; round < options.rounds; round++) {
      for (const to of [2, 1] as const) await moveAsleep(cluster, proxy, { to, random });
    }
  });
  const report = requireLinearizable(history, { operationsMin: 1000, migratingShareMin: 0 });
  await requireShutOut(cluster);
  const [first, second] = cluster.serverPorts as [number, number];
  const { misplaced, duplicated } = await placementOf([
    { port: first, owns: () => true },
    { port: second, owns: () => false },
  ]);
  assertEquals([misplaced, duplicated], [[], []]);
  return report;
}

async function moveAsleep(
  cluster: Cluster,
  proxy: BridgedProxy,
  { to, random }: { to: GroupId; random: SeededRandom },
): Promise<void> {
  await pause(random.below(CALM_MS_MAX));
  proxy.signal("SIGSTOP");
  const id = await cluster.order(to, RANGE);
  await pause(random.below(2 * CALM_MS_MAX));
  await cluster.stopManager();
  await cluster.startManager();
  const view = await cluster.finished(id);
  assertEquals([view.state, view.problems], ["done", []]);
  proxy.signal("SIGCONT");
}

/** The sleeper was shut out, and came back, where it was asked to, under another name. */
async function requireShutOut(cluster: Cluster): Promise<void> {
  const shut = cluster.log.filter((line) => line.includes("codis-bridged-"));
  assert(shut.length > 0, cluster.log.join("\n"));
  for (const port of cluster.serverPorts) {
    await using client = await RespClient.connect({ port });
    const users = await client.send("ACL", "USERS") as string[];
    const own = users.filter((user) => user.startsWith("codis-bridged-"));
    assert(own.length < 2 && own.every((user) => !user.endsWith("-1")), users.join());
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
