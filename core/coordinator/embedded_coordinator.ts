/**
 * A durable coordinator for one machine: an SQLite file in a directory that this process owns.
 *
 * Sessions live in this process, so the ephemeral nodes of an earlier run are gone when it starts.
 *
 * Invariant: the directory's lock is held from before the file is opened until after it is closed.
 * The kernel frees it however the process ends.
 *
 * @module
 */

import type { Coordinator, CoordinatorSource } from "./coordinator.ts";
import { CoordinatorClosedError, CoordinatorOpenError } from "./coordinator_error.ts";
import { LocalSession, type SessionHost } from "./local_session.ts";
import { SqliteNodeStore } from "./sqlite_node_store.ts";

/** Sessions over an SQLite file. */
export class EmbeddedCoordinator implements CoordinatorSource {
  readonly url: string;
  readonly #lock: Deno.FsFile;
  readonly #host: SessionHost;
  #closed = false;

  private constructor(directory: string, lock: Deno.FsFile, host: SessionHost) {
    this.url = `embedded:${directory}`;
    this.#lock = lock;
    this.#host = host;
  }

  /**
   * Opens the coordinator in `directory`, and makes it if need be.
   *
   * @throws {CoordinatorOpenError} if another process uses it, or its file is damaged.
   */
  static async open(directory: string): Promise<EmbeddedCoordinator> {
    const lock = await lockDirectory(directory);
    try {
      const store = new SqliteNodeStore(`${directory}/coordinator.db`);
      return new EmbeddedCoordinator(directory, lock, { store, sessions: new Set() });
    } catch (error) {
      lock.close();
      throw error;
    }
  }

  connect(): Promise<Coordinator> {
    if (this.#closed) {
      return Promise.reject(
        new CoordinatorClosedError("Cannot connect: the coordinator is closed"),
      );
    }
    return Promise.resolve(new LocalSession(this.#host));
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    for (const session of [...this.#host.sessions]) await session.close();
    this.#host.store.close();
    this.#lock.close();
  }

  /** Closes it. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

async function lockDirectory(directory: string): Promise<Deno.FsFile> {
  const file = `${directory}/LOCK`;
  let lock: Deno.FsFile;
  try {
    await Deno.mkdir(directory, { recursive: true });
    lock = await Deno.open(file, { create: true, read: true, write: true });
  } catch (error) {
    throw new CoordinatorOpenError(
      `Cannot open the coordinator in "${directory}": ${(error as Error).message}`,
      { cause: error },
    );
  }
  if (await lock.tryLock(true)) return lock;
  lock.close();
  throw new CoordinatorOpenError(
    `Cannot open the coordinator in "${directory}": another process uses it. ` +
      `Stop that process, or name another directory`,
  );
}
