/**
 * The command line of the benches.
 *
 * Invariant: an unknown flag or a value that makes no sense is an error, never ignored: a typing
 * mistake must not cost minutes of measurement of the wrong thing.
 *
 * @module
 */

import { parseArgs } from "@std/cli/parse-args";
import { BenchError, type BenchOptions } from "./bench.ts";
import type { Transport } from "./budget.ts";

/** A command line, read. */
export interface CommandLine {
  /** Name of the bench; undefined asks for the usage text. */
  bench: string | undefined;
  /** What the bench gets, but for the signal. */
  options: Omit<BenchOptions, "signal">;
  /** Fail when a *must* budget is missed. */
  check: boolean;
  /** Where the raw samples go. */
  jsonFile: string | undefined;
}

/** Reads the arguments; throws `BenchError` for those it does not understand. */
export function readCommandLine(args: string[]): CommandLine {
  const flags = parseArgs(args, {
    string: ["subject", "peer", "pipelines", "pairs", "transport", "json"],
    boolean: ["check", "help"],
    default: { pipelines: "1,16,64", pairs: "7", transport: "native" },
    unknown: rejectUnknownFlag,
  });
  const [bench, ...rest] = flags._.map(String);
  if (rest.length > 0) throw new BenchError(`Expected one bench, got also: ${rest.join(" ")}`);
  return {
    bench: flags.help ? undefined : bench,
    options: {
      ...(flags.subject === undefined ? {} : { subject: flags.subject }),
      ...(flags.peer === undefined ? {} : { peer: flags.peer }),
      pipelines: flags.pipelines.split(",").map((text) => positiveInteger("--pipelines", text)),
      pairs: positiveInteger("--pairs", flags.pairs),
      transport: transportOf(flags.transport),
    },
    check: flags.check,
    jsonFile: flags.json,
  };
}

/** The parser asks this for positional words too; those have no key. */
function rejectUnknownFlag(arg: string, key?: string): void {
  if (key !== undefined) throw new BenchError(`Unknown option ${arg}`);
}

function positiveInteger(flag: string, text: string): number {
  if (!/^[1-9]\d{0,5}$/.test(text)) {
    throw new BenchError(`${flag} wants whole numbers from 1, got "${text}"`);
  }
  return Number(text);
}

function transportOf(text: string): Transport {
  if (text !== "native" && text !== "portable") {
    throw new BenchError(`--transport wants native or portable, got "${text}"`);
  }
  return text;
}
