/**
 * Budgets beyond CPU per request, and the table that shows what was measured of them.
 *
 * Invariant: every row that has a limit is judged by its median, in the direction the limit says; a
 * row without one is information.
 *
 * @module
 */

import { type Budget, type Verdict, verdictOf } from "./budget.ts";
import { alignColumns } from "./ratio_table.ts";
import type { Spread } from "./summary.ts";

/** What one figure may be. */
export interface Limit extends Budget {
  /** Whether less is better, or more. */
  bound: "at most" | "at least";
}

/** One measured figure. */
export interface Row {
  /** What it is, in words. */
  name: string;
  /** The figure that is judged. */
  value: Spread;
  /** How to write the figure and its limits, for example `× Codis 3.2`. */
  unit: string;
  /** Digits behind the point. */
  digits: number;
  /** What it was formed from, in words. */
  from: string;
  /** Absent: information only. */
  limit?: Limit;
}

/** Server memory against redis-server; a ratio. */
export const SERVER_MEMORY_LIMIT: Limit = { bound: "at most", must: 0.9, aim: 0.75 };
/** Proxy memory with 1000 clients; megabytes of 1,000,000 bytes. */
export const PROXY_MEMORY_LIMIT: Limit = { bound: "at most", must: 180, aim: 120 };
/** Keys per second over all slots, by that of Codis 3.2. */
export const ALL_SLOTS_LIMIT: Limit = { bound: "at least", must: 10, aim: 20 };
/** Keys per second of one slot, by that of Codis 3.2. */
export const ONE_SLOT_LIMIT: Limit = { bound: "at least", must: 1.5, aim: 3 };
/** Clients' p99 while slots move, by that of quiet times. */
export const MIGRATING_P99_LIMIT: Limit = { bound: "at most", must: 1.3, aim: 1.1 };
/** Start to the first reply; seconds. */
export const START_LIMIT: Limit = { bound: "at most", must: 1.5, aim: 0.7 };

/** Judges a row; undefined if it has no limit. */
export function verdictOfRow({ value, limit }: Row): Verdict | undefined {
  if (limit === undefined || limit.bound === "at most") return limit && verdictOf(value, limit);
  const mirrored = { median: -value.median, min: -value.max, max: -value.min };
  return verdictOf(mirrored, { must: -limit.must, aim: -limit.aim });
}

/** Whether any row misses its *must*. */
export function isMissed(rows: readonly Row[]): boolean {
  return rows.some((row) => verdictOfRow(row) === "MISSED");
}

/** Formats the rows; columns are padded with spaces. */
export function formatRows(rows: readonly Row[]): string {
  const head = ["what", "median (min–max)", "must", "aim", "verdict", "from"];
  return alignColumns([head, ...rows.map(cellsOf)]);
}

function cellsOf(row: Row): string[] {
  const { name, value, unit, digits, from, limit } = row;
  const text = (figure: number) => figure.toFixed(digits);
  const sign = limit?.bound === "at least" ? "≥" : "≤";
  return [
    name,
    `${text(value.median)} (${text(value.min)}–${text(value.max)}) ${unit}`,
    limit === undefined ? "–" : `${sign} ${limit.must}`,
    limit === undefined ? "–" : `${sign} ${limit.aim}`,
    verdictOfRow(row) ?? "no budget",
    from,
  ];
}
