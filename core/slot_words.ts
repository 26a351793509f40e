/**
 * Slots as arguments of commands between our programs: `7`, or `0-255` for all from one to the other.
 *
 * Invariant: what one side writes the other reads as the same slots.
 *
 * @module
 */

import { SLOT_COUNT } from "./slots.ts";

/** Returns ascending slots as words, neighbours joined. */
export function slotWords(slots: readonly number[]): string[] {
  const words: string[] = [];
  for (let from = 0; from < slots.length;) {
    let to = from;
    while (slots[to + 1] === slots[to]! + 1) to++;
    words.push(to === from ? `${slots[from]}` : `${slots[from]}-${slots[to]}`);
    from = to + 1;
  }
  return words;
}

/** Returns the first and the last slot that a word means; null if it means none. */
export function slotRangeOf(word: string): readonly [number, number] | null {
  const match = /^(\d{1,4})(?:-(\d{1,4}))?$/.exec(word);
  if (match === null) return null;
  const first = Number(match[1]);
  const last = Number(match[2] ?? first);
  return first <= last && last < SLOT_COUNT ? [first, last] : null;
}
