/**
 * A migration as the operator ordered it: which slots, where to, how far.
 *
 * Invariant: a job decides nothing about a slot that has been started. The topology does; the job says
 * only which slots may be started, or sent back, next. So a job's node may be old, never wrong.
 *
 * @module
 */

import { z } from "zod";
import type { SlotTable } from "../core/topology/slot_table.ts";
import type { Receipt, SlotEntry } from "../core/topology/topology.ts";

/**
 * What the operator wants of a job, and how it ended.
 *
 * `paused`: no further slot is started, those on their way arrive. `cancelling`: those on their way
 * return; those that have arrived stay.
 */
export type JobState = "open" | "paused" | "cancelling" | "done" | "cancelled" | "failed";

/** A migration job, as its node holds it. */
export interface MigrationJob {
  readonly schemaVersion: 1;
  readonly id: string;
  /** First and last slot, both included. */
  readonly range: readonly [number, number];
  readonly to: number;
  /** Above 0: slots move a few at a time, with this pause between, milliseconds. */
  readonly delayMs: number;
  readonly state: JobState;
  readonly actor: string;
  /** Milliseconds since 1970, like the other times. */
  readonly createdAtMs: number;
  readonly startedAtMs: number | null;
  readonly finishedAtMs: number | null;
  /** Keys in its slots when it was made; null if a server did not say. */
  readonly keysTotal: number | null;
  /** What both sides of each slot that arrived agreed on, by slot. */
  readonly receipts: Readonly<Record<string, Receipt>>;
  /** Why it failed. */
  readonly problem: string | null;
}

/** How far a job is: slots by what the topology says of them. */
export interface JobSlots {
  /** On the target, and closed at the source. */
  readonly arrived: number;
  readonly onTheWay: number;
  /** Of those on their way, the ones that go back. */
  readonly returning: number;
  readonly waiting: number;
}

/** Largest delay of a job, milliseconds. */
export const JOB_DELAY_MS_MAX = 3_600_000;

const receipt = z.strictObject({ moved: z.int().min(0), sum: z.string().regex(/^[0-9a-f]+$/) });
const timeMs = z.int().min(0);
const slot = z.int().min(0).max(1023);

const jobSchema = z.strictObject({
  schemaVersion: z.literal(1),
  id: z.string().min(1),
  range: z.tuple([slot, slot]).readonly(),
  to: z.int().min(1),
  delayMs: z.int().min(0),
  state: z.enum(["open", "paused", "cancelling", "done", "cancelled", "failed"]),
  actor: z.string(),
  createdAtMs: timeMs,
  startedAtMs: timeMs.nullable(),
  finishedAtMs: timeMs.nullable(),
  keysTotal: z.int().min(0).nullable(),
  receipts: z.record(z.string().regex(/^\d{1,4}$/), receipt),
  problem: z.string().nullable(),
});

/** Returns the job that a node's text holds. @throws {Error} naming the field if it is none. */
export function parseJob(text: string): MigrationJob {
  return jobSchema.parse(JSON.parse(text));
}

/** Returns the text of a job. */
export function formatJob(job: MigrationJob): string {
  return JSON.stringify(job);
}

/** Whether nothing will happen to the job any more. */
export function isFinished(job: MigrationJob): boolean {
  return job.state === "done" || job.state === "cancelled" || job.state === "failed";
}

/** Whether a slot's entry is this job's to move, in either direction. */
export function isOnTheWay(entry: SlotEntry, job: Pick<MigrationJob, "id">): boolean {
  if (entry.phase === "offline") return false;
  if (entry.phase === "stable") return entry.closing?.id === job.id;
  return entry.migration.id === job.id;
}

/** Whether a slot of the job is on its way back to where it was. */
export function isReturning(entry: SlotEntry, job: Pick<MigrationJob, "id" | "to">): boolean {
  if (!isOnTheWay(entry, job) || entry.phase === "offline") return false;
  if (entry.phase === "stable") return entry.owner !== job.to;
  return entry.phase === "returning" || entry.migration.to !== job.to;
}

/** Counts the slots of a job. */
export function slotsOfJob(job: MigrationJob, table: SlotTable): JobSlots {
  let [arrived, onTheWay, returning, waiting] = [0, 0, 0, 0];
  for (let slot = job.range[0]; slot <= job.range[1]; slot++) {
    const entry = table[slot]!;
    if (isOnTheWay(entry, job)) {
      onTheWay++;
      if (isReturning(entry, job)) returning++;
    } else if (entry.phase === "stable" && entry.owner === job.to) arrived++;
    else waiting++;
  }
  return { arrived, onTheWay, returning, waiting };
}

/** Returns how the job ends now, or null while it does not. */
export function outcomeOf(job: MigrationJob, table: SlotTable): "done" | "cancelled" | null {
  if (isFinished(job)) return null;
  const { onTheWay, waiting } = slotsOfJob(job, table);
  if (onTheWay > 0) return null;
  if (waiting === 0) return "done";
  return job.state === "cancelling" ? "cancelled" : null;
}

/** Adds up the receipts of the slots that arrived; sums are modulo 2^64. */
export function totalReceipt(receipts: MigrationJob["receipts"]): Receipt {
  let moved = 0;
  let sum = 0n;
  for (const receipt of Object.values(receipts)) {
    moved += receipt.moved;
    sum += BigInt(`0x${receipt.sum}`);
  }
  return { moved, sum: BigInt.asUintN(64, sum).toString(16) };
}
