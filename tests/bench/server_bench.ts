/**
 * `bench server`: our server against redis-server, both without persistence.
 *
 * @module
 */

import type { Bench, BenchOptions, BenchResult } from "./bench.ts";
import { SERVER_BUDGETS } from "./budget.ts";
import { compare } from "./compare.ts";
import { OURS, oursServer } from "./ours.ts";
import { redisServer } from "./peers.ts";
import { ScratchDir } from "./scratch_dir.ts";

/** CPU per request of the server. */
export const SERVER_BENCH: Bench = {
  summary: "CPU per request of the server; --peer redis-server",
  run: runServerBench,
};

async function runServerBench(options: BenchOptions): Promise<BenchResult> {
  await using scratch = await ScratchDir.create();
  return await compare({
    title: "server",
    budgets: SERVER_BUDGETS,
    programs: {
      [OURS]: () => oursServer(options.transport),
      "redis-server": () => redisServer(scratch.path),
    },
    needs: ["redis-benchmark"],
  }, options);
}
