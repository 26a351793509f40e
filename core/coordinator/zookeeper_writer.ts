/**
 * The coordinator's conditional writes, out of ZooKeeper's.
 *
 * With credentials every node belongs to them alone, except that Jodis clients, which have none, may
 * read theirs.
 *
 * Invariant: only a write that ZooKeeper refused is followed by another try; one whose answer was lost
 * is not.
 *
 * @module
 */

import { ConflictError } from "./coordinator_error.ts";
import type { ACL } from "./node_zookeeper_client.d.ts";
import type { ZookeeperClient } from "./zookeeper_client.ts";
import { hasCode, ZOOKEEPER_CODE } from "./zookeeper_error.ts";
import { OPEN_ACL, OWN_ACL, READABLE_ACL } from "./zookeeper_library.ts";
import {
  createZnode,
  createZnodes,
  type NewZnode,
  removeZnode,
  setZnode,
  statZnode,
  type ZnodeStat,
} from "./zookeeper_requests.ts";

/** How often somebody else may come between what was read and what is written. */
const TRIES_MAX = 20;
const NO_DATA = new Uint8Array(0);
const JODIS_PATH = /^\/jodis(\/|$)/;

type Bytes = Uint8Array<ArrayBuffer>;

/** Who owns what was written, and its version. */
type Written = Pick<ZnodeStat, "version" | "owner">;

/** Options of {@linkcode ZookeeperWriter}. */
export interface ZookeeperWriterOptions {
  /** Comes before every path. */
  readonly chroot: string;
  /** Whether nodes can belong to somebody. */
  readonly hasCredentials: boolean;
}

/** Writes over one session. */
export class ZookeeperWriter {
  readonly #client: ZookeeperClient;
  readonly #options: ZookeeperWriterOptions;

  constructor(client: ZookeeperClient, options: ZookeeperWriterOptions) {
    this.#client = client;
    this.#options = options;
  }

  /** Creates a node that stays; returns its version. @throws {ConflictError} where one is. */
  create(path: string, data: Bytes): Promise<number> {
    return this.#retried(path, async () => {
      if (await this.#make(path, data, { ephemeral: false })) return 0;
      const found = await this.#stat(path);
      if (found === null) return undefined;
      if (found.hasData) throw conflict(path, "absent", found);
      return (await this.#set(path, data, found.version))?.version;
    });
  }

