import { assertEquals } from "@std/assert";
import { clockIdOf } from "./cpu_clock.ts";

Deno.test("the clock id of a process is its complemented pid above the kind of clock", () => {
  assertEquals([clockIdOf(0), clockIdOf(1), clockIdOf(4_194_304)], [-6, -14, -33_554_438]);
});
