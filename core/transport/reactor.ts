/**
 * The data plane's view of the network: one synchronous loop that owns sockets, their buffers and
 * timers.
 *
 * A connection is a small integer, never reused before its handler was told of the close, so that
 * owners keep what they know of it in typed arrays. Nothing here is asynchronous: handlers run inside
 * {@linkcode Reactor.turn}, and what they append is sent once, at the end of the turn.
 *
 * Invariant: bytes are delivered and sent in order, and a handler never hears of a connection after
 * `onClose`.
 *
 * @module
 */

/**
 * Why a connection ended. `local`: its owner closed it. `end`: the peer ended its side; unless its
 * owner objects, it is then closed at once, as Redis does, after one attempt to send what this turn
 * appended. `unknown-host`: no address was found for the name that was connected to.
 */
export type CloseReason =
  | "local"
  | "end"
  | "reset"
  | "refused"
  | "unreachable"
  | "unknown-host"
  | "timeout"
  | "output-limit"
  | "input-limit";

/** What the owner of a connection is told, always from inside a turn. */
export interface ConnectionHandler {
  /** An outgoing connection is established. Not called for accepted ones. */
  onOpen?(connection: number): void;
  /**
   * Bytes `[start, end)` of `bytes` arrived. Returns how far they were consumed (an offset in
   * `start..end`); the rest is delivered again in front of what follows. The range is only valid
   * during the call. A handler that pauses the connection may leave whole messages unconsumed: they
   * are delivered again after `resume`.
   */
  onData(connection: number, bytes: Uint8Array, start: number, end: number): number;
  /**
   * All output was handed to the kernel after some of it had had to wait, or while the connection is
   * paused: whoever paused it for its output resumes it here.
   */
  onDrain?(connection: number): void;
  /**
   * The peer ended its side. True: keep the other side open, there is output to come; the owner closes
   * it. Without this, or false, the connection is closed.
   */
  onEnd?(connection: number): boolean;
  /**
   * The connection is gone: nothing can be appended any more, retained output can still be read. Its
   * number is not used again in this turn.
   */
  onClose(connection: number, reason: CloseReason): void;
}

/**
 * Finds the numeric address of a host's name and tells it to `done` from inside a later turn; undefined
 * if there is none.
 */
export type HostLookup = (host: string, done: (address: string | undefined) => void) => void;

/** An address to listen on or to connect to. Port 0 lets the system choose one. */
export interface SocketAddress {
  /** A numeric IPv4 or IPv6 address; to connect to also a name, see {@linkcode Reactor.hostLookup}. */
  readonly host: string;
  /** 0 to 65535. */
  readonly port: number;
}

/** Options of {@linkcode Reactor.listen}. */
export interface ListenOptions extends SocketAddress {
  /**
   * Share the port among several reactors; the kernel spreads the clients. It hides that another
   * program has the port: bind it once without this first.
   */
  readonly shared?: boolean;
}

/** A bound listening socket. */
export interface Listener {
  /** The address bound, with the port the system chose. */
  readonly address: SocketAddress;
  /** Stops accepting; accepted connections live on. */
  close(): void;
}

/** Room at {@linkcode Reactor.sendRegion}. */
export const SEND_REGION_BYTES = 65536;

/** Identifies a pending timer. */
export type TimerId = number;

/** The reactors there are, as named on the command line. */
export type ReactorKind = "native" | "portable";

/** A synchronous event loop with its connections. */
export interface Reactor {
  /** What this reactor is. */
  readonly kind: ReactorKind;
  /**
   * The one buffer that input and output live in: a copy inside it (`copyWithin`) costs half of a
   * copy between two. Do not keep offsets into it across calls that append.
   */
  readonly memory: Uint8Array;
  /** Monotonic milliseconds, read once at the start of the turn. */
  readonly nowMs: number;

  /**
   * Starts listening. `accept` is called for each new connection and returns its handler.
   *
   * @throws {Deno.errors.AddrInUse} if the port is taken.
   * @throws {Deno.errors.AddrNotAvailable} if this machine does not have the address.
   */
  listen(options: ListenOptions, accept: (connection: number) => ConnectionHandler): Listener;
  /**
   * Starts connecting; `onOpen` or `onClose` follows in a later turn. What is appended before is sent
   * then. The system's own time limit is minutes: set a timer that closes it with `timeout`. A host's
   * name is looked up each time: a server that moved to another address is found by connecting again.
   *
   * @throws {TypeError} if the host is a name and there is no way to look it up.
   */
  connect(address: SocketAddress, handler: ConnectionHandler): number;

