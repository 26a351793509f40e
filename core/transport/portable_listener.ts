/**
 * A listening socket of the portable reactor: one accept under way at a time, and a rest when the
 * system refuses one.
 *
 * Invariant: an accepted connection is handed over in a turn, or closed.
 *
 * @module
 */
import { formatAddress } from "../address.ts";
import { listenOn } from "../listen_on.ts";
import type { Listener, ListenOptions, Reactor, SocketAddress, TimerId } from "./reactor.ts";
import { encodeSocketAddress } from "./sockaddr.ts";

/** Rest after an accept failed: mostly the system is out of descriptors or memory. */
const EXHAUSTED_REST_MS = 100;

/** What a listener needs of its reactor. */
export interface PortableListenerContext {
  /** For its rests. */
  readonly timers: Pick<Reactor, "setTimer" | "clearTimer">;
  /** Takes over an accepted connection, outside of a turn. */
  readonly accepted: (conn: Deno.TcpConn) => void;
  /** Told that the listener is closed. */
  readonly closed: () => void;
}

/** A bound socket that hands accepted ones to its reactor. */
export class PortableListener implements Listener {
  /** The address bound. */
  readonly address: SocketAddress;
  readonly #context: PortableListenerContext;
  readonly #listener: Deno.TcpListener;
  #isClosed = false;
  #restTimer: TimerId | undefined;

  /** Binds and starts to accept; throws as {@linkcode Reactor.listen}. */
  constructor(options: ListenOptions, context: PortableListenerContext) {
    this.#context = context;
    this.#listener = openListener(options);
    const { hostname, port } = this.#listener.addr;
    this.address = { host: hostname, port };
    this.acceptNext();
  }

  /** Accepts another connection. */
  acceptNext(): void {
    if (this.#isClosed) return;
    this.#listener.accept().then(this.#context.accepted, this.#onFailed);
  }

  /** Stops accepting; accepted connections live on. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    if (this.#restTimer !== undefined) this.#context.timers.clearTimer(this.#restTimer);
    this.#listener.close();
    this.#context.closed();
  }

  readonly #onFailed = (): void => {
    if (this.#isClosed) return;
    this.#restTimer = this.#context.timers.setTimer(EXHAUSTED_REST_MS, () => {
      this.#restTimer = undefined;
      this.acceptNext();
    });
  };
}

function openListener(options: ListenOptions): Deno.TcpListener {
  const { host: hostname, port, shared = false } = options;
  // Only numeric addresses: the runtime would look a name up.
  encodeSocketAddress(options);
  requireNetwork(options);
  return listenOn(options, () => Deno.listen({ hostname, port, reusePort: shared }));
}

/** Without it the runtime would ask at the terminal, and the loop would hang until somebody answers. */
function requireNetwork(address: SocketAddress): void {
  if (mayUse(address)) return;
  throw new Deno.errors.NotCapable(
    `cannot listen on ${formatAddress(address)}: it needs --allow-net=${formatAddress(address)}`,
  );
}

/** Whether the permissions let this program listen on an address, or connect to it. */
export function mayUse(address: SocketAddress): boolean {
  const query = { name: "net", host: formatAddress(address) } as const;
  return Deno.permissions.querySync(query).state === "granted";
}
