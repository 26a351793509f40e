/**
 * Where the reply that is being written goes: to a client's output, or nowhere.
 *
 * Replies are composed in the reactor's send region and sent from there; most fit, and it stays cached. A
 * longer one goes on in the client's output.
 *
 * Invariant: between `open` and `close` nothing else is written to that client.
 *
 * @module
 */

import { ReplyWriter } from "../core/resp/reply_writer.ts";
import { type Reactor, SEND_REGION_BYTES } from "../core/transport/reactor.ts";

const NOBODY = -1;

/** Gives a writer its room, and the client what was written. */
export class ReplyTarget {
  /** Writes the reply. */
  readonly writer: ReplyWriter;
  /** What the client had not taken when a reply last outgrew the send region, in bytes; 0 if none did. */
  backlogBytes = 0;
  readonly #reactor: Reactor;
  readonly #scratch = new Uint8Array(SEND_REGION_BYTES);
  readonly #start: number;
  /** The reply is being written into reserved output. */
  #reserved = false;
  #connection = NOBODY;

  constructor(reactor: Reactor) {
    this.#reactor = reactor;
    this.#start = reactor.sendRegion;
    this.writer = new ReplyWriter((writer, byteCount) => this.#moreRoom(writer, byteCount));
  }

  /** Whether a client's replies are being written. */
  get isOpen(): boolean {
    return this.#connection !== NOBODY;
  }

  /** What is written from here on goes to `connection`. */
  open(connection: number): void {
    const { writer } = this;
    this.#connection = connection;
    writer.bytes = this.#reactor.memory;
    writer.position = this.#start;
    writer.limit = this.#start + SEND_REGION_BYTES;
  }

  /** What is written from here on goes nowhere: the client wants no reply, or is being closed. */
  discard(): void {
    const { writer } = this;
    this.#connection = NOBODY;
    writer.bytes = this.#scratch;
    writer.position = 0;
    writer.limit = this.#scratch.length;
  }

  /** A copy of what was written since {@linkcode ReplyTarget.discard}, as far as it fits. */
  discarded(): Uint8Array {
    return this.writer.bytes.slice(0, this.writer.position);
  }

  /** Hands over what was written. */
  close(): void {
    const connection = this.#connection;
    this.backlogBytes = 0;
    if (connection === NOBODY) return;
    this.#connection = NOBODY;
    const { bytes, position } = this.writer;
    if (this.#reserved) this.#reactor.commit(connection, position);
    else if (position > this.#start) this.#reactor.send(connection, bytes, this.#start, position);
    this.#reserved = false;
  }

  #moreRoom(writer: ReplyWriter, byteCount: number): void {
    const connection = this.#connection;
    if (connection === NOBODY) {
      if (byteCount > writer.bytes.length) writer.bytes = new Uint8Array(byteCount);
      writer.position = 0;
      writer.limit = writer.bytes.length;
      return;
    }
    if (this.#reserved) this.#reactor.commit(connection, writer.position);
    else this.#reactor.append(connection, writer.bytes, this.#start, writer.position);
    this.backlogBytes = this.#reactor.pendingOutput(connection);
    this.#reserved = byteCount > SEND_REGION_BYTES;
    if (!this.#reserved) return this.open(connection);
    const offset = this.#reactor.reserve(connection, byteCount);
    if (offset < 0) {
      this.#reserved = false;
      this.discard();
      return this.#moreRoom(writer, byteCount);
    }
    writer.position = offset;
    writer.limit = offset + byteCount;
  }
}
