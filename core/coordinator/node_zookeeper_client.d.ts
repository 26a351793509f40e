// Types of what we use of `node-zookeeper-client` 1.1.3, undocumented parts included. The published
// ones say that `exists` always finds a node and `getData` always data, and leave out the connection
// manager, where the workarounds are.

import type { Buffer } from "node:buffer";
import type { EventEmitter } from "node:events";
import type { Socket } from "node:net";

/** What ZooKeeper tells of a node; 64-bit numbers are eight bytes, big endian. */
export interface Stat {
  readonly czxid: Buffer;
  readonly mzxid: Buffer;
  readonly pzxid: Buffer;
  readonly version: number;
  readonly cversion: number;
  readonly ephemeralOwner: Buffer;
  readonly dataLength: number;
  readonly numChildren: number;
}

/** An error of the library: ZooKeeper's code, and its name. */
export interface Exception extends Error {
  readonly code: number;
}

/** What a watcher is told. */
export interface WatcherEvent {
  readonly type: number;
  readonly path: string;
}

export type Watcher = (event: WatcherEvent) => void;
export type Callback<A extends unknown[]> = (
  error: Exception | null | undefined,
  ...results: A
) => void;

export class Id {
  constructor(scheme: string, id: string);
}

export class ACL {
  constructor(permission: number, id: Id);
}

export interface Transaction {
  readonly ops: { version?: number }[];
  create(path: string, data: Buffer, acls: ACL[], mode: number): Transaction;
  check(path: string, version: number): Transaction;
  setData(path: string, data: Buffer, version: number): Transaction;
  remove(path: string, version: number): Transaction;
  commit(callback: Callback<[]>): void;
}

/** A request that waits to be sent, or to be answered. */
export interface Packet {
  readonly callback?: (error: Exception) => void;
}

/** The undocumented heart of a client. */
export interface ConnectionManager extends EventEmitter {
  state: number;
  socket?: Socket;
  servers: { host: string; port: number }[];
  xid: number;
  readonly zxid: Buffer;
  readonly sessionId: Buffer;
  readonly sessionTimeout: number;
  pendingBuffer: Buffer | null;
  pendingQueue: Packet[];
  readonly packetQueue: { queue: Packet[] };
  connectTimeoutHandler: ReturnType<typeof setTimeout> | null;
  readonly watcherManager: {
    dataWatchers: Record<string, unknown>;
    childWatchers: Record<string, unknown>;
    existenceWatchers: Record<string, unknown>;
  };
  connect(): void;
  findNextServer(callback: (server: { host: string; port: number }) => void): void;
  onSocketData(buffer: Buffer): void;
  onSocketError(error: Error): void;
  updateTimeout(sessionTimeoutMs: number): void;
}

export interface Client {
  readonly connectionManager: ConnectionManager;
  connect(): void;
  close(): void;
  addAuthInfo(scheme: string, auth: Buffer): void;
  create(path: string, data: Buffer, acls: ACL[], mode: number, done: Callback<[string]>): void;
  setData(path: string, data: Buffer, version: number, done: Callback<[Stat]>): void;
  remove(path: string, version: number, done: Callback<[]>): void;
  exists(path: string, done: Callback<[Stat | null]>): void;
  exists(path: string, watcher: Watcher, done: Callback<[Stat | null]>): void;
  getData(path: string, done: Callback<[Buffer | undefined, Stat]>): void;
  getChildren(path: string, done: Callback<[string[], Stat]>): void;
  getChildren(path: string, watcher: Watcher, done: Callback<[string[], Stat]>): void;
  transaction(): Transaction;
}

declare const library: {
  createClient(
    servers: string,
    options: { sessionTimeout: number; spinDelay: number; retries: number },
  ): Client;
  readonly Exception: { create(code: number, path?: string): Exception };
  readonly CreateMode: { readonly PERSISTENT: number; readonly EPHEMERAL: number };
  readonly Permission: { readonly ALL: number; readonly READ: number };
  readonly ACL: typeof ACL & { readonly CREATOR_ALL_ACL: ACL[]; readonly OPEN_ACL_UNSAFE: ACL[] };
  readonly Id: typeof Id & { readonly ANYONE_ID_UNSAFE: Id };
};
export default library;
