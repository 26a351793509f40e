/**
 * `deno task bench NAME|all`: measures what the budgets are about, on this machine, now.
 *
 * Exit code 0: measured. 1: `--check` was given and a *must* budget is missed. 2: could not measure.
 *
 * @module
 */

import { type Bench, BenchError } from "./bench.ts";
import { type CommandLine, readCommandLine } from "./command_line.ts";
import { MEMORY_BENCH } from "./memory_bench.ts";
import { MIGRATION_BENCH } from "./migration_bench.ts";
import { print } from "./print.ts";
import { PROXY_BENCH } from "./proxy_bench.ts";
import { SERVER_BENCH } from "./server_bench.ts";
import { START_BENCH } from "./start_bench.ts";

const BENCHES: ReadonlyMap<string, Bench> = new Map([
  ["proxy", PROXY_BENCH],
  ["server", SERVER_BENCH],
  ["memory", MEMORY_BENCH],
  ["migration", MIGRATION_BENCH],
  ["start", START_BENCH],
]);

/** The word for all of them. */
const ALL = "all";
const EXIT_MISSED = 1;
const EXIT_NOT_MEASURED = 2;

const USAGE = [
  "Usage: deno task bench NAME|all [OPTIONS]",
  "",
  `  ${ALL.padEnd(20)}every bench below, one after the other`,
  ...[...BENCHES].map(([name, bench]) => `  ${name.padEnd(20)}${bench.summary}`),
  "",
  "  --pairs 7           interleaved pairs, or runs, per row",
  "  --pipelines 1,16,64 requests in flight per connection, a row each",
  "  --peer NAME         what to compare with (proxy, server)",
  "  --subject NAME      what to measure (default codis, ours); a peer against itself shows the noise",
  "  --transport NAME    native (default) or portable, for our own program",
  "  --json FILE         write every sample to FILE",
  "  --check             exit with 1 when a must budget is missed",
].join("\n");

async function main(args: string[]): Promise<number> {
  const interrupted = new AbortController();
  const interrupt = () => interrupted.abort(new BenchError("Interrupted"));
  const signals = ["SIGINT", "SIGTERM"] as const;
  signals.forEach((name) => Deno.addSignalListener(name, interrupt));
  try {
    return await runBench(readCommandLine(args), interrupted.signal);
  } catch (error) {
    print(Deno.stderr, error instanceof BenchError ? error.message : Deno.inspect(error));
    return EXIT_NOT_MEASURED;
  } finally {
    signals.forEach((name) => Deno.removeSignalListener(name, interrupt));
  }
}

async function runBench(line: CommandLine, signal: AbortSignal): Promise<number> {
  if (line.bench === undefined) {
    print(Deno.stdout, USAGE);
    return 0;
  }
  const names = line.bench === ALL ? [...BENCHES.keys()] : [line.bench];
  if (line.bench === ALL && (line.options.peer ?? line.options.subject) !== undefined) {
    throw new BenchError("--peer and --subject are for one bench, not for all");
  }
  const raw: Record<string, unknown> = {};
  let missed = false;
  for (const name of names) {
    const bench = BENCHES.get(name);
    if (bench === undefined) throw new BenchError(`There is no bench "${name}".\n\n${USAGE}`);
    const result = await bench.run({ ...line.options, signal });
    print(Deno.stdout, result.report);
    raw[name] = result.raw;
    missed ||= result.missed;
  }
  if (line.jsonFile !== undefined) {
    const samples = line.bench === ALL ? raw : raw[line.bench];
    await Deno.writeTextFile(line.jsonFile, `${JSON.stringify(samples, undefined, 2)}\n`);
  }
  return line.check && missed ? EXIT_MISSED : 0;
}

Deno.exitCode = await main(Deno.args);
