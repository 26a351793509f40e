/**
 * Random walks through the worlds of a scenario, for ways that are too long for a search: each goes
 * through the scenario's faults, then on without faults until all is at rest.
 *
 * A seed repeats a walk.
 *
 * @module
 */

import { SeededRandom } from "../seeded_random.ts";
import { Model } from "./model.ts";
import { checkRest } from "./observer.ts";
import type { ModelRules } from "./rules.ts";
import type { Scenario } from "./scenario.ts";
import { isRest, type Violation, worldAfter } from "./search.ts";
import { type Step, stepsOf } from "./steps.ts";
import { ProtocolViolation, type World } from "./world.ts";
import { fingerprintOf, keyOf } from "./world_key.ts";

/** A fault comes in one of so many steps while any is left. */
const FAULT_SHARE = 8;
/** Steps after which a walk that did not come to rest never will. */
const STEPS_MAX = 20_000;

/** How far to walk. */
export interface WalkExtent {
  /** Distinct worlds after which no further walk begins. */
  readonly worldsMin: number;
  readonly firstSeed: number;
  /** `performance.now()` after which no further walk begins; @default never */
  readonly endMs?: number;
}

/** What walks found. */
export interface WalkResult {
  readonly walks: number;
  /** Distinct worlds. */
  readonly worlds: number;
  readonly steps: number;
  /** Steps of the longest walk. */
  readonly depth: number;
  /** The seed of the last walk. */
  readonly seed: number;
  readonly violation: Violation | null;
}

/** Walks, one seed after the other, until enough worlds were seen or a promise was broken. */
export async function walk(
  scenario: Scenario,
  rules: ModelRules,
  extent: WalkExtent,
): Promise<WalkResult> {
  const { worldsMin, firstSeed, endMs = Infinity } = extent;
  const model = new Model(scenario, rules);
  const worlds = new Set<number>();
  let [walks, steps, depth] = [0, 0, 0];
  let violation: Violation | null = null;
  while (violation === null && worlds.size < worldsMin && performance.now() < endMs) {
    const trace: string[] = [];
    const random = new SeededRandom(firstSeed + walks++);
    violation = await walkOnce(model, random, { trace, worlds });
    steps += trace.length;
    depth = Math.max(depth, trace.length);
  }
  const seed = firstSeed + walks - 1;
  return { walks, worlds: worlds.size, steps, depth, seed, violation };
}

async function walkOnce(
  model: Model,
  random: SeededRandom,
  seen: { trace: string[]; worlds: Set<number> },
): Promise<Violation | null> {
  const { trace, worlds } = seen;
  let world = model.start;
  try {
    while (!isRest(world) || mayStillMove(world)) {
      const step = chosen(stepsOf(model, world), random);
      if (step === null || trace.length === STEPS_MAX) {
        return { why: `no rest is reached within ${trace.length} steps`, trace };
      }
      trace.push(step.label);
      world = await worldAfter(world, step);
      worlds.add(fingerprintOf(keyOf(world, false)));
    }
    checkRest(world, model.scenario.keys);
  } catch (error) {
    if (!(error instanceof ProtocolViolation)) throw error;
    return { why: error.message, trace };
  }
  return null;
}

/** A job that was not cancelled is not over before its slots are on the target. */
function mayStillMove({ doc, cancelling }: World): boolean {
  return !cancelling && doc.entries.some((entry) => entry.phase === "stable" && entry.owner === 1);
}

/** A fault now and then, else anything else; null if nothing can happen. */
function chosen(steps: readonly Step[], random: SeededRandom): Step | null {
  const faults = steps.filter(({ kind }) => kind === "fault");
  const others = steps.filter(({ kind }) => kind !== "fault");
  const isFault = faults.length > 0 && (others.length === 0 || random.below(FAULT_SHARE) === 0);
  const from = isFault ? faults : others;
  return from[random.below(from.length)] ?? null;
}
