import { assertEquals } from "@std/assert";
import { cpuModelOf } from "./machine.ts";

Deno.test("the CPU model is the first one named", () => {
  assertEquals(
    cpuModelOf("processor\t: 0\nmodel name\t: AMD EPYC\nprocessor\t: 1\nmodel name\t: Other\n"),
    "AMD EPYC",
  );
});

Deno.test("a cpuinfo without a model name gives a placeholder", () => {
  assertEquals(cpuModelOf("processor\t: 0\nBogoMIPS\t: 50.00\n"), "unnamed CPU");
});
