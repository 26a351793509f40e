/**
 * What a search found, in words.
 *
 * @module
 */

import type { Scenario } from "./scenario.ts";
import type { SearchResult, Violation } from "./search.ts";
import type { WalkResult } from "./walk.ts";

/** One line: what was explored, how far, and whether a promise was broken. */
export function summaryOf({ name }: Scenario, result: SearchResult): string {
  const { worlds, steps, depth, isComplete, writes, rests, violation } = result;
  const extent = isComplete ? "all" : "the nearest";
  const found = violation === null
    ? "no violation"
    : `broken after ${violation.trace.length} steps`;
  return `${name}: ${extent} ${worlds} states, depth ${depth}, ${steps} transitions, ` +
    `${writes} distinct writes, ${rests} rests; ${found}`;
}

/** One line: how many walks were taken, how far, and whether a promise was broken. */
export function textOfWalks({ name }: Scenario, result: WalkResult): string {
  const { walks, worlds, steps, depth, seed, violation } = result;
  const found = violation === null ? "no violation" : `broken by seed ${seed}`;
  return `${name}: ${walks} walks, ${worlds} states, depth ${depth}, ${steps} transitions; ${found}`;
}

/** The way to a broken promise, one numbered line per step. */
export function textOfViolation({ why, trace }: Violation): string {
  const lines = trace.map((step, index) => `${String(index + 1).padStart(4)}. ${step}`);
  return [...lines, `   => ${why}`].join("\n");
}
