/**
 * A small pipelining client for the tests. Invariant: the n-th reply of the connection answers the
 * n-th request; nothing is re-sent and nothing is matched by content, so that a server or proxy
 * that answers in a wrong order is seen to do so.
 *
 * @module
 */

import { type Reply, ReplyReader } from "./resp_client_reader.ts";

export { type Reply, ReplyError } from "./resp_client_reader.ts";

/** One word of a request; text is sent as UTF-8. */
export type Argument = string | number | Uint8Array;

/** The connection ended before the reply: whether the command took effect is unknown. */
export class OutcomeUnknownError extends Error {
  override name = "OutcomeUnknownError";
}

/** Where to connect. */
export interface ConnectOptions {
  /** The TCP port. */
  port: number;
  /** @default {"127.0.0.1"} */
  hostname?: string;
}

interface Waiting {
  resolve(reply: Reply): void;
  reject(error: Error): void;
}

const encoder = new TextEncoder();

/** One connection. */
export class RespClient implements AsyncDisposable {
  readonly #connection: Deno.TcpConn;
  readonly #reader = new ReplyReader();
  readonly #reading: Promise<void>;
  #writing: Promise<void> | undefined;
  #output: Uint8Array[] = [];
  #waiting: Waiting[] = [];
  #lost: Error | undefined;

  /** The port it leads to. */
  readonly port: number;

  /** Replies that came while no request was waiting: messages of a subscription, or a fault. */
  readonly unsolicited: Reply[] = [];

  private constructor(connection: Deno.TcpConn, port: number) {
    this.#connection = connection;
    this.port = port;
    this.#reading = this.#readLoop();
  }

  /** Opens a connection. */
  static async connect({ port, hostname = "127.0.0.1" }: ConnectOptions): Promise<RespClient> {
    const connection = await Deno.connect({ port, hostname });
    connection.setNoDelay(true);
    return new RespClient(connection, port);
  }

  /** Whether the connection has ended, by either side. */
  get closed(): boolean {
    return this.#lost !== undefined;
  }

  /**
   * Sends one command; commands of one turn leave in one write.
   *
   * @throws {OutcomeUnknownError} If the connection ends before the reply, or has ended already.
   */
  send(...args: readonly Argument[]): Promise<Reply> {
    if (this.#lost) return Promise.reject(this.#lost);
    this.#output.push(encodeCommand(args));
    this.#writing ??= this.#writeLoop();
    return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }));
  }

  /** Sends commands at once and returns their replies in order. */
  pipeline(commands: readonly (readonly Argument[])[]): Promise<Reply[]> {
    return Promise.all(commands.map((command) => this.send(...command)));
  }

  /** Ends the connection; requests without a reply reject. */
  async close(): Promise<void> {
    this.#lose("it was closed here");
    await this.#reading;
    await this.#writing;
  }

  /** The same as {@linkcode RespClient.close}. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #writeLoop(): Promise<void> {
    await Promise.resolve();
    try {
      while (this.#output.length > 0 && !this.#lost) {
        const bytes = concat(this.#output);
        this.#output = [];
        let sent = 0;
        while (sent < bytes.length) sent += await this.#connection.write(bytes.subarray(sent));
      }
    } catch (error) {
      this.#lose(String(error));
    }
    this.#writing = undefined;
  }

  async #readLoop(): Promise<void> {
    const chunk = new Uint8Array(65536);
    try {
      while (!this.#lost) {
        const size = await this.#connection.read(chunk);
        if (size === null) return this.#lose("the other side closed it");
        this.#reader.push(chunk.subarray(0, size));
        for (let reply = this.#reader.next(); reply !== undefined; reply = this.#reader.next()) {
          this.#deliver(reply);
        }
      }
    } catch (error) {
      this.#lose(String(error));
    }
  }

  #deliver(reply: Reply): void {
    const first = this.#waiting.shift();
    if (first) first.resolve(reply);
    else this.unsolicited.push(reply);
  }

  #lose(reason: string): void {
    if (this.#lost) return;
    this.#lost = new OutcomeUnknownError(`The connection ended before the reply: ${reason}`);
    this.#connection.close();
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const { reject } of waiting) reject(this.#lost);
  }
}

function encodeCommand(args: readonly Argument[]): Uint8Array {
  const parts: Uint8Array[] = [encoder.encode(`*${args.length}\r\n`)];
  for (const arg of args) {
    const bytes = arg instanceof Uint8Array ? arg : encoder.encode(String(arg));
    parts.push(encoder.encode(`$${bytes.length}\r\n`), bytes, CRLF);
  }
  return concat(parts);
}

const CRLF = encoder.encode("\r\n");

function concat(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  let size = 0;
  for (const part of parts) size += part.length;
  const whole = new Uint8Array(size);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
