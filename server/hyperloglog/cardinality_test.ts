import { assert, assertEquals } from "@std/assert";
import { cardinalityOf, HEIGHT_COUNT } from "./cardinality.ts";
import { INDEX_BITS, placeOf, REGISTER_COUNT } from "./registers.ts";

function heightsOf(registers: Uint8Array): Uint32Array {
  const heights = new Uint32Array(HEIGHT_COUNT);
  for (const run of registers) heights[run]!++;
  return heights;
}

Deno.test("nothing was seen where all registers are 0", () => {
  assertEquals(cardinalityOf(heightsOf(new Uint8Array(REGISTER_COUNT))), 0);
});

Deno.test("registers that no element can reach estimate to Infinity", () => {
  assertEquals(cardinalityOf(heightsOf(new Uint8Array(REGISTER_COUNT).fill(63))), Infinity);
});

Deno.test("the estimate is within three standard errors of what was added", () => {
  const registers = new Uint8Array(REGISTER_COUNT);
  const encoder = new TextEncoder();
  let added = 0;
  for (const count of [1, 10, 1000, 20_000, 100_000]) {
    for (; added < count; added++) {
      const element = encoder.encode(`element ${added}`);
      const place = placeOf(element, 0, element.length);
      const index = place & (REGISTER_COUNT - 1);
      registers[index] = Math.max(registers[index]!, place >>> INDEX_BITS);
    }
    const error = Math.abs(cardinalityOf(heightsOf(registers)) - count) / count;
    assert(error <= 3 * 1.04 / Math.sqrt(REGISTER_COUNT), `${count}: off by ${error}`);
  }
});
