/**
 * When a node of a list is full: Redis's own rules, so that dumps are the same byte for byte.
 *
 * @module
 */

/** What a node's bytes may be for the settings -1 to -5. */
const NODE_BYTES = [4096, 8192, 16384, 32768, 65536] as const;
/** What a node's bytes may be when entries are counted. */
const SAFE_BYTES = 8192;
/** What an entry takes besides its string, estimated. */
const ENTRY_OVERHEAD = 8;
/** What two listpacks joined save, estimated. */
const JOINED_OVERHEAD = 11;
const FILL_MAX = 32767;

/** Whether a node of `byteCount` bytes with `count` elements takes one of `length` bytes more. */
export function takesElement(
  fill: number,
  byteCount: number,
  count: number,
  length: number,
): boolean {
  const needed = byteCount + length + ENTRY_OVERHEAD;
  return isSmallEnough(fill, needed) ?? count < Math.min(fill, FILL_MAX);
}

/** Whether two nodes may become one. */
export function mayJoin(fill: number, byteCount: number, count: number): boolean {
  return isSmallEnough(fill, byteCount - JOINED_OVERHEAD) ?? count <= Math.min(fill, FILL_MAX);
}

/** Whether the bytes decide, and how; undefined: the count does. */
function isSmallEnough(fill: number, byteCount: number): boolean | undefined {
  if (fill < 0) {
    const limit = NODE_BYTES[Math.min(-fill, NODE_BYTES.length) - 1]!;
    if (byteCount <= limit) return true;
    return false;
  }
  return byteCount > SAFE_BYTES ? false : undefined;
}
