/**
 * What the native reactor knows of each connection, in arrays indexed by connection number, and how
 * connections begin and end.
 *
 * Invariant: a number is not given out again before one whole turn after its connection ended, so
 * that what a turn still holds of it (lists of work, an owner's tables) can never mean its successor.
 *
 * @module
 */
import type { Epoll } from "./epoll.ts";
import type { LibcFunctions } from "./libc.ts";
import type { CloseReason, ConnectionHandler, SocketAddress } from "./reactor.ts";
import { decodeSocketAddress } from "./sockaddr.ts";

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

const SOCKADDR_STRIDE = 32;

/** The connections of a native reactor. */
export class NativeConnections {
  /** Numbers below this fit into the arrays, which are replaced when it grows. */
  capacity: number;
  /** What each connection is doing: the flags above. */
  flags: Uint16Array;
  /** Socket descriptors. */
  sockets: Int32Array;
  /** Whom to tell. */
  readonly handlers: (ConnectionHandler | undefined)[] = [];
  readonly #epoll: Epoll;
  readonly #functions: LibcFunctions;
  /** What epoll watches each socket for. */
  #interest: Uint8Array;
  #peers: Uint8Array;
  readonly #closing: number[] = [];
  readonly #closeReasons: CloseReason[] = [];
  #next = 0;
  /** Free numbers, the most recently used last: their state is still cached. */
  readonly #free: number[] = [];
  #retired: number[] = [];
  #retiredEarlier: number[] = [];

  /** Begins with room for `capacity` connections. */
  constructor(epoll: Epoll, functions: LibcFunctions, capacity: number) {
    this.#epoll = epoll;
    this.#functions = functions;
    this.capacity = capacity;
    this.flags = new Uint16Array(capacity);
    this.sockets = new Int32Array(capacity);
    this.#interest = new Uint8Array(capacity);
    this.#peers = new Uint8Array(capacity * SOCKADDR_STRIDE);
  }

  /** Takes a number for a socket; numbers are dense from 0. */
  add(socket: number, flags: number, peer: Uint8Array): number {
    const connection = this.#free.pop() ?? this.#next++;
    if (connection >= this.capacity) this.#grow();
    this.flags[connection] = OPEN | flags;
    this.sockets[connection] = socket;
    this.#interest[connection] = 0;
    this.#peers.set(peer, connection * SOCKADDR_STRIDE);
    return connection;
  }

  /** Gives a connection that began without one its socket. */
  assign(connection: number, socket: number, peer: Uint8Array): void {
    this.sockets[connection] = socket;
    this.#peers.set(peer, connection * SOCKADDR_STRIDE);
  }

  /** Begins to watch a connection's socket; false if the system refuses. */
  watch(connection: number, events: number): boolean {
    this.#interest[connection] = events;
    return this.#epoll.add(this.sockets[connection]!, events, connection);
  }

  /** What a connection's socket is watched for. */
  interest(connection: number): number {
    return this.#interest[connection]!;
  }

  /** Changes what a connection's socket is watched for. */
  setInterest(connection: number, events: number): void {
    if (this.#interest[connection] === events) return;
    this.#interest[connection] = events;
    this.#epoll.modify(this.sockets[connection]!, events, connection);
  }

  /** The peer's address. */
  peerAddress(connection: number): SocketAddress {
    return decodeSocketAddress(this.#peers, connection * SOCKADDR_STRIDE);
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
    const socket = this.sockets[connection]!;
    if (socket >= 0) this.#functions.close(socket);
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

  #grow(): void {
    this.capacity *= 2;
    const flags = new Uint16Array(this.capacity);
    flags.set(this.flags);
    this.flags = flags;
    const sockets = new Int32Array(this.capacity);
    sockets.set(this.sockets);
    this.sockets = sockets;
    const interest = new Uint8Array(this.capacity);
    interest.set(this.#interest);
    this.#interest = interest;
    const peers = new Uint8Array(this.capacity * SOCKADDR_STRIDE);
    peers.set(this.#peers);
    this.#peers = peers;
  }
}
