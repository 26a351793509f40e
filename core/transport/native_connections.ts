/**
 * The connections of a native reactor: their sockets, what epoll watches them for, and their peers.
 *
 * Invariant: the socket of a number in use is open, or negative if it could not be opened.
 *
 * @module
 */
import { ConnectionTable } from "./connection_table.ts";
import type { Epoll } from "./epoll.ts";
import type { LibcFunctions } from "./libc.ts";
import type { SocketAddress } from "./reactor.ts";
import { decodeSocketAddress } from "./sockaddr.ts";

const SOCKADDR_STRIDE = 32;

/** The connections of a native reactor. */
export class NativeConnections extends ConnectionTable {
  /** Socket descriptors. */
  sockets: Int32Array;
  readonly #epoll: Epoll;
  readonly #functions: LibcFunctions;
  /** What epoll watches each socket for. */
  #interest: Uint8Array;
  #peers: Uint8Array;

  /** Begins with room for `capacity` connections. */
  constructor(epoll: Epoll, functions: LibcFunctions, capacity: number) {
    super(capacity);
    this.#epoll = epoll;
    this.#functions = functions;
    this.sockets = new Int32Array(capacity);
    this.#interest = new Uint8Array(capacity);
    this.#peers = new Uint8Array(capacity * SOCKADDR_STRIDE);
  }

  /** Takes a number for a socket. */
  add(socket: number, flags: number, peer: Uint8Array): number {
    const connection = this.take(flags);
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

  protected override closeSocket(connection: number): void {
    const socket = this.sockets[connection]!;
    if (socket >= 0) this.#functions.close(socket);
  }

  protected override grow(capacity: number): void {
    super.grow(capacity);
    const sockets = new Int32Array(capacity);
    sockets.set(this.sockets);
    this.sockets = sockets;
    const interest = new Uint8Array(capacity);
    interest.set(this.#interest);
    this.#interest = interest;
    const peers = new Uint8Array(capacity * SOCKADDR_STRIDE);
    peers.set(this.#peers);
    this.#peers = peers;
  }
}
