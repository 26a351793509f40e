/**
 * Sending on the native reactor's connections: once per turn each that has something to send.
 *
 * Invariant: a connection with pending output is dirty, blocked (epoll watches for room), or still
 * connecting; epoll watches for room only while it is blocked.
 *
 * @module
 */
import { MemoryCopier } from "../memory_copier.ts";
import {
  BLOCKED,
  CLOSE_WHEN_SENT,
  CLOSING,
  CONNECTING,
  DIRTY,
  ENDED,
  OPEN,
  PAUSED,
} from "./connection_table.ts";
import { EPOLLOUT } from "./epoll.ts";
import {
  EAGAIN,
  EINTR,
  type FixedBuffer,
  type FixedCalls,
  type Libc,
  type LibcFunctions,
} from "./libc.ts";
import type { NativeConnections } from "./native_connections.ts";
import type { IoMemory } from "./io_memory.ts";
import { failureOf } from "./native_socket.ts";
import type { OutputBuffers } from "./output_buffers.ts";
import { SEND_REGION_BYTES } from "./reactor.ts";

const MSG_NOSIGNAL = 0x4000;
const NOT_IDLE = OPEN | CLOSING | CONNECTING | DIRTY | BLOCKED | CLOSE_WHEN_SENT | ENDED;

/** The sending half of a native reactor. */
export class NativeOutput {
  readonly #libc: Libc;
  readonly #functions: LibcFunctions;
  readonly #fixed: FixedCalls;
  readonly #connections: NativeConnections;
  readonly #outputs: OutputBuffers;
  readonly #memory: Uint8Array;
  readonly #copier: MemoryCopier;
  /** See {@linkcode Reactor.sendRegion}. */
  readonly sendRegion: number;
  readonly #sendBuffer: FixedBuffer;
  /** Typed arrays, because emptying an array frees what it then must allocate again. */
  #dirty: Int32Array = new Int32Array(0);
  #dirtySpare: Int32Array = new Int32Array(0);
  #dirtyCount = 0;

  /** Sends what `outputs` holds; takes its send region from `io`. */
  constructor(
    libc: Libc,
    connections: NativeConnections,
    outputs: OutputBuffers,
    io: IoMemory,
  ) {
    this.#libc = libc;
    this.#functions = libc.functions;
    this.#fixed = libc.fixed;
    this.#connections = connections;
    this.#outputs = outputs;
    this.#memory = io.memory;
    this.#copier = new MemoryCopier(io.memory);
    this.sendRegion = io.allocate(SEND_REGION_BYTES);
    this.#sendBuffer = libc.fixed.of(io.viewAt(this.sendRegion) as Uint8Array<ArrayBuffer>);
    this.grow(connections.capacity);
  }

  /** Makes room for connection numbers below `connections`. */
  grow(connections: number): void {
    const dirty = new Int32Array(connections);
    dirty.set(this.#dirty);
    this.#dirty = dirty;
    this.#dirtySpare = new Int32Array(connections);
  }

  /** Whether {@linkcode flush} has something to do. */
  get hasWork(): boolean {
    return this.#dirtyCount > 0;
  }

  /**
   * Sends a short message of a connection that has nothing else to send; how much of it was sent. The
   * send region has an address made beforehand: a view of the message itself would be garbage.
   */
  sendNow(connection: number, bytes: Uint8Array, start: number, end: number): number {
    const size = end - start;
    const { flags, sockets } = this.#connections;
    if ((flags[connection]! & NOT_IDLE) !== OPEN || size > SEND_REGION_BYTES) return 0;
    if (!this.#outputs.isEmpty(connection)) return 0;
    if (bytes !== this.#memory) this.#memory.set(bytes.subarray(start, end), this.sendRegion);
    else if (start !== this.sendRegion) this.#copier.copy(this.sendRegion, start, end);
    const sent = this.#fixed.send(sockets[connection]!, this.#sendBuffer, size, MSG_NOSIGNAL);
    if (sent >= 0) return sent;
    const errno = this.#libc.errno();
    if (errno !== EAGAIN && errno !== EINTR) {
      this.#connections.close(connection, failureOf(errno));
    }
    return 0;
  }

  /** Notes that a connection has output to send at the end of the turn. */
  markDirty(connection: number): void {
    const { flags } = this.#connections;
    if ((flags[connection]! & (DIRTY | BLOCKED | CONNECTING)) !== 0) return;
    flags[connection]! |= DIRTY;
    this.#dirty[this.#dirtyCount++] = connection;
  }

  /** Notes that the kernel has room again. */
  writable(connection: number): void {
    const { flags } = this.#connections;
    if ((flags[connection]! & BLOCKED) === 0) return;
    flags[connection]! &= ~BLOCKED;
    this.markDirty(connection);
  }

  /** Sends what is pending; what handlers append meanwhile is sent in the next turn. */
  flush(): void {
    const dirty = this.#dirty;
    const count = this.#dirtyCount;
    if (count === 0) return;
    this.#dirty = this.#dirtySpare;
    this.#dirtySpare = dirty;
    this.#dirtyCount = 0;
    for (let i = 0; i < count; i++) this.#send(dirty[i]!);
  }

  #send(connection: number): void {
    const { flags, sockets } = this.#connections;
    const before = flags[connection]!;
    flags[connection] = before & ~DIRTY;
    if ((before & (DIRTY | CLOSING)) !== DIRTY) return;
    const pending = this.#outputs.pending(connection);
    if (pending > 0) {
      const view = this.#outputs.view(connection);
      const sent = this.#functions.send(sockets[connection]!, view, pending, MSG_NOSIGNAL);
      if (sent < 0) {
        const errno = this.#libc.errno();
        if (errno !== EAGAIN && errno !== EINTR) {
          return this.#connections.close(connection, failureOf(errno));
        }
      } else {
        this.#outputs.advance(connection, sent);
      }
      if (sent < pending && (before & ENDED) === 0) return this.#waitForRoom(connection);
    }
    this.#allSent(connection, before);
  }

  #waitForRoom(connection: number): void {
    this.#connections.flags[connection]! |= BLOCKED;
    this.#connections.setInterest(connection, this.#connections.interest(connection) | EPOLLOUT);
  }

  #allSent(connection: number, flags: number): void {
    if ((flags & ENDED) !== 0) return this.#connections.close(connection, "end");
    if ((flags & CLOSE_WHEN_SENT) !== 0) return this.#connections.close(connection, "local");
    const interest = this.#connections.interest(connection);
    // Whoever paused a connection for its output waits for this also if none of it had to wait.
    if ((interest & EPOLLOUT) === 0 && (flags & PAUSED) === 0) return;
    this.#connections.setInterest(connection, interest & ~EPOLLOUT);
    this.#connections.handlers[connection]!.onDrain?.(connection);
  }
}
