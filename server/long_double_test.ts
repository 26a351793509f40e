import { assertEquals } from "@std/assert";
import { addLongDoubles, formatLongDouble, parseLongDouble } from "./long_double.ts";

function sum(a: string, b: string): string | undefined {
  const first = parseLongDouble(a);
  const second = parseLongDouble(b);
  if (first === undefined || second === undefined) return undefined;
  const total = addLongDoubles(first, second);
  return total && formatLongDouble(total);
}

Deno.test("long doubles add up as in redis-server", () => {
  const cases: [a: string, b: string, expected: string | undefined][] = [
    ["0.1", "0.2", "0.3"],
    ["3.0e3", "200", "3200"],
    ["10.50", "0.1", "10.6"],
    ["1", "-1", "0"],
    ["-1e-30", "0", "0"],
    ["5.0e-17", "0", "0.00000000000000005"],
    ["1e18", "0.5", "1000000000000000000.5"],
    ["18446744073709551616", "1", "18446744073709551616"],
    ["0x1.8p1", "0", "3"],
    ["inf", "1", undefined],
    ["1e4932", "1e4932", undefined],
  ];
  for (const [a, b, expected] of cases) assertEquals([a, b, sum(a, b)], [a, b, expected]);
});

Deno.test("parseLongDouble() refuses what strtold() would not take whole, and what is out of range", () => {
  const texts = ["", " 1", "1 ", "1e", ".", "e1", "nan", "0x", "1e5000", "1e-5000", "1,5", "--1"];
  for (const text of texts) assertEquals([text, parseLongDouble(text)], [text, undefined]);
});
