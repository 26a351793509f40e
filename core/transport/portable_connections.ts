/**
 * The connections of a portable reactor: their sockets, receive regions and peers.
 *
 * Invariant: a number in use has a socket; the region it receives into is given back with the number.
 *
 * @module
 */
import { ConnectionTable } from "./connection_table.ts";
import { type IoMemory, MIN_REGION_BYTES } from "./io_memory.ts";
import { PortableSocket, type PortableSocketOwner } from "./portable_socket.ts";
import type { SocketAddress } from "./reactor.ts";

/** Clients are many and say little; servers answer many clients at once. */
const ACCEPTED_RECEIVE_BYTES = MIN_REGION_BYTES;
const OUTGOING_RECEIVE_BYTES = 4 * MIN_REGION_BYTES;
const NOWHERE: SocketAddress = { host: "", port: 0 };

/** The connections of a portable reactor. */
export class PortableConnections extends ConnectionTable {
  /** By connection number. */
  readonly sockets: PortableSocket[] = [];
  readonly #owner: PortableSocketOwner;
  readonly #io: IoMemory;
  /** Each connection's own receive region, once it is read. */
  readonly #views: (Uint8Array | undefined)[] = [];
  /** Where outgoing connections lead. */
  readonly #targets: (SocketAddress | undefined)[] = [];

  /** Begins with room for `capacity` connections; sockets report to `owner`. */
  constructor(owner: PortableSocketOwner, io: IoMemory, capacity: number) {
    super(capacity);
    this.#owner = owner;
    this.#io = io;
  }

  /** Takes a number and makes a socket; `target` is where it is to connect to, if it is. */
  add(flags: number, target?: SocketAddress): number {
    const connection = this.take(flags);
    this.#targets[connection] = target;
    this.sockets[connection] = new PortableSocket(connection, this.#owner, this.#io);
    return connection;
  }

  /** Says where a connection leads whose host had to be looked up. */
  lead(connection: number, target: SocketAddress): void {
    this.#targets[connection] = target;
  }

  /**
   * The whole of a connection's receive region, its own because all connections are read into at the
   * same time. Undefined if there is no memory left.
   */
  receiveView(connection: number): Uint8Array | undefined {
    return this.#views[connection] ??= this.#allocateView(connection);
  }

  /** The peer's address. */
  peerAddress(connection: number): SocketAddress {
    const target = this.#targets[connection];
    if (target !== undefined) return target;
    const peer = this.sockets[connection]!.remoteAddress;
    return peer === undefined ? NOWHERE : { host: peer.hostname, port: peer.port };
  }

  protected override closeSocket(connection: number): void {
    this.sockets[connection]!.end();
    const view = this.#views[connection];
    if (view === undefined) return;
    this.#views[connection] = undefined;
    this.#io.free(view.byteOffset - this.#io.memory.byteOffset, view.length);
  }

  #allocateView(connection: number): Uint8Array | undefined {
    const isOutgoing = this.#targets[connection] !== undefined;
    const size = isOutgoing ? OUTGOING_RECEIVE_BYTES : ACCEPTED_RECEIVE_BYTES;
    const base = this.#io.allocate(size);
    return base < 0 ? undefined : this.#io.memory.subarray(base, base + size);
  }
}
