import { assertEquals } from "@std/assert";
import { IntRing } from "./int_ring.ts";

Deno.test("IntRing keeps order while it wraps and grows", () => {
  const ring = new IntRing(1024);
  const seen: number[] = [];
  let next = 0;
  for (let round = 0; round < 50; round++) {
    for (let i = 0; i < 37; i++) assertEquals(ring.push(next++), true);
    for (let i = 0; i < 23; i++) seen.push(ring.shift());
  }
  while (ring.length > 0) seen.push(ring.shift());
  assertEquals(seen, Array.from({ length: next }, (_, i) => i));
});

Deno.test("IntRing refuses what is beyond its limit and loses nothing", () => {
  const ring = new IntRing(128);
  for (let i = 0; i < 128; i++) assertEquals(ring.push(i), true);
  assertEquals(ring.push(128), false);
  assertEquals([ring.length, ring.peek(), ring.shift()], [128, 0, 0]);
  assertEquals(ring.push(128), true);
});
