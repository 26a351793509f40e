/**
 * What C's `%.17g` writes.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { formatDouble } from "./format_double.ts";

const CASES: [number, string][] = [
  [0, "0"],
  [-0, "-0"],
  [1, "1"],
  [-17, "-17"],
  [3.1, "3.1000000000000001"],
  [-0.5, "-0.5"],
  [0.1, "0.10000000000000001"],
  [1.5, "1.5"],
  [0.0001, "0.0001"],
  [0.00001, "1.0000000000000001e-05"],
  [1e-300, "1e-300"],
  [5e-324, "4.9406564584124654e-324"],
  [123456.789, "123456.789"],
  [2 ** 53, "9007199254740992"],
  [1e16, "10000000000000000"],
  [1e17, "1e+17"],
  [1e21, "1e+21"],
  [1.7976931348623157e308, "1.7976931348623157e+308"],
  [123 + 2 ** -15, "123.00003051757812"],
  [123 + 3 * 2 ** -15, "123.00009155273438"],
  [Infinity, "inf"],
  [-Infinity, "-inf"],
  [NaN, "nan"],
];

for (const [value, expected] of CASES) {
  Deno.test(`formatDouble() writes ${value} as ${expected}`, () => {
    assertEquals(formatDouble(value), expected);
  });
}
