/**
 * The reactor of Linux: epoll and sockets called through the C library.
 *
 * A turn waits, handles events, timers and kept bytes, closes what ended, calls `onTurnEnd`, and then
 * sends each connection's output with one system call.
 *
 * Invariant: no wait while there is work left over; each kind of work is bounded by what there was
 * when its phase of the turn began.
 *
 * @module
 */
import { CLOSE_WHEN_SENT, CLOSING, CONNECTING, OPEN } from "./connection_table.ts";
import { Epoll, EPOLLIN, EPOLLOUT } from "./epoll.ts";
import { InputRemainders } from "./input_remainders.ts";
import { IoMemory } from "./io_memory.ts";
import type { Libc } from "./libc.ts";
import { allocateMemory } from "./memory.ts";
import { NativeConnections } from "./native_connections.ts";
import { NativeInput } from "./native_input.ts";
import { NativeListener } from "./native_listener.ts";
import { NativeOutput } from "./native_output.ts";
import { connectFailureOf, openConnectingSocket, pendingErrorOf } from "./native_socket.ts";
import { OutputBuffers } from "./output_buffers.ts";
import { discarderOf } from "./page_advice.ts";
import type {
  CloseReason,
  ConnectionHandler,
  HostLookup,
  Listener,
  ListenOptions,
  Reactor,
  SocketAddress,
  TimerId,
} from "./reactor.ts";
import { encodeSocketAddress, isNumericHost, MAX_SOCKADDR_BYTES } from "./sockaddr.ts";
import { TimerHeap } from "./timer_heap.ts";

/** Options of {@linkcode createNativeReactor}. */
export interface NativeReactorOptions {
  /** The opened C library; it must stay open longer than the reactor. */
  readonly libc: Libc;
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
/** More come in the next turn; a larger batch makes those at its end wait for all others' handlers. */
const EVENTS_PER_TURN = 512;
const LONGEST_WAIT_MS = 2 ** 31 - 1;

const WAKE_TOKEN = -1;
const FIRST_LISTENER_TOKEN = -2;
const EFD_NONBLOCK_CLOEXEC = 0x80800;

/**
 * Creates the native reactor for the calling thread.
 *
 * @throws {RangeError} if its part of the memory is too small.
 */
export function createNativeReactor(options: NativeReactorOptions): Reactor {
  return new NativeReactor(options);
}

class NativeReactor implements Reactor {
  readonly kind = "native";
  readonly memory: Uint8Array;
  readonly sendRegion: number;
  readonly wakeDescriptor: number;
  nowMs: number = performance.now();
  onTurnEnd: (() => void) | undefined;
  onWake: (() => void) | undefined;
  hostLookup: HostLookup | undefined;

  readonly #libc: Libc;
  readonly #epoll: Epoll;
  readonly #connections: NativeConnections;
  readonly #outputs: OutputBuffers;
  readonly #remainders: InputRemainders;
  readonly #output: NativeOutput;
  readonly #input: NativeInput;
  readonly #timers = new TimerHeap();
  readonly #listeners: (NativeListener | undefined)[] = [];
  /** Connections that could not even start; their owners hear of it in the next turn. */
  readonly #stillborn: { connection: number; reason: CloseReason }[] = [];
  /** Connections whose host is being looked up, and where they will go then. */
  readonly #lookups = new Map<number, SocketAddress>();
  readonly #wakeCount = new BigUint64Array(1);
  #isShutDown = false;

