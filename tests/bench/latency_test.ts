import { assertEquals, assertThrows } from "@std/assert";
import { latenciesOf } from "./latency.ts";

const samples = {
  scheduledAtMs: Float64Array.from({ length: 200 }, (_, i) => i),
  latencyMs: Float64Array.from({ length: 200 }, (_, i) => i < 100 ? 100 - i : -500),
};

Deno.test("percentiles are taken over the requests scheduled in the stretch of time", () => {
  assertEquals(latenciesOf(samples, 0, 100), {
    requests: 100,
    errors: 0,
    p50Ms: 50,
    p99Ms: 99,
    maxMs: 100,
  });
});

Deno.test("an error reply counts as an error and with the time it took", () => {
  const { requests, errors, maxMs } = latenciesOf(samples, 99, 103);
  assertEquals({ requests, errors, maxMs }, { requests: 4, errors: 3, maxMs: 500 });
});

Deno.test("a stretch of time without a request has no percentiles", () => {
  assertThrows(() => latenciesOf(samples, 200, 300), RangeError, "No request");
});
