import { assertEquals } from "@std/assert";
import { formatBytes } from "./format_bytes.ts";

Deno.test("amounts are written as Redis writes them", () => {
  const texts = [0, 1023, 1024, 916_120, 25_276_514_304, 2 ** 50].map(formatBytes);
  assertEquals(texts, ["0B", "1023B", "1.00K", "894.65K", "23.54G", "1.00P"]);
});
