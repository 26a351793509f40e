/**
 * The proxy's own users at stock servers: made by the configured server user, one at each server, and
 * given up for another when it is not known what became of something that was sent under it.
 *
 * Whoever wants this process to send nothing to a server any more takes its user away there. It makes
 * another one then, but hands that to the workers only after they have the topology of a moment at
 * which that user was there already. So a proxy that was shut out comes back with the routes that the
 * others have (PROTOCOL rules 28 and 29).
 *
 * Invariant: a server is among {@linkcode StockLogins.doubtful} from the moment that something sent to it
 * is lost until nothing of that can be executed any more.
 *
 * @module
 */

import { randomHex } from "../core/boot_id.ts";
import type { Credentials } from "../core/control_client.ts";
import { delay } from "../core/delay.ts";
import type { Log } from "../core/log.ts";
import { StockAdmin } from "../core/stock_admin.ts";
import { PROXY_RIGHTS, proxyUserName, stockUserOf } from "../core/stock_users.ts";
import type { NumberedLogin } from "./upstream.ts";

/** Pauses after a failure: the first, and the longest, milliseconds. */
const RETRY_MS = { min: 20, max: 1000 };

/** Options of {@linkcode StockLogins}. */
export interface StockLoginsOptions {
  readonly proxy: { readonly id: string; readonly boot: string };
  /** The server user that may use `ACL`. */
  readonly credentials: Credentials | undefined;
  readonly log: Log;
  /** Hands the topology of now to the workers. @throws {Error} if it cannot be read. */
  readTopology(): Promise<void>;
  /** A user that the workers may use. */
  onLogin(address: string, login: NumberedLogin): void;
  /** {@linkcode StockLogins.doubtful} changed. */
  onDoubt(): void;
}

/** One server. */
interface Keeper {
  readonly address: string;
  readonly stop: AbortController;
  /** The number of the newest user; 0 before the first. */
  login: number;
  /** Commands sent under an older user may still be executed. */
  isDoubtful: boolean;
  /** The newest user is in use. */
  isUsed: boolean;
  making: Promise<void> | undefined;
}

/** The users of one proxy process. */
export class StockLogins {
  readonly #options: StockLoginsOptions;
  readonly #keepers = new Map<string, Keeper>();
  #used = Promise.withResolvers<void>();

  constructor(options: StockLoginsOptions) {
    this.#options = options;
  }

  /** The servers that may still execute what was sent and lost. */
  get doubtful(): string[] {
    return [...this.#keepers.values()].flatMap(({ isDoubtful, address }) =>
      isDoubtful ? [address] : []
    );
  }

  /** Logs in where it is not logged in yet. Servers that left the topology are kept: it may be asked. */
  adopt(addresses: readonly string[]): void {
    for (const address of addresses) {
      if (this.#keepers.has(address)) continue;
      const keeper: Keeper = {
        address,
        stop: new AbortController(),
        login: 0,
        isDoubtful: false,
        isUsed: false,
        making: undefined,
      };
      this.#keepers.set(address, keeper);
      this.#make(keeper);
    }
  }

  /** Waits until it is logged in everywhere, at most `timeoutMs`. */
  async ready(timeoutMs: number): Promise<void> {
    const late = new AbortController();
    const timer = delay(timeoutMs, late.signal);
    let isLate = false;
    timer.then(() => isLate = true);
    while (!isLate && [...this.#keepers.values()].some(({ isUsed }) => !isUsed)) {
      await Promise.race([this.#used.promise, timer]);
    }
    late.abort();
    await timer;
  }

  /** Gives a login up. */
  lost(address: string, login: number): void {
    const keeper = this.#keepers.get(address);
    if (keeper === undefined || keeper.login !== login) return;
    keeper.isDoubtful = true;
    keeper.isUsed = false;
    this.#options.onDoubt();
    this.#make(keeper);
  }

  /** Gives all logins up: a worker died, and nobody knows what it had sent. */
  lostAll(): void {
    for (const { address, login } of this.#keepers.values()) this.lost(address, login);
  }

  /** Removes the users. What cannot be reached is left to the manager. */
  async close(): Promise<void> {
    const keepers = [...this.#keepers.values()];
    for (const { stop } of keepers) stop.abort();
    await Promise.all(keepers.map(({ making }) => making));
    await Promise.all(keepers.map(async ({ address }) => {
      try {
        using admin = await StockAdmin.connect({ addr: address, ...this.#options });
        await admin.shutOut(this.#ownNames(admin));
      } catch (error) {
        this.#options.log.warn("cannot remove the proxy's user", { address, error: `${error}` });
      }
    }));
  }

  #make(keeper: Keeper): void {
    keeper.making ??= this.#keepMaking(keeper).finally(() => {
      keeper.making = undefined;
      // Lost while the last steps were taken.
      if (!keeper.isUsed && !keeper.stop.signal.aborted) this.#make(keeper);
    });
  }

  async #keepMaking(keeper: Keeper): Promise<void> {
    const { signal } = keeper.stop;
    let pauseMs = RETRY_MS.min;
    let complaint = "";
    while (!signal.aborted) {
      try {
        return await this.#makeOnce(keeper);
      } catch (error) {
        if (signal.aborted) return;
        const why = (error as Error).message;
        if (why !== complaint) {
          this.#options.log.warn("cannot log in at a stock server yet", {
            address: keeper.address,
            why,
          });
        }
        complaint = why;
        await delay(pauseMs * (0.5 + Math.random()), signal);
        pauseMs = Math.min(pauseMs * 2, RETRY_MS.max);
      }
    }
  }

  async #makeOnce(keeper: Keeper): Promise<void> {
    const { proxy, credentials, readTopology, onLogin, onDoubt } = this.#options;
    const { address, stop: { signal } } = keeper;
    const number = keeper.login + 1;
    const login: NumberedLogin = {
      user: proxyUserName(proxy, number),
      password: randomHex(32),
      login: number,
    };
    {
      using admin = await StockAdmin.connect({ addr: address, credentials, signal });
      await admin.shutOut(this.#ownNames(admin));
      await admin.make(login, PROXY_RIGHTS);
    }
    keeper.login = number;
    if (keeper.isDoubtful) {
      keeper.isDoubtful = false;
      onDoubt();
    }
    await readTopology();
    if (signal.aborted) return;
    keeper.isUsed = true;
    onLogin(address, login);
    this.#used.resolve();
    this.#used = Promise.withResolvers<void>();
  }

  /** All users of this process at a server. */
  #ownNames({ users }: StockAdmin): string[] {
    return users.names.filter((name) => {
      const user = stockUserOf(name);
      return user?.kind === "proxy" && user.boot === this.#options.proxy.boot;
    });
  }
}
