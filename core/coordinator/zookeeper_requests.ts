/**
 * ZooKeeper's operations as promises, without the library's ways with arguments: data is always a
 * `Buffer` (of anything else a create stores nothing), and no transaction names a version (the library
 * takes version 0 for "any").
 *
 * @module
 */

import { Buffer } from "node:buffer";
import type { ACL, Callback, Stat, Transaction } from "./node_zookeeper_client.d.ts";
import { type Done, sessionText, type ZookeeperClient } from "./zookeeper_client.ts";
import { hasCode, ZOOKEEPER_CODE } from "./zookeeper_error.ts";
import { CreateMode } from "./zookeeper_library.ts";

const ANY_VERSION = -1;

/** What ZooKeeper tells of a node. */
export interface ZnodeStat {
  /** Number of the change that created it. */
  readonly createdAt: bigint;
  /** Number of the last change of its data. */
  readonly changedAt: bigint;
  /** Number of the last change of its list of children. */
  readonly childrenChangedAt: bigint;
  /** How many children were added and removed so far. */
  readonly childChanges: number;
  readonly version: number;
  readonly hasData: boolean;
  readonly hasChildren: boolean;
  /** The session it dies with; null for one that stays. */
  readonly owner: string | null;
}

/** A node to create. */
export interface NewZnode {
  readonly path: string;
  readonly data: Uint8Array<ArrayBuffer>;
  readonly acl: ACL[];
  /** Dies with the session. */
  readonly ephemeral: boolean;
}

/** Creates a node whose parent is there. */
export async function createZnode(client: ZookeeperClient, node: NewZnode): Promise<void> {
  const { path, data, acl } = node;
  await client.ask<string>("write", (raw, done) => {
    raw.create(path, bufferOf(data), acl, modeOf(node), done);
  });
}

/** Creates nodes, parents first: all or none. */
export async function createZnodes(
  client: ZookeeperClient,
  nodes: readonly NewZnode[],
): Promise<void> {
  await commit(client, "write", (transaction) => {
    for (const node of nodes) {
      transaction.create(node.path, bufferOf(node.data), node.acl, modeOf(node));
    }
  });
}

/** Replaces a node's data at `version`; returns what it is afterwards. */
export async function setZnode(
  client: ZookeeperClient,
  path: string,
  change: { data: Uint8Array<ArrayBuffer>; version: number },
): Promise<ZnodeStat> {
  const stat = await client.ask<Stat>("write", (raw, done) => {
    raw.setData(path, bufferOf(change.data), change.version, done);
  });
  return statOf(stat);
}

/** Removes a node at `version`. */
export async function removeZnode(
  client: ZookeeperClient,
  path: string,
  version: number,
): Promise<void> {
  await client.ask<void>("write", (raw, done) => raw.remove(path, version, (error) => done(error)));
}

/** Returns what is at `path`; null if nothing is. `watch` also asks to be told of its next change. */
export async function statZnode(
  client: ZookeeperClient,
  path: string,
  options: { watch?: boolean } = {},
): Promise<ZnodeStat | null> {
  const stat = await client.ask<Stat | null>("read", (raw, done) => {
    if (options.watch) raw.exists(path, client.watcher, done);
    else raw.exists(path, done);
  });
  return stat && statOf(stat);
}

/** Returns a node with its data; null if there is none. */
export async function readZnode(
  client: ZookeeperClient,
  path: string,
): Promise<{ data: string; stat: ZnodeStat } | null> {
  return await orNull(client.ask("read", (raw, done: Done<{ data: string; stat: ZnodeStat }>) => {
    raw.getData(path, (error, data, stat) => {
      if (error) done(error);
      else done(null, { data: data?.toString() ?? "", stat: statOf(stat) });
    });
  }));
}

/** Returns the names under a node; null if there is none. `watch` as for {@linkcode statZnode}. */
export async function listZnode(
  client: ZookeeperClient,
  path: string,
  options: { watch?: boolean } = {},
): Promise<{ names: string[]; stat: ZnodeStat } | null> {
  return await orNull(
    client.ask("read", (raw, done: Done<{ names: string[]; stat: ZnodeStat }>) => {
      const answer: Callback<[string[], Stat]> = (error, names, stat) => {
        if (error) done(error);
        else done(null, { names, stat: statOf(stat) });
      };
      if (options.watch) raw.getChildren(path, client.watcher, answer);
      else raw.getChildren(path, answer);
    }),
  );
}

/**
 * What is read after this on the same client sees every write that was finished before it. The library
 * has no `sync`; a transaction that only checks takes the same way through the leader, and does so also
 * when its check fails.
 */
export async function syncWithLeader(client: ZookeeperClient): Promise<void> {
  try {
    await commit(client, "read", (transaction) => transaction.check("/", ANY_VERSION));
  } catch (error) {
    if (!hasCode(error, ZOOKEEPER_CODE.noNode, ZOOKEEPER_CODE.noAuth)) throw error;
  }
}

async function commit(
  client: ZookeeperClient,
  kind: "read" | "write",
  fill: (transaction: Transaction) => void,
): Promise<void> {
  await client.ask<void>(kind, (raw, done) => {
    const transaction = raw.transaction();
    fill(transaction);
    transaction.commit((error) => done(error));
  });
}

async function orNull<T>(answer: Promise<T>): Promise<T | null> {
  try {
    return await answer;
  } catch (error) {
    if (hasCode(error, ZOOKEEPER_CODE.noNode)) return null;
    throw error;
  }
}

function statOf(raw: Stat): ZnodeStat {
  const owner = raw.ephemeralOwner.readBigUInt64BE();
  return {
    createdAt: raw.czxid.readBigInt64BE(),
    changedAt: raw.mzxid.readBigInt64BE(),
    childrenChangedAt: raw.pzxid.readBigInt64BE(),
    childChanges: raw.cversion,
    version: raw.version,
    hasData: raw.dataLength > 0,
    hasChildren: raw.numChildren > 0,
    owner: owner === 0n ? null : sessionText(owner),
  };
}

function bufferOf(data: Uint8Array<ArrayBuffer>): Buffer {
  return Buffer.from(data.buffer, data.byteOffset, data.byteLength);
}

function modeOf(node: NewZnode): number {
  return node.ephemeral ? CreateMode.EPHEMERAL : CreateMode.PERSISTENT;
}
