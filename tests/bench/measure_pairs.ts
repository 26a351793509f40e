/**
 * The order of measurement: subject and peer side by side, taking turns at going first.
 *
 * Invariant: the two samples whose ratio is formed run directly one after the other, so what else
 * the machine does falls on both.
 *
 * @module
 */

import type { Contestant, Workload } from "./contestant.ts";
import { COMMANDS } from "./redis_benchmark.ts";
import type { Pair, Sample } from "./summary.ts";

/** What to measure at one pipeline depth. */
export interface PairPlan {
  /** The program whose cost is in question. */
  subject: Contestant;
  /** What it is compared with. */
  peer: Contestant;
  /** Requests in flight per connection. */
  pipeline: number;
  /** How many pairs. */
  pairs: number;
  /** Told after each pair. */
  onPair(pair: Pair, index: number): void;
  /** Ends the measurement. */
  signal: AbortSignal;
}

/** Warms both programs up, then measures the pairs. */
export async function measurePairs(plan: PairPlan): Promise<Pair[]> {
  for (const command of COMMANDS) {
    const workload = { command, pipeline: plan.pipeline };
    await plan.subject.calibrate(workload, plan.signal);
    await plan.peer.calibrate(workload, plan.signal);
  }
  const pairs: Pair[] = [];
  for (let index = 0; index < plan.pairs; index++) {
    const pair = await measurePair(plan, index % 2 === 0);
    pairs.push(pair);
    plan.onPair(pair, index);
  }
  return pairs;
}

async function measurePair(plan: PairPlan, subjectFirst: boolean): Promise<Pair> {
  const set = await bothSamples(plan, { command: "SET", pipeline: plan.pipeline }, subjectFirst);
  const get = await bothSamples(plan, { command: "GET", pipeline: plan.pipeline }, subjectFirst);
  return {
    subject: { SET: set.subject, GET: get.subject },
    peer: { SET: set.peer, GET: get.peer },
  };
}

async function bothSamples(
  plan: PairPlan,
  workload: Workload,
  subjectFirst: boolean,
): Promise<{ subject: Sample; peer: Sample }> {
  if (subjectFirst) {
    const subject = await plan.subject.sample(workload, plan.signal);
    return { subject, peer: await plan.peer.sample(workload, plan.signal) };
  }
  const peer = await plan.peer.sample(workload, plan.signal);
  return { subject: await plan.subject.sample(workload, plan.signal), peer };
}
