/**
 * A small RESP client for the control plane: a few commands a second to a server, each of which must
 * end in a reply or an error within a known time.
 *
 * Invariant: the n-th reply answers the n-th command. A connection on which that is no longer sure
 * (a reply is late, a wait was given up, bytes are no reply) is closed at once and never used again.
 *
 * @module
 */

import { formatAddress } from "./address.ts";
import { decodeReply, type ErrorReply, type Reply } from "./resp/decode_reply.ts";
import { encodeRequest } from "./resp/encode_request.ts";
import { REPLY_ERROR, ReplyScanner } from "./resp/reply_scanner.ts";
import type { SocketAddress } from "./transport/reactor.ts";

/** The longest time a connect may take, milliseconds. */
const CONNECT_TIMEOUT_MS = 2000;

/** The longest time a reply may take, milliseconds. */
export const REPLY_TIMEOUT_MS = 10_000;

/** The largest reply that is read, bytes. */
const REPLY_BYTES_MAX = 64 * 1024 * 1024;

const INPUT_BYTES_MIN = 16 * 1024;

/** A server cannot be reached, or the connection to it ended before the reply. */
export class ControlConnectionError extends Error {
  override name = "ControlConnectionError";
}

/** Who the client says it is. */
export interface Credentials {
  /** The user to log in as. @default the server's default user */
  readonly user?: string;
  /** Its password. */
  readonly password: string;
}

/** Options of {@linkcode ControlClient.connect}. */
export interface ControlConnectOptions {
  /** Sent as `AUTH` before anything else. */
  readonly credentials?: Credentials | undefined;
  /** @default {CONNECT_TIMEOUT_MS} */
  readonly connectTimeoutMs?: number;
  /** @default {REPLY_TIMEOUT_MS} */
  readonly replyTimeoutMs?: number;
  /** Ends the connect with its reason. */
  readonly signal?: AbortSignal | undefined;
}

/** A command and its arguments. */
export type ControlCommand = readonly (string | number | Uint8Array)[];

/** Whether a reply is an error of the server. */
export function isErrorReply(reply: Reply): reply is ErrorReply {
  return typeof reply === "object" && reply !== null && "error" in reply;
}

/** One connection to one server. */
export class ControlClient implements Disposable {
  readonly #connection: Deno.TcpConn;
  readonly #peer: string;
  readonly #replyTimeoutMs: number;
  readonly #scanner = new ReplyScanner({ bulkBytesMax: REPLY_BYTES_MAX });
  #input: Uint8Array<ArrayBuffer> = new Uint8Array(INPUT_BYTES_MIN);
  #start = 0;
  #end = 0;
  #turn: Promise<unknown> = Promise.resolve();
  #lost: ControlConnectionError | null = null;

  private constructor(connection: Deno.TcpConn, peer: string, replyTimeoutMs: number) {
    this.#connection = connection;
    this.#peer = peer;
    this.#replyTimeoutMs = replyTimeoutMs;
  }

  /**
   * Connects, and logs in if there are credentials.
   *
   * @throws {ControlConnectionError} if the server cannot be reached in time, or refuses the login.
   */
  static async connect(
    address: SocketAddress,
    options: ControlConnectOptions = {},
  ): Promise<ControlClient> {
    const { credentials, connectTimeoutMs = CONNECT_TIMEOUT_MS, signal } = options;
    const peer = formatAddress(address);
    const connection = await connectWithin(address, connectTimeoutMs, signal);
    const client = new ControlClient(
      connection,
      peer,
      options.replyTimeoutMs ?? REPLY_TIMEOUT_MS,
    );
    if (credentials === undefined) return client;
    const { user, password } = credentials;
    try {
      const login = user === undefined ? ["AUTH", password] : ["AUTH", user, password];
      const reply = await client.call(login, signal);
      if (!isErrorReply(reply)) return client;
      throw new ControlConnectionError(`Cannot log in at ${peer}: it answered "${reply.error}"`);
    } catch (error) {
      client.close();
      throw error;
    }
  }

  /** Whether the connection has ended, by either side. */
  get closed(): boolean {
    return this.#lost !== null;
  }

  /** The server's end of the connection: its host is numeric, whatever was connected to. */
  get remote(): SocketAddress {
    const { hostname, port } = this.#connection.remoteAddr;
    return { host: hostname, port };
  }