  /**
   * Makes room for `byteCount` bytes at the end of a connection's output and returns their offset in
   * {@linkcode memory}; write there, then {@linkcode commit}. No other call on the reactor may come
   * between. Returns -1 if the connection is closing or its output limit is reached (it is then
   * closed with `output-limit` at the end of the turn).
   */
  reserve(connection: number, byteCount: number): number;
  /** Ends a `reserve`: output now ends at `offset`. */
  commit(connection: number, offset: number): void;
  /**
   * Appends `[start, end)` of `bytes` to a connection's output. False as for `reserve`'s -1. The bytes
   * may lie in {@linkcode memory}, but not in this connection's own output, which may move.
   */
  append(connection: number, bytes: Uint8Array, start: number, end: number): boolean;
  /**
   * Offset in {@linkcode memory} of {@linkcode SEND_REGION_BYTES} in which the owner may compose
   * messages: {@linkcode send} takes what starts here without another copy.
   */
  readonly sendRegion: number;
  /**
   * Like {@linkcode append}, but hands the bytes to the kernel at once if nothing of the connection is
   * pending: cheaper for what is known to be all of this turn. False as for `append`.
   */
  send(connection: number, bytes: Uint8Array, start: number, end: number): boolean;
  /** Bytes appended but not yet accepted by the kernel. */
  pendingOutput(connection: number): number;

  /**
   * Keeps sent output of this connection until {@linkcode release}: the owner may have to send it
   * again elsewhere.
   */
  retain(connection: number): void;
  /** Offset in {@linkcode memory} of the oldest output byte not released. */
  retainedStart(connection: number): number;
  /** Forgets the oldest `byteCount` bytes of retained output; all of them must have been appended. */
  release(connection: number, byteCount: number): void;

  /** Stops reading a connection; bytes not consumed are kept. */
  pause(connection: number): void;
  /** Reads it again; what was kept is delivered within the next turn. */
  resume(connection: number): void;
  /** Sends what is pending, then closes; further input is dropped. */
  closeAfterFlush(connection: number): void;
  /** Closes at the end of the turn without sending more; `onClose` is told `reason`. */
  close(connection: number, reason?: CloseReason): void;
  /** The peer's numeric address, for logs and CLIENT LIST. */
  peerAddress(connection: number): SocketAddress;

  /** Calls `callback` once in the first turn after `delayMs`. */
  setTimer(delayMs: number, callback: () => void): TimerId;
  /** Forgets a timer; unknown ids are ignored. */
  clearTimer(id: TimerId): void;
  /** Called in each turn after all handlers and before output is sent. */
  onTurnEnd: (() => void) | undefined;
  /** Called in a turn that a {@linkcode wake} started. */
  onWake: (() => void) | undefined;
  /** How names are looked up; set by whoever runs the reactor. One that can do so itself ignores it. */
  hostLookup?: HostLookup | undefined;
  /** Ends the wait of a turn; another thread does the same by {@linkcode wakeDescriptor}. */
  wake(): void;
  /**
   * What another thread needs to wake this reactor: an eventfd. -1 where there is none, because this
   * thread's event loop runs between turns and can be sent messages.
   */
  readonly wakeDescriptor: number;

  /**
   * Waits at most `maxWaitMs` (or to the next timer) for something to do, does it, sends output.
   * Returns the number of events handled. The portable reactor does not wait here: what there is to do
   * is found by the event loop between turns. What a handler throws ends the turn and comes out of
   * here; the reactor can then only be shut down.
   */
  turn(maxWaitMs: number): number;
  /**
   * Turns whenever there is something to do, until `isOver` says so after a turn. The native reactor
   * keeps the thread until then; the portable one returns at once, and its turns are tasks of the
   * thread's event loop. Rejects with what a handler throws.
   */
  run(isOver: () => boolean): Promise<void>;
  /** Closes every socket. No handler is told. */
  shutdown(): void;
}
