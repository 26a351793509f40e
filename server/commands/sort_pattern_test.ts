import { assertEquals } from "@std/assert";
import { keyOf, patternOf } from "./sort_pattern.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** The pattern with text in place of bytes, and the key it makes of `7`. */
function read(text: string): unknown {
  const pattern = patternOf(encoder.encode(text));
  if (pattern.kind !== "key") return pattern.kind;
  const field = pattern.field && decoder.decode(pattern.field);
  return [decoder.decode(keyOf(pattern, encoder.encode("7"))), field];
}

Deno.test("a pattern is the element, nothing, or the name of a key", () => {
  assertEquals(["#", "constant", "", "##"].map(read), ["element", "nothing", "nothing", "nothing"]);
  assertEquals(read("w_*"), ["w_7", undefined]);
  assertEquals(read("*_*"), ["7_*", undefined]);
});

Deno.test("an arrow behind the star names a field", () => {
  assertEquals(read("h_*_x->f"), ["h_7_x", "f"]);
  assertEquals(read("h_*->f->g"), ["h_7", "f->g"]);
  assertEquals(read("h->*"), ["h->7", undefined]);
  assertEquals(read("h_*->"), ["h_7->", undefined]);
});

Deno.test("what stands behind a zero byte is neither star nor arrow", () => {
  assertEquals(read("#\x00x"), "element");
  assertEquals(read("a\x00*"), "nothing");
  assertEquals(read("a*\x00->f"), ["a7\x00->f", undefined]);
});
