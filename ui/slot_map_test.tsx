import { assertEquals, assertStringIncludes } from "@std/assert";
import { sampleProduct } from "../tests/support/sample_product.ts";
import { RangeTable, sharesOf, SlotGrid, SlotStrip } from "./slot_map.tsx";

const MOVING = sampleProduct({
  ranges: [
    { range: [0, 40], phase: "stable", epoch: 2, owner: 1 },
    {
      range: [41, 42],
      phase: "migrating",
      epoch: 3,
      opened: true,
      migration: { id: "m-1", from: 1, to: 10, method: "keys" },
    },
  ],
});

Deno.test("the grid has a link for each slot, with its owner in words", async () => {
  const text = String(await <SlotGrid table={MOVING.table} />);
  assertEquals(text.match(/<a /g)?.length, 1024);
  assertStringIncludes(text, 'href="/slots/40" class="g0" data-tip="Slot 40: group 1"');
  assertStringIncludes(
    text,
    'class="moving g0 t1" data-tip="Slot 41: migrating from group 1 to 10"',
  );
  assertStringIncludes(text, 'class="off" data-tip="Slot 43: offline"');
});

Deno.test("the grid is one stop of the Tab key", async () => {
  const text = String(await <SlotGrid table={MOVING.table} />);
  assertEquals(text.match(/tabindex="0"/g)?.length, 1);
});

Deno.test("the strip has a piece for each range, and says the shares", async () => {
  const text = String(await <SlotStrip table={MOVING.table} />);
  assertStringIncludes(text, 'aria-label="Slot map: group 1 has 43 slots"');
  assertStringIncludes(text, "<title>41–42: migrating from group 1 to 10</title>");
  assertEquals(text.match(/<title>/g)?.length, 3);
});

Deno.test("the table tells the same in words", async () => {
  const { table, ranges } = MOVING;
  const text = String(await <RangeTable table={table} ranges={ranges} />);
  const rows = [...text.matchAll(/<td class="mono wrap">([^<]*)/g)].map(([, slots]) => slots);
  assertEquals(rows, ["0-40", "41-42", "43-1023"]);
});

Deno.test("slots on their way count for the group they leave", () => {
  assertEquals([...sharesOf(MOVING.table)], [[1, 43]]);
});
