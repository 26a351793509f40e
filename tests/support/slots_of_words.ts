/**
 * Reads what `slotWords` writes.
 *
 * @module
 */

import { slotRangeOf } from "../../core/slot_words.ts";

/** Returns all slots that the words mean. @throws {TypeError} if one means none. */
export function slotsOfWords(words: readonly string[]): number[] {
  return words.flatMap((word) => {
    const range = slotRangeOf(word);
    if (range === null) throw new TypeError(`"${word}" means no slots`);
    const [first, last] = range;
    return Array.from({ length: last - first + 1 }, (_, i) => first + i);
  });
}
