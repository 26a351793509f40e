import { assertEquals } from "@std/assert";
import { HeldSlot } from "./held_slot.ts";

function entry(request: number, notBeforeMs = 0) {
  return { request, bytes: new Uint8Array(0), notBeforeMs };
}

Deno.test("what was refused goes before what was never sent", () => {
  const held = new HeldSlot();
  held.admitted.push(entry(2));
  held.refused.push(entry(1));
  assertEquals(held.takeAll().map(({ request }) => request), [1, 2]);
  assertEquals(held.count, 0);
});

Deno.test("the next pause to end is the first that lasts", () => {
  const held = new HeldSlot();
  assertEquals(held.nextPauseEndMs(10), Infinity);
  held.refused.push(entry(1, 10), entry(2, 30));
  held.admitted.push(entry(3, 20), entry(4));
  assertEquals(held.nextPauseEndMs(5), 10);
  assertEquals(held.nextPauseEndMs(10), 20);
  assertEquals(held.nextPauseEndMs(30), Infinity);
});

Deno.test("what is late is taken out, and the rest stays in order", () => {
  const held = new HeldSlot();
  held.refused.push(entry(1), entry(2));
  held.admitted.push(entry(3), entry(4), entry(5));
  const late = held.takeLate(({ request }) => request % 2 === 0);
  assertEquals(late.map(({ request }) => request), [2, 4]);
  assertEquals(held.takeAll().map(({ request }) => request), [1, 3, 5]);
});
