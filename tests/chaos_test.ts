/**
 * The whole product in processes of their own that agree through ZooKeeper, while slots move round three
 * groups: undisturbed, then with everything killed and stopped once that is not a server.
 *
 * @module
 */

import { faultsOf, sceneOfChaos, sceneOfRounds } from "./support/chaos_scene.ts";
import { SeparateProduct } from "./support/separate_product.ts";
import { CODIS_SERVER } from "./support/slot_backend.ts";

const SEED = Number(Deno.env.get("CODIS_TEST_SEED") ?? 1);

Deno.test("two managers and two proxies, agreed through ZooKeeper", async (t) => {
  await using product = await SeparateProduct.start({
    backend: CODIS_SERVER,
    sessionTimeoutMs: 3000,
    patienceMs: 60_000,
  });

  await t.step("no client can tell that all slots moved round three groups", async () => {
    await sceneOfRounds(product, { seed: SEED, ballast: 10_000, operationsMin: 5000 });
  });

  await t.step("nor that everything but the servers was killed and stopped", async () => {
    await sceneOfChaos(product, {
      seed: SEED,
      ballast: 10_000,
      operationsMin: 10_000,
      faults: faultsOf({ ensemble: [5], stop: 5, down: 1 }),
      calmMsMax: 1500,
      moveSeconds: 6,
    });
  });
});
