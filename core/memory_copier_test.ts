import { assertEquals } from "@std/assert";
import { MemoryCopier } from "./memory_copier.ts";

Deno.test("MemoryCopier copies every length at every alignment, and nothing else", () => {
  const source = Uint8Array.from({ length: 512 }, (_, i) => (i * 7 + 3) & 255);
  for (let length = 0; length <= 130; length++) {
    for (let alignment = 0; alignment < 4; alignment++) {
      const bytes = source.slice();
      const start = 1 + alignment;
      const to = 256 + ((alignment * 3) & 3);
      const expected = source.slice();
      expected.set(source.subarray(start, start + length), to);

      new MemoryCopier(bytes).copy(to, start, start + length);

      assertEquals(bytes, expected, `length ${length}, alignment ${alignment}`);
    }
  }
});

Deno.test("MemoryCopier keeps to its part of a shared buffer", () => {
  const all = Uint8Array.from({ length: 64 }, (_, i) => i);
  const part = all.subarray(16, 48);

  new MemoryCopier(part).copy(20, 2, 9);

  assertEquals([...part.subarray(18, 29)], [34, 35, 18, 19, 20, 21, 22, 23, 24, 43, 44]);
});
