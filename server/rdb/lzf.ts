/**
 * LZF as in liblzf and Redis: what long strings in RDB files and DUMP payloads are compressed with.
 *
 * ```
 * 000LLLLL <L+1 bytes>         so many bytes as they are
 * LLLooooo oooooooo            L+2 bytes (L 1-6) from o+1 bytes back
 * 111ooooo LLLLLLLL oooooooo   L+9 bytes from o+1 bytes back
 * ```
 *
 * The compressor makes the choices of liblzf 3.6 with its default settings, so that payloads are the same bytes. One
 * difference cannot be had: liblzf starts from whatever an earlier call left in its table, so that its own output for
 * one input varies now and then; here every call starts from an empty one.
 *
 * Invariant: nothing outside the given ranges is read or written, whatever the input.
 *
 * @module
 */

const TABLE_BITS = 16;
const LITERALS_MAX = 32;
const DISTANCE_MAX = 1 << 13;
const MATCH_MAX = 264;
/** How far liblzf compares before it minds the maximum, if that is above 16. */
const UNCHECKED_MATCH = 18;

/** The place after which three bytes of that hash were seen, as `#base` + offset; older calls' places are below. */
const TABLE = new Int32Array(1 << TABLE_BITS);
let tableBase = 0;

/**
 * Compresses `source[start, end)` to `target` from `at` on, and returns how many bytes that took, or 0 when they do not
 * fit before `limit`.
 */
export function compressLzf(
  source: Uint8Array,
  start: number,
  end: number,
  target: Uint8Array,
  at: number,
  limit: number,
): number {
  if (start === end || at >= limit) return 0;
  const base = nextBase(end - start) - start;
  const last = end - 2;
  let literals = 0;
  let to = at + 1;
  let from = start;
  while (from < last) {
    const hash = hashAt(source, from);
    const seen = TABLE[hash]! - base;
    TABLE[hash] = base + from;
    const distance = from - seen - 1;
    // The first byte is never referred to: in liblzf its offset, 0, says that there is none.
    if (seen <= start || distance >= DISTANCE_MAX || !startsAlike(source, seen, from)) {
      if (to >= limit) return 0;
      literals++;
      target[to++] = source[from++]!;
      if (literals !== LITERALS_MAX) continue;
      target[to - literals - 1] = literals - 1;
      literals = 0;
      to++;
      continue;
    }
    if (to - (literals === 0 ? 1 : 0) + 4 >= limit) return 0;
    const length = matchLength(source, seen, from, end);
    target[to - literals - 1] = literals - 1;
    if (literals === 0) to--;
    to = writeMatch(target, to, distance, length - 2) + 1;
    literals = 0;
    from += length;
    if (from >= last) break;
    TABLE[hashAt(source, from - 2)] = base + from - 2;
    TABLE[hashAt(source, from - 1)] = base + from - 1;
  }
  if (to + 3 > limit) return 0;
  return writeRest(source, from, end, target, to, literals) - at;
}

/** Returns the length of what `source[start, end)` decompresses to, or -1 when it is not LZF. */
export function lengthOfLzf(source: Uint8Array, start: number, end: number): number {
  let length = 0;
  let from = start;
  while (from < end) {
    const control = source[from++]!;
    if (control < LITERALS_MAX) {
      from += control + 1;
      length += control + 1;
      if (from > end) return -1;
      continue;
    }
    let copied = control >>> 5;
    if (copied === 7) {
      if (from >= end) return -1;
      copied += source[from++]!;
    }
    if (from >= end) return -1;
    const distance = ((control & 31) << 8) + source[from++]! + 1;
    if (distance > length) return -1;
    length += copied + 2;
  }
  return length;
}

/** Decompresses `source[start, end)`, of which {@linkcode lengthOfLzf} has told the length, to `target` from 0 on. */
export function decompressLzf(
  source: Uint8Array,
  start: number,
  end: number,
  target: Uint8Array,
): void {
  let to = 0;
  let from = start;
  while (from < end) {
    const control = source[from++]!;
    if (control < LITERALS_MAX) {
      for (const stop = from + control + 1; from < stop;) target[to++] = source[from++]!;
      continue;
    }
    let copied = control >>> 5;
    if (copied === 7) copied += source[from++]!;
    let back = to - ((control & 31) << 8) - source[from++]! - 1;
    // Byte by byte: what is copied may begin in what was just written.
    for (const stop = to + copied + 2; to < stop;) target[to++] = target[back++]!;
  }
}

/** Where offsets of this call start in the table; raised by each call so that the table need not be emptied. */
function nextBase(length: number): number {
  if (tableBase + length >= 2 ** 31 - 1) {
    TABLE.fill(0);
    tableBase = 0;
  }
  const base = tableBase + 1;
  tableBase = base + length;
  return base;
}

function hashAt(bytes: Uint8Array, at: number): number {
  const three = (bytes[at]! << 16) | (bytes[at + 1]! << 8) | bytes[at + 2]!;
  return ((three >>> (24 - TABLE_BITS)) - three * 5) & ((1 << TABLE_BITS) - 1);
}

function startsAlike(bytes: Uint8Array, a: number, b: number): boolean {
  return bytes[a + 2] === bytes[b + 2] && bytes[a + 1] === bytes[b + 1] && bytes[a] === bytes[b];
}

function matchLength(bytes: Uint8Array, seen: number, from: number, end: number): number {
  const maximum = Math.min(end - from - 2, MATCH_MAX);
  const unchecked = maximum > 16 ? UNCHECKED_MATCH : 0;
  let length = 2;
  do length++; while (
    (length <= unchecked || length < maximum) && bytes[seen + length] === bytes[from + length]
  );
  return length;
}

function writeMatch(target: Uint8Array, to: number, distance: number, length: number): number {
  if (length < 7) {
    target[to++] = (distance >>> 8) + (length << 5);
  } else {
    target[to++] = (distance >>> 8) + (7 << 5);
    target[to++] = length - 7;
  }
  target[to++] = distance;
  return to;
}

/** Writes the last bytes as literals, closes their run, and returns where the output ends. */
function writeRest(
  source: Uint8Array,
  from: number,
  end: number,
  target: Uint8Array,
  to: number,
  literals: number,
): number {
  while (from < end) {
    literals++;
    target[to++] = source[from++]!;
    if (literals !== LITERALS_MAX) continue;
    target[to - literals - 1] = literals - 1;
    literals = 0;
    to++;
  }
  target[to - literals - 1] = literals - 1;
  return literals === 0 ? to - 1 : to;
}
