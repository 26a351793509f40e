/**
 * A reactor without a network, a clock or a thread, for tests that decide what happens when: bytes
 * arrive, connections open and end, and time passes because the test says so.
 *
 * It is harsher than a real one: output moves with every append, and what must not be looked at any
 * more is overwritten at once, so that an offset kept for too long reads nonsense.
 *
 * Invariant: as {@linkcode Reactor} says; handlers are called from {@linkcode FakeReactor.turn} only.
 *
 * @module
 */

import { IoMemory } from "../../core/transport/io_memory.ts";
import {
  type CloseReason,
  type ConnectionHandler,
  type Listener,
  type ListenOptions,
  type Reactor,
  SEND_REGION_BYTES,
  type SocketAddress,
  type TimerId,
} from "../../core/transport/reactor.ts";
import { encodeSocketAddress } from "../../core/transport/sockaddr.ts";
import { TimerHeap } from "../../core/transport/timer_heap.ts";

/** The other end of a connection. */
export interface FakePeer {
  /** Takes a copy of bytes that were sent to it. */
  receive(bytes: Uint8Array): void;
  /** How many bytes it takes now. */
  room(): number;
  /** This side ended the connection. */
  closed(): void;
}

/** What a fake reactor needs of its test. */
export interface FakeNetwork {
  /** Someone connects; the peer answers with `opened` or `lose` whenever it wants. */
  connected(connection: number, address: SocketAddress): FakePeer;
}

interface Line {
  readonly number: number;
  handler: ConnectionHandler | undefined;
  peer: FakePeer | undefined;
  isOpen: boolean;
  closing: CloseReason | undefined;
  closeWhenSent: boolean;
  isPaused: boolean;
  isResumed: boolean;
  isBlocked: boolean;
  /** The peer sends nothing any more. */
  hasEnded: boolean;
  retains: boolean;
  /** The output's region: released up to `start`, sent up to `sent`. */
  base: number;
  capacity: number;
  start: number;
  sent: number;
  end: number;
  /** What arrived and was not consumed. */
  input: Uint8Array;
}

const POISON = 0xee;
const RECEIVE_BYTES = 1 << 18;
const NONE = -1;

/** The reactor. */
export class FakeReactor implements Reactor {
  readonly kind = "portable";
  readonly wakeDescriptor = -1;
  readonly memory: Uint8Array;
  readonly sendRegion: number;
  nowMs = 1000;
  onTurnEnd: (() => void) | undefined;
  onWake: (() => void) | undefined;
  readonly #network: FakeNetwork;
  readonly #io: IoMemory;
  readonly #receiveStart: number;
  readonly #ownBytes: number;
  readonly #timers = new TimerHeap();
  readonly #lines: (Line | undefined)[] = [];
  readonly #events: (() => void)[] = [];
  /** Numbers given up in this turn: free from the next on. */
  readonly #retired: number[] = [];
  readonly #free: number[] = [];
  #accept: ((connection: number) => ConnectionHandler) | undefined;

  /** Uses `memory` from 0 to `ioEnd`. */
  constructor(network: FakeNetwork, memory: Uint8Array, ioEnd: number) {
    this.#network = network;
    this.memory = memory;
    this.#io = new IoMemory({ memory, start: 0, end: ioEnd });
    this.#receiveStart = this.#io.allocate(RECEIVE_BYTES);
    this.sendRegion = this.#io.allocate(SEND_REGION_BYTES);
    this.#ownBytes = this.#io.usedBytes;
  }

  /** Bytes of regions that hold output. */
  get outputBytes(): number {
    return this.#io.usedBytes - this.#ownBytes;
  }

  /** Lets time pass. */
  pass(ms: number): void {
    this.nowMs += ms;
  }