  /** Replaces a node's data. @throws {ConflictError} at another version, or where there is none. */
  replace(path: string, data: Bytes, version: number): Promise<Written> {
    return this.#retried(path, async () => {
      const written = await this.#set(path, data, version);
      if (written !== undefined) return written;
      throw await this.#conflictAt(path, version);
    });
  }

  /** Removes a node, or only its data if there are others below. @throws {ConflictError} as above. */
  remove(path: string, version: number): Promise<void> {
    const { noNode, badVersion, notEmpty } = ZOOKEEPER_CODE;
    return this.#retried(path, async () => {
      try {
        await removeZnode(this.#client, this.#whole(path), version);
        return null;
      } catch (error) {
        if (!hasCode(error, noNode, badVersion, notEmpty)) throw error;
        if (hasCode(error, notEmpty) && await this.#set(path, NO_DATA, version)) return null;
        throw await this.#conflictAt(path, version);
      }
    }).then(() => {});
  }

  /** Creates or replaces this session's node. @throws {ConflictError} where another's is. */
  putEphemeral(path: string, data: Bytes): Promise<Written> {
    const owner = this.#client.sessionId;
    return this.#retried(path, async () => {
      if (await this.#make(path, data, { ephemeral: true })) return { version: 0, owner };
      const found = await this.#stat(path);
      if (found === null) return undefined;
      if (found.owner === owner) return await this.#set(path, data, found.version);
      if (found.hasData || found.hasChildren) throw conflict(path, "absent", found);
      await this.#removeEmpty(path, found.version);
      return undefined;
    });
  }

  /** Makes a node without data, and those above it. */
  makeParent(path: string): Promise<void> {
    return this.#retried(path, async () => {
      try {
        const missing = await this.#missingAbove(`${path}/`);
        if (missing.length > 0) await createZnodes(this.#client, missing);
        return null;
      } catch (error) {
        if (hasCode(error, ZOOKEEPER_CODE.nodeExists, ZOOKEEPER_CODE.noNode)) return undefined;
        throw error;
      }
    }).then(() => {});
  }

  /** False where something is; missing nodes above it are made with it, all or none. */
  async #make(path: string, data: Bytes, { ephemeral }: { ephemeral: boolean }): Promise<boolean> {
    const { noNode, nodeExists, noChildrenForEphemerals } = ZOOKEEPER_CODE;
    const leaf: NewZnode = {
      path: this.#whole(path),
      data,
      ephemeral,
      acl: this.#acl(path),
    };
    try {
      await createZnode(this.#client, leaf);
      return true;
    } catch (error) {
      if (hasCode(error, nodeExists)) return false;
      if (hasCode(error, noChildrenForEphemerals)) throw await this.#conflictAbove(path);
      if (!hasCode(error, noNode)) throw error;
    }
    const parents = await this.#missingAbove(path);
    try {
      await createZnodes(this.#client, [...parents, leaf]);
      return true;
    } catch (error) {
      // Somebody else made one of them, or removed one: it is looked at again.
      if (hasCode(error, nodeExists, noNode)) return false;
      throw error;
    }
  }

  async #missingAbove(path: string): Promise<NewZnode[]> {
    const missing: NewZnode[] = [];
    const { chroot } = this.#options;
    let whole = parentOf(this.#whole(path));
    while (whole !== "" && await statZnode(this.#client, whole) === null) {
      const acl = this.#acl(whole.slice(chroot.length));
      missing.unshift({ path: whole, data: NO_DATA, ephemeral: false, acl });
      whole = parentOf(whole);
    }
    return missing;
  }

  /** Undefined if there is no node, or it has another version. */
  async #set(path: string, data: Bytes, version: number): Promise<ZnodeStat | undefined> {
    try {
      return await setZnode(this.#client, this.#whole(path), { data, version });
    } catch (error) {
      if (hasCode(error, ZOOKEEPER_CODE.noNode, ZOOKEEPER_CODE.badVersion)) return undefined;
      throw error;
    }
  }

  async #removeEmpty(path: string, version: number): Promise<void> {
    const { noNode, badVersion, notEmpty } = ZOOKEEPER_CODE;
    try {
      await removeZnode(this.#client, this.#whole(path), version);
    } catch (error) {
      if (!hasCode(error, noNode, badVersion, notEmpty)) throw error;
    }
  }

  async #conflictAt(path: string, version: number): Promise<ConflictError> {
    return conflict(path, version, await this.#stat(path));
  }

  /** An ephemeral node holds none below it. */
  async #conflictAbove(path: string): Promise<ConflictError> {
    const parent = parentOf(path);
    return conflict(parent, "absent", await this.#stat(parent));
  }

  #stat(path: string): Promise<ZnodeStat | null> {
    return statZnode(this.#client, this.#whole(path));
  }

  #whole(path: string): string {
    return this.#options.chroot + path;
  }

  #acl(path: string): ACL[] {
    if (!this.#options.hasCredentials) return OPEN_ACL;
    return JODIS_PATH.test(path) ? READABLE_ACL : OWN_ACL;
  }

  /** Tries again while `attempt` returns undefined. */
  async #retried<T>(path: string, attempt: () => Promise<T | undefined>): Promise<T> {
    for (let tries = 0; tries < TRIES_MAX; tries++) {
      const result = await attempt();
      if (result !== undefined) return result;
    }
    throw conflict(path, "absent", await this.#stat(path));
  }
}

function conflict(
  path: string,
  expected: number | "absent",
  found: ZnodeStat | null,
): ConflictError {
  const hasNode = found !== null && (found.hasData || found.owner !== null);
  return new ConflictError(path, {
    expected,
    actual: hasNode ? found.version : "absent",
    owner: found?.owner ?? null,
  });
}

function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf("/"));
}
