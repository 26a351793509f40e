/**
 * The patterns of SORT: how an element becomes the name of a key, and perhaps of a field in it.
 *
 * Invariant: as in C, what is looked for in a pattern is looked for up to its first zero byte.
 *
 * @module
 */

/** What a pattern says of an element. */
export type SortPattern =
  | { readonly kind: "element" }
  | { readonly kind: "nothing" }
  | {
    readonly kind: "key";
    readonly prefix: Uint8Array;
    readonly suffix: Uint8Array;
    /** The field of a hash; absent: the key holds a string. */
    readonly field: Uint8Array | undefined;
  };

const STAR = 0x2a;
const MINUS = 0x2d;
const GREATER = 0x3e;
const HASH = 0x23;

/** The text that C sees: up to the first zero byte. */
export function visibleOf(bytes: Uint8Array): Uint8Array {
  const end = bytes.indexOf(0);
  return end < 0 ? bytes : bytes.subarray(0, end);
}

/** Reads a pattern: `#` is the element, one without `*` is nothing, all others are keys. */
export function patternOf(pattern: Uint8Array): SortPattern {
  const visible = visibleOf(pattern);
  if (visible.length === 1 && visible[0] === HASH) return { kind: "element" };
  const star = visible.indexOf(STAR);
  if (star < 0) return { kind: "nothing" };
  const arrow = arrowOf(visible, star + 1);
  return {
    kind: "key",
    prefix: pattern.subarray(0, star),
    suffix: pattern.subarray(star + 1, arrow < 0 ? pattern.length : arrow),
    field: arrow < 0 ? undefined : pattern.subarray(arrow + 2),
  };
}

/** Where the first `->` is, if a field follows it; otherwise -1. */
function arrowOf(visible: Uint8Array, from: number): number {
  for (let at = from; at + 1 < visible.length; at++) {
    if (visible[at] !== MINUS || visible[at + 1] !== GREATER) continue;
    return at + 2 < visible.length ? at : -1;
  }
  return -1;
}

/** The name of the key that a pattern makes of an element. */
export function keyOf(
  { prefix, suffix }: SortPattern & { kind: "key" },
  element: Uint8Array,
): Uint8Array {
  const key = new Uint8Array(prefix.length + element.length + suffix.length);
  key.set(prefix);
  key.set(element, prefix.length);
  key.set(suffix, prefix.length + element.length);
  return key;
}
