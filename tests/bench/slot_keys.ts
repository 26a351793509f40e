/**
 * Names of keys that lie where a bench wants them.
 *
 * @module
 */

import { EMPTY_TAG_DEFAULT, SLOT_COUNT, slotOf } from "../../core/slots.ts";

const SUFFIX_DIGITS = 4;
const encoder = new TextEncoder();

/** Keys without a tag, evenly over all slots. */
export function spreadKeys(count: number): string[] {
  return Array.from({ length: count }, (_, i) => `key:${String(i).padStart(7, "0")}`);
}

/** Keys of one tag family, hence of one slot. */
export function familyKeys(count: number): string[] {
  return Array.from({ length: count }, (_, i) => `{family}:${String(i).padStart(7, "0")}`);
}

/**
 * Keys without a tag that share a slot: a number and the octal suffix that brings it there.
 *
 * The slot is a linear function of a key's bits (a CRC), so that a suffix changes the slot of every
 * prefix of the same length in the same way, and one table of suffixes serves all numbers.
 */
export function keysOfSlot(slot: number, count: number): string[] {
  const suffixes = suffixesByChange();
  return Array.from({ length: count }, (_, i) => {
    const prefix = `key:${String(i).padStart(7, "0")}:`;
    return prefix + suffixes[slotOfText(`${prefix}${"0".repeat(SUFFIX_DIGITS)}`) ^ slot]!;
  });
}

/** For each change of the slot (as bits that flip) a suffix that makes it, instead of zeros. */
function suffixesByChange(): string[] {
  const plain = slotOfText("0".repeat(SUFFIX_DIGITS));
  const suffixes: string[] = new Array(SLOT_COUNT);
  for (let i = 0; i < 8 ** SUFFIX_DIGITS; i++) {
    const suffix = i.toString(8).padStart(SUFFIX_DIGITS, "0");
    suffixes[slotOfText(suffix) ^ plain] ??= suffix;
  }
  return suffixes;
}

function slotOfText(text: string): number {
  const bytes = encoder.encode(text);
  return slotOf(bytes, 0, bytes.length, EMPTY_TAG_DEFAULT);
}
