/**
 * A TCP link between a client and a server that a test can cut, also in the midst of what the server
 * says.
 *
 * @module
 */

/** Listens on a free port of 127.0.0.1 and hands bytes on to a server. */
export class FaultyLink implements AsyncDisposable {
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly #target: number;
  readonly #connections = new Set<Deno.TcpConn>();
  readonly #accepting: Promise<void>;
  readonly #pumps = new Set<Promise<void>>();
  #isDown = false;
  #isSilent = false;
  /** Bytes of the server that still pass; then the link is cut, once. */
  #cutAfterBytes = Infinity;
  #accepted = 0;

  /** Leads to port `target` of 127.0.0.1. */
  constructor(target: number) {
    this.#target = target;
    this.#accepting = this.#accept();
  }

  /** The port to connect to. */
  get port(): number {
    return this.#listener.addr.port;
  }

  /** Connections taken so far. */
  get accepted(): number {
    return this.#accepted;
  }

  /** Whether somebody is connected through it. */
  get isUsed(): boolean {
    return this.#connections.size > 0;
  }

  /** Cuts every connection now. */
  cut(): void {
    for (const connection of this.#connections) closeQuietly(connection);
    this.#connections.clear();
  }

  /** Cuts every connection as soon as the server has sent `byteCount` more bytes. */
  cutAfter(byteCount: number): void {
    this.#cutAfterBytes = byteCount;
  }

  /** Cuts, and lets nobody through until {@linkcode FaultyLink.up}. */
  down(): void {
    this.#isDown = true;
    this.cut();
  }

  /** Lets connections through again. */
  up(): void {
    this.#isDown = false;
  }

  /** Loses everything that the server says from now on, without closing anything. */
  silence(isSilent = true): void {
    this.#isSilent = isSilent;
  }

  /** Ends the link. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    this.cut();
    await this.#accepting;
    await Promise.all(this.#pumps);
  }

  async #accept(): Promise<void> {
    for await (const client of this.#listener) {
      this.#accepted++;
      if (this.#isDown) {
        closeQuietly(client);
        continue;
      }
      const server = await Deno.connect({ hostname: "127.0.0.1", port: this.#target })
        .catch(() => null);
      if (server === null || this.#isDown) {
        closeQuietly(client);
        if (server !== null) closeQuietly(server);
        continue;
      }
      this.#connections.add(client).add(server);
      this.#keep(pump(client, server, (bytes) => bytes), client);
      this.#keep(pump(server, client, (bytes) => this.#passed(bytes)), server);
    }
  }

  #keep(pumping: Promise<void>, from: Deno.TcpConn): void {
    this.#pumps.add(pumping);
    pumping.finally(() => {
      this.#pumps.delete(pumping);
      this.#connections.delete(from);
    });
  }

  #passed(bytes: Uint8Array): Uint8Array {
    if (this.#isSilent) return bytes.subarray(0, 0);
    const passed = bytes.subarray(0, this.#cutAfterBytes);
    this.#cutAfterBytes -= bytes.length;
    if (this.#cutAfterBytes <= 0) {
      this.#cutAfterBytes = Infinity;
      // After what is left has been handed on.
      setTimeout(() => this.cut(), 0);
    }
    return passed;
  }
}

async function pump(
  from: Deno.TcpConn,
  to: Deno.TcpConn,
  pass: (bytes: Uint8Array) => Uint8Array,
): Promise<void> {
  const buffer = new Uint8Array(65536);
  try {
    for (;;) {
      const count = await from.read(buffer);
      if (count === null) break;
      const bytes = pass(buffer.subarray(0, count));
      for (let sent = 0; sent < bytes.length;) sent += await to.write(bytes.subarray(sent));
    }
  } catch {
    // One of them was closed: so is the other.
  }
  closeQuietly(from);
  closeQuietly(to);
}

function closeQuietly(connection: Deno.TcpConn): void {
  try {
    connection.close();
  } catch {
    // Closed already.
  }
}
