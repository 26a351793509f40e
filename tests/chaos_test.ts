/**
 * The whole product in processes of their own that agree through ZooKeeper, while slots move round three
 * groups: undisturbed, then with everything killed and stopped once that is not a server.
 *
 * @module
 */

import { type ChaosOptions, faultsOf, sceneOfChaos, sceneOfRounds } from "./support/chaos_scene.ts";
import { SeparateProduct } from "./support/separate_product.ts";
import { CODIS_SERVER, REDIS_SERVER } from "./support/slot_backend.ts";

const SEED = Number(Deno.env.get("CODIS_TEST_SEED") ?? 1);
const FAULTS = faultsOf({ ensemble: [5], stop: 4, down: 1 });
/** What matters where nothing fences: who decides, and who may still send. */
const FAULTS_OF_STOCK = FAULTS.filter(({ kind }) =>
  kind !== "ZooKeeper member killed" && kind !== "manager stopped"
);

Deno.test("two managers and two proxies, agreed through ZooKeeper", async (t) => {
  await using product = await SeparateProduct.start({
    backend: CODIS_SERVER,
    sessionTimeoutMs: 3000,
    patienceMs: 60_000,
  });
  await playScenes(t, product, { faults: FAULTS });
});

Deno.test("the same in front of redis-servers", async (t) => {
  await using product = await SeparateProduct.start({
    backend: REDIS_SERVER,
    redirectTimeoutMs: 60_000,
    sessionTimeoutMs: 3000,
    patienceMs: 60_000,
  });
  // Nothing can be told to go slowly there: moves are short.
  await playScenes(t, product, { migratingShareMin: 0.1, faults: FAULTS_OF_STOCK });
});

async function playScenes(
  t: Deno.TestContext,
  product: SeparateProduct,
  { faults, ...options }: Pick<ChaosOptions, "faults" | "migratingShareMin">,
): Promise<void> {
  const scene = { seed: SEED, ballast: 10_000, ...options };
  const isWell = await t.step(
    "no client can tell that all slots moved round three groups",
    async () => {
      await sceneOfRounds(product, { ...scene, operationsMin: 5000 });
    },
  );
  // What a scene that failed left would be judged by the next one.
  if (!isWell) return;

  await t.step("nor that everything but the servers was killed and stopped", async () => {
    await sceneOfChaos(product, {
      ...scene,
      operationsMin: 10_000,
      faults,
      calmMsMax: 1000,
      moveSeconds: 6,
    });
  });
}
