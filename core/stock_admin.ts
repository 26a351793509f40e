/**
 * One conversation with a stock server about its users, as the configured server user.
 *
 * Invariant: every method has either done all of its work at the server or throws.
 *
 * @module
 */

import { parseAddress } from "./address.ts";
import {
  ControlClient,
  type ControlCommand,
  type Credentials,
  isErrorReply,
} from "./control_client.ts";
import type { Reply } from "./resp/decode_reply.ts";
import {
  KILL_UNKNOWN,
  killCommands,
  makeUserCommand,
  readUsers,
  shutOutCommands,
  type StockLogin,
  type StockUsers,
} from "./stock_users.ts";

/** Every answer is awaited for so long at most, milliseconds. */
const REPLY_TIMEOUT_MS = 2000;

/** A stock server does not do what it is told about its users. */
export class StockAdminError extends Error {
  /** Tells it from other errors. */
  override name = "StockAdminError";
}

/** Which server, and as whom. */
export interface StockAdminOptions {
  /** `host:port`. */
  readonly addr: string;
  /** The server user that may use `ACL`; undefined where nobody has to log in. */
  readonly credentials: Credentials | undefined;
  /** Ends every wait. */
  readonly signal?: AbortSignal | undefined;
}

/** Makes users, shuts them out, closes their connections. */
export class StockAdmin implements Disposable {
  readonly #client: ControlClient;
  readonly #options: StockAdminOptions;
  #users: StockUsers;

  private constructor(client: ControlClient, options: StockAdminOptions, users: StockUsers) {
    this.#client = client;
    this.#options = options;
    this.#users = users;
  }

  /**
   * Connects and reads the users.
   *
   * @throws {ControlConnectionError} if the server cannot be reached in time, or refuses the log-in.
   * @throws {StockAdminError} if the log-in may not use `ACL`.
   */
  static async connect(options: StockAdminOptions): Promise<StockAdmin> {
    const client = await ControlClient.connect(parseAddress(options.addr), {
      credentials: options.credentials,
      connectTimeoutMs: REPLY_TIMEOUT_MS,
      replyTimeoutMs: REPLY_TIMEOUT_MS,
      signal: options.signal,
    });
    try {
      const reply = await client.call(["ACL", "LIST"], options.signal);
      return new StockAdmin(client, options, usersOf(options.addr, reply));
    } catch (error) {
      client.close();
      throw error;
    }
  }

  /** The users as of the last look. */
  get users(): StockUsers {
    return this.#users;
  }

  /** Looks at the users again. */
  async refresh(): Promise<void> {
    this.#users = usersOf(this.#options.addr, await this.#call(["ACL", "LIST"]));
  }

  /** Makes a user, or gives it another password. */
  async make(login: StockLogin, rights: readonly string[]): Promise<void> {
    // Redis before 6.2 knows no channels.
    const reply = await this.#call(makeUserCommand(login, [...rights, "&*"]));
    if (!isErrorReply(reply)) return;
    await this.#require([makeUserCommand(login, rights)]);
  }

  /** Shuts users out; those that are not there are out already. */
  async shutOut(users: readonly string[]): Promise<void> {
    await this.#require(users.flatMap((user) => shutOutCommands(this.#users, user)));
  }

  /** Closes the connections of a user who may log in again, with what was not read from them. */
  async kill(user: string): Promise<void> {
    await this.#require(killCommands(user));
  }

  /** Closes the connections that have not logged in, where such may do anything. */
  async killUnknown(): Promise<void> {
    if (this.#users.isOpen) await this.#require([KILL_UNKNOWN]);
  }

  /** Ends the conversation. */
  [Symbol.dispose](): void {
    this.#client.close();
  }

  async #call(command: ControlCommand): Promise<Reply> {
    return await this.#client.call(command, this.#options.signal);
  }

  async #require(commands: readonly ControlCommand[]): Promise<void> {
    const replies = await this.#client.pipeline(commands, this.#options.signal);
    for (const [index, reply] of replies.entries()) {
      if (!isErrorReply(reply) || isNoSuchUser(reply.error)) continue;
      const words = commands[index]!.slice(0, 3).join(" ");
      throw new StockAdminError(
        `Cannot use ${words} at ${this.#options.addr}: it answered "${reply.error}"`,
      );
    }
  }
}

function isNoSuchUser(error: string): boolean {
  return error.startsWith("ERR No such user");
}

function usersOf(addr: string, reply: Reply): StockUsers {
  const users = readUsers(reply);
  if (users !== null) return users;
  const found = isErrorReply(reply) ? `"${reply.error}"` : "something else";
  throw new StockAdminError(`Cannot read the ACL users of ${addr}: it answered ${found}`);
}
