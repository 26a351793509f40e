import { assertEquals } from "@std/assert";
import { comparisonOf, type SortItem, sortNumberOf, type SortOrder } from "./sort_order.ts";

const encoder = new TextEncoder();
const PLAIN: SortOrder = {
  isAlpha: false,
  isByPattern: false,
  isDescending: false,
  isStored: false,
};

function item(element: string, score: number, text?: string): SortItem {
  const bytes = text === undefined ? undefined : encoder.encode(text);
  return { element: encoder.encode(element), score, text: bytes };
}

Deno.test("a number is read as C reads it", () => {
  const texts = ["", " 1", "1 ", " ", "0x10", "1\x00x", "1e400", "1e-310", "inf", "x"];
  const numbers = [0, 1, NaN, NaN, 16, 1, NaN, NaN, Infinity, NaN];
  assertEquals(texts.map((text) => sortNumberOf(encoder.encode(text))), numbers);
});

Deno.test("equal numbers are ordered by their elements", () => {
  const compare = comparisonOf(PLAIN);
  assertEquals(compare(item("b", 1), item("a", 2)) < 0, true);
  assertEquals(compare(item("b", 1), item("a", 1)) > 0, true);
  const backward = comparisonOf({ ...PLAIN, isDescending: true });
  assertEquals(backward(item("b", 1), item("a", 1)) < 0, true);
});

Deno.test("an element without a text comes first", () => {
  const compare = comparisonOf({ ...PLAIN, isAlpha: true, isByPattern: true });
  assertEquals(compare(item("a", 0), item("b", 0, "")), -1);
  assertEquals(compare(item("a", 0), item("b", 0)), 0);
});

Deno.test("texts are compared whole only where they are stored", () => {
  const one = item("a\x00b", 0);
  const other = item("a\x00c", 0);
  assertEquals(comparisonOf({ ...PLAIN, isAlpha: true })(one, other), 0);
  assertEquals(comparisonOf({ ...PLAIN, isAlpha: true, isStored: true })(one, other) < 0, true);
});
