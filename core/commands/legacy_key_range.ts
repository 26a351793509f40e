/**
 * The first key, last key and step that clients older than key specifications know.
 *
 * Redis derives them from the specifications; so do we. They find all keys of a command only where it
 * lacks the flag `movablekeys`.
 *
 * @module
 */

import type { KeySpecification } from "./key_specification.ts";

/** Keys at `first`, `first + step`, … up to `last`. All 0: none. */
export interface LegacyKeyRange {
  /** The first key's argument. */
  readonly first: number;
  /** The last key's argument; negative: from the end. */
  readonly last: number;
  /** Distance of two keys. */
  readonly step: number;
}

const NONE: LegacyKeyRange = { first: 0, last: 0, step: 0 };

/**
 * The range that covers as many of the specifications as one range can: the only one as it is, or
 * those that follow each other without a gap.
 */
export function legacyKeyRangeOf(keys: readonly KeySpecification[] = []): LegacyKeyRange {
  const ranges = keys.flatMap(({ begin, find }) =>
    begin.kind === "index" && find.kind === "range"
      ? [{
        first: begin.index,
        last: find.last < 0 ? find.last : begin.index + find.last,
        step: find.step,
      }]
      : []
  );
  if (keys.length === 1) return ranges[0] ?? NONE;
  let covered = NONE;
  for (const range of ranges) {
    if (range.step !== 1) continue;
    if (covered === NONE) covered = range;
    else if (covered.last === range.first - 1) covered = { ...covered, last: range.last };
    else break;
  }
  return covered;
}
