/**
 * The load generator: one `redis-benchmark` run and what it reports.
 *
 * The long report is parsed and not `--csv`, because only the long one says how many requests were
 * completed. Invariant: a run that returns had every request answered without an error
 * (`redis-benchmark` 7 exits with 1 at the first error reply; a short count is refused here).
 *
 * @module
 */

/** Connections of every load, as in the budgets. */
export const CONNECTIONS = 50;
/** Bytes per value. */
export const VALUE_BYTES = 64;
/** Keys are `key:000000000000` up to this many. */
export const KEY_SPACE = 100_000;

/** A run that takes longer hangs: the slowest sample of any peer takes a few seconds. */
const RUN_TIMEOUT_MS = 120_000;

/** The commands of a sample; their figures are averaged. */
export const COMMANDS = ["SET", "GET"] as const;
/** One of the measured commands. */
export type Command = typeof COMMANDS[number];

/** What to send, and where. */
export interface Load {
  /** Port on 127.0.0.1. */
  port: number;
  /** The command under test. */
  command: Command;
  /** Requests in flight per connection. */
  pipeline: number;
  /** A multiple of `pipeline`: the generator sends whole pipelines. */
  requests: number;
}

/** What the generator saw. */
export interface LoadReport {
  /** Requests completed. */
  requests: number;
  /** Throughput over the whole run. */
  requestsPerSecond: number;
  /** Median latency in milliseconds. */
  p50Ms: number;
  /** 99th percentile of latency in milliseconds. */
  p99Ms: number;
}

/** Runs the generator once; throws if any request failed or is missing. */
export async function runLoad(load: Load, signal: AbortSignal): Promise<LoadReport> {
  const output = await new Deno.Command("redis-benchmark", {
    args: argumentsOf(load),
    stdout: "piped",
    stderr: "piped",
    signal: AbortSignal.any([signal, AbortSignal.timeout(RUN_TIMEOUT_MS)]),
  }).output();
  signal.throwIfAborted();
  const text = new TextDecoder();
  if (!output.success) {
    const how = output.signal === null ? `exit code ${output.code}` : `stopped by ${output.signal}`;
    throw new Error(
      `redis-benchmark ${load.command} at P=${load.pipeline} failed (${how}): ` +
        text.decode(output.stderr).trim(),
    );
  }
  const report = parseReport(text.decode(output.stdout));
  if (report.requests !== load.requests) {
    throw new Error(
      `redis-benchmark ${load.command} at P=${load.pipeline} completed ${report.requests} ` +
        `requests of ${load.requests}`,
    );
  }
  return report;
}

function argumentsOf(load: Load): string[] {
  return [
    ["-p", load.port],
    ["-t", load.command.toLowerCase()],
    ["-n", load.requests],
    ["-P", load.pipeline],
    ["-c", CONNECTIONS],
    ["-d", VALUE_BYTES],
    ["-r", KEY_SPACE],
  ].flat().map(String);
}

/** Reads the long report of `redis-benchmark` 7. */
export function parseReport(text: string): LoadReport {
  const requests = /^\s*(\d+) requests completed in/m.exec(text);
  const throughput = /throughput summary: ([\d.]+) requests per second/.exec(text);
  const latency = /avg +min +p50 +p95 +p99 +max\n +([\d.]+(?: +[\d.]+){5})/.exec(text);
  if (requests === null || throughput === null || latency === null) {
    throw new SyntaxError(`Cannot read the report of redis-benchmark: ${text.slice(-400)}`);
  }
  const [, , p50Ms, , p99Ms] = latency[1]!.split(/ +/).map(Number);
  return {
    requests: Number(requests[1]),
    requestsPerSecond: Number(throughput[1]),
    p50Ms: p50Ms!,
    p99Ms: p99Ms!,
  };
}
