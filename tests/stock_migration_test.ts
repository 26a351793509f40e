/**
 * Slots move between real redis-servers while clients work, and no client can tell.
 *
 * @module
 */

import { sceneOfSilence } from "./support/silent_scene.ts";
import { sceneOfSleepers } from "./support/sleeping_scene.ts";
import { sceneOfMoves, sceneOfStops } from "./support/moving_scenes.ts";

const SEED = Number(Deno.env.get("CODIS_TEST_SEED") ?? 1);
const backend = "stock";

Deno.test("no client can tell that all slots moved between redis-servers and back", async () => {
  await sceneOfMoves({ seed: SEED, ballast: 20_000, operationsMin: 20_000, backend });
});

Deno.test("no client can tell that managers stop and connections are cut meanwhile", async () => {
  await sceneOfStops({ seed: SEED, ballast: 10_000, operationsMin: 10_000, backend });
});

Deno.test("no client can tell that a proxy sleeps while slots move, and wakes up shut out", async () => {
  await sceneOfSleepers({ seed: SEED, rounds: 1 });
});

Deno.test("no client can tell that redis-servers fall silent while slots move", async () => {
  await sceneOfSilence({ seed: SEED, silences: 3 });
});
