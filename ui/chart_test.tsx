import { assertEquals, assertStringIncludes } from "@std/assert";
import { LineChart, niceTop, runsOf } from "./chart.tsx";

Deno.test("the top of a chart is a round number not below the highest value", () => {
  assertEquals([0, 10, 11, 20, 21, 41, 51, 99, 1234].map(niceTop), [
    10,
    10,
    20,
    20,
    40,
    50,
    80,
    100,
    2000,
  ]);
});

Deno.test("a line ends at the right edge, and is cut where a value is missing", () => {
  const points = [40, 30, null, 10, 0].map((value, index) => ({ atMs: 1000 * index, value }));
  assertEquals(runsOf(points, { spanMs: 4000, top: 40 }), [
    [[0, 0], [150, 25]],
    [[450, 75], [600, 100]],
  ]);
});

Deno.test("what is older than the span, and a value alone, is not drawn", () => {
  const points = [{ atMs: 0, value: 1 }, { atMs: 9000, value: 1 }];
  assertEquals(runsOf(points, { spanMs: 4000, top: 1 }), []);
});

Deno.test("a chart says in words what it shows", async () => {
  const text = String(
    await <LineChart points={[]} spanMs={120_000} formatValue={String} label="Nothing yet" />,
  );
  assertStringIncludes(text, 'role="img" aria-label="Nothing yet"');
  assertStringIncludes(text, "<span>2 min ago</span><span>1 min</span>");
});
