/**
 * `node-zookeeper-client`, made safe to load: unknown error codes do not end the process, and a version
 * whose inner parts are others is refused.
 *
 * Invariant: only this file and the client's wrapper know the library; nothing else may hold a client
 * without the workarounds.
 *
 * @module
 */

// @ts-types="./node_zookeeper_client.d.ts"
import library, { type ACL, type Client, type ConnectionManager } from "node-zookeeper-client";

/** What an operation needs to know of the library. */
export const { CreateMode } = library;

/** Everybody may do everything: without credentials there is nobody to reserve anything for. */
export const OPEN_ACL: ACL[] = library.ACL.OPEN_ACL_UNSAFE;

/** The credentials that create a node may do everything, others nothing. */
export const OWN_ACL: ACL[] = library.ACL.CREATOR_ALL_ACL;

/** The same, and everybody may read. */
export const READABLE_ACL: ACL[] = [
  ...OWN_ACL,
  new library.ACL(library.Permission.READ, library.Id.ANYONE_ID_UNSAFE),
];

/** The library throws at a code it does not know (quota, throttling) inside the socket's handler. */
const createKnown = library.Exception.create;
library.Exception.create = (code, path) => {
  try {
    return createKnown(code, path);
  } catch {
    const name = `ZooKeeper's code ${code}`;
    return Object.assign(new Error(name), { name, code, getCode: () => code });
  }
};

/** Makes a client that is not connected; its servers are placeholders, since a rotation names them. */
export function createRawClient(sessionTimeoutMs: number): Client {
  // Retries would repeat a create whose answer was lost.
  const options = { sessionTimeout: sessionTimeoutMs, spinDelay: 0, retries: 0 };
  const client = library.createClient("placeholder:1", options);
  requireShape(client.connectionManager);
  return client;
}

/** Those inner parts that the workarounds read or replace. */
function requireShape(manager: ConnectionManager): void {
  const { pendingQueue, packetQueue, watcherManager } = manager;
  const functions = [
    manager.connect,
    manager.findNextServer,
    manager.onSocketData,
    manager.onSocketError,
    manager.updateTimeout,
  ];
  const fits = functions.every((part) => typeof part === "function") &&
    manager.state === 0 && manager.xid === 0 && manager.pendingBuffer === null &&
    manager.sessionId.length === 8 && manager.zxid.length === 8 && Array.isArray(pendingQueue) &&
    Array.isArray(packetQueue.queue) && typeof watcherManager.existenceWatchers === "object";
  if (!fits) throw new Error("Cannot use this node-zookeeper-client: want version 1.1.3 exactly");
}
