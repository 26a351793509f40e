import { assertEquals } from "@std/assert";
import { verdictOf } from "./budget.ts";

Deno.test("the median decides whether a budget holds, its limits included", () => {
  const budget = { must: 0.8, aim: 0.7 };
  const verdicts = [0.5, 0.7, 0.71, 0.8, 0.81].map((median) =>
    verdictOf({ median, min: 0, max: 9 }, budget)
  );
  assertEquals(verdicts, ["aim met", "aim met", "must met", "must met", "MISSED"]);
});