  constructor(options: NativeReactorOptions) {
    const { libc, memory = allocateMemory(), ioStart = 0, ioEnd = memory.length } = options;
    const { inputLimitBytes = DEFAULT_LIMIT_BYTES, outputLimitBytes = DEFAULT_LIMIT_BYTES } =
      options;
    this.#libc = libc;
    this.memory = memory;
    const discard = discarderOf(libc, memory);
    const io = new IoMemory({ memory, start: ioStart, end: ioEnd, discard });
    this.#epoll = new Epoll(libc, EVENTS_PER_TURN);
    this.#connections = new NativeConnections(this.#epoll, libc.functions, FIRST_CONNECTIONS);
    this.#outputs = new OutputBuffers(io, FIRST_CONNECTIONS, outputLimitBytes);
    this.#remainders = new InputRemainders(io, FIRST_CONNECTIONS, inputLimitBytes);
    this.#output = new NativeOutput(libc, this.#connections, this.#outputs, io);
    this.#input = new NativeInput(libc, this.#connections, this.#remainders, io);
    this.sendRegion = this.#output.sendRegion;
    this.wakeDescriptor = libc.functions.eventfd(0, EFD_NONBLOCK_CLOEXEC);
    if (!this.#epoll.add(this.wakeDescriptor, EPOLLIN, WAKE_TOKEN)) {
      const errno = libc.errno();
      this.#epoll.close();
      throw new Error(`cannot create the wake-up descriptor: errno ${errno}`);
    }
  }

  listen(options: ListenOptions, accept: (connection: number) => ConnectionHandler): Listener {
    let index = this.#listeners.indexOf(undefined);
    if (index < 0) index = this.#listeners.length;
    const listener = new NativeListener(options, {
      libc: this.#libc,
      epoll: this.#epoll,
      timers: this,
      token: FIRST_LISTENER_TOKEN - index,
      accepted: (socket, sockaddr) => this.#accepted(socket, sockaddr, accept),
      closed: () => this.#listeners[index] = undefined,
    });
    this.#listeners[index] = listener;
    return listener;
  }

