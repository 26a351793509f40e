/**
 * One place in ZooKeeper that is watched: its node, and the nodes directly under it.
 *
 * ZooKeeper tells of one change per watch, so every piece of news is followed by a look that watches
 * again, and the look is compared with the one before.
 *
 * ```text
 * unseen ──look──→ armed ──told──→ look ──→ armed
 *    ↑                │ connection lost
 *    └────────────────┘ the next look is news in any case: something may have been missed
 * ```
 *
 * Invariant: whoever is told has a watch set behind what it will read, so a change after that is told
 * again.
 *
 * @module
 */

import { delay } from "../delay.ts";
import type { LevelWatch } from "./level_watch.ts";
import type { ZookeeperClient } from "./zookeeper_client.ts";
import { ZookeeperError } from "./zookeeper_error.ts";
import { listZnode, statZnode, type ZnodeStat } from "./zookeeper_requests.ts";
import {
  type NodeSight,
  type PlaceSight,
  showsLaterChange,
  showsNews,
  type Tidings,
} from "./zookeeper_sight.ts";

/** While changes keep coming news is delivered after so many looks at the latest. */
const LOOKS_PER_NEWS_MAX = 3;
/** Pause after a look that ZooKeeper refused. */
const LOOK_AGAIN_MS = 1000;

/** Names under a node, and the node as it was then. */
interface Listing {
  readonly names: readonly string[];
  readonly stat: ZnodeStat;
}

/** What is looked at again. */
interface Due extends Tidings {
  self: boolean;
  list: boolean;
  readonly children: Set<string>;
}

/** Keeps the watches of one place armed. */
export class ZookeeperWatchedPath {
  /** Those who are told. */
  readonly watches: Set<LevelWatch> = new Set();
  readonly #path: string;
  readonly #seenZxid: bigint;
  readonly #ended = new AbortController();
  #client: ZookeeperClient | null = null;
  #sight: PlaceSight | null = null;
  #due = nothingDue();
  #isNews = false;
  #isLooking = false;
  #armings = 0;

  /** `seenZxid`: the newest change that this session has seen; later ones are news. */
  constructor(path: string, seenZxid: bigint) {
    this.#path = path;
    this.#seenZxid = seenZxid;
  }

  /** Looks, and watches, over a connection that is new. `missed`: changes may have gone by untold. */
  arm(client: ZookeeperClient, options: { missed: boolean }): void {
    this.#armings++;
    this.#client = client;
    this.#sight = null;
    this.#isNews ||= options.missed;
    this.#look();
  }

  /** ZooKeeper told that the node itself was created, changed or removed. */
  selfChanged(): void {
    this.#due.self = true;
    this.#due.list = true;
    this.#look();
  }

  /** ZooKeeper told that a child came or went. */
  listChanged(): void {
    this.#due.list = true;
    this.#look();
  }

  /** ZooKeeper told that a child was changed or removed. */
  childChanged(name: string): void {
    this.#due.children.add(name);
    this.#look();
  }

  /** Looks no more. */
  end(): void {
    this.#ended.abort();
  }

  #look(): void {
    if (!this.#isLooking) void this.#lookWhileDue();
  }

  async #lookWhileDue(): Promise<void> {
    const { signal } = this.#ended;
    this.#isLooking = true;
    try {
      // A removal is told of twice, of the node and of its parent's list: one look for both.
      await Promise.resolve();
      for (let looks = 1; !signal.aborted && this.#isDue(); looks++) {
        const armings = this.#armings;
        try {
          await this.#lookOnce(this.#client!);
        } catch (error) {
          if (armings !== this.#armings) continue;
          if (!this.#client!.isConnected) return;
          await this.#refused(error);
        }
        if (!this.#isDue() || looks % LOOKS_PER_NEWS_MAX === 0) this.#tell();
      }
    } finally {
      this.#isLooking = false;
    }
  }

  /** There is no watch then: readers are told, and find out themselves why they may not read. */
  async #refused(error: unknown): Promise<void> {
    if (!(error instanceof ZookeeperError)) {
      for (const watch of this.watches) watch.fail(error as Error);
      return this.end();
    }
    this.#sight = null;
    this.#isNews = true;
    this.#tell();
    await delay(LOOK_AGAIN_MS, this.#ended.signal);
  }

  #isDue(): boolean {
    const { self, list, children } = this.#due;
    return this.#sight === null || self || list || children.size > 0;
  }

  /** Sees what is due, or everything. */
  async #lookOnce(client: ZookeeperClient): Promise<void> {
    const before = this.#sight;
    const due = before === null ? { ...nothingDue(), self: true, list: true } : this.#due;
    this.#due = nothingDue();
    const [self, list] = await Promise.all([
      due.self ? statZnode(client, this.#path, { watch: true }) : before!.self,
      due.list ? listZnode(client, this.#path, { watch: true }) : null,
    ]);
    let after: PlaceSight = { self, children: new Map(before?.children) };
    if (due.list) after = await this.#withChildren(client, { self, list, before });
    for (const name of due.children) {
      if (after.children.has(name)) after.children.set(name, await this.#child(client, name));
    }
    this.#isNews ||= before === null
      ? showsLaterChange(after, this.#seenZxid, after.self ?? await this.#nearest(client))
      : showsNews(before, after, due);
    this.#sight = after;
  }

  /**
   * The node with the children that were listed. If it was made or replaced between the two answers, the
   * watch on it tells, and this look is repeated.
   */
  async #withChildren(
    client: ZookeeperClient,
    seen: { self: NodeSight; list: Listing | null; before: PlaceSight | null },
  ): Promise<PlaceSight> {
    const { self, list, before } = seen;
    if (self === null || list?.stat.createdAt !== self.createdAt) {
      return { self, children: new Map() };
    }
    const { childChanges, childrenChangedAt } = list.stat;
    const children = list.names.map(async (name): Promise<[string, NodeSight]> => {
      return [name, before?.children.get(name) ?? await this.#child(client, name)];
    });
    return {
      self: { ...self, childChanges, childrenChangedAt },
      children: new Map(await Promise.all(children)),
    };
  }

  #child(client: ZookeeperClient, name: string): Promise<NodeSight> {
    return statZnode(client, `${this.#path}/${name}`, { watch: true });
  }

  /** The nearest node above that is there; the root always is. */
  async #nearest(client: ZookeeperClient): Promise<NodeSight> {
    let path = this.#path;
    let node: NodeSight = null;
    while (node === null && path !== "") {
      path = path.slice(0, path.lastIndexOf("/"));
      node = await statZnode(client, path || "/");
    }
    return node;
  }

  #tell(): void {
    if (!this.#isNews) return;
    this.#isNews = false;
    for (const watch of this.watches) watch.notify();
  }
}

function nothingDue(): Due {
  return { self: false, list: false, children: new Set() };
}
