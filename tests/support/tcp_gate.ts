/**
 * A network that a test can disturb: connections to a port pass through here.
 *
 * Invariant: what a client sent is delivered in order and whole, or its connection is cut.
 *
 * @module
 */

/** Forwards connections to one port, until it is told otherwise. */
export class TcpGate implements AsyncDisposable {
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly #passages = new Set<Passage>();
  readonly #loop: Promise<void>;
  /** Where connections lead to. */
  targetPort: number;
  /** Whether connections that are made from now on are held up. */
  #holdsNew = false;

  /** Opens before `targetPort` of this machine. */
  constructor(targetPort: number) {
    this.targetPort = targetPort;
    this.#loop = this.#accept();
  }

  /** Where clients connect. */
  get port(): number {
    return this.#listener.addr.port;
  }

  /** Holds up what is on the connections there are; with `all`, on new ones, too. */
  hold(options: { all: boolean }): void {
    this.#holdsNew = options.all;
    for (const passage of this.#passages) passage.hold();
  }

  /** Lets everything flow again. */
  release(): void {
    this.#holdsNew = false;
    for (const passage of this.#passages) passage.release();
  }

  /** Cuts the connections there are. */
  cut(): void {
    for (const passage of this.#passages) passage.cut();
  }

  /** What the target has answered on all connections so far, as text. */
  get answers(): string {
    return this.#answers.join("");
  }
  readonly #answers: string[] = [];

  /** Closes it, and all connections. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    await this.#loop;
    this.cut();
    await Promise.all([...this.#passages].map((passage) => passage.ended));
  }

  async #accept(): Promise<void> {
    for await (const client of this.#listener) {
      try {
        const target = await Deno.connect({ hostname: "127.0.0.1", port: this.targetPort });
        const passage = new Passage(client, target, (text) => this.#answers.push(text));
        this.#passages.add(passage);
        if (this.#holdsNew) passage.hold();
        passage.ended.then(() => this.#passages.delete(passage));
      } catch {
        client.close();
      }
    }
  }
}

/** One connection, both ways. */
class Passage {
  readonly ended: Promise<void>;
  readonly #ends: [Deno.TcpConn, Deno.TcpConn];
  #held: PromiseWithResolvers<void> | null = null;
  #closed = false;

  constructor(client: Deno.TcpConn, target: Deno.TcpConn, onAnswer: (text: string) => void) {
    this.#ends = [client, target];
    const decoder = new TextDecoder();
    const forth = this.#pump(client, target, () => {});
    const back = this.#pump(target, client, (chunk) => onAnswer(decoder.decode(chunk)));
    // The client's end is passed on only after what it sent; the target's end ends it all.
    this.ended = Promise.all([forth, back.then(() => this.cut())]).then(() => {});
  }

  hold(): void {
    this.#held ??= Promise.withResolvers();
  }

  release(): void {
    this.#held?.resolve();
    this.#held = null;
  }

  cut(): void {
    this.release();
    if (this.#closed) return;
    this.#closed = true;
    for (const end of this.#ends) end.close();
  }

  async #pump(
    from: Deno.TcpConn,
    to: Deno.TcpConn,
    onChunk: (chunk: Uint8Array) => void,
  ): Promise<void> {
    const buffer = new Uint8Array(65536);
    try {
      for (;;) {
        const size = await from.read(buffer);
        await this.#held?.promise;
        if (size === null) return await to.closeWrite();
        onChunk(buffer.subarray(0, size));
        for (let at = 0; at < size;) at += await to.write(buffer.subarray(at, size));
      }
    } catch {
      // Cut, by the test or by either side: the other way ends, too.
      this.cut();
    }
  }
}
