/**
 * Nodes in an SQLite file: one row per node, every change on disk before it is confirmed.
 *
 * Write-ahead log with `synchronous=FULL`, because the cheaper setting may lose the last commits when
 * the power fails. Whoever opens the file holds the directory's lock, so nobody else writes it.
 *
 * @module
 */

import { DatabaseSync, type StatementSync } from "node:sqlite";
import type { CoordinatorNode } from "./coordinator.ts";
import { CoordinatorOpenError } from "./coordinator_error.ts";
import type { GuestRecord, NodeStore } from "./node_store.ts";

const FORMAT_VERSION = 1;

/** A {@linkcode NodeStore} in the file at `file`. Of earlier runs only guests' ephemeral nodes are kept. */
export class SqliteNodeStore implements NodeStore {
  readonly #file: string;
  readonly #database: DatabaseSync;
  readonly #read: StatementSync;
  readonly #insert: StatementSync;
  readonly #update: StatementSync;
  readonly #remove: StatementSync;
  readonly #under: StatementSync;
  readonly #owned: StatementSync;
  readonly #keepGuest: StatementSync;
  readonly #forgetGuest: StatementSync;

  /** Opens or creates the file. @throws {CoordinatorOpenError} if it is damaged or of a newer format. */
  constructor(file: string) {
    this.#file = file;
    const database = this.#guard(() => new DatabaseSync(file));
    this.#database = database;
    try {
      this.#guard(() => prepareFormat(database, file));
    } catch (error) {
      database.close();
      throw error;
    }
    this.#read = database.prepare("SELECT path, data, version, owner FROM node WHERE path = ?");
    this.#insert = database.prepare(
      "INSERT OR IGNORE INTO node(path, data, version, owner) VALUES (?, ?, 0, ?)",
    );
    this.#update = database.prepare(
      "UPDATE node SET data = ?, version = version + 1 WHERE path = ? AND version = ?",
    );
    this.#remove = database.prepare("DELETE FROM node WHERE path = ? AND version = ?");
    this.#under = database.prepare("SELECT path FROM node WHERE path > ? AND path < ?");
    this.#owned = database.prepare("SELECT path, data, version, owner FROM node WHERE owner = ?");
    this.#keepGuest = database.prepare("INSERT OR IGNORE INTO guest(id, ttl_ms) VALUES (?, ?)");
    this.#forgetGuest = database.prepare("DELETE FROM guest WHERE id = ?");
  }

  read(path: string): CoordinatorNode | null {
    const row = this.#guard(() => this.#read.get(path));
    return row === undefined ? null : nodeOf(row);
  }

  insert(path: string, data: string, owner: string | null): boolean {
    return this.#guard(() => this.#insert.run(path, data, owner)).changes === 1;
  }

  update(path: string, data: string, version: number): boolean {
    return this.#guard(() => this.#update.run(data, path, version)).changes === 1;
  }

  remove(path: string, version: number): boolean {
    return this.#guard(() => this.#remove.run(path, version)).changes === 1;
  }

  childrenOf(path: string): string[] {
    // "0" is the character after "/": the range is everything under the path.
    const rows = this.#guard(() => this.#under.all(`${path}/`, `${path}0`));
    const names = rows.map((row) => String(row.path).slice(path.length + 1).split("/")[0]!);
    return [...new Set(names)].sort();
  }

  ownedBy(owner: string): CoordinatorNode[] {
    return this.#guard(() => this.#owned.all(owner)).map(nodeOf);
  }

  keepGuest({ id, ttlMs }: GuestRecord): void {
    this.#guard(() => this.#keepGuest.run(id, ttlMs));
  }

  forgetGuest(id: string): void {
    this.#guard(() => this.#forgetGuest.run(id));
  }

  guests(): GuestRecord[] {
    const rows = this.#guard(() => this.#database.prepare("SELECT id, ttl_ms FROM guest").all());
    return rows.map((row) => ({ id: String(row.id), ttlMs: Number(row.ttl_ms) }));
  }

  close(): void {
    this.#database.close();
  }

  #guard<T>(operation: () => T): T {
    try {
      return operation();
    } catch (error) {
      if (!isDamage(error)) throw error;
      throw new CoordinatorOpenError(
        `Cannot use "${this.#file}": it is damaged (${(error as Error).message}). ` +
          `Restore it from a backup, or move it away together with its "-wal" and "-shm" files to begin empty`,
        { cause: error },
      );
    }
  }
}

function prepareFormat(database: DatabaseSync, file: string): void {
  database.exec("PRAGMA busy_timeout=2000; PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;");
  const found = Number(database.prepare("PRAGMA user_version").get()!.user_version);
  if (found > FORMAT_VERSION) {
    throw new CoordinatorOpenError(
      `Cannot use "${file}": its format is ${found}, this program knows ${FORMAT_VERSION}. ` +
        `Start the newer program that wrote it`,
    );
  }
  database.exec(`
    CREATE TABLE IF NOT EXISTS node(
      path TEXT PRIMARY KEY, data TEXT NOT NULL, version INTEGER NOT NULL, owner TEXT
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX IF NOT EXISTS node_owner ON node(owner) WHERE owner IS NOT NULL;
    CREATE TABLE IF NOT EXISTS guest(
      id TEXT PRIMARY KEY, ttl_ms INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    DELETE FROM node WHERE owner IS NOT NULL AND owner NOT IN (SELECT id FROM guest);
    PRAGMA user_version=${FORMAT_VERSION};
  `);
}

/** By text, because Deno's `exec` gives no `errcode`: SQLite's words for codes 26 and 11. */
function isDamage(error: unknown): boolean {
  return error instanceof Error &&
    /file is not a database|database disk image is malformed/.test(error.message);
}

function nodeOf(row: Record<string, unknown>): CoordinatorNode {
  return {
    path: String(row.path),
    data: String(row.data),
    version: Number(row.version),
    owner: row.owner === null ? null : String(row.owner),
  };
}
