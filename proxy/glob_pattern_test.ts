import { assertEquals } from "@std/assert";
import { matchesGlob } from "./glob_pattern.ts";

const CASES: readonly (readonly [string, string, boolean])[] = [
  ["", "", true],
  ["", "a", false],
  ["*", "", true],
  ["*", "anything", true],
  ["max*", "maxmemory", true],
  ["max*y", "maxmemory-policy", true],
  ["max*z", "maxmemory-policy", false],
  ["h?llo", "hello", true],
  ["h?llo", "hllo", false],
  ["h[ae]llo", "hallo", true],
  ["h[ae]llo", "hillo", false],
  ["h[^e]llo", "hallo", true],
  ["h[^e]llo", "hello", false],
  ["[a-c]", "b", true],
  ["[c-a]", "b", true],
  ["[a-c]", "d", false],
  ["\\*", "*", true],
  ["\\*", "a", false],
  ["[\\]]", "]", true],
  ["a**b", "axxb", true],
];

Deno.test("a glob matches as Redis's does", () => {
  for (const [pattern, text, expected] of CASES) {
    assertEquals(matchesGlob(pattern, text), expected, `${pattern} against ${text}`);
  }
});

Deno.test("many stars do not take exponential time", () => {
  assertEquals(matchesGlob("*a".repeat(30) + "b", "a".repeat(2000)), false);
});
