/**
 * redis-servers that stop answering for a while in the midst of a move, in turn: what was sent to them
 * is executed when they go on, unless somebody threw it away.
 *
 * Invariant: a scene returns only if the checker accepted every reply, and every key has one place.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { type CheckerReport, requireLinearizable } from "./checker.ts";
import { placementOf } from "./checker_keyspace.ts";
import { Cluster } from "./cluster.ts";
import { History } from "./history.ts";
import { loadWhile } from "./moving_scenes.ts";
import { RespClient } from "./resp_client.ts";
import { SeededRandom } from "./seeded_random.ts";

/** Longer than a `MIGRATE` waits, and than a proxy waits before it tries again. */
const SILENCE_MS = { min: 200, max: 1800 };
const CALM_MS_MAX = 300;
/** How long a `MIGRATE` may be under way. */
const MIGRATE_MS = 1000;

/** Moves all slots there and back while the servers fall silent in turn. */
export async function sceneOfSilence(
  options: { seed: number; silences: number },
): Promise<CheckerReport> {
  const random = new SeededRandom(options.seed);
  await using cluster = await Cluster.start({ backend: "stock" });
  const pids = await Promise.all(cluster.serverPorts.map(pidOf));
  const history = new History();
  await loadWhile(cluster, { seed: options.seed, history }, async () => {
    for (const to of [2, 1] as const) {
      const id = await cluster.order(to);
      for (let i = 0; i < options.silences; i++) {
        await pause(random.below(CALM_MS_MAX));
        const pid = random.pick(pids);
        Deno.kill(pid, "SIGSTOP");
        try {
          await pause(random.between(SILENCE_MS.min, SILENCE_MS.max));
        } finally {
          Deno.kill(pid, "SIGCONT");
        }
      }
      // A barrier that could not be had fails the migration: the operator tries again.
      const view = await cluster.finished(id);
      if (view.state !== "failed") continue;
      assertEquals((await cluster.finished(await cluster.order(to))).state, "done");
    }
  });
  const report = requireLinearizable(history, {
    operationsMin: 1000,
    migratingShareMin: 0,
    // MIGRATE names the time that a key has left: it begins when the target reads that.
    ttlToleranceMs: SILENCE_MS.max + MIGRATE_MS,
  });
  const [first, second] = cluster.serverPorts as [number, number];
  const { misplaced, duplicated } = await placementOf([
    { port: first, owns: () => true },
    { port: second, owns: () => false },
  ]);
  assertEquals([misplaced, duplicated], [[], []]);
  return report;
}

/** The process of a server that this test started. */
async function pidOf(port: number): Promise<number> {
  await using client = await RespClient.connect({ port });
  return Number(/process_id:(\d+)/.exec(String(await client.send("INFO", "server")))![1]);
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
