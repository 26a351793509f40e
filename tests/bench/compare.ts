/**
 * A whole comparison of two programs: CPU per request at every pipeline depth, against the budgets.
 *
 * The method: subject and peer run at the same time on the same machine and are loaded in turns by
 * `redis-benchmark`; a sample is at least a second of CPU; GET and SET are averaged; the ratio of
 * each interleaved pair is formed first, and the median of the ratios decides.
 *
 * @module
 */

import { BenchError, type BenchOptions, type BenchResult } from "./bench.ts";
import { type Budgets, verdictOf } from "./budget.ts";
import { Contestant } from "./contestant.ts";
import type { Program } from "./launch.ts";
import { machineLine } from "./machine.ts";
import { measurePairs } from "./measure_pairs.ts";
import { OURS } from "./ours.ts";
import { type StockName, versionOf } from "./peers.ts";
import { print } from "./print.ts";
import { formatRatioTable } from "./ratio_table.ts";
import { CONNECTIONS, VALUE_BYTES } from "./redis_benchmark.ts";
import { type Pair, type Summary, summaryOf } from "./summary.ts";

/** A kind of comparison. */
export interface Comparison {
  /** First word of the report. */
  title: string;
  /** The budgets of our program, and the peer they refer to. */
  budgets: Budgets;
  /** The programs that can take part, by name. */
  programs: Record<string, () => Program | Promise<Program>>;
  /** Stock programs that must be installed besides the two that are compared. */
  needs: readonly StockName[];
}

/** Runs a comparison. */
export async function compare(
  comparison: Comparison,
  options: BenchOptions,
): Promise<BenchResult> {
  const subject = options.subject ?? OURS;
  const peer = options.peer ?? comparison.budgets.peer;
  const versions = await versionsOf(comparison, [subject, peer]);
  const machineBefore = machineLine();
  const pairsByPipeline = await measureAll(comparison, { ...options, subject, peer });
  const summaries = pairsByPipeline.map(([pipeline, pairs]) => summaryOf(pipeline, pairs));
  // Budgets are promises of our program against one peer; a control run has none.
  const limits = subject === OURS && peer === comparison.budgets.peer
    ? comparison.budgets.limits[options.transport]
    : undefined;
  const budgetOf = (pipeline: number) => limits?.[pipeline];
  const missed = summaries.some(({ pipeline, ratio }) => {
    const budget = budgetOf(pipeline);
    return budget !== undefined && verdictOf(ratio, budget) === "MISSED";
  });
  const who = subject === OURS ? `${subject} (${options.transport})` : subject;
  const report = [
    `${comparison.title}: CPU per request of ${who} against ${peer}; ` +
    `GET and SET averaged, ${CONNECTIONS} connections, ${VALUE_BYTES}-byte values, ` +
    `median of ${options.pairs} interleaved pairs`,
    formatRatioTable({ subject, peer, summaries, budgetOf }),
    `${machineBefore} · ${versions.join(" · ")}`,
  ].join("\n");
  const raw = {
    title: comparison.title,
    subject,
    peer,
    transport: options.transport,
    machineBefore,
    machineAfter: machineLine(),
    versions,
    summaries,
    pairs: Object.fromEntries(pairsByPipeline),
  };
  return { report, missed, raw };
}

async function versionsOf(comparison: Comparison, names: string[]): Promise<string[]> {
  for (const name of names) {
    if (comparison.programs[name] === undefined) {
      const known = Object.keys(comparison.programs).join(", ");
      throw new BenchError(`${comparison.title} cannot measure "${name}"; it knows: ${known}`);
    }
  }
  const stock = [...names.filter((name) => name !== OURS), ...comparison.needs] as StockName[];
  return await Promise.all(
    [...new Set(stock)].map(async (name) => `${name} ${await versionOf(name)}`),
  );
}

async function measureAll(
  comparison: Comparison,
  options: BenchOptions & { subject: string; peer: string },
): Promise<[pipeline: number, pairs: Pair[]][]> {
  const { signal } = options;
  await using subject = await Contestant.start(
    await comparison.programs[options.subject]!(),
    signal,
  );
  await using peer = await Contestant.start(await comparison.programs[options.peer]!(), signal);
  const measured: [number, Pair[]][] = [];
  for (const pipeline of options.pipelines) {
    const onPair = (pair: Pair, index: number) =>
      print(Deno.stderr, progressLine(index + 1, options.pairs, summaryOf(pipeline, [pair])));
    const plan = { subject, peer, pipeline, pairs: options.pairs, onPair, signal };
    measured.push([pipeline, await measurePairs(plan)]);
  }
  return measured;
}

function progressLine(pair: number, pairs: number, summary: Summary): string {
  const { pipeline, subjectNs, peerNs, ratio } = summary;
  return `P=${pipeline} pair ${pair}/${pairs}: ${subjectNs.toFixed(0)} ns ÷ ` +
    `${peerNs.toFixed(0)} ns = ${ratio.median.toFixed(3)}`;
}
