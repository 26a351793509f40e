import { assertEquals } from "@std/assert";
import { CommandRate } from "./command_rate.ts";

Deno.test("the rate is the mean of the last sixteen samples", () => {
  const rate = new CommandRate();
  rate.sample(1000, 500);
  assertEquals(rate.perSecond, 0);
  rate.sample(1100, 660);
  assertEquals(rate.perSecond, 100);
  for (let i = 1; i <= 20; i++) rate.sample(1100 + 100 * i, 660 + 20 * i);
  assertEquals(rate.perSecond, 200);
});

Deno.test("a counter that starts again counts for nothing", () => {
  const rate = new CommandRate();
  rate.sample(1000, 500);
  rate.sample(1100, 0);
  rate.sample(1100, 50);
  assertEquals(rate.perSecond, 0);
});
