/**
 * What the executor does to jobs after it looked at the topology: pure decisions.
 *
 * @module
 */

import type { Advance } from "../core/topology/advance_slots.ts";
import type { SlotTable } from "../core/topology/slot_table.ts";
import type { Receipt } from "../core/topology/topology.ts";
import { isOnTheWay, isReturning, type MigrationJob, outcomeOf } from "./migration_job.ts";

/** Receipts by slot, by job id. */
export type ReceiptsOfJobs = ReadonlyMap<string, Readonly<Record<string, Receipt>>>;

/**
 * Returns the receipts that must be in the jobs' nodes before `advances` are written: those of the slots
 * about to be closed, since the topology forgets them then.
 */
export function receiptsToKeep(
  advances: readonly Advance[],
  table: SlotTable,
  jobs: readonly MigrationJob[],
): ReceiptsOfJobs {
  const kept = new Map<string, Record<string, Receipt>>();
  const byId = new Map(jobs.map((job) => [job.id, job]));
  for (const { slot, step } of advances) {
    const entry = table[slot]!;
    if (step !== "close" || entry.phase !== "stable" || entry.closing === undefined) continue;
    const { id, receipt } = entry.closing;
    const job = byId.get(id);
    if (job === undefined || receipt === undefined || entry.owner !== job.to) continue;
    const receipts = kept.get(id) ?? {};
    receipts[slot] = receipt;
    kept.set(id, receipts);
  }
  return kept;
}

/** Returns the slots of jobs being cancelled that are still on their way to the target. */
export function slotsToCancel(table: SlotTable, jobs: readonly MigrationJob[]): number[] {
  const cancelled = jobs.filter((job) => job.state === "cancelling");
  return cancelled.flatMap((job) => {
    const slots: number[] = [];
    for (let slot = job.range[0]; slot <= job.range[1]; slot++) {
      const entry = table[slot]!;
      const forward = isOnTheWay(entry, job) && !isReturning(entry, job);
      if (forward && entry.phase !== "stable") slots.push(slot);
    }
    return slots;
  });
}

/** Returns the job as it is now that the topology is so; the same object if nothing is new. */
export function settledJob(job: MigrationJob, table: SlotTable, nowMs: number): MigrationJob {
  const outcome = outcomeOf(job, table);
  if (outcome === null) return job;
  return { ...job, state: outcome, startedAtMs: job.startedAtMs ?? nowMs, finishedAtMs: nowMs };
}

/** Returns when the next job with a delay may start a slot, milliseconds from `nowMs`; or Infinity. */
export function nextStartMs(
  jobs: readonly MigrationJob[],
  arrivedAtMs: ReadonlyMap<string, number>,
  nowMs: number,
): number {
  const waits = jobs.filter((job) => job.state === "open" && job.delayMs > 0).map((job) =>
    (arrivedAtMs.get(job.id) ?? -Infinity) + job.delayMs - nowMs
  );
  return Math.min(Infinity, ...waits.filter((wait) => wait > 0));
}
