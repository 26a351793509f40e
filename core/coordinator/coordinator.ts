/**
 * What the product needs from a coordinator, and nothing more: small text nodes with versions, nodes
 * that live as long as a session, and news of changes. ZooKeeper, SQLite and plain memory can all
 * give exactly this.
 *
 * Data lives in leaves; parents are made and kept by the implementation and are never data. News is
 * level-triggered: a watch says that something changed, the reader reads again.
 *
 * Invariant: no write succeeds without naming the version it replaces (or that there was none), so
 * a lost update cannot be written by accident.
 *
 * @module
 */

/** One node as it was read. */
export interface CoordinatorNode {
  /** Absolute path. */
  readonly path: string;
  /** The text it holds, usually JSON; never empty. */
  readonly data: string;
  /** Writes since it was created: 0 after the creation. */
  readonly version: number;
  /** The session it dies with; null for a node that stays. */
  readonly owner: string | null;
}

/** Whether this side may rely on the coordinator now. */
export type SessionState =
  | { readonly kind: "connected"; readonly id: string }
  /**
   * No answers since `sinceMs` (`performance.now()`). The coordinator ends a session that was silent for
   * `timeoutMs`; so from then on it may be gone without our knowing.
   */
  | {
    readonly kind: "suspended";
    readonly id: string;
    readonly sinceMs: number;
    readonly timeoutMs: number;
  }
  | { readonly kind: "closed" };

/** Options of every operation: any wait ends when `signal` aborts. */
export interface WaitOptions {
  /** Ends the wait with its reason. A write that is under way may still be applied. */
  readonly signal?: AbortSignal;
}

/** Options of a read. */
export interface ReadOptions extends WaitOptions {
  /**
   * Sees every write finished anywhere before this read began (ZooKeeper: `sync` first).
   * Decisions need it; displays do not.
   */
  readonly sync?: boolean;
}

/** Options of a conditional write. */
export interface VersionOptions extends WaitOptions {
  /** The version that was read, and that must still be there. */
  readonly version: number;
}

/** Level-triggered news of one place, from the moment it was opened until `close`. */
export interface Watch extends Disposable {
  /**
   * Resolves when something changed since it last resolved (or since the watch was opened), at once
   * if that is already so. Several changes may be one piece of news; none is ever left out. A new
   * session counts as a change, because news may have been missed.
   *
   * @throws {CoordinatorClosedError} when the watch or its coordinator closes.
   */
  changed(signal?: AbortSignal): Promise<void>;
  /** Ends the watch and every wait on it. */
  close(): void;
}

/** One session with a coordinator. */
export interface Coordinator extends AsyncDisposable {
  /** What is known of the session now. After an expiry a new session, with another id, takes over. */
  session(): SessionState;
  /** News of {@linkcode Coordinator.session}; a new id means: put your ephemerals again. */
  watchSession(): Watch;
  /** Returns the node, or null where there is none. */
  get(path: string, options?: ReadOptions): Promise<CoordinatorNode | null>;
  /** Returns the names (not paths) directly under `path`, sorted; empty where there are none. */
  list(path: string, options?: ReadOptions): Promise<string[]>;
  /** Creates a node that stays. @throws {ConflictError} where one is. */
  createIfAbsent(path: string, data: string, options?: WaitOptions): Promise<CoordinatorNode>;
  /** Replaces a node's data. @throws {ConflictError} at another version, or where there is none. */
  putIfVersion(path: string, data: string, options: VersionOptions): Promise<CoordinatorNode>;
  /** Removes a node. @throws {ConflictError} at another version, or where there is none. */
  deleteIfVersion(path: string, options: VersionOptions): Promise<void>;
  /**
   * Creates or replaces a node that dies with this session.
   *
   * @throws {ConflictError} where another session's node, or one that stays, is: its `owner` tells
   * which. Wait for it to go (a watch tells); it is never overwritten.
   */
  putEphemeral(path: string, data: string, options?: WaitOptions): Promise<CoordinatorNode>;
  /** News of the node at `path` and of the nodes directly under it. */
  watch(path: string): Watch;
  /** Ends the session: its ephemerals go, its waits end. Idempotent. */
  close(): Promise<void>;
}

/** Where sessions come from; owns what they share. */
export interface CoordinatorSource extends AsyncDisposable {
  /** The address it was opened with. */
  readonly url: string;
  /** Begins a session. */
  connect(options?: WaitOptions): Promise<Coordinator>;
  /** Closes every session it began and releases what it holds. Idempotent. */
  close(): Promise<void>;
}
