/**
 * One plain connection to the server under test: is it up, are the keys there, does it still answer?
 *
 * Invariant: an answer that differs from the expected one, an error reply above all, is an error
 * here, so a peer that fails fast cannot look cheap.
 *
 * @module
 */

import { KEY_SPACE, VALUE_BYTES } from "./redis_benchmark.ts";

/** No exchange on loopback takes that long unless something is broken. */
const PROBE_TIMEOUT_MS = 10_000;
/** Requests per write while filling: small enough for every socket buffer. */
const FILL_CHUNK = 500;
/** A key that lies in the generator's key space. */
const SAMPLE_KEY = keyOf(42);

/** Throws unless PING is answered by PONG now. */
export async function ping(port: number): Promise<void> {
  using probe = await Probe.connect(port);
  await probe.expect(requestOf("PING"), "+PONG\r\n");
}

/** Stores every key of the generator's key space, so that each GET finds a value. */
export async function fill(port: number): Promise<void> {
  using probe = await Probe.connect(port);
  const value = "x".repeat(VALUE_BYTES);
  for (let first = 0; first < KEY_SPACE; first += FILL_CHUNK) {
    const count = Math.min(FILL_CHUNK, KEY_SPACE - first);
    const requests = Array.from(
      { length: count },
      (_, i) => requestOf("SET", keyOf(first + i), value),
    );
    await probe.expect(requests.join(""), "+OK\r\n".repeat(count));
  }
}

/** Throws unless a GET through `port` still answers with a value of the right length. */
export async function checkGet(port: number): Promise<void> {
  using probe = await Probe.connect(port);
  const head = `$${VALUE_BYTES}\r\n`;
  await probe.expect(requestOf("GET", SAMPLE_KEY), head, head.length + VALUE_BYTES + 2);
}

class Probe implements Disposable {
  readonly #connection: Deno.TcpConn;
  readonly #timer: ReturnType<typeof setTimeout>;
  #timedOut = false;

  private constructor(connection: Deno.TcpConn) {
    this.#connection = connection;
    this.#timer = setTimeout(() => {
      this.#timedOut = true;
      this.#connection.close();
    }, PROBE_TIMEOUT_MS);
  }

  static async connect(port: number): Promise<Probe> {
    return new Probe(await Deno.connect({ hostname: "127.0.0.1", port }));
  }

  /** Sends `request`; the reply must begin with `start` and be `length` bytes long. */
  async expect(request: string, start: string, length = start.length): Promise<void> {
    const bytes = new TextEncoder().encode(request);
    for (let sent = 0; sent < bytes.length;) {
      sent += await this.#connection.write(bytes.subarray(sent));
    }
    const buffer = new Uint8Array(16_384);
    let reply = "";
    while (reply.length < length) {
      const count = await this.#read(buffer);
      reply += String.fromCharCode(...buffer.subarray(0, count));
      if (!reply.startsWith(start.slice(0, reply.length))) break;
    }
    if (reply.length !== length || !reply.startsWith(start)) {
      throw new Error(
        `${JSON.stringify(request.slice(0, 60))} got ${JSON.stringify(reply.slice(0, 200))}, ` +
          `expected ${length} bytes beginning with ${JSON.stringify(start.slice(0, 60))}`,
      );
    }
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    if (!this.#timedOut) this.#connection.close();
  }

  async #read(buffer: Uint8Array): Promise<number> {
    try {
      const count = await this.#connection.read(buffer);
      if (count === null) throw new Error("the connection was closed before the whole reply came");
      return count;
    } catch (error) {
      if (this.#timedOut) throw new Error(`no whole reply within ${PROBE_TIMEOUT_MS} ms`);
      throw error;
    }
  }
}

/** The generator's name of key `index`. */
function keyOf(index: number): string {
  return `key:${String(index).padStart(12, "0")}`;
}

function requestOf(...words: string[]): string {
  return `*${words.length}\r\n${words.map((word) => `$${word.length}\r\n${word}\r\n`).join("")}`;
}
