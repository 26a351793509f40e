/**
 * Tables, bars and lines.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { outcomeText, progressBar, progressLine } from "./migration_text.ts";
import type { MigrationView } from "./migration_use_cases.ts";
import { countText, durationText, tableText } from "./table_text.ts";

const VIEW: MigrationView = {
  id: "m-1",
  range: [0, 9],
  to: 2,
  delayMs: 0,
  state: "running",
  actor: "test",
  createdAt: "2026-01-01T00:00:00.000Z",
  startedAt: "2026-01-01T00:00:00.000Z",
  finishedAt: null,
  slots: { arrived: 4, onTheWay: 5, returning: 0, waiting: 1 },
  keys: { moved: 25_000, left: 75_000, rate: 1500, etaSeconds: 50 },
  receipt: { moved: 20_000, sum: "ab" },
  problems: [],
};

Deno.test("columns are as wide as their widest cell", () => {
  const columns = [{ title: "ID" }, { title: "KEYS", align: "right" }] as const;
  assertEquals(
    tableText(columns, [["long", "7"], ["b", "12345"]]),
    [
      "ID     KEYS",
      "long      7",
      "b     12345",
      "",
    ].join("\n"),
  );
});

Deno.test("counts and times are said as people say them", () => {
  assertEquals([countText(7), countText(1234567)], ["7", "1 234 567"]);
  assertEquals([0.44, 59.6, 200, 7300].map(durationText), [
    "0.4 s",
    "1 min 0 s",
    "3 min 20 s",
    "2 h 1 min",
  ]);
});

Deno.test("a line tells state, share, slots, keys, rate and time left", () => {
  assertEquals(
    progressLine(VIEW),
    "m-1 running  25%  slots 4/10  keys 25 000, 75 000 left  1 500 keys/s  ETA 50 s",
  );
});

Deno.test("a bar fits into the terminal", () => {
  assertEquals(progressBar(VIEW, 40), "[##--------] m-1 running  25%  slots 4/");
});

Deno.test("the end of a move between stock servers claims no sum", () => {
  const finishedAt = "2026-01-01T00:00:02.000Z";
  const receipt = { moved: 20_000, sum: "0" };

  const text = outcomeText({ ...VIEW, state: "done", finishedAt, receipt });

  assertEquals(
    text.split("\n")[1],
    "Receipt: source empty by full SCAN, 20 000 keys moved, in 2.0 s (10 000 keys/s)",
  );
});

Deno.test("the end is told with the receipt", () => {
  const finishedAt = "2026-01-01T00:00:02.000Z";
  const slots = { arrived: 10, onTheWay: 0, returning: 0, waiting: 0 };
  assertEquals(
    outcomeText({ ...VIEW, state: "done", finishedAt, slots }),
    "Migration m-1 is done: 10 slots are on group 2\n" +
      "Receipt: 20 000 keys moved, both sides agree on sum ab, in 2.0 s (10 000 keys/s)\n",
  );
  assertEquals(
    outcomeText({ ...VIEW, state: "failed", problems: ["no server"] }),
    "Migration m-1 failed: no server\n",
  );
});
