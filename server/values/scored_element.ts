/**
 * One element of a sorted set that is spread.
 *
 * ```
 * bytes of the member 32 · score 64, low word first · member
 * ```
 *
 * @module
 */

/** Where the member begins in an element. */
export const SCORED_MEMBER_OFFSET = 12;

const halves = new Int32Array(2);
const double = new Float64Array(halves.buffer);

/** The score of the element at word `w`. */
export function scoreOf(words: Int32Array, w: number): number {
  halves[0] = words[w + 1]!;
  halves[1] = words[w + 2]!;
  return double[0]!;
}

/** Sets the score of the element at word `w`. */
export function setScore(words: Int32Array, w: number, score: number): void {
  double[0] = score;
  words[w + 1] = halves[0]!;
  words[w + 2] = halves[1]!;
}

/** Offset of its member's first byte. */
export function memberStart(w: number): number {
  return w * 4 + SCORED_MEMBER_OFFSET;
}

/** Offset behind its member. */
export function memberEnd(words: Int32Array, w: number): number {
  return w * 4 + SCORED_MEMBER_OFFSET + words[w]!;
}
