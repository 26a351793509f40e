import { assertEquals, assertThrows } from "@std/assert";
import { residentBytesIn } from "./resident.ts";

Deno.test("resident memory is read in bytes", () => {
  assertEquals(residentBytesIn("VmHWM:\t  900 kB\nVmRSS:\t   12 kB\nThreads:\t1\n"), 12_288);
});

Deno.test("a process that is gone has no resident memory", () => {
  assertThrows(() => residentBytesIn("State:\tZ (zombie)\n"), SyntaxError, "No VmRSS");
});
