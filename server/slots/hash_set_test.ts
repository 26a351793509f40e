import { assertEquals } from "@std/assert";
import { withSeed } from "../../tests/support/seeded_random.ts";
import { hash, hashOf, HashSet } from "./hash_set.ts";

Deno.test("a hash set agrees with a Set through additions and removals", () => {
  withSeed((random) => {
    const set = new HashSet();
    const model = new Set<string>();
    for (let step = 0; step < 20_000; step++) {
      // Few distinct lows, so that chains are long and wrap around.
      const low = random.below(40) - 1;
      const high = random.below(20);
      const action = random.below(3);
      if (action === 0) {
        set.delete(low, high);
        model.delete(keyOf(low, high));
      } else if (action === 1) {
        set.add(low, high);
        model.add(keyOf(low, high));
      }
      assertEquals(set.has(low, high), model.has(keyOf(low, high)));
      assertEquals(set.size, model.size);
    }
    const seen: string[] = [];
    set.forEach((low, high) => seen.push(keyOf(low, high)));
    assertEquals(seen.sort(), [...model].sort());
  });
});

Deno.test("keys that differ in one bit have different hashes in both halves", () => {
  const lows = new Set<number>();
  const highs = new Set<number>();
  for (let bit = 0; bit < 64; bit++) {
    const key = new Uint8Array(8);
    key[bit >> 3] = 1 << (bit & 7);
    hashOf(key, 0, 8);
    lows.add(hash.low);
    highs.add(hash.high);
  }
  assertEquals([lows.size, highs.size], [64, 64]);
});

/** The pair of zeros shares its place with (1, 0). */
function keyOf(low: number, high: number): string {
  return low === 0 && high === 0 ? "1 0" : `${low} ${high}`;
}
