/**
 * The arithmetic of a comparison: medians over interleaved pairs of samples.
 *
 * Invariant: the ratio is formed inside each pair, before the median, because the two samples of a
 * pair saw the same moment of the machine.
 *
 * @module
 */

import type { Command } from "./redis_benchmark.ts";

/** One load on one program. */
export interface Sample {
  /** CPU of the program per request, in nanoseconds, all threads. */
  nsPerRequest: number;
  /** CPU of the program during the load, in nanoseconds. */
  cpuNs: number;
  /** Requests sent. */
  requests: number;
  /** Throughput as the generator saw it. */
  requestsPerSecond: number;
  /** 99th percentile of latency in milliseconds. */
  p99Ms: number;
}

/** The samples of one program in one pair. */
export type Samples = Record<Command, Sample>;

/** Both programs, measured side by side. */
export interface Pair {
  /** The program whose cost is in question. */
  subject: Samples;
  /** What it is compared with. */
  peer: Samples;
}

/** A distribution in three numbers. */
export interface Spread {
  /** Middle value. */
  median: number;
  /** Smallest value. */
  min: number;
  /** Largest value. */
  max: number;
}

/** What the pairs at one pipeline depth say. */
export interface Summary {
  /** Requests in flight per connection. */
  pipeline: number;
  /** CPU nanoseconds per request of the subject, GET and SET averaged. */
  subjectNs: number;
  /** CPU nanoseconds per request of the peer, GET and SET averaged. */
  peerNs: number;
  /** Subject ÷ peer, per pair. */
  ratio: Spread;
  /** Requests per second of the subject. */
  subjectRate: number;
  /** Requests per second of the peer. */
  peerRate: number;
}

/** Summarises the pairs measured at one pipeline depth. */
export function summaryOf(pipeline: number, pairs: readonly Pair[]): Summary {
  const ns = (samples: Samples) => mean(samples.SET.nsPerRequest, samples.GET.nsPerRequest);
  const rate = (samples: Samples) =>
    mean(samples.SET.requestsPerSecond, samples.GET.requestsPerSecond);
  return {
    pipeline,
    subjectNs: spreadOf(pairs.map((pair) => ns(pair.subject))).median,
    peerNs: spreadOf(pairs.map((pair) => ns(pair.peer))).median,
    ratio: spreadOf(pairs.map((pair) => ns(pair.subject) / ns(pair.peer))),
    subjectRate: spreadOf(pairs.map((pair) => rate(pair.subject))).median,
    peerRate: spreadOf(pairs.map((pair) => rate(pair.peer))).median,
  };
}

/** Median (mean of the middle two for an even count), smallest and largest of at least one value. */
export function spreadOf(values: readonly number[]): Spread {
  if (values.length === 0) throw new RangeError("Cannot take the median of no values");
  const sorted = [...values].sort((a, b) => a - b);
  const last = sorted.length - 1;
  return {
    median: mean(sorted[Math.floor(last / 2)]!, sorted[Math.ceil(last / 2)]!),
    min: sorted[0]!,
    max: sorted[last]!,
  };
}

function mean(a: number, b: number): number {
  return (a + b) / 2;
}
