/**
 * Which slots start to move next.
 *
 * Invariant: a batch is one contiguous range of one job in which every slot is at rest or has arrived,
 * so that it can be started by one write of the topology.
 *
 * @module
 */

import { methodBetween } from "../core/topology/edit_slots.ts";
import type { SlotTable } from "../core/topology/slot_table.ts";
import type { MigrationMethod, SlotEntry, Topology } from "../core/topology/topology.ts";
import type { MigrationJob } from "./migration_job.ts";

/** How many slots may be on their way at once, in all jobs together. */
export const SLOTS_IN_FLIGHT_MAX = 256;

/** How many slots of a job with a delay are on their way at once. */
const DELAYED_SLOTS_MAX = 16;

/** Fewer free places than this share do not begin a batch, unless it is the whole rest of a job. */
const BATCH_SHARE_MIN = 1 / 4;

/** What is known when a batch is planned. */
export interface BatchSituation {
  readonly table: SlotTable;
  /** Oldest first. */
  readonly jobs: readonly MigrationJob[];
  /** @default {SLOTS_IN_FLIGHT_MAX} */
  readonly slotsInFlightMax?: number | undefined;
  /** When the last slot of a job arrived; by job id, milliseconds. */
  readonly arrivedAtMs?: ReadonlyMap<string, number>;
  readonly nowMs: number;
}

/** Slots to start; both ends of the range are at rest. */
export interface Batch {
  readonly job: MigrationJob;
  readonly range: readonly [number, number];
}

/** Returns the next batch; null if nothing may start now. */
export function planBatch(situation: BatchSituation): Batch | null {
  const { table, jobs, slotsInFlightMax = SLOTS_IN_FLIGHT_MAX } = situation;
  const free = slotsInFlightMax - table.filter(isMoving).length;
  for (const job of jobs) {
    if (job.state !== "open") continue;
    if (job.delayMs > 0) {
      if (free > 0 && hasRested(job, situation)) {
        const range = rangeToStart(job, table, Math.min(free, DELAYED_SLOTS_MAX));
        if (range !== null) return { job, range };
      }
      continue;
    }
    const waiting = waitingSlots(job, table);
    if (waiting === 0) continue;
    if (free < Math.min(waiting, Math.ceil(slotsInFlightMax * BATCH_SHARE_MIN))) return null;
    return { job, range: rangeToStart(job, table, free)! };
  }
  return null;
}

/**
 * Returns how the slots of a batch move: as its first one can.
 *
 * @throws {TopologyError} if it cannot.
 */
export function methodOf(
  { job: { to }, range }: Batch,
  place: { readonly table: SlotTable; readonly topology: Topology },
): MigrationMethod {
  for (let slot = range[0]; slot <= range[1]; slot++) {
    const entry = place.table[slot]!;
    if (entry.phase !== "stable" || entry.owner === to) continue;
    return methodBetween(place.topology, { from: entry.owner, to });
  }
  return "keys";
}

/** Whether a slot has a migration record that is not closed. */
export function isMoving(entry: SlotEntry): boolean {
  return entry.phase !== "offline" && (entry.phase !== "stable" || entry.closing !== undefined);
}

/** A job with a delay lets all its slots arrive, and rests before the next few. */
function hasRested(job: MigrationJob, situation: BatchSituation): boolean {
  for (let slot = job.range[0]; slot <= job.range[1]; slot++) {
    if (isMoving(situation.table[slot]!)) return false;
  }
  const arrivedAtMs = situation.arrivedAtMs?.get(job.id) ?? -Infinity;
  return situation.nowMs >= arrivedAtMs + job.delayMs;
}

function waitingSlots(job: MigrationJob, table: SlotTable): number {
  let count = 0;
  for (let slot = job.range[0]; slot <= job.range[1]; slot++) {
    if (isAtRest(table[slot]!, job)) count++;
  }
  return count;
}

/** The first stretch of the job's range with at most `countMax` slots to start and no obstacle. */
function rangeToStart(
  job: MigrationJob,
  table: SlotTable,
  countMax: number,
): readonly [number, number] | null {
  let first = -1;
  let last = -1;
  let count = 0;
  for (let slot = job.range[0]; slot <= job.range[1] && count < countMax; slot++) {
    const entry = table[slot]!;
    if (isAtRest(entry, job)) {
      if (first < 0) first = slot;
      last = slot;
      count++;
    } else if (first >= 0 && !(entry.phase === "stable" && entry.owner === job.to)) break;
  }
  return first < 0 ? null : [first, last];
}

function isAtRest(entry: SlotEntry, job: MigrationJob): boolean {
  return entry.phase === "stable" && entry.closing === undefined && entry.owner !== job.to;
}
