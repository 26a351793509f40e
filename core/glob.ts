/**
 * Redis's glob patterns on bytes: `*`, `?`, `[a-z]`, `[^a]` and `\x` for x itself.
 *
 * Invariant: allocates nothing, and takes at most pattern times text steps; a star is tried again from the last one only.
 *
 * @module
 */

const STAR = 0x2a;
const QUESTION = 0x3f;
const OPEN = 0x5b;
const ESCAPE = 0x5c;
const CLOSE = 0x5d;
const CARET = 0x5e;
const DASH = 0x2d;

/**
 * Whether all of `text[textStart, textEnd)` matches `pattern[start, end)`.
 *
 * As in Redis an empty text matches only an empty pattern, not even `*`; its callers take `*` alone to mean everything.
 */
export function matchesGlobBytes(
  pattern: Uint8Array,
  start: number,
  end: number,
  text: Uint8Array,
  textStart: number,
  textEnd: number,
): boolean {
  if (textStart === textEnd) return start === end;
  let at = start;
  let textAt = textStart;
  let behindStar = -1;
  let starText = 0;
  while (textAt < textEnd) {
    if (at < end && pattern[at] === STAR) {
      behindStar = ++at;
      starText = textAt;
      continue;
    }
    const next = at < end ? matchOne(pattern, at, end, text[textAt]!) : -1;
    if (next >= 0) {
      at = next;
      textAt++;
    } else if (behindStar >= 0) {
      at = behindStar;
      textAt = ++starText;
    } else {
      return false;
    }
  }
  while (at < end && pattern[at] === STAR) at++;
  return at === end;
}

/** Returns where the pattern goes on behind what matches `byte`, or -1. */
function matchOne(pattern: Uint8Array, at: number, end: number, byte: number): number {
  const first = pattern[at]!;
  if (first === QUESTION) return at + 1;
  if (first === OPEN) return matchClass(pattern, at + 1, end, byte);
  if (first === ESCAPE && at + 1 < end) at++;
  return pattern[at] === byte ? at + 1 : -1;
}

/** As {@linkcode matchOne}, behind a `[`. A class that is not closed ends with the pattern. */
function matchClass(pattern: Uint8Array, at: number, end: number, byte: number): number {
  const negated = at < end && pattern[at] === CARET;
  if (negated) at++;
  let found = false;
  while (at < end && pattern[at] !== CLOSE) {
    if (pattern[at] === ESCAPE && at + 1 < end) {
      if (pattern[at + 1] === byte) found = true;
      at += 2;
    } else if (at + 2 < end && pattern[at + 1] === DASH) {
      if (isBetween(byte, pattern[at]!, pattern[at + 2]!)) found = true;
      at += 3;
    } else {
      if (pattern[at] === byte) found = true;
      at++;
    }
  }
  return found === negated ? -1 : Math.min(at + 1, end);
}

/** Whether a byte lies between two others in either order, all three signed, as C's `char` is. */
function isBetween(byte: number, first: number, last: number): boolean {
  const value = byte << 24;
  const low = Math.min(first << 24, last << 24);
  const high = Math.max(first << 24, last << 24);
  return low <= value && value <= high;
}

/** Whether all of `text` matches `pattern`: for names, where stars match nothing, too. */
export function matchesGlob(pattern: string, text: string): boolean {
  if (text === "") return /^\**$/.test(pattern);
  const encoder = new TextEncoder();
  const patternBytes = encoder.encode(pattern);
  const bytes = encoder.encode(text);
  return matchesGlobBytes(patternBytes, 0, patternBytes.length, bytes, 0, bytes.length);
}
