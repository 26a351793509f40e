/**
 * Rates and arrival times.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import {
  addSample,
  etaSecondsOf,
  type ProgressSample,
  RATE_WINDOW_MS,
  rateOf,
} from "./progress.ts";

Deno.test("the rate is taken over the last seconds only", () => {
  let samples: ProgressSample[] = [];
  for (let second = 0; second <= 20; second++) {
    const moved = second <= 10 ? 0 : (second - 10) * 100;
    samples = addSample(samples, { atMs: second * 1000, moved });
  }
  assertEquals(samples.length, RATE_WINDOW_MS / 1000 + 1);
  assertEquals(rateOf(samples), 100);
});

Deno.test("keys that return begin a new rate", () => {
  const samples = addSample([{ atMs: 0, moved: 50 }], { atMs: 1000, moved: 40 });
  assertEquals([samples.length, rateOf(samples)], [1, 0]);
});

Deno.test("the time that is left is said only if it is known", () => {
  assertEquals(etaSecondsOf(100, 50), 2);
  assertEquals(etaSecondsOf(100, 0), null);
  assertEquals(etaSecondsOf(null, 50), null);
  assertEquals(etaSecondsOf(0, 0), 0);
});
