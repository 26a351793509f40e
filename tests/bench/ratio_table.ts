/**
 * The table of a comparison, one row per pipeline depth.
 *
 * @module
 */

import { type Budget, verdictOf } from "./budget.ts";
import type { Spread, Summary } from "./summary.ts";

/** What goes into the table. */
export interface RatioTable {
  /** Name of the measured program. */
  subject: string;
  /** Name of the program it is compared with. */
  peer: string;
  /** The measured rows. */
  summaries: readonly Summary[];
  /** The budget of a pipeline depth, where there is one. */
  budgetOf(pipeline: number): Budget | undefined;
}

/** Formats the table; columns are padded with spaces. */
export function formatRatioTable(table: RatioTable): string {
  const { subject, peer } = table;
  const head = [
    ["P", `${subject} ns/req`, `${peer} ns/req`, "ratio median (min–max)"],
    ["must", "aim", "verdict", `${subject} req/s`, `${peer} req/s`],
  ].flat();
  return alignColumns([head, ...table.summaries.map((row) => cellsOf(row, table))]);
}

function cellsOf(row: Summary, table: RatioTable): string[] {
  const budget = table.budgetOf(row.pipeline);
  return [
    `${row.pipeline}`,
    row.subjectNs.toFixed(0),
    row.peerNs.toFixed(0),
    formatSpread(row.ratio),
    budget === undefined ? "–" : `≤ ${budget.must.toFixed(2)}`,
    budget === undefined ? "–" : `≤ ${budget.aim.toFixed(2)}`,
    budget === undefined ? "no budget" : verdictOf(row.ratio, budget),
    row.subjectRate.toFixed(0),
    row.peerRate.toFixed(0),
  ];
}

/** A ratio with its spread, for example `0.310 (0.301–0.327)`. */
function formatSpread(spread: Spread): string {
  const [median, min, max] = [spread.median, spread.min, spread.max].map((n) => n.toFixed(3));
  return `${median} (${min}–${max})`;
}

/** Pads every cell to the width of its column. */
export function alignColumns(rows: readonly string[][]): string {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  const lines = rows.map((row) => row.map((cell, column) => cell.padEnd(widths[column]!)));
  return lines.map((cells) => cells.join("  ").trimEnd()).join("\n");
}
