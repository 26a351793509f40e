import { assertEquals, assertThrows } from "@std/assert";
import { type Sample, type Samples, spreadOf, summaryOf } from "./summary.ts";

function samples(setNs: number, getNs: number): Samples {
  const sample = (nsPerRequest: number): Sample => ({
    nsPerRequest,
    cpuNs: nsPerRequest * 10,
    requests: 10,
    requestsPerSecond: 1e9 / nsPerRequest,
    p99Ms: 1,
  });
  return { SET: sample(setNs), GET: sample(getNs) };
}

Deno.test("the median of an odd count is the middle value", () => {
  assertEquals(spreadOf([10, 9, 2]), { median: 9, min: 2, max: 10 });
});

Deno.test("the median of an even count is the mean of the middle two", () => {
  assertEquals(spreadOf([4, 1, 3, 100]), { median: 3.5, min: 1, max: 100 });
});

Deno.test("one value is its own spread", () => {
  assertEquals(spreadOf([5]), { median: 5, min: 5, max: 5 });
});

Deno.test("no values have no median", () => {
  assertThrows(() => spreadOf([]), RangeError, "no values");
});

Deno.test("a summary forms the ratio inside each pair", () => {
  // A slow moment hits both programs of the second pair: the ratio does not move.
  const pairs = [
    { subject: samples(400, 600), peer: samples(900, 1_100) },
    { subject: samples(4_000, 6_000), peer: samples(9_000, 11_000) },
    { subject: samples(600, 600), peer: samples(1_000, 1_000) },
  ];
  const summary = summaryOf(16, pairs);
  assertEquals(summary.ratio, { median: 0.5, min: 0.5, max: 0.6 });
  assertEquals([summary.pipeline, summary.subjectNs, summary.peerNs], [16, 600, 1_000]);
});
