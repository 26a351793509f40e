/**
 * The watches of one coordinator session, by place.
 *
 * Invariant: each connection begins with every place armed again, so no watch of an earlier connection
 * is relied on.
 *
 * @module
 */

import { LevelWatch } from "./level_watch.ts";
import type { WatcherEvent } from "./node_zookeeper_client.d.ts";
import type { ZookeeperClient } from "./zookeeper_client.ts";
import { ZookeeperWatchedPath } from "./zookeeper_watched_path.ts";

/** ZooKeeper's number for "a child was added or removed"; all other news is of the node itself. */
const CHILDREN_CHANGED = 4;

/** Opens watches and brings ZooKeeper's news to them. */
export class ZookeeperWatches {
  readonly #places = new Map<string, ZookeeperWatchedPath>();

  /** Watches `path`, a whole one, over `client`. */
  open(path: string, client: ZookeeperClient): LevelWatch {
    let place = this.#places.get(path);
    if (place === undefined) {
      place = new ZookeeperWatchedPath(path, client.seenZxid);
      this.#places.set(path, place);
      if (client.isConnected) place.arm(client, { missed: false });
    }
    const watched = place;
    const watch = new LevelWatch((closed) => {
      watched.watches.delete(closed);
      if (watched.watches.size > 0) return;
      watched.end();
      this.#places.delete(path);
    });
    watched.watches.add(watch);
    return watch;
  }

  /** There is a new connection: every watch is set again, and then told, since news was missed. */
  arm(client: ZookeeperClient): void {
    for (const place of this.#places.values()) place.arm(client, { missed: true });
  }

  /** ZooKeeper told of a change, of a node and perhaps of somebody's child. */
  tell({ type, path }: WatcherEvent): void {
    if (type === CHILDREN_CHANGED) return this.#places.get(path)?.listChanged();
    this.#places.get(path)?.selfChanged();
    const slash = path.lastIndexOf("/");
    this.#places.get(path.slice(0, slash))?.childChanged(path.slice(slash + 1));
  }

  /** Ends every watch. */
  fail(reason: Error): void {
    for (const place of this.#places.values()) {
      place.end();
      for (const watch of place.watches) watch.fail(reason);
    }
    this.#places.clear();
  }
}
