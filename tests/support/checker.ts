/**
 * Judges a whole history: every object against its model, and the amounts that make the judgement
 * worth something. Invariant: a history passes only if every object was decided, none was refused,
 * and the minimal amounts were reached.
 *
 * @module
 */

import type { History } from "./history.ts";
import { keysOf, objectsOf } from "./history_objects.ts";
import { timelineOf } from "./history_timeline.ts";
import { checkLinearizable } from "./linearizability.ts";
import { modelOf } from "./models.ts";

/** How a history is judged. */
export interface CheckerOptions {
  /** Fewer returned operations fail the check. @default {100_000} */
  operationsMin?: number;
  /** A smaller part of the returned operations on slots then migrating fails. @default {0.2} */
  migratingShareMin?: number;
  /** Largest accepted error of a time to live in milliseconds. @default {50} */
  ttlToleranceMs?: number;
  /** Configurations after which one object counts as undecided. @default {1_000_000} */
  configurationsMax?: number;
}

/** What the checker found. */
export interface CheckerReport {
  /** Operations that returned. */
  readonly operations: number;
  /** Distinct keys they named. */
  readonly keys: number;
  /** Operations that may or may not have taken effect. */
  readonly unknown: number;
  /** Operations that were refused before they ran. */
  readonly refused: number;
  /** Part of the operations whose slot was migrating at their invocation, from 0 to 1. */
  readonly migratingShare: number;
  /** One readable report for each object that no order explains. */
  readonly violations: readonly string[];
  /** Objects on which the search reached its limit. */
  readonly undecided: readonly string[];
  /** Minimal amounts that were missed, in words. */
  readonly shortfalls: readonly string[];
}

/** A history that was refused, or was too small to say anything. */
export class HistoryRefusedError extends Error {
  override name = "HistoryRefusedError";
  /** What the checker found. */
  readonly report: CheckerReport;

  /** Puts the whole report into the message. */
  constructor(report: CheckerReport) {
    super([summaryOf(report), ...report.shortfalls, ...report.violations.slice(0, 5)].join("\n"));
    this.report = report;
  }
}

/** Judges a history without throwing. */
export function checkHistory(history: History, options: CheckerOptions = {}): CheckerReport {
  const { ttlToleranceMs = 50, configurationsMax = 1_000_000 } = options;
  const violations: string[] = [];
  const undecided: string[] = [];
  for (const [object, operations] of objectsOf(history.operations())) {
    const model = modelOf(object, operations, { ttlToleranceMs });
    const verdict = checkLinearizable(model, operations, { configurationsMax });
    if (verdict.kind === "undecided") undecided.push(object);
    if (verdict.kind === "violation") {
      violations.push(timelineOf(object, verdict, { model, operations }));
    }
  }
  const amounts = {
    operations: history.returnedCount,
    migratingShare: history.migratingCount / Math.max(1, history.returnedCount),
  };
  return {
    ...amounts,
    keys: countKeys(history),
    unknown: history.unknownCount,
    refused: history.refusedCount,
    violations,
    undecided,
    shortfalls: shortfallsOf(amounts, options),
  };
}

/**
 * Judges a history, prints one line about it to standard error, and returns the report.
 *
 * @throws {HistoryRefusedError} If an object is refused or undecided, or an amount is missed.
 */
export function requireLinearizable(history: History, options: CheckerOptions = {}): CheckerReport {
  const report = checkHistory(history, options);
  Deno.stderr.writeSync(new TextEncoder().encode(`${summaryOf(report)}\n`));
  if (!isAccepted(report)) throw new HistoryRefusedError(report);
  return report;
}

/** The report in one line. */
export function summaryOf(report: CheckerReport): string {
  const { operations, keys, unknown, refused, migratingShare } = report;
  const { violations, undecided, shortfalls } = report;
  const result = isAccepted(report)
    ? "linearizable"
    : `REFUSED (${violations.length} objects wrong, ${undecided.length} undecided, ` +
      `${shortfalls.length} amounts missed)`;
  return `${operations} operations on ${keys} keys, ${unknown} unknown, ${refused} refused, ` +
    `${(migratingShare * 100).toFixed(1)} % on migrating slots: ${result}`;
}

function isAccepted({ violations, undecided, shortfalls }: CheckerReport): boolean {
  return violations.length + undecided.length + shortfalls.length === 0;
}

function shortfallsOf(
  { operations, migratingShare }: Pick<CheckerReport, "operations" | "migratingShare">,
  { operationsMin = 100_000, migratingShareMin = 0.2 }: CheckerOptions,
): string[] {
  const shortfalls: string[] = [];
  if (operations < operationsMin) {
    shortfalls.push(`Too few operations: ${operations} returned, ${operationsMin} wanted`);
  }
  if (migratingShare < migratingShareMin) {
    shortfalls.push(
      `Too few operations on migrating slots: ${(migratingShare * 100).toFixed(1)} %, ` +
        `${migratingShareMin * 100} % wanted`,
    );
  }
  return shortfalls;
}

function countKeys(history: History): number {
  const keys = new Set<string>();
  for (const { command } of history.operations()) {
    for (const key of keysOf(command)) keys.add(key);
  }
  return keys.size;
}
