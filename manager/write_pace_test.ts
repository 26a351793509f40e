/**
 * When the topology may be written again.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { WRITE_BURST_MAX, WRITE_GATHER_MS, WritePace } from "./write_pace.ts";

Deno.test("a write waits a little for more slots, and not at all when none can come", () => {
  const pace = new WritePace();
  assertEquals(pace.delayMs(0, 0, false), 0);
  assertEquals(pace.delayMs(0, 0, true), WRITE_GATHER_MS);
  assertEquals(pace.delayMs(5, 5, true), WRITE_GATHER_MS - 5);
});

Deno.test("after a burst ten writes a second are left", () => {
  const pace = new WritePace();
  for (let write = 0; write < WRITE_BURST_MAX; write++) pace.spend(0);
  assertEquals(pace.delayMs(0, 1000, false), 100);
  assertEquals(pace.delayMs(60, 1000, false), 40);
  assertEquals(pace.delayMs(100, 1000, false), 0);
});
