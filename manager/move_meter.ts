/**
 * What is moving right now, as the sources counted it last: for people to look at, nothing decides on it.
 *
 * @module
 */

import type { SlotTable } from "../core/topology/slot_table.ts";
import { isOnTheWay, isReturning, type MigrationJob, totalReceipt } from "./migration_job.ts";
import { addSample, type ProgressSample, rateOf } from "./progress.ts";
import type { ReceiptRow } from "./server_wire.ts";

/** Pause between two samples of a job, milliseconds. */
const SAMPLE_MS = 100;

/** How far the keys of a job are. */
export interface KeyProgress {
  /** Keys that are on the target. */
  readonly moved: number;
  /** Keys at the sources; null if that was never known. */
  readonly left: number | null;
  /** Keys per second. */
  readonly rate: number;
}

/** Counts of the slots on their way, and the rates of the jobs. */
export class MoveMeter {
  readonly #rows = new Map<number, ReceiptRow>();
  readonly #samples = new Map<string, readonly ProgressSample[]>();

  /** Takes in what a source counted. */
  count(row: ReceiptRow): void {
    this.#rows.set(row.slot, row);
  }

  /** Forgets slots that are no longer on their way, and the rates of all jobs but those given. */
  tidy(table: SlotTable, jobs: readonly MigrationJob[]): void {
    for (const slot of this.#rows.keys()) {
      if (table[slot]!.phase !== "migrating") this.#rows.delete(slot);
    }
    const ids = new Set(jobs.map(({ id }) => id));
    for (const id of this.#samples.keys()) if (!ids.has(id)) this.#samples.delete(id);
  }

  /** Takes a sample of each job, unless the last is fresh. */
  sample(table: SlotTable, jobs: readonly MigrationJob[], atMs: number): void {
    for (const job of jobs) {
      const samples = this.#samples.get(job.id) ?? [];
      if (atMs - (samples.at(-1)?.atMs ?? -Infinity) < SAMPLE_MS) continue;
      const { moved } = this.#keysOf(job, table);
      this.#samples.set(job.id, addSample(samples, { atMs, moved }));
    }
  }

  /** Returns how far a job is. */
  progressOf(job: MigrationJob, table: SlotTable): KeyProgress {
    const { moved, here } = this.#keysOf(job, table);
    const left = job.keysTotal === null ? null : Math.max(here, job.keysTotal - moved);
    const rate = rateOf(this.#samples.get(job.id) ?? []);
    return { moved, left: job.state === "done" ? 0 : left, rate };
  }

  #keysOf(job: MigrationJob, table: SlotTable): { moved: number; here: number } {
    let { moved } = totalReceipt(job.receipts);
    let here = 0;
    for (let slot = job.range[0]; slot <= job.range[1]; slot++) {
      const entry = table[slot]!;
      if (!isOnTheWay(entry, job)) continue;
      if (entry.phase === "stable") {
        // Handed over, and not yet in the job's node.
        const arrived = entry.owner === job.to && job.receipts[slot] === undefined;
        if (arrived) moved += entry.closing?.receipt?.moved ?? 0;
        continue;
      }
      const row = this.#rows.get(slot);
      if (row === undefined) continue;
      // What a slot that returns has on the target is what its giver still counts.
      if (isReturning(entry, job)) moved += row.keys;
      else {
        moved += row.moved;
        here += row.keys;
      }
    }
    return { moved, here };
  }
}
