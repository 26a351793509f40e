/**
 * A listening socket of the native reactor: a bounded number of accepts per turn, and a rest when the
 * system runs out of descriptors.
 *
 * Invariant: a listener that cannot accept is not watched, so it cannot make the loop spin.
 *
 * @module
 */
import { type Epoll, EPOLLIN } from "./epoll.ts";
import { EAGAIN, EMFILE, ENFILE, ENOBUFS, ENOMEM, type Libc } from "./libc.ts";
import { localAddressOf, openListeningSocket, SOCK_NONBLOCK_CLOEXEC } from "./native_socket.ts";
import type { Listener, ListenOptions, Reactor, SocketAddress, TimerId } from "./reactor.ts";
import { MAX_SOCKADDR_BYTES } from "./sockaddr.ts";

/** Connections accepted per turn and listener: a storm must not starve the connected. */
const ACCEPTS_PER_TURN = 128;
/** Rest after the system ran out of descriptors or memory. */
const EXHAUSTED_REST_MS = 100;

/** What a listener needs of its reactor. */
export interface NativeListenerContext {
  /** The C library. */
  readonly libc: Libc;
  /** What watches its socket. */
  readonly epoll: Epoll;
  /** For its rests. */
  readonly timers: Pick<Reactor, "setTimer" | "clearTimer">;
  /** The token that the reactor knows this listener by. */
  readonly token: number;
  /** Takes over an accepted socket; `sockaddr` is only valid during the call. */
  readonly accepted: (socket: number, sockaddr: Uint8Array) => void;
  /** Told that the listener is closed. */
  readonly closed: () => void;
}

/** A bound socket that hands accepted ones to its reactor. */
export class NativeListener implements Listener {
  /** The address bound. */
  readonly address: SocketAddress;
  readonly #context: NativeListenerContext;
  readonly #sockaddr = new Uint8Array(MAX_SOCKADDR_BYTES);
  readonly #sockaddrLength = new Uint32Array(1);
  #socket: number;
  #restTimer: TimerId | undefined;

  /** Binds and starts to accept; throws as {@linkcode openListeningSocket}. */
  constructor(options: ListenOptions, context: NativeListenerContext) {
    this.#context = context;
    this.#socket = openListeningSocket(context.libc, options);
    this.address = localAddressOf(context.libc, this.#socket);
    if (!context.epoll.add(this.#socket, EPOLLIN, context.token)) {
      const errno = context.libc.errno();
      context.libc.functions.close(this.#socket);
      throw new Error(`cannot watch the listening socket: errno ${errno}`);
    }
  }

  /** Accepts what waits, up to a limit; the rest is reported again in the next turn. */
  acceptReady(): void {
    const { libc, accepted } = this.#context;
    for (let i = 0; i < ACCEPTS_PER_TURN && this.#socket >= 0; i++) {
      this.#sockaddrLength[0] = MAX_SOCKADDR_BYTES;
      const socket = libc.functions.accept4(
        this.#socket,
        this.#sockaddr,
        this.#sockaddrLength,
        SOCK_NONBLOCK_CLOEXEC,
      );
      if (socket >= 0) {
        accepted(socket, this.#sockaddr);
        continue;
      }
      const errno = libc.errno();
      if (errno === EAGAIN) return;
      if (errno === EMFILE || errno === ENFILE || errno === ENOBUFS || errno === ENOMEM) {
        return this.#rest();
      }
      // Anything else (ECONNABORTED, EPROTO, ...) concerns that one client, who is gone.
    }
  }

  /** Stops accepting; accepted connections live on. */
  close(): void {
    if (this.#socket < 0) return;
    if (this.#restTimer !== undefined) this.#context.timers.clearTimer(this.#restTimer);
    this.#context.libc.functions.close(this.#socket);
    this.#socket = -1;
    this.#context.closed();
  }

  #rest(): void {
    const { epoll, timers, token } = this.#context;
    epoll.modify(this.#socket, 0, token);
    this.#restTimer = timers.setTimer(EXHAUSTED_REST_MS, () => {
      this.#restTimer = undefined;
      epoll.modify(this.#socket, EPOLLIN, token);
    });
  }
}
