/**
 * What every coordinator asks of a path and of a node's text.
 *
 * Invariant: a path has no empty name, so a node's parent is what stands before its last slash.
 *
 * @module
 */

/** Largest text a node may hold, bytes of UTF-8; ZooKeeper takes no more than about this. */
export const NODE_BYTES_MAX = 1_000_000;

/** Returns `path`. @throws {TypeError} if it is none: `/` and names, and no name is `.` or `..`. */
export function checkedPath(path: string): string {
  if (/^(\/(?!\.{1,2}(\/|$))[A-Za-z0-9_.-]+)+$/.test(path)) return path;
  throw new TypeError(
    `Cannot use "${path}" as a path: want "/" and names of A-Z a-z 0-9 _ . - other than . and ..`,
  );
}

/** Returns the bytes of `data`. @throws {RangeError} if it is empty or too long for a node. */
export function checkedBytes(path: string, data: string): Uint8Array<ArrayBuffer> {
  const bytes = new TextEncoder().encode(data);
  if (bytes.length > 0 && bytes.length <= NODE_BYTES_MAX) return bytes;
  throw new RangeError(
    `Cannot write "${path}": ${bytes.length} bytes, want 1 to ${NODE_BYTES_MAX}`,
  );
}

/** Whether a watch on `watched` tells of a change at `path`: the node itself and those directly under it. */
export function isWatched(path: string, watched: string): boolean {
  return path === watched || path.slice(0, path.lastIndexOf("/")) === watched;
}
