/**
 * What a reactor knows of each connection, in arrays indexed by connection number, and how a
 * connection ends.
 *
 * Invariant: a number is not given out again before one whole turn after its connection ended, so
 * that what a turn still holds of it (lists of work, an owner's tables) can never mean its successor.
 *
 * @module
 */
import type { CloseReason, ConnectionHandler } from "./reactor.ts";

/** Flag: the number is in use. */
export const OPEN = 1;
/** Flag: not yet established. */
export const CONNECTING = 2;
/** Flag: ends within this turn. */
export const CLOSING = 4;
/** Flag: its owner does not want input. */
export const PAUSED = 8;
/** Flag: kept bytes are to be delivered; until then nothing is received. */
export const RESUMED = 16;
/** Flag: output is to be sent at the end of the turn. */
export const DIRTY = 32;
/** Flag: output waits for the kernel to have room. */
export const BLOCKED = 64;
/** Flag: closes when its output is sent. */
export const CLOSE_WHEN_SENT = 128;
/** Flag: the peer ended; closes after one attempt to send its output. */
export const ENDED = 256;

/** The connections of a reactor; each kind adds what it needs of their sockets. */
export abstract class ConnectionTable {
  /** Numbers below this fit into the arrays, which are replaced when it grows. */
  capacity: number;
  /** What each connection is doing: the flags above. */
  flags: Uint16Array;
  /** Whom to tell. */
  readonly handlers: (ConnectionHandler | undefined)[] = [];
  readonly #closing: number[] = [];
  readonly #closeReasons: CloseReason[] = [];
  #next = 0;
  /** Free numbers, the most recently used last: their state is still cached. */
  readonly #free: number[] = [];
  #retired: number[] = [];
  #retiredEarlier: number[] = [];

  /** Begins with room for `capacity` connections. */
  constructor(capacity: number) {
    this.capacity = capacity;
    this.flags = new Uint16Array(capacity);
  }

  /** Closes a connection's socket. */
  protected abstract closeSocket(connection: number): void;

  /** Takes a number; numbers are dense from 0. */
  protected take(flags: number): number {
    const connection = this.#free.pop() ?? this.#next++;
    if (connection >= this.capacity) this.grow(2 * this.capacity);
    this.flags[connection] = OPEN | flags;
    return connection;
  }

  /** Makes room for numbers below `capacity`. */
  protected grow(capacity: number): void {
    this.capacity = capacity;
    const flags = new Uint16Array(capacity);
    flags.set(this.flags);
    this.flags = flags;
  }

  /** Marks a connection to be ended by the next {@linkcode finishClosing}; the first reason counts. */
  close(connection: number, reason: CloseReason): void {
    if ((this.flags[connection]! & (OPEN | CLOSING)) !== OPEN) return;
    this.flags[connection]! |= CLOSING;
    this.#closeReasons[connection] = reason;
    this.#closing.push(connection);
  }

  /** Whether {@linkcode finishClosing} has something to do. */
  get hasClosing(): boolean {
    return this.#closing.length > 0;
  }

  /** Tells the handlers of what was marked, then ends it; `dropped` frees its buffers. */
  finishClosing(dropped: (connection: number) => void): void {
    // Handlers may close others meanwhile; each connection gets here once.
    for (let i = 0; i < this.#closing.length; i++) {
      const connection = this.#closing[i]!;
      this.handlers[connection]!.onClose(connection, this.#closeReasons[connection]!);
      dropped(connection);
      this.end(connection);
    }
    this.#closing.length = 0;
  }

  /** Closes a connection's socket and gives up its number, without telling anyone. */
  end(connection: number): void {
    this.closeSocket(connection);
    this.flags[connection] = 0;
    this.handlers[connection] = undefined;
    this.#retired.push(connection);
  }

  /** {@linkcode end} for all that are open. */
  endAll(): void {
    for (let connection = 0; connection < this.capacity; connection++) {
      if ((this.flags[connection]! & OPEN) !== 0) this.end(connection);
    }
  }

  /** Ends a turn: what ended in the turn before it becomes free. */
  recycle(): void {
    if (this.#retired.length === 0 && this.#retiredEarlier.length === 0) return;
    for (const connection of this.#retiredEarlier) this.#free.push(connection);
    this.#retiredEarlier.length = 0;
    const emptied = this.#retiredEarlier;
    this.#retiredEarlier = this.#retired;
    this.#retired = emptied;
  }
}
