import { assertEquals } from "@std/assert";
import { requestsFor } from "./contestant.ts";

Deno.test("a request count fills the CPU time in whole pipelines", () => {
  assertEquals(requestsFor(1e9, 20_000, 1), 50_000);
  assertEquals(requestsFor(1e9, 1_000, 64), 1_001_600);
  assertEquals(requestsFor(1, 1_000, 16), 800);
});
