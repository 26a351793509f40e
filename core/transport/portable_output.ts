/**
 * Sending on the portable reactor's connections: at most one write each, begun at the end of a turn.
 *
 * The runtime reads the bytes in place, so the region they are in is pinned until it took them. What is
 * appended meanwhile goes behind them and is sent by the next write.
 *
 * Invariant: a connection with pending output is dirty, blocked (a write is under way), or still
 * connecting.
 *
 * @module
 */
import {
  BLOCKED,
  CLOSE_WHEN_SENT,
  CLOSING,
  CONNECTING,
  DIRTY,
  ENDED,
  PAUSED,
} from "./connection_table.ts";
import type { OutputBuffers } from "./output_buffers.ts";
import type { PortableConnections } from "./portable_connections.ts";
import type { PortableSocket } from "./portable_socket.ts";

/** The sending half of a portable reactor. */
export class PortableOutput {
  readonly #connections: PortableConnections;
  readonly #outputs: OutputBuffers;
  /** Typed arrays, because emptying an array frees what it then must allocate again. */
  #dirty: Int32Array = new Int32Array(0);
  #dirtySpare: Int32Array = new Int32Array(0);
  #dirtyCount = 0;
  /** Number of the flush that began each connection's write. */
  #begunIn: Int32Array = new Int32Array(0);
  /** Whether output of the connection had to wait for room. */
  #hadToWait: Uint8Array = new Uint8Array(0);
  #flushes = 0;
  /** Sockets whose output was all taken, and whose owner may want to hear of it. */
  #finished: PortableSocket[] = [];
  #finishedSpare: PortableSocket[] = [];

  /** Sends what `outputs` holds. */
  constructor(connections: PortableConnections, outputs: OutputBuffers) {
    this.#connections = connections;
    this.#outputs = outputs;
    this.grow(connections.capacity);
  }

  /** Makes room for connection numbers below `connections`. */
  grow(connections: number): void {
    const dirty = new Int32Array(connections);
    dirty.set(this.#dirty);
    this.#dirty = dirty;
    this.#dirtySpare = new Int32Array(connections);
    const begunIn = new Int32Array(connections);
    begunIn.set(this.#begunIn);
    this.#begunIn = begunIn;
    const hadToWait = new Uint8Array(connections);
    hadToWait.set(this.#hadToWait);
    this.#hadToWait = hadToWait;
  }

  /** Whether {@linkcode flush} or {@linkcode finishWrites} has something to do. */
  get hasWork(): boolean {
    return this.#dirtyCount > 0 || this.#finished.length > 0;
  }

  /** Notes that a connection has output to send at the end of the turn. */
  markDirty(connection: number): void {
    const { flags } = this.#connections;
    if ((flags[connection]! & (DIRTY | BLOCKED | CONNECTING)) !== 0) return;
    flags[connection]! |= DIRTY;
    this.#dirty[this.#dirtyCount++] = connection;
  }

  /** Begins to write what is pending; what handlers append meanwhile is sent in the next turn. */
  flush(): void {
    this.#flushes = (this.#flushes + 1) | 0;
    const dirty = this.#dirty;
    const count = this.#dirtyCount;
    if (count === 0) return;
    this.#dirty = this.#dirtySpare;
    this.#dirtySpare = dirty;
    this.#dirtyCount = 0;
    for (let i = 0; i < count; i++) this.#write(dirty[i]!);
  }

  /**
   * Notes that the runtime took bytes, outside of a turn; whether a turn is needed, to send more or to
   * tell the owner.
   */
  written(socket: PortableSocket, byteCount: number): boolean {
    const { connection } = socket;
    const { flags } = this.#connections;
    this.#outputs.advance(connection, byteCount);
    flags[connection]! &= ~BLOCKED;
    const isLate = this.#begunIn[connection] !== this.#flushes;
    if (this.#outputs.pending(connection) > 0 && (flags[connection]! & ENDED) === 0) {
      this.#hadToWait[connection] = 1;
      this.markDirty(connection);
      return true;
    }
    if (isLate) this.#hadToWait[connection] = 1;
    const isAwaited = (flags[connection]! & (ENDED | CLOSE_WHEN_SENT | PAUSED)) !== 0;
    if (!isAwaited && this.#hadToWait[connection] === 0) return false;
    this.#finished.push(socket);
    return true;
  }

  /** Tells owners that all was sent; how many there were. */
  finishWrites(): number {
    const finished = this.#finished;
    const count = finished.length;
    if (count === 0) return 0;
    this.#finished = this.#finishedSpare;
    for (let i = 0; i < count; i++) this.#allSent(finished[i]!);
    finished.length = 0;
    this.#finishedSpare = finished;
    return count;
  }

  /** Forgets what is known of a connection's writes. */
  drop(connection: number): void {
    this.#hadToWait[connection] = 0;
  }

  #write(connection: number): void {
    const { flags, sockets } = this.#connections;
    const before = flags[connection]!;
    flags[connection] = before & ~DIRTY;
    if ((before & (DIRTY | CLOSING)) !== DIRTY) return;
    const socket = sockets[connection]!;
    if (this.#outputs.pending(connection) === 0) {
      this.#finished.push(socket);
      return;
    }
    flags[connection]! |= BLOCKED;
    this.#begunIn[connection] = this.#flushes;
    socket.write(this.#outputs.exactView(connection), this.#outputs.pin(connection));
  }

  #allSent(socket: PortableSocket): void {
    const { connection } = socket;
    const { flags, sockets, handlers } = this.#connections;
    if (sockets[connection] !== socket) return;
    const now = flags[connection]!;
    if ((now & CLOSING) !== 0 || (now & (DIRTY | BLOCKED)) !== 0) return;
    if ((now & ENDED) !== 0) return this.#connections.close(connection, "end");
    if ((now & CLOSE_WHEN_SENT) !== 0) return this.#connections.close(connection, "local");
    // Whoever paused a connection for its output waits for this also if none of it had to wait.
    if (this.#hadToWait[connection] === 0 && (now & PAUSED) === 0) return;
    this.#hadToWait[connection] = 0;
    handlers[connection]!.onDrain?.(connection);
  }
}
