import { assertEquals } from "@std/assert";
import { SeededRandom } from "../../tests/support/seeded_random.ts";
import { sortPart } from "./partial_sort.ts";

Deno.test("the part asked for is what it is when all is sorted", () => {
  for (const count of [0, 1, 5, 7, 8, 41, 300]) {
    for (let round = 0; round < 20; round++) {
      const random = new SeededRandom();
      const distinct = random.pick([3, 20, 10_000]);
      const items = Array.from({ length: count }, () => random.below(distinct));
      const sorted = items.toSorted((one, other) => one - other);
      const first = random.below(Math.max(1, count));
      const last = Math.min(count, first + random.below(20)) - 1;
      sortPart(items, first, last, (one, other) => one - other);
      const message = `seed ${random.seed}`;
      assertEquals(items.slice(first, last + 1), sorted.slice(first, last + 1), message);
      assertEquals(items.sort((one, other) => one - other), sorted, message);
    }
  }
});

Deno.test("few items keep the order of equals", () => {
  const items = ["b1", "a1", "b2", "a2", "b3"];
  sortPart(items, 0, 1, (one, other) => one.charCodeAt(0) - other.charCodeAt(0));
  assertEquals(items, ["a1", "a2", "b1", "b2", "b3"]);
});
