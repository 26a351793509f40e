/**
 * `bench start`: from `deno task start` to the first reply through the proxy.
 *
 * The method: dependencies and compiled code are cached by a run that does not count; the clock runs
 * from the start of the process to a reply that is no error.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { eventually } from "../support/eventually.ts";
import { RespClient } from "../support/resp_client.ts";
import { type Bench, BenchError, type BenchOptions, type BenchResult } from "./bench.ts";
import { formatRows, isMissed, type Row, START_LIMIT } from "./limits.ts";
import { machineLine } from "./machine.ts";
import { START_ARGS } from "./product.ts";
import { spreadOf } from "./summary.ts";

const ROOT = new URL("../../", import.meta.url).pathname;

/** Milliseconds since the start of the process. */
interface Start {
  readyMs: number;
  firstReplyMs: number;
}

/** Time to start. */
export const START_BENCH: Bench = {
  summary: "from `deno task start` to the first reply, dependencies cached",
  run: runStartBench,
};

async function runStartBench({ pairs, signal }: BenchOptions): Promise<BenchResult> {
  const starts: Start[] = [];
  await start();
  for (let run = 0; run < pairs; run++) {
    signal.throwIfAborted();
    starts.push(await start());
  }
  const rows: Row[] = [
    {
      ...row("start to the first reply", starts.map(({ firstReplyMs }) => firstReplyMs)),
      limit: START_LIMIT,
    },
    row("start to the ready line", starts.map(({ readyMs }) => readyMs)),
  ];
  const report = [`start: median of ${pairs}`, formatRows(rows), machineLine()].join("\n");
  return { report, missed: isMissed(rows), raw: { starts } };
}

function row(name: string, times: readonly number[]): Row {
  const value = spreadOf(times.map((ms) => ms / 1000));
  return { name, value, unit: "s", digits: 2, from: "deno task start" };
}

async function start(): Promise<Start> {
  const startMs = performance.now();
  const process = new Deno.Command(Deno.execPath(), {
    args: ["task", "--quiet", ...START_ARGS],
    cwd: ROOT,
    stdin: "null",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const output = process.stdout.pipeThrough(new TextDecoderStream()).getReader();
  try {
    const line = await firstLineOf(output);
    const readyMs = performance.now() - startMs;
    await untilReply(Number(/:(\d+)/.exec(line)![1]));
    return { readyMs, firstReplyMs: performance.now() - startMs };
  } finally {
    process.kill("SIGTERM");
    await process.status;
    await output.cancel();
  }
}

async function firstLineOf(output: ReadableStreamDefaultReader<string>): Promise<string> {
  let text = "";
  while (!text.includes("\n")) {
    const { value, done } = await output.read();
    if (done) throw new BenchError(`\`deno task start\` ended before it was ready: ${text}`);
    text += value;
  }
  return text;
}

async function untilReply(port: number): Promise<void> {
  await using client = await RespClient.connect({ port });
  await eventually(async () => assertEquals(await client.send("GET", "any"), null));
}
