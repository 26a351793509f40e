/**
 * A coordinator whose `/` is below a path of another: for tests that use paths of their own where only
 * those of a product are served.
 *
 * @module
 */

import type {
  Coordinator,
  CoordinatorNode,
  CoordinatorSource,
} from "../../core/coordinator/coordinator.ts";
import { ConflictError } from "../../core/coordinator/coordinator_error.ts";

/** Returns `source` as seen from `root`; `close` closes what it needs. */
export function sourceBelow(
  source: CoordinatorSource,
  root: string,
  close: () => Promise<void>,
): CoordinatorSource {
  return {
    url: source.url,
    connect: async (options) => coordinatorBelow(await source.connect(options), root),
    close,
    [Symbol.asyncDispose]: close,
  };
}

function coordinatorBelow(inner: Coordinator, root: string): Coordinator {
  // What is no path stays none, to be refused as it would be.
  const down = (path: string) => /^\/./.test(path) ? root + path : path;
  const up = <T extends CoordinatorNode | null>(node: T): T =>
    node && { ...node, path: node.path.slice(root.length) };
  const told = async <T>(operation: Promise<T>): Promise<T> => {
    try {
      return await operation;
    } catch (error) {
      if (!(error instanceof ConflictError)) throw error;
      throw new ConflictError(error.path.slice(root.length), error);
    }
  };
  return {
    session: () => inner.session(),
    watchSession: () => inner.watchSession(),
    get: async (path, options) => up(await inner.get(down(path), options)),
    list: (path, options) => inner.list(down(path), options),
    createIfAbsent: async (path, data, options) =>
      up(await told(inner.createIfAbsent(down(path), data, options))),
    putIfVersion: async (path, data, options) =>
      up(await told(inner.putIfVersion(down(path), data, options))),
    deleteIfVersion: (path, options) => told(inner.deleteIfVersion(down(path), options)),
    putEphemeral: async (path, data, options) =>
      up(await told(inner.putEphemeral(down(path), data, options))),
    watch: (path) => inner.watch(down(path)),
    close: () => inner.close(),
    [Symbol.asyncDispose]: () => inner.close(),
  };
}
