/**
 * Which slots start next.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import type { SlotEntry } from "../core/topology/topology.ts";
import { sampleJob } from "../tests/support/sample_job.ts";
import { type Batch, type BatchSituation, planBatch } from "./plan_batch.ts";

const HERE: SlotEntry = { phase: "stable", epoch: 1, owner: 1 };
const THERE: SlotEntry = { phase: "stable", epoch: 1, owner: 2 };
const MIGRATION = { id: "other", from: 1, to: 2, method: "keys" } as const;
const MOVING: SlotEntry = { phase: "preparing", epoch: 2, migration: MIGRATION };

Deno.test("a batch takes as many slots as may be on their way", () => {
  assertEquals(rangeOf({ slotsInFlightMax: 4 }), [0, 3]);
});

Deno.test("slots that have arrived do not count", () => {
  assertEquals(rangeOf({ slotsInFlightMax: 2, slots: { 0: THERE, 2: THERE } }), [1, 3]);
});

Deno.test("a batch ends before a slot that is moving", () => {
  assertEquals(rangeOf({ slotsInFlightMax: 4, slots: { 2: MOVING } }), [0, 1]);
});

Deno.test("few free places wait for more, unless they are enough for the rest", () => {
  const slots = { 0: MOVING, 1: MOVING, 2: MOVING, 3: MOVING, 4: MOVING, 5: MOVING, 6: MOVING };
  assertEquals(rangeOf({ slotsInFlightMax: 8, slots }), null);
  assertEquals(rangeOf({ slotsInFlightMax: 8, slots, jobs: [sampleJob({ range: [7, 7] })] }), [
    7,
    7,
  ]);
});

Deno.test("the oldest job comes first; a paused one lets the next by", () => {
  const [first, second] = [
    sampleJob({ id: "a", range: [0, 3] }),
    sampleJob({ id: "b", range: [8, 9] }),
  ];
  assertEquals(batchOf({ jobs: [first, second] })?.job.id, "a");
  assertEquals(batchOf({ jobs: [{ ...first, state: "paused" }, second] })?.job.id, "b");
  assertEquals(batchOf({ jobs: [{ ...first, state: "cancelling" }] }), null);
});

Deno.test("with a delay a few slots start at a time, and all arrive before the next rest", () => {
  const jobs = [sampleJob({ range: [0, 99], delayMs: 100 })];
  assertEquals(rangeOf({ jobs }), [0, 15]);
  assertEquals(rangeOf({ jobs, slots: { 15: MOVING } }), null);
  const arrivedAtMs = new Map([["m", 1000]]);
  assertEquals(rangeOf({ jobs, slots: { 0: THERE }, arrivedAtMs, nowMs: 1099 }), null);
  assertEquals(rangeOf({ jobs, slots: { 0: THERE }, arrivedAtMs, nowMs: 1100 }), [1, 16]);
});

function rangeOf(wanted: Parameters<typeof batchOf>[0]): readonly [number, number] | null {
  return batchOf(wanted)?.range ?? null;
}

function batchOf(
  wanted: Partial<BatchSituation> & { slots?: Readonly<Record<number, SlotEntry>> },
): Batch | null {
  const { slots = {}, ...situation } = wanted;
  const table = Array.from({ length: 1024 }, (_, slot) => slots[slot] ?? HERE);
  return planBatch({ table, jobs: [sampleJob({})], nowMs: 0, ...situation });
}
