/**
 * The elements of a spread sorted set from the greatest to the least, for readers that have nothing but its record.
 *
 * @module
 */

import type { Records } from "../keyspace/record.ts";
import { BRANCH_STRIDE, COUNT, ENTRIES, IS_BRANCH, LEAF_STRIDE } from "./order_tree.ts";
import { ROOT } from "./sorted_set_value.ts";
import { headerOf } from "./spread_value.ts";

/** The elements behind the record `ref`, which must be spread. */
export function* elementsBackwards(records: Records, ref: number): Generator<number> {
  const header = headerOf(records, ref);
  yield* below(records, records.words(header)[records.wordOf(header) + ROOT]!);
}

function* below(records: Records, node: number): Generator<number> {
  const words = records.words(node);
  const w = records.wordOf(node);
  const isBranch = words[w + IS_BRANCH] !== 0;
  for (let i = words[w + COUNT]! - 1; i >= 0; i--) {
    if (isBranch) yield* below(records, words[w + ENTRIES + i * BRANCH_STRIDE]!);
    else yield words[w + ENTRIES + i * LEAF_STRIDE]!;
  }
}
