/**
 * Migrations in words and bars.
 *
 * @module
 */

import type { Receipt } from "../core/topology/topology.ts";
import type { MigrationView } from "./migration_use_cases.ts";
import { countText, durationText, tableText } from "./table_text.ts";

const BAR_WIDTH_MAX = 30;

/** Returns how much of a migration is done, 0 to 1: by keys where they are known, else by slots. */
function doneShare(view: MigrationView): number {
  const { slots, keys } = view;
  const total = slots.arrived + slots.onTheWay + slots.waiting;
  if (view.state === "done" || total === 0) return 1;
  const bySlots = slots.arrived / total;
  if (keys.left === null || keys.moved + keys.left === 0) return bySlots;
  return keys.moved / (keys.moved + keys.left);
}

/** Returns the state of a migration on one line. */
export function progressLine(view: MigrationView): string {
  const { id, state, slots, keys } = view;
  const total = slots.arrived + slots.onTheWay + slots.waiting;
  const parts = [
    `${id} ${state}`,
    `${Math.floor(doneShare(view) * 100)}%`,
    `slots ${slots.arrived}/${total}`,
    `keys ${countText(keys.moved)}${keys.left === null ? "" : `, ${countText(keys.left)} left`}`,
  ];
  if (keys.rate > 0) parts.push(`${countText(keys.rate)} keys/s`);
  if (keys.etaSeconds !== null && keys.rate > 0) parts.push(`ETA ${durationText(keys.etaSeconds)}`);
  if (view.problems.length > 0) parts.push(view.problems[0]!);
  return parts.join("  ");
}

/** Returns the same with a bar before it, cut to the terminal's width. */
export function progressBar(view: MigrationView, columns: number): string {
  const width = Math.max(5, Math.min(BAR_WIDTH_MAX, Math.floor(columns / 4)));
  const full = Math.floor(doneShare(view) * width);
  const bar = `[${"#".repeat(full)}${"-".repeat(width - full)}]`;
  return `${bar} ${progressLine(view)}`.slice(0, Math.max(1, columns - 1));
}

/** Returns how a finished migration ended: its receipt, or why there is none. */
export function outcomeText(view: MigrationView): string {
  const { id, state, slots, receipt } = view;
  if (state === "failed") return `Migration ${id} failed: ${view.problems.join("; ")}\n`;
  const seconds = secondsOf(view);
  const rate = seconds > 0 ? ` (${countText(receipt.moved / seconds)} keys/s)` : "";
  const head = state === "done"
    ? `Migration ${id} is done: ${slots.arrived} slots are on group ${view.to}`
    : `Migration ${id} was cancelled: ${slots.arrived} slots are on group ${view.to}, ` +
      `${slots.waiting} stayed or returned`;
  return `${head}\n` +
    `Receipt: ${receiptText(receipt)}, in ${durationText(seconds)}${rate}\n`;
}

/** Stock servers do not sum what they move: there, keys with a sum of 0 are all there is to say. */
function receiptText({ moved, sum }: Receipt): string {
  const keys = `${countText(moved)} keys moved`;
  return sum === "0" && moved > 0
    ? `source empty by full SCAN, ${keys}`
    : `${keys}, both sides agree on sum ${sum}`;
}

/** Returns a table of migrations. */
export function migrationsText(views: readonly MigrationView[]): string {
  if (views.length === 0) return "No migration.\n";
  return tableText(
    [
      { title: "ID" },
      { title: "STATE" },
      { title: "SLOTS" },
      { title: "TO", align: "right" },
      { title: "DONE", align: "right" },
      { title: "KEYS MOVED", align: "right" },
      { title: "KEYS/S", align: "right" },
      { title: "CREATED" },
      { title: "BY" },
    ],
    views.map((view) => [
      view.id,
      view.state,
      view.range.join("-"),
      String(view.to),
      `${Math.floor(doneShare(view) * 100)}%`,
      countText(view.keys.moved),
      view.keys.rate > 0 ? countText(view.keys.rate) : "-",
      view.createdAt.replace("T", " ").slice(0, 19),
      view.actor,
    ]),
  );
}

function secondsOf({ startedAt, finishedAt }: MigrationView): number {
  if (startedAt === null || finishedAt === null) return 0;
  return (Date.parse(finishedAt) - Date.parse(startedAt)) / 1000;
}
