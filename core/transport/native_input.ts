/**
 * Receiving on the native reactor's connections.
 *
 * All connections receive into one region; what a handler leaves is kept aside and copied right in
 * front of what arrives next. Behind a long remainder more is received in its own, growing region, so
 * that a big message costs amortised O(n).
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
import { EPOLLIN, EPOLLOUT } from "./epoll.ts";
import type { InputRemainders } from "./input_remainders.ts";
import { type IoMemory, MIN_REGION_BYTES } from "./io_memory.ts";
import {
  EAGAIN,
  EINTR,
  type FixedBuffer,
  type FixedCalls,
  type Libc,
  type LibcFunctions,
} from "./libc.ts";
import type { NativeConnections } from "./native_connections.ts";
import { failureOf } from "./native_socket.ts";

const NOT_READING = CLOSING | PAUSED | RESUMED | CONNECTING | CLOSE_WHEN_SENT | ENDED;

const RECEIVE_BYTES = 262144;
/** Longest remainder that is copied in front of what arrives. */
const HEADROOM_BYTES = MIN_REGION_BYTES;

/** The receiving half of a native reactor. */
export class NativeInput {
  readonly #libc: Libc;
  readonly #functions: LibcFunctions;
  readonly #fixed: FixedCalls;
  readonly #connections: NativeConnections;
  readonly #remainders: InputRemainders;
  readonly #memory: Uint8Array;
  readonly #receiveStart: number;
  readonly #receiveBuffer: FixedBuffer;
  #resumed: number[] = [];
  #resumedSpare: number[] = [];

  /** Takes its receive region from `io`. */
  constructor(
    libc: Libc,
    connections: NativeConnections,
    remainders: InputRemainders,
    io: IoMemory,
  ) {
    this.#libc = libc;
    this.#functions = libc.functions;
    this.#fixed = libc.fixed;
    this.#connections = connections;
    this.#remainders = remainders;
    this.#memory = io.memory;
    this.#receiveStart = io.allocate(HEADROOM_BYTES + RECEIVE_BYTES) + HEADROOM_BYTES;
    const receiveEnd = this.#receiveStart + RECEIVE_BYTES;
    const view = io.memory.subarray(this.#receiveStart, receiveEnd);
    this.#receiveBuffer = libc.fixed.of(view as Uint8Array<ArrayBuffer>);
  }

  /** Whether {@linkcode deliverKept} has something to do. */
  get hasWork(): boolean {
    return this.#resumed.length > 0;
  }

  /** Receives once from a socket that epoll reported with `events`, and delivers. */
  readable(connection: number, events: number): void {
    const { flags, sockets, handlers } = this.#connections;
    if ((flags[connection]! & NOT_READING) !== 0) return this.#unwanted(connection, events);
    const kept = this.#remainders.size(connection);
    if (kept > HEADROOM_BYTES) return this.#receiveBehind(connection);
    const received = this.#fixed.recv(
      sockets[connection]!,
      this.#receiveBuffer,
      RECEIVE_BYTES,
      0,
    );
    if (received <= 0) return this.#receivedNothing(connection, received);
    let start = this.#receiveStart;
    const end = start + received;
    if (kept > 0) {
      start -= kept;
      const keptStart = this.#remainders.start(connection);
      this.#memory.copyWithin(start, keptStart, keptStart + kept);
    }
    const consumed = handlers[connection]!.onData(connection, this.#memory, start, end);
    if (consumed !== end || kept > 0) this.#keep(connection, consumed, end);
  }

  /** Stops delivering. */
  pause(connection: number): void {
    const { flags } = this.#connections;
    // The kernel is told only when something arrives: a short pause costs no system call.
    if ((flags[connection]! & OPEN) !== 0) flags[connection]! |= PAUSED;
  }

  /** Delivers again, first what was kept. */
  resume(connection: number): void {
    const { flags } = this.#connections;
    const before = flags[connection]!;
    if ((before & PAUSED) === 0) return;
    flags[connection] = before & ~PAUSED;
    if ((before & NOT_READING) !== PAUSED) return;
    if (this.#remainders.size(connection) === 0) return this.#watchInput(connection);
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
    if ((this.#connections.flags[connection]! & NOT_READING) === 0) this.#watchInput(connection);
  }

  /** Something happened on a connection that is not being read. */
  #unwanted(connection: number, events: number): void {
    // Kept bytes come first, and a connection that ends has nothing more to say.
    if ((this.#connections.flags[connection]! & (CLOSING | RESUMED)) !== 0) return;
    // Errors are reported whatever is asked for: they would make the loop spin.
    if ((events & ~(EPOLLIN | EPOLLOUT)) !== 0) {
      return this.#connections.close(connection, "reset");
    }
    this.#connections.setInterest(connection, this.#connections.interest(connection) & ~EPOLLIN);
  }

  #watchInput(connection: number): void {
    this.#connections.setInterest(connection, this.#connections.interest(connection) | EPOLLIN);
  }

  /** Receives into the connection's own region, behind a long remainder. */
  #receiveBehind(connection: number): void {
    if (!this.#remainders.makeRoom(connection, MIN_REGION_BYTES)) {
      return this.#connections.close(connection, "input-limit");
    }
    const room = this.#remainders.room(connection);
    const end = this.#remainders.end(connection);
    const view = this.#memory.subarray(end, end + room);
    const received = this.#functions.recv(this.#connections.sockets[connection]!, view, room, 0);
    if (received <= 0) return this.#receivedNothing(connection, received);
    this.#deliver(connection, this.#remainders.start(connection), end + received);
  }

  #deliver(connection: number, start: number, end: number): void {
    const handler = this.#connections.handlers[connection]!;
    this.#keep(connection, handler.onData(connection, this.#memory, start, end), end);
  }

  #keep(connection: number, start: number, end: number): void {
    if (this.#remainders.keep(connection, start, end)) return;
    this.#connections.close(connection, "input-limit");
  }

  #receivedNothing(connection: number, received: number): void {
    if (received < 0) {
      const errno = this.#libc.errno();
      if (errno === EAGAIN || errno === EINTR) return;
      this.#connections.close(connection, failureOf(errno));
    } else if (this.#connections.handlers[connection]!.onEnd?.(connection) === true) {
      this.pause(connection);
    } else if ((this.#connections.flags[connection]! & DIRTY) !== 0) {
      this.#connections.flags[connection]! |= ENDED;
    } else {
      this.#connections.close(connection, "end");
    }
  }
}
