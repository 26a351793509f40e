import { assertEquals } from "@std/assert";
import { slotRangeOf, slotWords } from "./slot_words.ts";

Deno.test("neighbouring slots are one word", () => {
  assertEquals(slotWords([]), []);
  assertEquals(slotWords([3, 4]), ["3-4"]);
  assertEquals(slotWords([0, 1, 2, 5, 7, 8, 1023]), ["0-2", "5", "7-8", "1023"]);
});

for (
  const [word, range] of [
    ["7", [7, 7]],
    ["0-1023", [0, 1023]],
    ["5-5", [5, 5]],
    ["6-5", null],
    ["0-1024", null],
    ["-1", null],
    ["1-", null],
    ["01x", null],
    ["", null],
  ] as const
) {
  Deno.test(`"${word}" means ${range === null ? "no slots" : range.join(" to ")}`, () => {
    assertEquals(slotRangeOf(word), range);
  });
}
