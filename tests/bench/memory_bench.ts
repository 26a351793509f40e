/**
 * `bench memory`: what a million keys take in our server and in redis-server, and what our proxy holds
 * with a thousand clients after work.
 *
 * The method: resident memory of the whole process, runtime and code included, when all is loaded and
 * both had the time to give back what loading alone needed (ten seconds, for us and for jemalloc).
 *
 * @module
 */

import { delay } from "../../core/delay.ts";
import { RespClient } from "../support/resp_client.ts";
import type { Bench, BenchOptions, BenchResult } from "./bench.ts";
import { launch, type Program } from "./launch.ts";
import {
  formatRows,
  isMissed,
  PROXY_MEMORY_LIMIT,
  type Row,
  SERVER_MEMORY_LIMIT,
} from "./limits.ts";
import { machineLine } from "./machine.ts";
import { oursProxy, oursServer } from "./ours.ts";
import { redisServer, versionOf } from "./peers.ts";
import { COMMANDS, runLoad } from "./redis_benchmark.ts";
import { residentBytes } from "./resident.ts";
import { ScratchDir } from "./scratch_dir.ts";
import { storeKeys } from "./store_keys.ts";
import { spreadOf } from "./summary.ts";

const KEY_COUNT = 1_000_000;
const VALUE_BYTES = 64;
const CLIENT_COUNT = 1000;
/** Requests of each command and pipeline depth before the proxy's memory is read. */
const REQUESTS = 320_000;
/** Memory hardly differs from run to run. */
const RUNS_MAX = 3;
const SETTLE_MS = 12_000;
const MB = 1e6;

/** Resident memory. */
export const MEMORY_BENCH: Bench = {
  summary: "resident memory of the server with a million keys, and of the proxy",
  run: runMemoryBench,
};

/** Bytes of a process with all keys, and how many of them came with the keys. */
interface Resident {
  loaded: number;
  grown: number;
}

interface ServerRun {
  ours: Resident;
  redis: Resident;
}

async function runMemoryBench(options: BenchOptions): Promise<BenchResult> {
  const versions = await Promise.all(
    (["redis-server", "redis-benchmark"] as const).map(async (name) =>
      `${name} ${await versionOf(name)}`
    ),
  );
  await using scratch = await ScratchDir.create();
  const server: ServerRun[] = [];
  const proxy: number[] = [];
  for (let run = 0; run < Math.min(options.pairs, RUNS_MAX); run++) {
    server.push({
      ours: await bytesWithKeys(oursServer(options.transport), options.signal),
      redis: await bytesWithKeys(redisServer(scratch.path), options.signal),
    });
    proxy.push(await bytesOfProxy(scratch.path, options));
  }
  const rows = [
    { ...serverRow("server, by redis-server", server, "loaded"), limit: SERVER_MEMORY_LIMIT },
    serverRow("the same, growth by the keys only", server, "grown"),
    proxyRow(proxy),
  ];
  const report = [
    `memory: resident, server with ${KEY_COUNT} keys of 8 bytes and values of ${VALUE_BYTES}, proxy ` +
    `with ${CLIENT_COUNT} clients after work, one worker; median of ${server.length}`,
    formatRows(rows),
    `${machineLine()} · ${versions.join(" · ")}`,
  ].join("\n");
  return { report, missed: isMissed(rows), raw: { server, proxy } };
}

async function bytesWithKeys(program: Program, signal: AbortSignal): Promise<Resident> {
  await using launched = await launch(program, signal);
  const empty = await residentBytes(launched.pid);
  const keys = Array.from({ length: KEY_COUNT }, (_, i) => `k${String(i).padStart(7, "0")}`);
  await storeKeys(launched.port, keys, "x".repeat(VALUE_BYTES));
  await delay(SETTLE_MS, signal);
  const loaded = await residentBytes(launched.pid);
  return { loaded, grown: loaded - empty };
}

async function bytesOfProxy(scratchDir: string, options: BenchOptions): Promise<number> {
  const { signal, transport, pipelines } = options;
  await using first = await launch(redisServer(scratchDir), signal);
  await using second = await launch(redisServer(scratchDir), signal);
  const backends = [first.port, second.port];
  await using proxy = await launch(await oursProxy(scratchDir, backends, transport), signal);
  for (const pipeline of pipelines) {
    for (const command of COMMANDS) {
      await runLoad({ port: proxy.port, command, pipeline, requests: REQUESTS }, signal);
    }
  }
  await using clients = new AsyncDisposableStack();
  for (let i = 0; i < CLIENT_COUNT; i++) {
    const client = clients.use(await RespClient.connect({ port: proxy.port }));
    await client.send("SET", `client:${i}`, "x".repeat(VALUE_BYTES));
  }
  await delay(SETTLE_MS, signal);
  return await residentBytes(proxy.pid);
}

function serverRow(name: string, runs: readonly ServerRun[], what: keyof Resident): Row {
  const [ours, redis] = (["ours", "redis"] as const).map((who) =>
    (spreadOf(runs.map((run) => run[who][what])).median / MB).toFixed(0)
  );
  return {
    name,
    value: spreadOf(runs.map((run) => run.ours[what] / run.redis[what])),
    unit: "×",
    digits: 2,
    from: `${ours} ÷ ${redis} MB`,
  };
}

function proxyRow(runs: readonly number[]): Row {
  return {
    name: "proxy",
    value: spreadOf(runs.map((bytes) => bytes / MB)),
    unit: "MB",
    digits: 0,
    from: "codis-proxy 3.2: 247–407 MB",
    limit: PROXY_MEMORY_LIMIT,
  };
}
