import { assertEquals } from "@std/assert";
import { requestRate } from "./proxy_stats.ts";

Deno.test("a rate is the difference of two counts over the time between", () => {
  const before = { requests: 1000, atMs: 5000 };
  assertEquals(requestRate(before, { requests: 1500, atMs: 5500 }), 1000);
  assertEquals(requestRate(before, { requests: 1000, atMs: 6000 }), 0);
});

Deno.test("there is no rate without a count before, or after counting began anew", () => {
  const before = { requests: 1000, atMs: 5000 };
  assertEquals(requestRate(undefined, before), null);
  assertEquals(requestRate(before, before), null);
  assertEquals(requestRate(before, { requests: 10, atMs: 6000 }), null);
});
