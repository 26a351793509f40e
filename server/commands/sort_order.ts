/**
 * How SORT compares: by number, or by text.
 *
 * @module
 */

import { compareBytes } from "../values/byte_range.ts";
import { parseExactDouble } from "../values/double_text.ts";
import type { Compare } from "./partial_sort.ts";
import { visibleOf } from "./sort_pattern.ts";

/** An element with what it is sorted by. */
export interface SortItem {
  readonly element: Uint8Array;
  /** By number. */
  score: number;
  /** By text of another key; undefined if there is none. */
  text: Uint8Array | undefined;
}

/** How to compare. */
export interface SortOrder {
  readonly isAlpha: boolean;
  /** By another key instead of by the element. */
  readonly isByPattern: boolean;
  readonly isDescending: boolean;
  /** The result is stored: texts are compared whole, not up to their first zero byte. */
  readonly isStored: boolean;
}

/** The least number with all its digits: C refuses what is nearer to 0. */
const NORMAL_MIN = 2 ** -1022;
const latin1 = new TextDecoder("latin1");

/** The number that bytes spell as C's `strtod` reads it: blanks in front, nothing is 0; NaN if they spell none. */
export function sortNumberOf(bytes: Uint8Array): number {
  const visible = visibleOf(bytes);
  if (visible.length === 0) return 0;
  const value = parseExactDouble(latin1.decode(visible).replace(/^[ \t\n\v\f\r]+/, ""));
  return value !== 0 && Math.abs(value) < NORMAL_MIN ? NaN : value;
}

/** The order of items. */
export function comparisonOf(order: SortOrder): Compare<SortItem> {
  const compare = order.isAlpha ? textComparison(order) : compareNumbers;
  return order.isDescending ? (one, other) => -compare(one, other) : compare;
}

function compareNumbers(one: SortItem, other: SortItem): number {
  if (one.score !== other.score) return one.score > other.score ? 1 : -1;
  return compareWhole(one.element, other.element);
}

function textComparison({ isByPattern, isStored }: SortOrder): Compare<SortItem> {
  const compare = isStored ? compareWhole : compareVisible;
  if (!isByPattern) return (one, other) => compare(one.element, other.element);
  return ({ text: one }, { text: other }) => {
    if (one === undefined || other === undefined) {
      return Number(one !== undefined) - Number(other !== undefined);
    }
    return compare(one, other);
  };
}

function compareWhole(one: Uint8Array, other: Uint8Array): number {
  return compareBytes(one, 0, one.length, other, 0, other.length);
}

function compareVisible(one: Uint8Array, other: Uint8Array): number {
  return compareWhole(visibleOf(one), visibleOf(other));
}
