import { assertEquals, assertThrows } from "@std/assert";
import { parseReport } from "./redis_benchmark.ts";

const REPORT = [
  "SET: rps=0.0 (overall: 0.0) avg_msec=-nan (overall: -nan)\r      \r====== SET ======",
  "  20000 requests completed in 0.03 seconds",
  "  50 parallel clients",
  "Latency by percentile distribution:",
  "100.000% <= 2.087 milliseconds (cumulative count 20000)",
  "Summary:",
  "  throughput summary: 645161.31 requests per second",
  "  latency summary (msec):",
  "          avg       min       p50       p95       p99       max",
  "        1.071     0.360     1.039     1.703     1.959     2.087",
  "",
].join("\n");

Deno.test("a report gives the completed requests, the throughput and the latencies", () => {
  assertEquals(parseReport(REPORT), {
    requests: 20_000,
    requestsPerSecond: 645_161.31,
    p50Ms: 1.039,
    p99Ms: 1.959,
  });
});

Deno.test("a report that was cut off is refused", () => {
  assertThrows(
    () => parseReport(REPORT.slice(0, REPORT.indexOf("Summary"))),
    SyntaxError,
    "Cannot read the report",
  );
});
