import { assertEquals } from "@std/assert";
import { matchesGlob, matchesGlobBytes } from "./glob.ts";

function bytesOf(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

function matches(pattern: string, text: string): boolean {
  const p = bytesOf(`[${pattern}]`);
  const t = bytesOf(`*${text}*`);
  return matchesGlobBytes(p, 1, p.length - 1, t, 1, t.length - 1);
}

Deno.test("matchesGlobBytes() decides as Redis's stringmatchlen", () => {
  const cases: [pattern: string, text: string, expected: boolean][] = [
    ["", "", true],
    ["*", "", false],
    ["*", "a", true],
    ["a*c*e", "abcde", true],
    ["a*c*e", "abcdef", false],
    ["a**", "a", true],
    ["h?llo", "hello", true],
    ["h?llo", "hllo", false],
    ["h[ae]llo", "hallo", true],
    ["h[ae]llo", "hillo", false],
    ["h[^e]llo", "hello", false],
    ["h[b-a]llo", "hallo", true],
    ["h[a-]llo", "hallo", false],
    ["h[a-]llo", "h]", true],
    ["h[a-", "ha", true],
    ["h[", "ha", false],
    ["h[^", "ha", true],
    ["[]a]", "a", false],
    ["[\\]]", "]", true],
    ["\\*", "*", true],
    ["\\*", "a", false],
    ["a\\", "a\\", true],
    ["[a-\xff]", "b", false],
    ["[a-\xff]", "A", true],
    ["[\x80-\xff]", "\x90", true],
  ];
  for (const [pattern, text, expected] of cases) {
    assertEquals([pattern, text, matches(pattern, text)], [pattern, text, expected]);
  }
});

Deno.test("matchesGlobBytes() of many stars takes no exponential time", () => {
  assertEquals(matches("a*".repeat(40) + "b", "a".repeat(4000)), false);
});

const TEXT_CASES: readonly (readonly [string, string, boolean])[] = [
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
  for (const [pattern, text, expected] of TEXT_CASES) {
    assertEquals(matchesGlob(pattern, text), expected, `${pattern} against ${text}`);
  }
});

Deno.test("many stars do not take exponential time", () => {
  assertEquals(matchesGlob("*a".repeat(30) + "b", "a".repeat(2000)), false);
});
