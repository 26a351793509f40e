/**
 * A durable coordinator for one machine: an SQLite file in a directory that this process owns.
 *
 * Sessions of this process end with it, so their ephemeral nodes of an earlier run are gone when it
 * starts; those of guests ({@linkcode SessionHost}) are still there.
 *
 * Invariant: the directory's lock is held from before the file is opened until after it is closed.
 * The kernel frees it however the process ends.
 *
 * @module
 */

import type { Coordinator } from "./coordinator.ts";
import { CoordinatorOpenError } from "./coordinator_error.ts";
import { type HostingSource, SessionHost } from "./session_host.ts";
import { SqliteNodeStore } from "./sqlite_node_store.ts";

/** Sessions over an SQLite file. */
export class EmbeddedCoordinator implements HostingSource {
  readonly url: string;
  readonly host: SessionHost;
  readonly #lock: Deno.FsFile;
  #closed = false;

  private constructor(directory: string, lock: Deno.FsFile, host: SessionHost) {
    this.url = `embedded:${directory}`;
    this.#lock = lock;
    this.host = host;
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
      return new EmbeddedCoordinator(directory, lock, new SessionHost(store));
    } catch (error) {
      lock.close();
      throw error;
    }
  }

  connect(): Promise<Coordinator> {
    return this.host.connect();
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.host.close();
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
