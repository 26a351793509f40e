/**
 * The slots that Codis gives to keys, with and without tags.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { findTag, slotOf, tag } from "./slots.ts";

const SLOTS: [string, number][] = [
  ["", 0],
  ["a", 579],
  ["b", 1017],
  ["c", 879],
  ["foo", 289],
  ["bar", 170],
  ["123456789", 294],
  ["x{a}y", 579],
  ["{a}{b}", 579],
  ["a{b}c}", 1017],
  ["}x{a}", 579],
  ["{{a}}", 780],
  ["user:1000", 995],
  ["{1000}", 791],
  ["{1000}.following", 791],
  ["{}", 0],
  ["{}x", 0],
];

for (const [key, slot] of SLOTS) {
  Deno.test(`slotOf() puts ${JSON.stringify(key)} into slot ${slot}`, () => {
    const bytes = new TextEncoder().encode(`{${key}}`);

    assertEquals(slotOf(bytes, 1, bytes.length - 1, "hash-empty"), slot);
  });
}

Deno.test("slotOf() hashes the whole key for an empty tag if the product says so", () => {
  const bytes = new TextEncoder().encode("{}x{a}");
  const whole = slotOf(new TextEncoder().encode("{}x{a}"), 0, 6, "hash-key");

  assertEquals(slotOf(bytes, 0, 6, "hash-empty"), 0);
  assertEquals(findTag(bytes, 0, 6, "hash-key"), false);
  assertEquals({ ...tag }, { start: 0, end: 6 });
  assertEquals(whole === 579, false);
});

const TAGS: [string, string, boolean][] = [
  ["plain", "plain", false],
  ["x{a}y", "a", true],
  ["{abc", "{abc", false],
  ["x{", "x{", false],
  ["}x{", "}x{", false],
  ["{{a}}", "{a", true],
  ["{a}{b}", "a", true],
  ["a{b}c}", "b", true],
  ["{}x", "", true],
  ["", "", false],
];

for (const [key, text, tagged] of TAGS) {
  Deno.test(`findTag() finds ${JSON.stringify(text)} in ${JSON.stringify(key)}`, () => {
    const bytes = new TextEncoder().encode(`}${key}}`);

    assertEquals(findTag(bytes, 1, bytes.length - 1, "hash-empty"), tagged);
    assertEquals(new TextDecoder().decode(bytes.subarray(tag.start, tag.end)), text);
  });
}
