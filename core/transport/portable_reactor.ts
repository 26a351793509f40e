/**
 * The reactor of every platform: the runtime's own sockets, without a call of the C library.
 *
 * The runtime reads and writes asynchronously and reports by promises. What it reports is collected,
 * and a turn does with it what the native reactor's turn does: handles it, runs timers, delivers kept
 * bytes, closes what ended, calls `onTurnEnd`, and begins one write for each connection with output.
 *
 * Invariant: handlers run in turns only; what the runtime reports between turns waits for the next.
 *
 * @module
 */
import { CLOSE_WHEN_SENT, CLOSING, CONNECTING, OPEN } from "./connection_table.ts";
import { InputRemainders } from "./input_remainders.ts";
import { IoMemory } from "./io_memory.ts";
import { allocateMemory } from "./memory.ts";
import { OutputBuffers } from "./output_buffers.ts";
import { PortableConnections } from "./portable_connections.ts";
import { PortableInput } from "./portable_input.ts";
import { mayUse, PortableListener } from "./portable_listener.ts";
import { PortableOutput } from "./portable_output.ts";
import { ESTABLISHED, type PortableSocket } from "./portable_socket.ts";
import {
  type CloseReason,
  type ConnectionHandler,
  type HostLookup,
  type Listener,
  type ListenOptions,
  type Reactor,
  SEND_REGION_BYTES,
  type SocketAddress,
  type TimerId,
} from "./reactor.ts";
import { decodeSocketAddress, encodeSocketAddress, isNumericHost } from "./sockaddr.ts";
import { TimerHeap } from "./timer_heap.ts";
import { TurnScheduler } from "./turn_scheduler.ts";

/** Options of {@linkcode createPortableReactor}. */
export interface PortableReactorOptions {
  /** The buffer that input and output live in. Default: a new one of almost 2 GiB, lazily committed. */
  readonly memory?: Uint8Array;
  /** Start of the part of `memory` that the reactor may use, at least 2 MiB of it. Default 0. */
  readonly ioStart?: number;
  /** End of that part. Default: the end of `memory`. */
  readonly ioEnd?: number;
  /** Bytes that a handler may leave unconsumed before `input-limit`. Default 1 GiB. */
  readonly inputLimitBytes?: number;
  /** Output that a connection may have pending or retained before `output-limit`. Default 1 GiB. */
  readonly outputLimitBytes?: number;
}

const DEFAULT_LIMIT_BYTES = 2 ** 30;
const FIRST_CONNECTIONS = 1024;

/** Creates the portable reactor for the calling thread. */
export function createPortableReactor(options: PortableReactorOptions): Reactor {
  return new PortableReactor(options);
}

/** A connection that was accepted, and what it is to be handed to. */
interface Arrival {
  readonly conn: Deno.TcpConn;
  readonly accept: (connection: number) => ConnectionHandler;
}

class PortableReactor implements Reactor {
  readonly kind = "portable";
  readonly memory: Uint8Array;
  readonly sendRegion: number;
  readonly wakeDescriptor = -1;
  nowMs: number = performance.now();
  onTurnEnd: (() => void) | undefined;
  onWake: (() => void) | undefined;
  hostLookup: HostLookup | undefined;

  readonly #connections: PortableConnections;
  readonly #outputs: OutputBuffers;
  readonly #remainders: InputRemainders;
  readonly #output: PortableOutput;
  readonly #input: PortableInput;
  readonly #timers = new TimerHeap();
  readonly #listeners = new Set<PortableListener>();
  readonly #arrivals: Arrival[] = [];
  /** Sockets with an outcome; the first `#readyCount` of it. */
  readonly #ready: PortableSocket[] = [];
  #readyCount = 0;
  /** Connections that could not even start; their owners hear of it in the next turn. */
  readonly #stillborn: number[] = [];
  /** Connections whose host is being looked up, and where they will go then. */
  readonly #lookups = new Map<number, SocketAddress>();
  #isWoken = false;
  #scheduler: TurnScheduler | undefined = undefined;
  #isShutDown = false;

  constructor(options: PortableReactorOptions) {
    const { memory = allocateMemory(), ioStart = 0, ioEnd = memory.length } = options;
    const { inputLimitBytes = DEFAULT_LIMIT_BYTES, outputLimitBytes = DEFAULT_LIMIT_BYTES } =
      options;
    this.memory = memory;
    const io = new IoMemory({ memory, start: ioStart, end: ioEnd });
    this.#connections = new PortableConnections(
      {
        onReady: (socket) => this.#onReady(socket),
        onWritten: (socket, byteCount) => {
          if (this.#output.written(socket, byteCount)) this.#scheduler?.request();
        },
        onWriteFailed: (socket, reason) => this.#closeBetweenTurns(socket.connection, reason),
      },
      io,
      FIRST_CONNECTIONS,
    );
    this.#outputs = new OutputBuffers(io, FIRST_CONNECTIONS, outputLimitBytes);
    this.#remainders = new InputRemainders(io, FIRST_CONNECTIONS, inputLimitBytes);
    this.#output = new PortableOutput(this.#connections, this.#outputs);
    this.#input = new PortableInput(this.#connections, this.#remainders, io);
    this.sendRegion = io.allocate(SEND_REGION_BYTES);
  }

