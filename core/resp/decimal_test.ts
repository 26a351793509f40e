/**
 * The spellings Redis takes and those it refuses.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { decimalOf } from "./decimal.ts";

const CASES: [string, number][] = [
  ["0", 0],
  ["7", 7],
  ["-1", -1],
  ["1234567890", 1234567890],
  ["9007199254740991", 9007199254740991],
  ["9223372036854775807", 2 ** 63],
  ["-9223372036854775808", -(2 ** 63)],
  ["9223372036854775808", NaN],
  ["-9223372036854775809", NaN],
  ["10000000000000000000", NaN],
  ["", NaN],
  ["-", NaN],
  ["-0", NaN],
  ["00", NaN],
  ["01", NaN],
  ["+1", NaN],
  [" 1", NaN],
  ["1 ", NaN],
  ["1a", NaN],
  ["1.0", NaN],
];

for (const [text, expected] of CASES) {
  Deno.test(`decimalOf() reads ${JSON.stringify(text)} as ${expected}`, () => {
    const bytes = new TextEncoder().encode(`9${text}9`);

    assertEquals(decimalOf(bytes, 1, bytes.length - 1), expected);
  });
}
