/**
 * The migration scenes with many seeds: `deno task test:long [--seeds N] [--minutes M] [--first SEED]`.
 * With `--model [--worlds N]` the protocol's model instead: its scenarios each to N states, then walks
 * from new seeds until the time is over.
 *
 * `--scene NAME` runs one of them only. Ends with one line: seeds, operations, faults (processes that were
 * killed or stopped), violations. A seed that fails is named, with what failed, and the others still run.
 *
 * @module
 */

import { parseArgs } from "@std/cli/parse-args";
import { faultsOf, sceneOfChaos } from "./support/chaos_scene.ts";
import { HistoryRefusedError } from "./support/checker.ts";
import { sceneOfKills } from "./support/killing_scene.ts";
import { runModel } from "./support/model/long_run.ts";
import { sceneOfMoves, sceneOfStops } from "./support/moving_scenes.ts";
import { type SeparateOptions, SeparateProduct } from "./support/separate_product.ts";
import { sceneOfSilence } from "./support/silent_scene.ts";
import { sceneOfSleepers } from "./support/sleeping_scene.ts";
import { CODIS_SERVER, REDIS_SERVER } from "./support/slot_backend.ts";

/** What was done so far. */
interface Totals {
  seeds: number;
  operations: number;
  faults: number;
  violations: number;
  failures: number;
}

const AMOUNTS = { ballast: 50_000, operationsMin: 100_000 };
const KILLS = 3;

/** Faults of the separate processes: their whole length, in seconds. */
const CHAOS = { ensemble: [20, 60], stop: 30, down: 5 };
const PRODUCT = { sessionTimeoutMs: 10_000, patienceMs: 180_000 };
/** In front of stock servers requests wait for a leader: as long as the longest fault, and its end. */
const HELD_MS_MAX = 180_000;

/** What a scene did: operations that the checker accepted, processes killed or stopped. */
type Done = Pick<Totals, "operations" | "faults">;

/** The scenes by name. */
const SCENES: Readonly<Record<string, (seed: number) => Promise<Done>>> = {
  moves: async (seed) => ({ faults: 0, ...await sceneOfMoves({ seed, ...AMOUNTS }) }),
  stops: async (seed) => ({ faults: 0, ...await sceneOfStops({ seed, ...AMOUNTS }) }),
  stockMoves: async (seed) => ({
    faults: 0,
    ...await sceneOfMoves({ seed, ...AMOUNTS, backend: "stock" }),
  }),
  stockStops: async (seed) => ({
    faults: 0,
    ...await sceneOfStops({ seed, ...AMOUNTS, backend: "stock" }),
  }),
  stockSleepers: async (seed) => ({ faults: 0, ...await sceneOfSleepers({ seed, rounds: 2 }) }),
  stockSilence: async (seed) => ({ faults: 0, ...await sceneOfSilence({ seed, silences: 5 }) }),
  kills: async (seed) => {
    await sceneOfKills({ seed, kills: KILLS });
    return { operations: 0, faults: KILLS };
  },
  chaos: (seed) => playChaos(seed, { ...PRODUCT, backend: CODIS_SERVER }),
  stockChaos: (seed) =>
    playChaos(seed, { ...PRODUCT, backend: REDIS_SERVER, redirectTimeoutMs: HELD_MS_MAX }),
};

async function playChaos(seed: number, options: SeparateOptions): Promise<Done> {
  await using product = await SeparateProduct.start(options);
  return await sceneOfChaos(product, {
    seed,
    ...AMOUNTS,
    faults: faultsOf(CHAOS),
    calmMsMax: 5000,
    moveSeconds: 15,
    restMs: 20,
  });
}

function print(text: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${text}\n`));
}

async function runSeed(seed: number, names: readonly string[], totals: Totals): Promise<void> {
  for (const name of names) {
    try {
      const { operations, faults } = await SCENES[name]!(seed);
      totals.operations += operations;
      totals.faults += faults;
    } catch (error) {
      totals.failures++;
      if (error instanceof HistoryRefusedError) {
        totals.operations += error.report.operations;
        totals.violations += error.report.violations.length;
      }
      print(`seed ${seed}, ${name}: ${error instanceof Error ? error.stack : error}`);
    }
  }
  totals.seeds++;
}

const { seeds, minutes, first, scene, model, worlds } = parseArgs(Deno.args, {
  string: ["seeds", "minutes", "first", "scene", "worlds"],
  boolean: ["model"],
  default: {
    seeds: "Infinity",
    minutes: "10",
    first: `${Math.floor(Math.random() * 2 ** 31)}`,
    worlds: "300000",
  },
});
const endMs = performance.now() + Number(minutes) * 60_000;
const totals: Totals = { seeds: 0, operations: 0, faults: 0, violations: 0, failures: 0 };
print(`from seed ${first}`);
if (model) {
  const worldsMax = Number(worlds);
  const broken = await runModel({ worldsMax, endMs, firstSeed: Number(first), print });
  print(`${broken} violations`);
  Deno.exit(broken === 0 ? 0 : 1);
}
const names = scene === undefined ? Object.keys(SCENES) : [scene];
if (scene !== undefined && !(scene in SCENES)) {
  print(`--scene ${scene}: want one of ${Object.keys(SCENES).join(", ")}`);
  Deno.exit(2);
}
while (totals.seeds < Number(seeds) && performance.now() < endMs) {
  await runSeed(Number(first) + totals.seeds, names, totals);
}
print(
  `${totals.seeds} seeds, ${totals.operations} operations, ${totals.faults} faults, ` +
    `${totals.violations} violations, ${totals.failures} failures`,
);
Deno.exit(totals.failures === 0 && totals.seeds > 0 ? 0 : 1);
