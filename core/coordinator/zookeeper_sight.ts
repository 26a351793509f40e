/**
 * What was seen of a place in ZooKeeper, and whether a second look shows news.
 *
 * A coordinator's parents are not data: a node without data that was never written is one that a
 * deeper node needed, and its coming or going is no news by itself. Everything else is, also what is as
 * before after ZooKeeper told of a change: it was changed and changed back.
 *
 * Invariant: a change that was told or that shows is never taken for none.
 *
 * @module
 */

import type { ZnodeStat } from "./zookeeper_requests.ts";

/** One node, as far as a watch is concerned. */
export type NodeSight =
  | Pick<
    ZnodeStat,
    "createdAt" | "changedAt" | "childrenChangedAt" | "childChanges" | "version" | "hasData"
  >
  | null;

/** A node and those under it. */
export interface PlaceSight {
  readonly self: NodeSight;
  readonly children: Map<string, NodeSight>;
}

/** What ZooKeeper told since the last look. */
export interface Tidings {
  /** The node was created, changed or removed. */
  readonly self: boolean;
  /** Children that were changed or removed. */
  readonly children: ReadonlySet<string>;
}

/** Whether `after` shows news to somebody who saw `before` and was told `tidings` since. */
export function showsNews(before: PlaceSight, after: PlaceSight, tidings: Tidings): boolean {
  if (isChanged(before.self, after.self, tidings.self)) return true;
  for (const name of tidings.children) {
    if (isChanged(before.children.get(name) ?? null, after.children.get(name) ?? null, true)) {
      return true;
    }
  }
  return hasUnexplainedChildren(before, after);
}

/**
 * Whether a first look shows what may have happened after `seenZxid`, the newest change that had been
 * seen when the watch was opened. `nearest` is the node, or the nearest one above it that is there.
 */
export function showsLaterChange(
  place: PlaceSight,
  seenZxid: bigint,
  nearest: NodeSight,
): boolean {
  const { self, children } = place;
  return hasLaterChild(nearest, seenZxid) ||
    [self, ...children.values()].some((node) =>
      node !== null && !isBare(node) && node.changedAt > seenZxid
    );
}

/** Whether there is no data, and never was: nothing, or a node that only deeper ones needed. */
function isBare(node: NodeSight): boolean {
  return node === null || (!node.hasData && node.version === 0);
}

function isChanged(before: NodeSight, after: NodeSight, told: boolean): boolean {
  const isSame = before?.createdAt === after?.createdAt && before?.changedAt === after?.changedAt;
  if (isSame) return told;
  return !(isBare(before) && isBare(after));
}

/** A node whose list of children changed after `seenZxid`; its own creation does not count. */
function hasLaterChild(node: NodeSight, seenZxid: bigint): boolean {
  return node !== null && node.childrenChangedAt > seenZxid &&
    node.childrenChangedAt !== node.createdAt;
}

/**
 * Compares the number of additions and removals with those that are no news. What is left over may be
 * a child with data, or one that came and went.
 */
function hasUnexplainedChildren(before: PlaceSight, after: PlaceSight): boolean {
  const isSameNode = before.self?.createdAt === after.self?.createdAt;
  const former = isSameNode ? before.self?.childChanges ?? 0 : 0;
  const added = [...after.children].filter(([name]) => !before.children.has(name));
  const removed = [...before.children].filter(([name]) => !after.children.has(name));
  // One that was listed, and gone before it was looked at, may have had data.
  if ([...added, ...removed].some(([, node]) => node === null || !isBare(node))) return true;
  const explained = added.length + (isSameNode ? removed.length : 0);
  return (after.self?.childChanges ?? 0) - former !== explained;
}
