/**
 * The model for longer than the suite has time for.
 *
 * @module
 */

import { summaryOf, textOfViolation, textOfWalks } from "./report.ts";
import { REAL } from "./rules.ts";
import { SCENARIO_OF, STORMS, WIDE_SCENARIOS } from "./scenarios.ts";
import { search, type Violation } from "./search.ts";
import { walk } from "./walk.ts";

/** How far to go. */
export interface LongRun {
  /** States of each scenario. */
  readonly worldsMax: number;
  /** `performance.now()` after which nothing further begins. */
  readonly endMs: number;
  readonly firstSeed: number;
  readonly print: (text: string) => void;
}

/** Explores every scenario, then walks. Returns how many promises were broken. */
export async function runModel(run: LongRun): Promise<number> {
  const { worldsMax, endMs, firstSeed, print } = run;
  const found: Violation[] = [];
  const note = (summary: string, violation: Violation | null) => {
    print(summary);
    if (violation === null) return;
    print(textOfViolation(violation));
    found.push(violation);
  };
  for (
    const scenario of new Set([...Object.values(SCENARIO_OF), ...Object.values(WIDE_SCENARIOS)])
  ) {
    if (performance.now() >= endMs) break;
    const result = await search({ ...scenario, worldsMax }, REAL);
    note(summaryOf(scenario, result), result.violation);
  }
  for (const [index, scenario] of STORMS.entries()) {
    // Each storm gets an equal share of the time that is left.
    const leftMs = Math.max(0, endMs - performance.now()) / (STORMS.length - index);
    const extent = { worldsMin: Infinity, firstSeed, endMs: performance.now() + leftMs };
    const result = await walk(scenario, REAL, extent);
    note(textOfWalks(scenario, result), result.violation);
  }
  return found.length;
}
