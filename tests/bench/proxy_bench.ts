/**
 * `bench proxy`: our proxy against twemproxy, both in front of the same two stock redis-servers.
 *
 * Only the proxies' CPU is counted. The backends are shared, so both proxies meet the same ones.
 *
 * @module
 */

import type { Bench, BenchOptions, BenchResult } from "./bench.ts";
import { PROXY_BUDGETS } from "./budget.ts";
import { compare } from "./compare.ts";
import { launch } from "./launch.ts";
import { OURS, oursProxy } from "./ours.ts";
import { nutcracker, redisServer, versionOf } from "./peers.ts";
import { ScratchDir } from "./scratch_dir.ts";

/** CPU per request of the proxy. */
export const PROXY_BENCH: Bench = {
  summary: "CPU per request of the proxy; --peer nutcracker",
  run: runProxyBench,
};

async function runProxyBench(options: BenchOptions): Promise<BenchResult> {
  await versionOf("redis-server");
  await using scratch = await ScratchDir.create();
  await using first = await launch(redisServer(scratch.path), options.signal);
  await using second = await launch(redisServer(scratch.path), options.signal);
  const backends = [first.port, second.port];
  return await compare({
    title: "proxy",
    budgets: PROXY_BUDGETS,
    programs: {
      [OURS]: () => oursProxy(scratch.path, backends, options.transport),
      "nutcracker": () => nutcracker(scratch.path, backends),
    },
    needs: ["redis-server", "redis-benchmark"],
  }, options);
}
