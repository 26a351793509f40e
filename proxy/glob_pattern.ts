/**
 * Redis's glob patterns: `*`, `?`, `[a-z]`, `[^a]` and `\x` for x itself.
 *
 * Invariant: the time is bounded by pattern times text; a star is tried again from the last one only.
 *
 * @module
 */

/** Returns whether all of `text` matches `pattern`. */
export function matchesGlob(pattern: string, text: string): boolean {
  let at = 0;
  let textAt = 0;
  let behindStar = -1;
  let starText = 0;
  while (textAt < text.length) {
    if (pattern[at] === "*") {
      behindStar = ++at;
      starText = textAt;
      continue;
    }
    const next = matchOne(pattern, at, text[textAt]!);
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
  while (pattern[at] === "*") at++;
  return at === pattern.length;
}

/** Returns where the pattern goes on behind what matches `char`, or -1. */
function matchOne(pattern: string, at: number, char: string): number {
  switch (pattern[at]) {
    case undefined:
      return -1;
    case "?":
      return at + 1;
    case "[":
      return matchClass(pattern, at + 1, char);
    case "\\":
      if (at + 1 < pattern.length) at++;
      return pattern[at] === char ? at + 1 : -1;
    default:
      return pattern[at] === char ? at + 1 : -1;
  }
}

/** As {@linkcode matchOne}, behind a `[`. A class that is not closed ends with the pattern. */
function matchClass(pattern: string, at: number, char: string): number {
  const negated = pattern[at] === "^";
  if (negated) at++;
  let found = false;
  while (at < pattern.length && pattern[at] !== "]") {
    if (pattern[at] === "\\" && at + 1 < pattern.length) {
      found ||= pattern[at + 1] === char;
      at += 2;
    } else if (pattern[at + 1] === "-" && at + 2 < pattern.length) {
      const [low, high] = [pattern[at]!, pattern[at + 2]!].sort() as [string, string];
      found ||= low <= char && char <= high;
      at += 3;
    } else {
      found ||= pattern[at] === char;
      at++;
    }
  }
  return found === negated ? -1 : Math.min(at + 1, pattern.length);
}
