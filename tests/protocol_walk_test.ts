/**
 * Random walks of the migration protocol over the real decisions: no acknowledged write is lost, no
 * read is stale, no two servers own a slot, and everything comes to rest.
 *
 * `SEED=n` repeats one walk.
 *
 * @module
 */

import { assert, assertThrows } from "@std/assert";
import type { ForgottenRule } from "./support/protocol_server.ts";
import { ProtocolViolation } from "./support/protocol_truth.ts";
import { ModelWorld, type WalkOptions } from "./support/protocol_world.ts";

const CALM = { restarts: 0, leaders: 0, cancels: 0 };

const STORMS: Record<string, { walks: number; steps: number; faults: WalkOptions["faults"] }> = {
  "lost, late and repeated messages": { walks: 200, steps: 400, faults: CALM },
  "cancels": { walks: 300, steps: 500, faults: { ...CALM, cancels: 3 } },
  "leaders that crash or sleep": { walks: 300, steps: 500, faults: { ...CALM, leaders: 3 } },
  "servers that restart": { walks: 500, steps: 500, faults: { ...CALM, restarts: 2 } },
  "everything at once": {
    walks: 700,
    steps: 700,
    faults: { restarts: 4, leaders: 3, cancels: 4 },
  },
};

for (const [name, storm] of Object.entries(STORMS)) {
  Deno.test(`a slot survives ${name}`, () => {
    const counts: Record<string, number> = {};
    for (const seed of seedsOf(storm.walks)) {
      const world = walked({ ...storm, seed });
      for (const [step, count] of Object.entries(world.counts)) {
        counts[step] = (counts[step] ?? 0) + count;
      }
    }
    for (const step of ["open", "opened", "hand-over", "close"]) assert(counts[step]! > 0, step);
    if (storm.faults.cancels > 0) assert(counts["turn-back"]! > 0);
  });
}

const FORGOTTEN: readonly ForgottenRule[] = [
  "boot-closed",
  "claimed-set",
  "exact-token",
  "give-check",
  "keep-in-doubt",
  "old-epoch-restore",
  "purge",
];

for (const forget of FORGOTTEN) {
  Deno.test(`a walk notices servers that forget the rule "${forget}"`, () => {
    const faults = { restarts: 4, leaders: 3, cancels: 4 };
    assertThrows(() => {
      for (let seed = 1; seed <= 3000; seed++) {
        new ModelWorld({ seed, steps: 700, faults, forget }).walk();
      }
    }, ProtocolViolation);
  });
}

function walked(options: WalkOptions): ModelWorld {
  const world = new ModelWorld(options);
  try {
    world.walk();
  } catch (error) {
    throw new Error(`SEED=${options.seed}: ${(error as Error).message}`, { cause: error });
  }
  return world;
}

function seedsOf(walks: number): number[] {
  const chosen = Deno.env.get("SEED");
  if (chosen !== undefined) return [Number(chosen)];
  const first = Math.floor(Math.random() * 2 ** 31);
  return Array.from({ length: walks }, (_, index) => first + index);
}