  /** A client connects, and is let in if someone listens then; returns its connection's number. */
  acceptFrom(peer: FakePeer): number {
    const line = this.#newLine();
    line.isOpen = true;
    line.peer = peer;
    this.#events.push(() => {
      if (this.#accept === undefined) line.closing = "refused";
      else line.handler = this.#accept(line.number);
    });
    return line.number;
  }

  /** The connection is established. */
  opened(connection: number): void {
    this.#event(connection, (line) => {
      line.isOpen = true;
      line.handler!.onOpen?.(connection);
    });
  }

  /** Bytes arrive. */
  deliver(connection: number, bytes: Uint8Array): void {
    this.#event(connection, (line) => {
      const joined = new Uint8Array(line.input.length + bytes.length);
      joined.set(line.input);
      joined.set(bytes, line.input.length);
      line.input = joined;
      if (!line.isPaused && !line.isResumed) this.#read(line);
    });
  }

  /** The other side ends the connection: `end` if it may still take what is sent. */
  lose(connection: number, reason: CloseReason): void {
    this.#event(connection, (line) => {
      line.hasEnded = reason === "end" && line.handler?.onEnd?.(connection) === true;
      if (!line.hasEnded) line.closing ??= reason;
    });
  }

  listen(options: ListenOptions, accept: (connection: number) => ConnectionHandler): Listener {
    this.#accept = accept;
    return { address: options, close: () => this.#accept = undefined };
  }

  connect(address: SocketAddress, handler: ConnectionHandler): number {
    // Throws, as the real one does, if it is a name.
    encodeSocketAddress(address);
    const line = this.#newLine();
    line.handler = handler;
    line.peer = this.#network.connected(line.number, address);
    return line.number;
  }

  reserve(connection: number, byteCount: number): number {
    const line = this.#lines[connection];
    if (line === undefined || line.closing !== undefined || line.closeWhenSent) return NONE;
    const kept = line.retains ? Math.min(line.start, line.sent) : line.sent;
    const needed = line.end - kept + byteCount;
    const base = this.#io.allocate(needed);
    if (base < 0) {
      line.closing = "output-limit";
      return NONE;
    }
    this.memory.copyWithin(base, kept, line.end);
    const distance = base - kept;
    const { base: oldBase, capacity } = line;
    line.start += distance;
    line.sent += distance;
    line.end += distance;
    line.base = base;
    line.capacity = IoMemory.capacityFor(needed);
    if (capacity > 0) this.#poisonAndFree(oldBase, capacity);
    return line.end;
  }

  commit(connection: number, offset: number): void {
    this.#lines[connection]!.end = offset;
  }

  append(connection: number, bytes: Uint8Array, start: number, end: number): boolean {
    // Bytes in this reactor's memory may be poisoned by the move that makes room for them.
    const copy = bytes.slice(start, end);
    const offset = this.reserve(connection, copy.length);
    if (offset < 0) return false;
    this.memory.set(copy, offset);
    this.commit(connection, offset + copy.length);
    return true;
  }

  send(connection: number, bytes: Uint8Array, start: number, end: number): boolean {
    const line = this.#lines[connection];
    const idle = line !== undefined && line.isOpen && line.closing === undefined &&
      !line.closeWhenSent && line.capacity === 0 && !line.retains;
    if (!idle || line.peer!.room() < end - start) {
      return this.append(connection, bytes, start, end);
    }
    line.peer!.receive(bytes.slice(start, end));
    return true;
  }

  pendingOutput(connection: number): number {
    const line = this.#lines[connection];
    return line === undefined ? 0 : line.end - line.sent;
  }

  retain(connection: number): void {
    this.#lines[connection]!.retains = true;
  }

  retainedStart(connection: number): number {
    return this.#lines[connection]!.start;
  }

  release(connection: number, byteCount: number): void {
    const line = this.#lines[connection]!;
    if (line.start + byteCount > line.end) throw new Error("released more than was appended");
    this.memory.fill(POISON, line.start, Math.min(line.start + byteCount, line.sent));
    line.start += byteCount;
    this.#freeIfEmpty(line);
  }

  pause(connection: number): void {
    const line = this.#lines[connection];
    if (line !== undefined) line.isPaused = true;
  }

  resume(connection: number): void {
    const line = this.#lines[connection];
    if (line === undefined || !line.isPaused) return;
    line.isPaused = false;
    line.isResumed = true;
  }

  closeAfterFlush(connection: number): void {
    const line = this.#lines[connection];
    if (line === undefined || line.closing !== undefined) return;
    line.closeWhenSent = true;
    if (line.end === line.sent) line.closing = "local";
  }

  close(connection: number, reason: CloseReason = "local"): void {
    const line = this.#lines[connection];
    if (line !== undefined) line.closing ??= reason;
  }

  peerAddress(_connection: number): SocketAddress {
    return { host: "192.0.2.1", port: 1 };
  }

  setTimer(delayMs: number, callback: () => void): TimerId {
    return this.#timers.add(this.nowMs + delayMs, callback);
  }

  clearTimer(id: TimerId): void {
    this.#timers.remove(id);
  }

  wake(): void {
    this.#events.push(() => this.onWake?.());
  }

  turn(_maxWaitMs: number): number {
    this.#free.push(...this.#retired.splice(0));
    const events = this.#events.splice(0);
    for (const event of events) event();
    const { lastId } = this.#timers;
    for (let due = this.#timers.takeDue(this.nowMs, lastId); due !== undefined;) {
      due();
      due = this.#timers.takeDue(this.nowMs, lastId);
    }
    for (const line of this.#lines) if (line?.isResumed === true) this.#readKept(line);
    this.#finishClosing();
    this.onTurnEnd?.();
    for (const line of this.#lines) if (line !== undefined) this.#flush(line);
    this.#finishClosing();
    return events.length;
  }

  // deno-lint-ignore require-await -- the interface's
  async run(isOver: () => boolean): Promise<void> {
    while (!isOver()) this.turn(Infinity);
  }

  shutdown(): void {
    this.#lines.length = 0;
  }

  #newLine(): Line {
    const number = this.#free.pop() ?? this.#lines.length;
    const line: Line = {
      number,
      handler: undefined,
      peer: undefined,
      isOpen: false,
      closing: undefined,
      closeWhenSent: false,
      isPaused: false,
      isResumed: false,
      isBlocked: false,
      hasEnded: false,
      retains: false,
      base: 0,
      capacity: 0,
      start: 0,
      sent: 0,
      end: 0,
      input: new Uint8Array(0),
    };
    this.#lines[number] = line;
    return line;
  }

  /** Has something happen to the connection that has this number now, if it is still there then. */
  #event(connection: number, happen: (line: Line) => void): void {
    const line = this.#lines[connection];
    if (line === undefined) return;
    this.#events.push(() => {
      if (this.#lines[connection] === line && line.closing === undefined) happen(line);
    });
  }

  #readKept(line: Line): void {
    line.isResumed = false;
    if (line.input.length > 0 && !line.isPaused && line.closing === undefined) this.#read(line);
  }

  #read(line: Line): void {
    if (line.closeWhenSent || line.hasEnded) return;
    const { memory } = this;
    const start = this.#receiveStart;
    const end = start + line.input.length;
    memory.set(line.input, start);
    const consumed = line.handler!.onData(line.number, memory, start, end);
    if (consumed < start || consumed > end) throw new Error("consumed what is not there");
    line.input = line.input.subarray(consumed - start);
    memory.fill(POISON, start, end);
  }

  #flush(line: Line): void {
    const pending = line.end - line.sent;
    if (!line.isOpen || line.closing !== undefined) return;
    if (pending > 0) {
      const count = Math.min(pending, line.peer!.room());
      if (count > 0) line.peer!.receive(this.memory.slice(line.sent, line.sent + count));
      line.sent += count;
      if (!line.retains) this.memory.fill(POISON, line.sent - count, line.sent);
      this.#freeIfEmpty(line);
      line.isBlocked ||= count < pending;
      if (count < pending) return;
    }
    if (line.closeWhenSent) line.closing = "local";
    else if (line.isBlocked || (line.isPaused && pending > 0)) {
      line.isBlocked = false;
      line.handler!.onDrain?.(line.number);
    }
  }

  #finishClosing(): void {
    for (const line of this.#lines) {
      if (line?.closing === undefined) continue;
      line.handler?.onClose(line.number, line.closing);
      if (line.capacity > 0) this.#poisonAndFree(line.base, line.capacity);
      line.peer?.closed();
      this.#lines[line.number] = undefined;
      this.#retired.push(line.number);
    }
  }

  #freeIfEmpty(line: Line): void {
    const kept = line.retains ? Math.min(line.start, line.sent) : line.sent;
    if (kept !== line.end || line.capacity === 0) return;
    this.#poisonAndFree(line.base, line.capacity);
    line.base =
      line.capacity =
      line.start =
      line.sent =
      line.end =
        0;
  }

  #poisonAndFree(base: number, capacity: number): void {
    this.memory.fill(POISON, base, base + capacity);
    this.#io.free(base, capacity);
  }
}
