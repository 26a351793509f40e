/**
 * What may be a node's path and data, the same at every coordinator.
 *
 * Invariant: a path has no empty name, so a node's parent is what stands before its last slash.
 *
 * @module
 */

/** Largest text a node may hold, bytes of UTF-8; ZooKeeper takes no more than about this. */
export const NODE_BYTES_MAX = 1_000_000;

/** Returns `path`. @throws {TypeError} if it cannot be a node's path. */
export function checkedPath(path: string): string {
  if (!/^(\/[A-Za-z0-9_.-]+)+$/.test(path)) {
    throw new TypeError(`Cannot use "${path}" as a path: want "/" and names of A-Z a-z 0-9 _ . -`);
  }
  return path;
}

/** Lets data pass that a node may hold. @throws {RangeError} if it is empty or too long. */
export function checkData(path: string, data: string): void {
  const bytes = new TextEncoder().encode(data).length;
  if (bytes > 0 && bytes <= NODE_BYTES_MAX) return;
  throw new RangeError(`Cannot write "${path}": ${bytes} bytes, want 1 to ${NODE_BYTES_MAX}`);
}

/** Whether a watch on `watched` tells of a change at `path`: the node itself and those directly under it. */
export function isWatched(path: string, watched: string): boolean {
  return path === watched || path.slice(0, path.lastIndexOf("/")) === watched;
}