  listen(options: ListenOptions, accept: (connection: number) => ConnectionHandler): Listener {
    const listener: PortableListener = new PortableListener(options, {
      timers: this,
      accepted: (conn) => {
        this.#arrived(conn, accept);
        listener.acceptNext();
      },
      closed: () => this.#listeners.delete(listener),
    });
    this.#listeners.add(listener);
    return listener;
  }

  connect(address: SocketAddress, handler: ConnectionHandler): number {
    const { hostLookup } = this;
    if (hostLookup !== undefined && !isNumericHost(address.host)) {
      return this.#connectByName({ ...address }, handler, hostLookup);
    }
    const target = decodeSocketAddress(encodeSocketAddress(address));
    const connection = this.#add(CONNECTING, target);
    this.#connections.handlers[connection] = handler;
    if (!mayUse(target)) this.#stillborn.push(connection);
    else this.#connections.sockets[connection]!.connect(target.host, target.port);
    return connection;
  }

  reserve(connection: number, byteCount: number): number {
    const flags = this.#connections.flags[connection]!;
    if ((flags & (OPEN | CLOSING | CLOSE_WHEN_SENT)) !== OPEN) return -1;
    const offset = this.#outputs.reserve(connection, byteCount);
    if (offset < 0) this.#connections.close(connection, "output-limit");
    return offset;
  }

  commit(connection: number, offset: number): void {
    this.#outputs.commit(connection, offset);
    this.#output.markDirty(connection);
  }

  append(connection: number, bytes: Uint8Array, start: number, end: number): boolean {
    const offset = this.reserve(connection, end - start);
    if (offset < 0) return false;
    this.#outputs.write(connection, offset, bytes, start, end);
    this.#output.markDirty(connection);
    return true;
  }

  send(connection: number, bytes: Uint8Array, start: number, end: number): boolean {
    // The runtime reads the bytes in place, so they must have a place of their own.
    return this.append(connection, bytes, start, end);
  }

  pendingOutput(connection: number): number {
    return this.#outputs.pending(connection);
  }

  retain(connection: number): void {
    this.#outputs.retain(connection);
  }

  retainedStart(connection: number): number {
    return this.#outputs.retainedStart(connection);
  }

  release(connection: number, byteCount: number): void {
    this.#outputs.release(connection, byteCount);
  }

  pause(connection: number): void {
    this.#input.pause(connection);
  }

  resume(connection: number): void {
    this.#input.resume(connection);
  }

