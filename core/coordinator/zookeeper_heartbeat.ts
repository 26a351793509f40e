/**
 * Proof that a server answers, which the client library does not ask for.
 *
 * The library pings only when nothing was received for a while, and never looks whether an answer comes:
 * a stopped server would go unnoticed, and a session whose client only receives would expire. A beat is
 * a real request, so its answer also stands behind those of all earlier requests.
 *
 * Invariant: while it runs, nothing sent waits longer than two thirds of the session timeout for an
 * answer; the last third is for another server.
 *
 * @module
 */

/** What a heartbeat needs of its connection. */
export interface HeartbeatOptions {
  /** What the server granted. */
  readonly sessionTimeoutMs: number;
  /** Sends a request; its answer is reported by {@linkcode ZookeeperHeartbeat.answered}. */
  beat(): void;
  /** The server has been silent for too long. */
  silent(): void;
}

/** Runs from the connection to a server until its loss. */
export class ZookeeperHeartbeat {
  readonly #silenceMsMax: number;
  readonly #silent: () => void;
  readonly #beats: ReturnType<typeof setInterval>;
  #deadline: ReturnType<typeof setTimeout>;
  #answeredAtMs = performance.now();

  /** Starts. */
  constructor({ sessionTimeoutMs, beat, silent }: HeartbeatOptions) {
    this.#silenceMsMax = (sessionTimeoutMs * 2) / 3;
    this.#silent = silent;
    this.#beats = setInterval(beat, sessionTimeoutMs / 3);
    this.#deadline = setTimeout(() => this.#check(), this.#silenceMsMax);
  }

  /** `performance.now()` of the newest answer. */
  get answeredAtMs(): number {
    return this.#answeredAtMs;
  }

  /** The server answered a request. */
  answered(): void {
    this.#answeredAtMs = performance.now();
  }

  /** Stops. */
  stop(): void {
    clearInterval(this.#beats);
    clearTimeout(this.#deadline);
  }

  #check(): void {
    const leftMs = this.#answeredAtMs + this.#silenceMsMax - performance.now();
    if (leftMs <= 0) return this.#silent();
    this.#deadline = setTimeout(() => this.#check(), leftMs);
  }
}
