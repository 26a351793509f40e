/**
 * One epoll instance, level-triggered, with its event buffer.
 *
 * `struct epoll_event` is packed to 12 bytes on x86-64 and has 16 everywhere else.
 *
 * Invariant: each event carries the 32-bit token that its descriptor was added with.
 *
 * @module
 */
import { EINTR, type FixedBuffer, type FixedCalls, type Libc, type LibcFunctions } from "./libc.ts";

/** Something can be read, or the peer ended its side. */
export const EPOLLIN = 1;
/** Something can be written. */
export const EPOLLOUT = 4;

const EPOLL_CLOEXEC = 0o2000000;
const CTL_ADD = 1;
const CTL_MOD = 3;

const WORDS_PER_EVENT = Deno.build.arch === "x86_64" ? 3 : 4;
const TOKEN_WORD = WORDS_PER_EVENT - 2;

/** What `epoll_wait` found ready. */
export class Epoll {
  readonly #libc: Libc;
  readonly #functions: LibcFunctions;
  readonly #descriptor: number;
  readonly #maxEvents: number;
  readonly #words: Int32Array<ArrayBuffer>;
  readonly #fixed: FixedCalls;
  readonly #events: FixedBuffer;
  readonly #request = new Int32Array(WORDS_PER_EVENT);

  /** `maxEvents` are told of at one time; the others by the next {@linkcode wait}. */
  constructor(libc: Libc, maxEvents: number) {
    this.#libc = libc;
    this.#functions = libc.functions;
    this.#maxEvents = maxEvents;
    this.#words = new Int32Array(maxEvents * WORDS_PER_EVENT);
    this.#fixed = libc.fixed;
    this.#events = libc.fixed.of(this.#words);
    this.#descriptor = this.#functions.epoll_create1(EPOLL_CLOEXEC);
    if (this.#descriptor < 0) throw new Error(`epoll_create1 failed with errno ${libc.errno()}`);
  }

  /** Starts to watch a descriptor until it is closed; false if the system refuses. */
  add(descriptor: number, events: number, token: number): boolean {
    return this.#control(CTL_ADD, descriptor, events, token);
  }

  /** Changes what a descriptor is watched for. */
  modify(descriptor: number, events: number, token: number): void {
    this.#control(CTL_MOD, descriptor, events, token);
  }

  /** Waits up to `timeoutMs` (-1: for ever); the number of events, 0 also if interrupted. */
  wait(timeoutMs: number): number {
    const count = this.#fixed.epollWait(
      this.#descriptor,
      this.#events,
      this.#maxEvents,
      timeoutMs,
    );
    if (count >= 0) return count;
    const errno = this.#libc.errno();
    if (errno === EINTR) return 0;
    throw new Error(`epoll_wait failed with errno ${errno}`);
  }

  /** The events of the `index`-th ready descriptor. */
  events(index: number): number {
    return this.#words[index * WORDS_PER_EVENT]!;
  }

  /** The token of the `index`-th ready descriptor. */
  token(index: number): number {
    return this.#words[index * WORDS_PER_EVENT + TOKEN_WORD]!;
  }

  /** Closes the instance. */
  close(): void {
    this.#functions.close(this.#descriptor);
  }

  #control(operation: number, descriptor: number, events: number, token: number): boolean {
    this.#request[0] = events;
    this.#request[TOKEN_WORD] = token;
    return this.#functions.epoll_ctl(this.#descriptor, operation, descriptor, this.#request) === 0;
  }
}
