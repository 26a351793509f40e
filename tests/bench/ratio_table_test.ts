import { assertEquals } from "@std/assert";
import { formatRatioTable } from "./ratio_table.ts";

Deno.test("the table aligns its columns and names a missed budget", () => {
  const summary = {
    subjectNs: 18_000.4,
    peerNs: 20_000,
    ratio: { median: 0.9, min: 0.85, max: 0.95123 },
    subjectRate: 40_000,
    peerRate: 38_000,
  };
  const table = formatRatioTable({
    subject: "codis",
    peer: "nutcracker",
    summaries: [{ pipeline: 1, ...summary }, { pipeline: 32, ...summary }],
    budgetOf: (pipeline) => pipeline === 1 ? { must: 0.8, aim: 0.72 } : undefined,
  });
  assertEquals(table.split("\n"), [
    "P   codis ns/req  nutcracker ns/req  ratio median (min–max)  must    aim     verdict    codis req/s  nutcracker req/s",
    "1   18000         20000              0.900 (0.850–0.951)     ≤ 0.80  ≤ 0.72  MISSED     40000        38000",
    "32  18000         20000              0.900 (0.850–0.951)     –       –       no budget  40000        38000",
  ]);
});
