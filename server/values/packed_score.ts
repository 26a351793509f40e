/**
 * Scores in listpacks: integers as such, others as text.
 *
 * @module
 */

import { ByteRange } from "./byte_range.ts";
import { parseDouble } from "./double_text.ts";
import { readEntry, smallIntegerAt } from "./listpack.ts";

const range = new ByteRange();

/** The score that the entry at `p` holds. */
export function packedScore(bytes: Uint8Array, p: number): number {
  const score = smallIntegerAt(bytes, p);
  if (!Number.isNaN(score)) return score;
  readEntry(bytes, p, range);
  return parseDouble(range.text());
}
