/**
 * Every slot moves while clients work, and no client can tell; and the check that says so finds the
 * faults that it is there to find.
 *
 * @module
 */

import { assert, assertEquals, assertThrows } from "@std/assert";
import { HistoryRefusedError, requireLinearizable } from "./support/checker.ts";
import { faultsOfBallast, loadBallast } from "./support/checker_ballast.ts";
import { Cluster, type ClusterOptions } from "./support/cluster.ts";
import { eventually } from "./support/eventually.ts";
import { History } from "./support/history.ts";
import { loadWhile, sceneOfMoves } from "./support/moving_scenes.ts";

const SEED = Number(Deno.env.get("CODIS_TEST_SEED") ?? 1);
/** Operations before the slots begin to move, and at least from then on. */
const OPERATIONS_BEFORE = 3000;
const OPERATIONS_AFTER = 10_000;

Deno.test("no client can tell that all slots moved there and back", async () => {
  await sceneOfMoves({ seed: SEED, ballast: 200_000, operationsMin: 100_000 });
});

Deno.test("nor with the portable transport", async () => {
  const scene = { seed: SEED, ballast: 20_000, operationsMin: 20_000 };
  await sceneOfMoves({ ...scene, transport: "portable" });
});

/** A deliberate fault in the product. */
interface Fault {
  readonly name: string;
  readonly options: ClusterOptions;
  /** Whether keys that no client touches suffer, too. */
  readonly losesKeys: boolean;
}

const FAULTS: readonly Fault[] = [
  {
    name: "a server that skips a fence",
    options: { serverModule: moduleOf("server_ignoring_a_fence") },
    losesKeys: false,
  },
  {
    name: "a server that deletes before the acknowledgement",
    options: { serverModule: moduleOf("server_deleting_early") },
    losesKeys: true,
  },
  {
    name: "a proxy that ignores a refusal",
    options: { proxyModule: moduleOf("proxy_ignoring_a_refusal") },
    losesKeys: false,
  },
];

for (const { name, options, losesKeys } of FAULTS) {
  Deno.test(`the checker finds ${name}`, async () => {
    await using cluster = await Cluster.start(options);
    await using client = await cluster.connect();
    const ballast = { count: 4000 };
    const load = await loadBallast(client, ballast);
    const history = new History();
    await loadWhile(cluster, { seed: SEED, history }, () => moveAmidLoad(cluster, history));

    const anyAmount = { operationsMin: 0, migratingShareMin: 0 };
    const error = assertThrows(() => requireLinearizable(history, anyAmount), HistoryRefusedError);
    assert(error.report.violations.length >= 5, error.message);
    const faults = await faultsOfBallast(client, ballast, { load, ttlToleranceMs: 50 });
    assertEquals(faults.length > 0, losesKeys, faults[0]);
  });
}

/** Moves every slot in the midst of the load. */
async function moveAmidLoad(cluster: Cluster, history: History): Promise<void> {
  const reached = (operations: number) =>
    eventually(() => assert(history.returnedCount >= operations), { timeoutMs: 30_000 });
  await reached(OPERATIONS_BEFORE);
  const id = await cluster.order(2);
  await reached(history.returnedCount + OPERATIONS_AFTER);
  await cluster.finished(id);
}

function moduleOf(fault: string): URL {
  return new URL(`./support/faults/${fault}.ts`, import.meta.url);
}