  closeAfterFlush(connection: number): void {
    const { flags } = this.#connections;
    if ((flags[connection]! & (OPEN | CLOSING)) !== OPEN) return;
    flags[connection]! |= CLOSE_WHEN_SENT;
    if (this.#outputs.pending(connection) === 0) this.#connections.close(connection, "local");
  }

  close(connection: number, reason: CloseReason = "local"): void {
    this.#connections.close(connection, reason);
  }

  peerAddress(connection: number): SocketAddress {
    return this.#connections.peerAddress(connection);
  }

  setTimer(delayMs: number, callback: () => void): TimerId {
    return this.#timers.add(performance.now() + delayMs, callback);
  }

  clearTimer(id: TimerId): void {
    this.#timers.remove(id);
  }

  wake(): void {
    this.#isWoken = true;
    this.#scheduler?.request();
  }

  turn(_maxWaitMs: number): number {
    this.nowMs = performance.now();
    let handled = this.#handleWake();
    if (this.#stillborn.length > 0) this.#closeStillborn();
    handled += this.#handleReady() + this.#handleArrivals() + this.#output.finishWrites();
    handled += this.#runTimers() + this.#input.deliverKept();
    if (this.#connections.hasClosing) this.#finishClosing();
    this.onTurnEnd?.();
    this.#output.flush();
    if (this.#connections.hasClosing) this.#finishClosing();
    this.#connections.recycle();
    return handled;
  }

  run(isOver: () => boolean): Promise<void> {
    const over = Promise.withResolvers<void>();
    const scheduler = new TurnScheduler({
      turn: () => {
        try {
          this.turn(0);
          if (isOver()) over.resolve();
          else return this.nowMs;
        } catch (error) {
          over.reject(error);
        }
        scheduler.stop();
        return this.nowMs;
      },
      nextTurnMs: () => this.#nextTurnMs(),
    });
    this.#scheduler = scheduler;
    scheduler.request();
    return over.promise;
  }

  shutdown(): void {
    if (this.#isShutDown) return;
    this.#isShutDown = true;
    this.#scheduler?.stop();
    for (const listener of this.#listeners) listener.close();
    for (const { conn } of this.#arrivals.splice(0)) conn.close();
    this.#connections.endAll();
  }

  #connectByName(
    address: SocketAddress,
    handler: ConnectionHandler,
    lookUp: HostLookup,
  ): number {
    const connection = this.#add(CONNECTING, { host: "", port: address.port });
    this.#connections.handlers[connection] = handler;
    this.#lookups.set(connection, address);
    lookUp(address.host, (host) => {
      // The connection may have ended meanwhile, and its number may mean another.
      if (this.#lookups.get(connection) !== address) return;
      this.#lookups.delete(connection);
      if (host === undefined) return this.#closeBetweenTurns(connection, "unknown-host");
      const target = { host, port: address.port };
      this.#connections.lead(connection, target);
      if (!mayUse(target)) return this.#closeBetweenTurns(connection, "unreachable");
      this.#connections.sockets[connection]!.connect(target.host, target.port);
    });
    return connection;
  }

  #onReady(socket: PortableSocket): void {
    this.#ready[this.#readyCount++] = socket;
    this.#scheduler?.request();
  }

  #arrived(conn: Deno.TcpConn, accept: (connection: number) => ConnectionHandler): void {
    if (this.#isShutDown) return conn.close();
    this.#arrivals.push({ conn, accept });
    this.#scheduler?.request();
  }

  #closeBetweenTurns(connection: number, reason: CloseReason): void {
    this.#connections.close(connection, reason);
    this.#scheduler?.request();
  }

  /** When {@linkcode turn} has something to do: 0 for now. */
  #nextTurnMs(): number {
    const hasWork = this.#output.hasWork || this.#input.hasWork || this.#connections.hasClosing ||
      this.#stillborn.length > 0;
    return hasWork ? 0 : this.#timers.nextDeadlineMs;
  }

  #handleWake(): number {
    if (!this.#isWoken) return 0;
    this.#isWoken = false;
    this.onWake?.();
    return 1;
  }

  #handleReady(): number {
    // Nothing is reported during a turn: it is one task of the event loop.
    const count = this.#readyCount;
    this.#readyCount = 0;
    for (let i = 0; i < count; i++) this.#handle(this.#ready[i]!);
    return count;
  }

  #handle(socket: PortableSocket): void {
    const { connection } = socket;
    const { flags, sockets } = this.#connections;
    if (sockets[connection] !== socket || (flags[connection]! & OPEN) === 0) {
      if (socket.isReading) socket.finishRead();
    } else if ((flags[connection]! & CONNECTING) !== 0) {
      this.#finishConnecting(connection, socket);
    } else {
      this.#input.finishRead(socket);
    }
  }

  #handleArrivals(): number {
    if (this.#arrivals.length === 0) return 0;
    const arrivals = this.#arrivals.splice(0);
    for (const { conn, accept } of arrivals) {
      const connection = this.#add(0);
      this.#connections.sockets[connection]!.establish(conn);
      this.#connections.handlers[connection] = accept(connection);
      this.#input.read(connection);
    }
    return arrivals.length;
  }

  #add(flags: number, target?: SocketAddress): number {
    const before = this.#connections.capacity;
    const connection = this.#connections.add(flags, target);
    if (this.#connections.capacity !== before) {
      this.#outputs.grow(this.#connections.capacity);
      this.#remainders.grow(this.#connections.capacity);
      this.#output.grow(this.#connections.capacity);
    }
    return connection;
  }

  #finishConnecting(connection: number, socket: PortableSocket): void {
    const { flags, handlers } = this.#connections;
    if ((flags[connection]! & CLOSING) !== 0) return;
    if (socket.outcome !== ESTABLISHED) return this.#connections.close(connection, socket.failure);
    flags[connection]! &= ~CONNECTING;
    if (this.#outputs.pending(connection) > 0) this.#output.markDirty(connection);
    handlers[connection]!.onOpen?.(connection);
    this.#input.read(connection);
  }

  #runTimers(): number {
    const { lastId } = this.#timers;
    for (let count = 0;; count++) {
      const callback = this.#timers.takeDue(this.nowMs, lastId);
      if (callback === undefined) return count;
      callback();
    }
  }

  #closeStillborn(): void {
    for (const connection of this.#stillborn.splice(0)) {
      this.#connections.close(connection, "unreachable");
    }
  }

  #finishClosing(): void {
    this.#connections.finishClosing((connection) => {
      this.#lookups.delete(connection);
      this.#outputs.drop(connection);
      this.#remainders.drop(connection);
      this.#output.drop(connection);
    });
  }
}
