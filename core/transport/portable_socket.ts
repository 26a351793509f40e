/**
 * One connection of the runtime's, with at most one read and one write under way.
 *
 * What the runtime reports is noted here, and the reactor is asked for a turn; handlers are told in
 * it. The callbacks are made once per socket: a request costs the promises that the runtime makes, and
 * no closure.
 *
 * Invariant: a region that the runtime reads or writes is pinned until it is done, also when the
 * connection ended before.
 *
 * @module
 */
import type { IoMemory } from "./io_memory.ts";
import type { CloseReason } from "./reactor.ts";

/** {@linkcode PortableSocket.outcome}: the peer ended its side. */
export const PEER_ENDED = 0;
/** {@linkcode PortableSocket.outcome}: it broke; see `failure`. */
export const BROKEN = -1;
/** {@linkcode PortableSocket.outcome}: it is established. */
export const ESTABLISHED = -2;

/** Who hears what the runtime reports; called outside of turns. */
export interface PortableSocketOwner {
  /** There is an {@linkcode PortableSocket.outcome} to look at. */
  onReady(socket: PortableSocket): void;
  /** The runtime took the first `byteCount` bytes of what was written. */
  onWritten(socket: PortableSocket, byteCount: number): void;
  /** Writing failed. */
  onWriteFailed(socket: PortableSocket, reason: CloseReason): void;
}

/** A socket made by `Deno.listen` or `Deno.connect`. */
export class PortableSocket {
  /** The number of its connection. */
  readonly connection: number;
  /** What came of the last read, or of connecting: a number of bytes, or one of the constants. */
  outcome: number = ESTABLISHED;
  /** Why it broke. */
  failure: CloseReason = "reset";
  /** Where the last read's bytes begin. */
  readStart = 0;
  /** A read is under way, or its outcome has not been looked at. */
  isReading = false;
  readonly #owner: PortableSocketOwner;
  readonly #io: IoMemory;
  #conn: Deno.TcpConn | undefined = undefined;
  #readRegion = 0;
  #writeRegion = 0;
  #isEnded = false;
  #connecting: AbortController | undefined = undefined;

  /** Reports to `owner`; regions are those of `io`. */
  constructor(connection: number, owner: PortableSocketOwner, io: IoMemory) {
    this.connection = connection;
    this.#owner = owner;
    this.#io = io;
  }

  /** What the runtime knows of the peer; undefined before it is established. */
  get remoteAddress(): Deno.NetAddr | undefined {
    return this.#conn?.remoteAddr;
  }

  /** Takes over an established connection. */
  establish(conn: Deno.TcpConn): void {
    this.#conn = conn;
    try {
      conn.setNoDelay(true);
      conn.setKeepAlive(true);
    } catch {
      // Some systems refuse this for a connection that is already broken; its first read will tell.
    }
  }

  /** Connects; the outcome follows. */
  connect(hostname: string, port: number): void {
    this.#connecting = new AbortController();
    const { signal } = this.#connecting;
    Deno.connect({ hostname, port, signal, autoSelectFamily: false }).then((conn) => {
      if (this.#isEnded) return conn.close();
      this.establish(conn);
      this.#ready(ESTABLISHED);
    }, (error) => {
      if (!this.#isEnded) this.#fail(connectFailureOf(error));
    });
  }

  /** Reads into `view`, whose first byte is at `start`, in the region at `base`. */
  read(view: Uint8Array, start: number, base: number): void {
    this.isReading = true;
    this.readStart = start;
    this.#readRegion = base;
    this.#io.pin(base);
    this.#conn!.read(view).then(this.#onRead, this.#onReadFailed);
  }

  /** The last read's outcome was looked at, and its bytes are no longer needed. */
  finishRead(): void {
    this.isReading = false;
    this.#io.unpin(this.#readRegion);
  }

  /** Writes `view`, which lies in the pinned region at `base`. */
  write(view: Uint8Array, base: number): void {
    this.#writeRegion = base;
    this.#conn!.write(view).then(this.#onWritten, this.#onWriteFailed);
  }

  /** Closes it; nothing is reported any more. */
  end(): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    if (this.#conn === undefined) this.#connecting?.abort();
    else this.#conn.close();
  }

  readonly #onRead = (count: number | null): void => {
    if (this.#isEnded) return this.finishRead();
    this.#ready(count ?? PEER_ENDED);
  };

  readonly #onReadFailed = (error: unknown): void => {
    if (this.#isEnded) return this.finishRead();
    this.#fail(failureOf(error));
  };

  readonly #onWritten = (count: number): void => {
    this.#io.unpin(this.#writeRegion);
    if (!this.#isEnded) this.#owner.onWritten(this, count);
  };

  readonly #onWriteFailed = (error: unknown): void => {
    this.#io.unpin(this.#writeRegion);
    if (!this.#isEnded) this.#owner.onWriteFailed(this, failureOf(error));
  };

  #fail(reason: CloseReason): void {
    this.failure = reason;
    this.#ready(BROKEN);
  }

  #ready(outcome: number): void {
    this.outcome = outcome;
    this.#owner.onReady(this);
  }
}

/** Why a connection could not be made. */
function connectFailureOf(error: unknown): CloseReason {
  if (error instanceof Deno.errors.ConnectionRefused) return "refused";
  return error instanceof Deno.errors.TimedOut ? "timeout" : "unreachable";
}

/** Why an established connection broke. */
function failureOf(error: unknown): CloseReason {
  return error instanceof Deno.errors.TimedOut ? "timeout" : "reset";
}
