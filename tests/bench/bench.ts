/**
 * What every bench of this folder is: options in, a report and raw figures out.
 *
 * A new bench is one file that exports a `Bench`, and one line in the table of `main.ts`. A bench
 * compares ratios taken in the same run on the same machine; absolute figures are information.
 *
 * @module
 */

import type { Transport } from "./budget.ts";

/** The command line, read. A bench uses the options that mean something to it. */
export interface BenchOptions {
  /** What is measured; our own program unless said otherwise. */
  subject?: string;
  /** What it is compared with; each bench has a default. */
  peer?: string;
  /** Pipeline depths, one row of the report each. */
  pipelines: number[];
  /** Interleaved pairs per row. */
  pairs: number;
  /** Transport of our own program. */
  transport: Transport;
  /** Ends the bench early; its processes are stopped all the same. */
  signal: AbortSignal;
}

/** What a bench found. */
export interface BenchResult {
  /** Text for people. */
  report: string;
  /** True when a *must* budget was missed. */
  missed: boolean;
  /** Every sample, for `--json`. */
  raw: Record<string, unknown>;
}

/** One kind of measurement. */
export interface Bench {
  /** One line for the usage text. */
  summary: string;
  /** Measures; throws `BenchError` where the user can do something about it. */
  run(options: BenchOptions): Promise<BenchResult>;
}

/** Wrong usage or a missing program: the message says what to do, no stack is wanted. */
export class BenchError extends Error {
  override name = "BenchError";
}
