/**
 * The migration scenes with many seeds: `deno task test:long [--seeds N] [--minutes M] [--first SEED]`.
 * With `--model [--worlds N]` the protocol's model instead: its scenarios each to N states, then walks
 * from new seeds until the time is over.
 *
 * Ends with one line: seeds, operations, violations. A seed that fails is named, with what failed, and
 * the others still run.
 *
 * @module
 */

import { parseArgs } from "@std/cli/parse-args";
import { HistoryRefusedError } from "./support/checker.ts";
import { sceneOfKills } from "./support/killing_scene.ts";
import { runModel } from "./support/model/long_run.ts";
import { sceneOfMoves, sceneOfStops } from "./support/moving_scenes.ts";
import { sceneOfSilence } from "./support/silent_scene.ts";
import { sceneOfSleepers } from "./support/sleeping_scene.ts";

/** What was done so far. */
interface Totals {
  seeds: number;
  operations: number;
  violations: number;
  failures: number;
}

const AMOUNTS = { ballast: 50_000, operationsMin: 100_000 };
const KILLS = 3;

/** The scenes by name; each resolves to the operations that the checker accepted. */
const SCENES: Readonly<Record<string, (seed: number) => Promise<number>>> = {
  moves: async (seed) => (await sceneOfMoves({ seed, ...AMOUNTS })).operations,
  stops: async (seed) => (await sceneOfStops({ seed, ...AMOUNTS })).operations,
  stockMoves: async (seed) =>
    (await sceneOfMoves({ seed, ...AMOUNTS, backend: "stock" })).operations,
  stockStops: async (seed) =>
    (await sceneOfStops({ seed, ...AMOUNTS, backend: "stock" })).operations,
  stockSleepers: async (seed) => (await sceneOfSleepers({ seed, rounds: 2 })).operations,
  stockSilence: async (seed) => (await sceneOfSilence({ seed, silences: 5 })).operations,
  kills: async (seed) => {
    await sceneOfKills({ seed, kills: KILLS });
    return 0;
  },
};

function print(text: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${text}\n`));
}

async function runSeed(seed: number, totals: Totals): Promise<void> {
  for (const [name, scene] of Object.entries(SCENES)) {
    try {
      totals.operations += await scene(seed);
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

const { seeds, minutes, first, model, worlds } = parseArgs(Deno.args, {
  string: ["seeds", "minutes", "first", "worlds"],
  boolean: ["model"],
  default: {
    seeds: "Infinity",
    minutes: "10",
    first: `${Math.floor(Math.random() * 2 ** 31)}`,
    worlds: "300000",
  },
});
const endMs = performance.now() + Number(minutes) * 60_000;
const totals: Totals = { seeds: 0, operations: 0, violations: 0, failures: 0 };
print(`from seed ${first}`);
if (model) {
  const worldsMax = Number(worlds);
  const broken = await runModel({ worldsMax, endMs, firstSeed: Number(first), print });
  print(`${broken} violations`);
  Deno.exit(broken === 0 ? 0 : 1);
}
while (totals.seeds < Number(seeds) && performance.now() < endMs) {
  await runSeed(Number(first) + totals.seeds, totals);
}
print(
  `${totals.seeds} seeds, ${totals.operations} operations, ${totals.violations} violations, ` +
    `${totals.failures} failures`,
);
Deno.exit(totals.failures === 0 && totals.seeds > 0 ? 0 : 1);
