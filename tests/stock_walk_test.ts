/**
 * Random walks of moves between stock servers over the real decisions: no command ever meets another
 * value than the newest, whoever sleeps, and everything comes to rest.
 *
 * `SEED=n` repeats one walk.
 *
 * @module
 */

import { assert, assertStringIncludes, assertThrows } from "@std/assert";
import { ProtocolViolation } from "./support/protocol_truth.ts";
import { type ForgottenStockRule, StockModelWorld } from "./support/stock_model_world.ts";

const WALKS = 500;
const STEPS = 600;

Deno.test("a slot of stock servers survives sleepers, late commands, new leaders and cancels", () => {
  const counts: Record<string, number> = {};
  for (const seed of seedsOf(WALKS)) {
    const world = new StockModelWorld({ seed, steps: STEPS });
    try {
      world.walk();
    } catch (error) {
      throw new Error(`SEED=${seed}: ${(error as Error).message}`, { cause: error });
    }
    for (const [step, count] of Object.entries(world.counts)) {
      counts[step] = (counts[step] ?? 0) + count;
    }
  }
  for (const step of ["hold", "open", "hand-over", "close", "cancel", "turn-back"]) {
    assert(counts[step]! > 0, `${step}: ${JSON.stringify(counts)}`);
  }
});

const FORGOTTEN: readonly ForgottenStockRule[] = [
  "barrier",
  "busy",
  "doubt",
  "fresh-routes",
  "lost-in-doubt",
  "older-leaders",
  "purge",
  "shut-out",
];

for (const forget of FORGOTTEN) {
  Deno.test(`a walk notices when the rule "${forget}" is forgotten at stock servers`, () => {
    const error = assertThrows(() => {
      for (let seed = 1; seed <= 5000; seed++) {
        new StockModelWorld({ seed, steps: STEPS, forget }).walk();
      }
    }, ProtocolViolation);
    assertStringIncludes(error.message, ": found ");
  });
}

function seedsOf(walks: number): number[] {
  const chosen = Deno.env.get("SEED");
  if (chosen !== undefined) return [Number(chosen)];
  const first = Math.floor(Math.random() * 2 ** 31);
  return Array.from({ length: walks }, (_, index) => first + index);
}
