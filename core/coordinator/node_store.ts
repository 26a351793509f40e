/**
 * Where a coordinator inside this process keeps its nodes and its guests: few operations, all
 * synchronous.
 *
 * Invariant: an operation that returns true is as durable as the store can make it.
 *
 * @module
 */

import type { CoordinatorNode } from "./coordinator.ts";

/** A session that belongs to a program elsewhere, as it is kept. */
export interface GuestRecord {
  /** The session's id, which its ephemeral nodes name as their owner. */
  readonly id: string;
  /** How long it may be silent before it is gone. */
  readonly ttlMs: number;
}

/** Nodes by path. Who may do what, and who is told, is decided by the session above it. */
export interface NodeStore {
  /** Returns the node at `path`. */
  read(path: string): CoordinatorNode | null;
  /** Creates a node at version 0; false where one is. */
  insert(path: string, data: string, owner: string | null): boolean;
  /** Replaces data and adds 1 to the version; false at another version. */
  update(path: string, data: string, version: number): boolean;
  /** Removes a node; false at another version. */
  remove(path: string, version: number): boolean;
  /** Returns the names directly under `path`, sorted. */
  childrenOf(path: string): string[];
  /** Returns the nodes that die with session `owner`. */
  ownedBy(owner: string): CoordinatorNode[];
  /** Records a guest; again changes nothing. */
  keepGuest(guest: GuestRecord): void;
  /** Forgets a guest whose nodes are gone. */
  forgetGuest(id: string): void;
  /** Returns the guests that are recorded. */
  guests(): GuestRecord[];
  /** Releases what it holds. */
  close(): void;
}
