/**
 * Receiving on the portable reactor's connections.
 *
 * The runtime reads into a connection's own region before anyone is told, so one read is always under
 * way where input is wanted. What a handler leaves is kept aside, and more is read right behind it.
 *
 * Invariant: bytes are delivered in order and none is delivered while its connection is paused.
 *
 * @module
 */
import {
  CLOSE_WHEN_SENT,
  CLOSING,
  CONNECTING,
  DIRTY,
  ENDED,
  OPEN,
  PAUSED,
  RESUMED,
} from "./connection_table.ts";
import type { InputRemainders } from "./input_remainders.ts";
import { type IoMemory, MIN_REGION_BYTES } from "./io_memory.ts";
import type { PortableConnections } from "./portable_connections.ts";
import { BROKEN, PEER_ENDED, type PortableSocket } from "./portable_socket.ts";

const NOT_READING = CLOSING | PAUSED | RESUMED | CONNECTING | CLOSE_WHEN_SENT | ENDED;
/** What arrives then is of no interest. */
const DEAF = CLOSING | CLOSE_WHEN_SENT | ENDED;

/** The receiving half of a portable reactor. */
export class PortableInput {
  readonly #connections: PortableConnections;
  readonly #remainders: InputRemainders;
  readonly #memory: Uint8Array;
  #resumed: number[] = [];
  #resumedSpare: number[] = [];

  /** Keeps in `remainders` what handlers leave. */
  constructor(connections: PortableConnections, remainders: InputRemainders, io: IoMemory) {
    this.#connections = connections;
    this.#remainders = remainders;
    this.#memory = io.memory;
  }

  /** Whether {@linkcode deliverKept} has something to do. */
  get hasWork(): boolean {
    return this.#resumed.length > 0;
  }

  /** Starts a read, unless one is under way or the connection is not to be read. */
  read(connection: number): void {
    const { flags, sockets } = this.#connections;
    const socket = sockets[connection]!;
    if (socket.isReading || (flags[connection]! & NOT_READING) !== 0) return;
    if (this.#remainders.size(connection) > 0) return this.#readBehind(connection, socket);
    const view = this.#connections.receiveView(connection);
    if (view === undefined) return this.#connections.close(connection, "input-limit");
    const base = view.byteOffset - this.#memory.byteOffset;
    socket.read(view, base, base);
  }

  /** Looks at what came of a read, delivers it, and starts the next. */
  finishRead(socket: PortableSocket): void {
    const { connection, outcome } = socket;
    const flags = this.#connections.flags[connection]!;
    if (outcome === BROKEN) this.#connections.close(connection, socket.failure);
    else if ((flags & DEAF) === 0) {
      if (outcome > 0) this.#received(connection, socket.readStart, socket.readStart + outcome);
      // A paused connection's end is met again by the read that follows the resume.
      else if (outcome === PEER_ENDED && (flags & (PAUSED | RESUMED)) === 0) {
        this.#ended(connection);
      }
    }
    socket.finishRead();
    this.read(connection);
  }

  /** Stops delivering. */
  pause(connection: number): void {
    const { flags } = this.#connections;
    if ((flags[connection]! & OPEN) !== 0) flags[connection]! |= PAUSED;
  }

  /** Delivers again, first what was kept. */
  resume(connection: number): void {
    const { flags } = this.#connections;
    const before = flags[connection]!;
    if ((before & PAUSED) === 0) return;
    flags[connection] = before & ~PAUSED;
    if ((before & NOT_READING) !== PAUSED) return;
    if (this.#remainders.size(connection) === 0) return this.read(connection);
    flags[connection]! |= RESUMED;
    this.#resumed.push(connection);
  }

  /** Delivers what was kept of resumed connections; how many there were. */
  deliverKept(): number {
    const resumed = this.#resumed;
    const count = resumed.length;
    if (count === 0) return 0;
    this.#resumed = this.#resumedSpare;
    for (let i = 0; i < count; i++) this.#deliverKeptOf(resumed[i]!);
    resumed.length = 0;
    this.#resumedSpare = resumed;
    return count;
  }

  #deliverKeptOf(connection: number): void {
    const before = this.#connections.flags[connection]!;
    this.#connections.flags[connection] = before & ~RESUMED;
    if ((before & NOT_READING) !== RESUMED) return;
    const start = this.#remainders.start(connection);
    this.#deliver(connection, start, this.#remainders.end(connection));
    this.read(connection);
  }

  #readBehind(connection: number, socket: PortableSocket): void {
    if (!this.#remainders.makeRoom(connection, MIN_REGION_BYTES)) {
      return this.#connections.close(connection, "input-limit");
    }
    const start = this.#remainders.end(connection);
    const view = this.#memory.subarray(start, start + this.#remainders.room(connection));
    socket.read(view, start, this.#remainders.base(connection));
  }

  #received(connection: number, start: number, end: number): void {
    if (this.#remainders.size(connection) > 0) {
      if (!this.#joinKept(connection, start, end)) return;
      end = this.#remainders.end(connection) + end - start;
      start = this.#remainders.start(connection);
    }
    if ((this.#connections.flags[connection]! & (PAUSED | RESUMED)) !== 0) {
      return this.#keep(connection, start, end);
    }
    this.#deliver(connection, start, end);
  }

  /**
   * Sees to it that `[start, end)` lies right behind what is kept. It was read there, unless what was
   * kept was delivered again in the meantime, and then left anew elsewhere.
   */
  #joinKept(connection: number, start: number, end: number): boolean {
    if (this.#remainders.end(connection) === start) return true;
    if (!this.#remainders.makeRoom(connection, end - start)) {
      this.#connections.close(connection, "input-limit");
      return false;
    }
    this.#memory.copyWithin(this.#remainders.end(connection), start, end);
    return true;
  }

  #deliver(connection: number, start: number, end: number): void {
    const handler = this.#connections.handlers[connection]!;
    const consumed = handler.onData(connection, this.#memory, start, end);
    if (consumed !== end || this.#remainders.size(connection) > 0) {
      this.#keep(connection, consumed, end);
    }
  }

  #keep(connection: number, start: number, end: number): void {
    if (this.#remainders.keep(connection, start, end)) return;
    this.#connections.close(connection, "input-limit");
  }

  #ended(connection: number): void {
    const { flags, handlers } = this.#connections;
    if (handlers[connection]!.onEnd?.(connection) === true) this.pause(connection);
    else if ((flags[connection]! & DIRTY) !== 0) flags[connection]! |= ENDED;
    else this.#connections.close(connection, "end");
  }
}