  /** Sends one command. An error reply is a value. @throws as {@linkcode ControlClient.pipeline}. */
  async call(command: ControlCommand, signal?: AbortSignal): Promise<Reply> {
    return (await this.pipeline([command], signal))[0]!;
  }

  /**
   * Sends commands in one write and returns their replies in order. Calls take turns.
   *
   * @throws {ControlConnectionError} if the connection ends, or a reply is late; what was sent may have
   * been executed.
   * @throws the signal's reason when it aborts; the connection is closed then.
   */
  pipeline(commands: readonly ControlCommand[], signal?: AbortSignal): Promise<Reply[]> {
    const turn = this.#turn.then(() => this.#exchange(commands, signal));
    this.#turn = turn.catch(() => {});
    return turn;
  }

  /** Ends the connection; waits for replies end with an error. Idempotent. */
  close(): void {
    this.#lose("it was closed here");
  }

  /** The same as {@linkcode ControlClient.close}. */
  [Symbol.dispose](): void {
    this.close();
  }

  async #exchange(
    commands: readonly ControlCommand[],
    signal: AbortSignal | undefined,
  ): Promise<Reply[]> {
    signal?.throwIfAborted();
    if (this.#lost !== null) throw this.#lost;
    const onAbort = () => this.#lose("the wait for its reply was given up");
    const timer = setTimeout(
      () => this.#lose(`no reply in ${this.#replyTimeoutMs} ms`),
      this.#replyTimeoutMs,
    );
    signal?.addEventListener("abort", onAbort);
    try {
      await this.#write(commands);
      const replies: Reply[] = [];
      while (replies.length < commands.length) replies.push(await this.#readReply());
      return replies;
    } catch (error) {
      signal?.throwIfAborted();
      this.#lose((error as Error).message);
      throw this.#lost;
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener("abort", onAbort);
    }
  }

  async #write(commands: readonly ControlCommand[]): Promise<void> {
    for (const command of commands) {
      const bytes = encodeRequest(command);
      let sent = 0;
      while (sent < bytes.length) sent += await this.#connection.write(bytes.subarray(sent));
    }
  }

  async #readReply(): Promise<Reply> {
    for (;;) {
      const end = this.#scanner.scan(this.#input, this.#start, this.#end);
      if (end === REPLY_ERROR) throw new Error(this.#scanner.error);
      if (end > 0) {
        const reply = decodeReply(this.#input, this.#start, end);
        this.#start = end;
        return reply;
      }
      this.#makeRoom();
      const count = await this.#connection.read(this.#input.subarray(this.#end));
      if (count === null) throw new Error("the server closed it");
      this.#end += count;
    }
  }

  #makeRoom(): void {
    if (this.#start > 0) {
      this.#input.copyWithin(0, this.#start, this.#end);
      this.#end -= this.#start;
      this.#start = 0;
    }
    if (this.#end < this.#input.length) return;
    if (this.#end >= REPLY_BYTES_MAX) throw new Error(`a reply of over ${REPLY_BYTES_MAX} bytes`);
    const grown = new Uint8Array(this.#input.length * 2);
    grown.set(this.#input);
    this.#input = grown;
  }

  #lose(why: string): void {
    if (this.#lost !== null) return;
    this.#lost = new ControlConnectionError(`Cannot talk to ${this.#peer}: ${why}`);
    this.#connection.close();
  }
}

async function connectWithin(
  address: SocketAddress,
  timeoutMs: number,
  signal: AbortSignal | undefined,
): Promise<Deno.TcpConn> {
  signal?.throwIfAborted();
  const ending = new AbortController();
  const onAbort = () => ending.abort(signal?.reason);
  const timer = setTimeout(
    () => ending.abort(new Error(`no answer in ${timeoutMs} ms`)),
    timeoutMs,
  );
  signal?.addEventListener("abort", onAbort);
  try {
    const { host: hostname, port } = address;
    const connection = await Deno.connect({ hostname, port, signal: ending.signal });
    connection.setNoDelay(true);
    return connection;
  } catch (error) {
    signal?.throwIfAborted();
    const why = ending.signal.aborted ? ending.signal.reason as Error : error as Error;
    throw new ControlConnectionError(
      `Cannot connect to ${formatAddress(address)}: ${why.message}`,
      {
        cause: error,
      },
    );
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", onAbort);
  }
}
