/**
 * A coordinator for many machines: a ZooKeeper ensemble.
 *
 * Loaded only where an address names one, since the client library costs memory and start time.
 *
 * @module
 */

import type { Coordinator, CoordinatorSource, WaitOptions } from "./coordinator.ts";
import { CoordinatorClosedError, CoordinatorOpenError } from "./coordinator_error.ts";
import { parseZookeeperAddress, type ZookeeperAddress } from "./zookeeper_address.ts";
import { ZookeeperSession } from "./zookeeper_session.ts";

/** How long an ensemble may at least take to grant a first session. */
const CONNECT_MS_MIN = 5000;

/** Sessions with an ensemble. */
export class ZookeeperCoordinator implements CoordinatorSource {
  readonly url: string;
  readonly #address: ZookeeperAddress;
  readonly #auth: string | undefined;
  readonly #sessions = new Set<ZookeeperSession>();
  #closed = false;

  /**
   * Reads the address; nothing is connected yet. `auth` is `user:password` for the digest scheme.
   *
   * @throws {CoordinatorOpenError} if the address or the credentials are none.
   */
  constructor(url: string, auth?: string) {
    this.url = url;
    this.#address = parseZookeeperAddress(url);
    this.#auth = auth;
    if (auth !== undefined && !/^[^:]+:./.test(auth)) {
      throw new CoordinatorOpenError(
        `Cannot open the coordinator "${url}": the credentials have not the form user:password`,
      );
    }
  }

  /** @throws {CoordinatorOpenError} if no member grants a session, or the chroot may not be used. */
  async connect(options: WaitOptions = {}): Promise<Coordinator> {
    options.signal?.throwIfAborted();
    if (this.#closed) {
      throw new CoordinatorClosedError("Cannot connect: the coordinator is closed");
    }
    const session = new ZookeeperSession({
      address: this.#address,
      auth: this.#auth,
      onClose: (closed) => this.#sessions.delete(closed),
    });
    this.#sessions.add(session);
    try {
      await this.#untilUsable(session, options.signal);
      return session;
    } catch (error) {
      await session.close();
      throw error;
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all([...this.#sessions].map((session) => session.close()));
  }

  async #untilUsable(session: ZookeeperSession, signal?: AbortSignal): Promise<void> {
    const waitMs = Math.max(this.#address.sessionTimeoutMs, CONNECT_MS_MIN);
    const late = new AbortController();
    const timer = setTimeout(() => late.abort(), waitMs);
    try {
      await session.prepare(signal ? AbortSignal.any([signal, late.signal]) : late.signal);
    } catch (error) {
      if (signal?.aborted) throw error;
      const found = late.signal.aborted
        ? `no session within ${waitMs} ms (${session.trouble?.message ?? "no answer"})`
        : (error as Error).message;
      throw new CoordinatorOpenError(`Cannot open the coordinator "${this.url}": ${found}`, {
        cause: error,
      });
    } finally {
      clearTimeout(timer);
    }
  }

  /** Closes it. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