  connect(address: SocketAddress, handler: ConnectionHandler): number {
    const { hostLookup } = this;
    if (hostLookup !== undefined && !isNumericHost(address.host)) {
      return this.#connectByName({ ...address }, handler, hostLookup);
    }
    const socket = openConnectingSocket(this.#libc, address);
    const connection = this.#add(socket, CONNECTING, encodeSocketAddress(address));
    this.#connections.handlers[connection] = handler;
    this.#watchConnecting(connection, socket);
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
    const taken = this.#output.sendNow(connection, bytes, start, end);
    return taken === end - start || this.append(connection, bytes, start + taken, end);
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
    this.#wakeCount[0] = 1n;
    this.#libc.functions.write(this.wakeDescriptor, this.#wakeCount, 8);
  }

  turn(maxWaitMs: number): number {
    const count = this.#epoll.wait(this.#timeoutMs(maxWaitMs));
    this.nowMs = performance.now();
    if (this.#stillborn.length > 0) this.#closeStillborn();
    for (let i = 0; i < count; i++) this.#handle(this.#epoll.token(i), this.#epoll.events(i));
    const handled = count + this.#runTimers() + this.#input.deliverKept();
    if (this.#connections.hasClosing) this.#finishClosing();
    this.onTurnEnd?.();
    this.#output.flush();
    if (this.#connections.hasClosing) this.#finishClosing();
    this.#connections.recycle();
    return handled;
  }

  // deno-lint-ignore require-await -- it is the portable reactor that has something to wait for
  async run(isOver: () => boolean): Promise<void> {
    while (!isOver()) this.turn(Infinity);
  }

  shutdown(): void {
    if (this.#isShutDown) return;
    this.#isShutDown = true;
    for (const listener of this.#listeners) listener?.close();
    this.#connections.endAll();
    this.#libc.functions.close(this.wakeDescriptor);
    this.#epoll.close();
  }

  #timeoutMs(maxWaitMs: number): number {
    if (
      this.#output.hasWork || this.#input.hasWork || this.#connections.hasClosing ||
      this.#stillborn.length > 0
    ) return 0;
    const deadlineMs = this.#timers.nextDeadlineMs;
    const untilDeadlineMs = deadlineMs === Infinity ? Infinity : deadlineMs - this.nowMs;
    const waitMs = Math.min(maxWaitMs, untilDeadlineMs);
    if (waitMs === Infinity) return -1;
    return Math.min(Math.max(0, Math.ceil(waitMs)), LONGEST_WAIT_MS);
  }

  #handle(token: number, events: number): void {
    if (token < 0) return this.#handleSpecial(token);
    if ((this.#connections.flags[token]! & CONNECTING) !== 0) return this.#finishConnecting(token);
    if ((events & EPOLLOUT) !== 0) this.#output.writable(token);
    // Errors and hang-ups are learnt of by reading, too.
    if ((events & ~EPOLLOUT) !== 0) this.#input.readable(token, events);
  }

  #handleSpecial(token: number): void {
    if (token === WAKE_TOKEN) {
      this.#libc.functions.read(this.wakeDescriptor, this.#wakeCount, 8);
      this.onWake?.();
    } else {
      this.#listeners[FIRST_LISTENER_TOKEN - token]?.acceptReady();
    }
  }

  #accepted(
    socket: number,
    sockaddr: Uint8Array,
    accept: (connection: number) => ConnectionHandler,
  ): void {
    const connection = this.#add(socket, 0, sockaddr);
    if (!this.#connections.watch(connection, EPOLLIN)) return this.#connections.end(connection);
    this.#connections.handlers[connection] = accept(connection);
  }

  #add(socket: number, flags: number, sockaddr: Uint8Array): number {
    const before = this.#connections.capacity;
    const connection = this.#connections.add(socket, flags, sockaddr);
    if (this.#connections.capacity !== before) {
      this.#outputs.grow(this.#connections.capacity);
      this.#remainders.grow(this.#connections.capacity);
      this.#output.grow(this.#connections.capacity);
    }
    return connection;
  }

  #finishConnecting(connection: number): void {
    const { flags, sockets, handlers } = this.#connections;
    if ((flags[connection]! & CLOSING) !== 0) return;
    const errno = pendingErrorOf(this.#libc, sockets[connection]!);
    if (errno !== 0) return this.#connections.close(connection, connectFailureOf(errno));
    flags[connection]! &= ~CONNECTING;
    this.#connections.setInterest(connection, EPOLLIN);
    if (this.#outputs.pending(connection) > 0) this.#output.markDirty(connection);
    handlers[connection]!.onOpen?.(connection);
  }

  #connectByName(
    address: SocketAddress,
    handler: ConnectionHandler,
    lookUp: HostLookup,
  ): number {
    const connection = this.#add(-1, CONNECTING, new Uint8Array(MAX_SOCKADDR_BYTES));
    this.#connections.handlers[connection] = handler;
    this.#lookups.set(connection, address);
    lookUp(address.host, (host) => {
      // The connection may have ended meanwhile, and its number may mean another.
      if (this.#lookups.get(connection) !== address) return;
      this.#lookups.delete(connection);
      if (host === undefined) return this.#connections.close(connection, "unknown-host");
      const found = { host, port: address.port };
      const socket = openConnectingSocket(this.#libc, found);
      this.#connections.assign(connection, socket, encodeSocketAddress(found));
      this.#watchConnecting(connection, socket);
    });
    return connection;
  }

  /** Waits for a socket to connect; a negated errno instead of one is told of in the next turn. */
  #watchConnecting(connection: number, socket: number): void {
    if (socket < 0) {
      this.#stillborn.push({ connection, reason: connectFailureOf(-socket) });
    } else if (!this.#connections.watch(connection, EPOLLOUT)) {
      this.#stillborn.push({ connection, reason: "unreachable" });
    }
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
    for (const { connection, reason } of this.#stillborn.splice(0)) {
      this.#connections.close(connection, reason);
    }
  }

  #finishClosing(): void {
    this.#connections.finishClosing((connection) => {
      this.#lookups.delete(connection);
      this.#outputs.drop(connection);
      this.#remainders.drop(connection);
    });
  }
}
