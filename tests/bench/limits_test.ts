import { assertEquals } from "@std/assert";
import { formatRows, isMissed, type Row, verdictOfRow } from "./limits.ts";

function row(median: number, limit?: Row["limit"]): Row {
  const value = { median, min: median / 2, max: median * 2 };
  return {
    name: "speed",
    value,
    unit: "×",
    digits: 1,
    from: "somewhere",
    ...(limit && { limit }),
  };
}

Deno.test("a limit at most is met from below, a limit at least from above", () => {
  const most = { bound: "at most", must: 1.3, aim: 1.1 } as const;
  const least = { bound: "at least", must: 10, aim: 20 } as const;
  assertEquals([1.1, 1.3, 1.4].map((median) => verdictOfRow(row(median, most))), [
    "aim met",
    "must met",
    "MISSED",
  ]);
  assertEquals([20, 10, 9].map((median) => verdictOfRow(row(median, least))), [
    "aim met",
    "must met",
    "MISSED",
  ]);
});

Deno.test("a row without a limit is never missed", () => {
  assertEquals(isMissed([row(1_000_000)]), false);
  assertEquals(isMissed([row(1), row(2, { bound: "at least", must: 3, aim: 4 })]), true);
});

Deno.test("the rows are aligned, with the direction of each limit", () => {
  const rows = [row(4, { bound: "at least", must: 1.5, aim: 3 }), row(10)];
  assertEquals(formatRows(rows).split("\n"), [
    "what   median (min–max)   must   aim  verdict    from",
    "speed  4.0 (2.0–8.0) ×    ≥ 1.5  ≥ 3  aim met    somewhere",
    "speed  10.0 (5.0–20.0) ×  –      –    no budget  somewhere",
  ]);
});
