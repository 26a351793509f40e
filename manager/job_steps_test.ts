/**
 * What happens to jobs as their slots move.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import type { SlotEntry } from "../core/topology/topology.ts";
import { sampleJob } from "../tests/support/sample_job.ts";
import { nextStartMs, receiptsToKeep, settledJob, slotsToCancel } from "./job_steps.ts";
import { formatJob, parseJob, slotsOfJob, totalReceipt } from "./migration_job.ts";

const RECEIPT = { moved: 3, sum: "ab" };
const FORWARD = { id: "m", from: 1, to: 2, method: "keys" } as const;
const BACK = { id: "m", from: 2, to: 1, method: "keys" } as const;

const AT_SOURCE: SlotEntry = { phase: "stable", epoch: 1, owner: 1 };
const ARRIVED: SlotEntry = { phase: "stable", epoch: 1, owner: 2 };
const CLOSING: SlotEntry = { ...ARRIVED, closing: { id: "m", group: 1, receipt: RECEIPT } };
const RETURNED: SlotEntry = { ...AT_SOURCE, closing: { id: "m", group: 2, receipt: RECEIPT } };
const MOVING: SlotEntry = { phase: "migrating", epoch: 2, opened: true, migration: FORWARD };
const TURNING: SlotEntry = { phase: "returning", epoch: 3, migration: FORWARD };
const RETURNING: SlotEntry = { phase: "migrating", epoch: 4, opened: true, migration: BACK };

const JOB = sampleJob({ range: [0, 6] });
const TABLE = [AT_SOURCE, ARRIVED, CLOSING, RETURNED, MOVING, TURNING, RETURNING];

Deno.test("slots are counted by what the topology says of them", () => {
  assertEquals(slotsOfJob(JOB, TABLE), { arrived: 1, onTheWay: 5, returning: 3, waiting: 1 });
});

Deno.test("the receipts of slots about to be closed are kept, but not those of returned ones", () => {
  const close = (slot: number) => ({ slot, slotEpoch: 1, step: "close" } as const);
  const kept = receiptsToKeep([close(2), close(3)], TABLE, [JOB]);
  assertEquals([...kept], [["m", { 2: RECEIPT }]]);
  assertEquals([...receiptsToKeep([close(2)], TABLE, [])], []);
});

Deno.test("only slots on their way to the target are cancelled", () => {
  assertEquals(slotsToCancel(TABLE, [JOB]), []);
  assertEquals(slotsToCancel(TABLE, [{ ...JOB, state: "cancelling" }]), [4]);
});

Deno.test("a job ends when its last slot has arrived", () => {
  const job = sampleJob({ range: [0, 1], startedAtMs: 5 });
  assertEquals(settledJob(job, [ARRIVED, CLOSING], 9), job);
  assertEquals(settledJob(job, [ARRIVED, AT_SOURCE], 9), job);
  assertEquals(settledJob(job, [ARRIVED, ARRIVED], 9), { ...job, state: "done", finishedAtMs: 9 });
});

Deno.test("a cancelled job ends when nothing is on its way", () => {
  const job = sampleJob({ range: [0, 1], state: "cancelling", startedAtMs: 5 });
  assertEquals(settledJob(job, [ARRIVED, RETURNING], 9), job);
  assertEquals(settledJob(job, [ARRIVED, AT_SOURCE], 9).state, "cancelled");
  assertEquals(settledJob(job, [ARRIVED, ARRIVED], 9).state, "done");
});

Deno.test("a job with a delay says when it wants to be looked at again", () => {
  const arrivedAtMs = new Map([["m", 100]]);
  assertEquals(nextStartMs([sampleJob({ delayMs: 50 })], arrivedAtMs, 120), 30);
  assertEquals(
    nextStartMs([sampleJob({ delayMs: 50, state: "paused" })], arrivedAtMs, 120),
    Infinity,
  );
  assertEquals(nextStartMs([sampleJob({})], arrivedAtMs, 120), Infinity);
});

Deno.test("receipts add up, their sums modulo 2^64", () => {
  const receipts = { 1: { moved: 2, sum: "ffffffffffffffff" }, 7: { moved: 3, sum: "2" } };
  assertEquals(totalReceipt(receipts), { moved: 5, sum: "1" });
});

Deno.test("a job is read as it was written", () => {
  const job = sampleJob({ receipts: { 3: RECEIPT }, startedAtMs: 4, keysTotal: 10 });
  assertEquals(parseJob(formatJob(job)), job);
});
