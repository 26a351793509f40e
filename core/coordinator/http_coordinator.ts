/**
 * A coordinator that a manager serves: for a proxy that has no ZooKeeper, and may be on another machine.
 *
 * Invariant: a source holds nothing but its sessions; managers come and go without it noticing.
 *
 * @module
 */

import { formatAddress, parseAddress } from "../address.ts";
import { delay } from "../delay.ts";
import type { Coordinator, CoordinatorSource, WaitOptions } from "./coordinator.ts";
import {
  CoordinatorClosedError,
  CoordinatorOpenError,
  CoordinatorUnavailableError,
} from "./coordinator_error.ts";
import { HttpAsker, HttpRefusal } from "./http_asker.ts";
import { SESSION_TTL_MS } from "./http_protocol.ts";
import { beginSession, HttpSession } from "./http_session.ts";

const CONNECT_TIMEOUT_MS = 10_000;
const RETRY_MS = 200;

/** Options of {@linkcode HttpCoordinator}. */
export interface HttpCoordinatorOptions {
  /** What the managers want to be brought. */
  readonly token?: string | undefined;
  /** How long a session may be silent before it is gone. @default {SESSION_TTL_MS} */
  readonly ttlMs?: number;
  /** How long `connect` waits for a manager. @default {CONNECT_TIMEOUT_MS} */
  readonly connectTimeoutMs?: number;
}

/** Sessions with whichever of some managers serves its coordinator. */
export class HttpCoordinator implements CoordinatorSource {
  readonly url: string;
  readonly #managers: readonly string[];
  readonly #asker: HttpAsker;
  readonly #ttlMs: number;
  readonly #connectTimeoutMs: number;
  readonly #sessions = new Set<HttpSession>();
  readonly #ending = new AbortController();

  /**
   * `url` is `http://HOST:PORT`, further managers behind commas: `http://a:18087,b:18087`.
   *
   * @throws {CoordinatorOpenError} if it is not.
   */
  constructor(url: string, options: HttpCoordinatorOptions = {}) {
    this.url = url;
    this.#managers = managersOf(url);
    this.#asker = new HttpAsker(options.token);
    this.#ttlMs = options.ttlMs ?? SESSION_TTL_MS.default;
    this.#connectTimeoutMs = options.connectTimeoutMs ?? CONNECT_TIMEOUT_MS;
  }

  /**
   * Begins a session with the first manager that grants one.
   *
   * @throws {CoordinatorOpenError} if all refuse: the token is wrong, or they serve no coordinator.
   * @throws {CoordinatorUnavailableError} if none can be reached for a while.
   */
  async connect(options: WaitOptions = {}): Promise<Coordinator> {
    const signal = options.signal === undefined
      ? this.#ending.signal
      : AbortSignal.any([options.signal, this.#ending.signal]);
    signal.throwIfAborted();
    const deadlineMs = performance.now() + this.#connectTimeoutMs;
    for (;;) {
      const problems: Error[] = [];
      for (const [at, manager] of this.#managers.entries()) {
        try {
          const wanted = { ttlMs: this.#ttlMs, signal };
          const grant = await beginSession(this.#asker, manager, wanted);
          return this.#sessionOf({ at, grant });
        } catch (error) {
          signal.throwIfAborted();
          problems.push(error as Error);
        }
      }
      if (problems.every(isFinal)) throw new CoordinatorOpenError(this.#problemText(problems));
      if (performance.now() >= deadlineMs) {
        const message = this.#problemText(problems);
        throw new CoordinatorUnavailableError(message, { outcomeUnknown: false });
      }
      await delay(RETRY_MS, signal);
    }
  }

  async close(): Promise<void> {
    this.#ending.abort(
      new CoordinatorClosedError("Cannot connect: the coordinator is closed"),
    );
    await Promise.all([...this.#sessions].map((session) => session.close()));
  }

  /** Closes it. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #sessionOf(
    begun: Pick<ConstructorParameters<typeof HttpSession>[0], "at" | "grant">,
  ): HttpSession {
    const session = new HttpSession({
      asker: this.#asker,
      managers: this.#managers,
      ...begun,
      onClose: (closed) => void this.#sessions.delete(closed),
    });
    this.#sessions.add(session);
    return session;
  }

  #problemText(problems: readonly Error[]): string {
    const found = problems.map(({ message }) => message).join("; ");
    return `Cannot open the coordinator "${this.url}": ${found}`;
  }
}

/** A refusal that will be the same in a second. */
function isFinal(error: Error): boolean {
  return error instanceof HttpRefusal && error.status < 500;
}

function managersOf(url: string): string[] {
  try {
    const addresses = /^http:\/\/([^/]+)\/?$/.exec(url)![1]!.split(",");
    return addresses.map((text) => `http://${formatAddress(parseAddress(text.trim()))}`);
  } catch {
    throw new CoordinatorOpenError(
      `Cannot open the coordinator "${url}": want http://HOST:PORT, further managers behind commas`,
    );
  }
}
