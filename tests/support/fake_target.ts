/**
 * A server that only seems to import a slot: a test decides what it answers, and when.
 *
 * @module
 */

import { type Reply, ReplyReader } from "./resp_client_reader.ts";

/** A request it got. */
export interface FakeRequest {
  readonly words: readonly string[];
  /** Sends a reply, a whole line without its end. */
  answer(line: string): void;
}

/** Listens as a server would; `SLOTSIMPORT` is answered at once. */
export class FakeTarget implements AsyncDisposable {
  readonly boot = "fake";
  /** Requests not taken yet, oldest first. */
  readonly requests: FakeRequest[] = [];
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly #connections = new Set<Deno.TcpConn>();
  readonly #running: Promise<void>[] = [];

  constructor() {
    this.#running.push(this.#accept());
  }

  /** `host:port`. */
  get addr(): string {
    return `127.0.0.1:${this.#listener.addr.port}`;
  }

  /** Takes the oldest request. */
  async next(): Promise<FakeRequest> {
    for (let attempt = 0; attempt < 500; attempt++) {
      const request = this.requests.shift();
      if (request !== undefined) return request;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    throw new Error("No request came");
  }

  /** Closes every connection; new ones are accepted. */
  cut(): void {
    for (const connection of this.#connections) connection.close();
    this.#connections.clear();
    this.requests.length = 0;
  }

  /** Ends it. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    this.cut();
    await Promise.all(this.#running);
  }

  async #accept(): Promise<void> {
    try {
      for await (const connection of this.#listener) {
        this.#connections.add(connection);
        this.#running.push(this.#serve(connection));
      }
    } catch {
      // The listener was closed.
    }
  }

  async #serve(connection: Deno.TcpConn): Promise<void> {
    const reader = new ReplyReader();
    const chunk = new Uint8Array(65536);
    try {
      for (let size; (size = await connection.read(chunk)) !== null;) {
        reader.push(chunk.subarray(0, size));
        for (let next = reader.next(); next !== undefined; next = reader.next()) {
          this.#take(connection, next);
        }
      }
    } catch {
      // It was cut.
    }
  }

  #take(connection: Deno.TcpConn, request: Reply): void {
    const words = (request as Reply[]).map(String);
    const answer = (line: string) => {
      connection.write(new TextEncoder().encode(`${line}\r\n`)).catch(() => {});
    };
    if (words[0] === "SLOTSIMPORT") answer("+OK");
    else this.requests.push({ words, answer });
  }
}
