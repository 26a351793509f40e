/**
 * The time that expiry is judged by, as two 32-bit halves so that no comparison needs a boxed number.
 *
 * Invariant: it changes only when its owner says so (once per turn of the loop), so one command sees one time.
 *
 * @module
 */

const HIGH = 2 ** 32;

/** Milliseconds of one {@linkcode Clock.tick}: about nine minutes, so that a byte of ticks spans 37 hours. */
export const TICK_MS = 2 ** 19;

/** Milliseconds since the epoch, set once per turn. */
export class Clock {
  #high = 0;
  #low = 0;
  /** The time in units of {@linkcode TICK_MS}, modulo 256: what a record's access byte remembers. */
  tick = 0;

  /** Moves to `nowMs`. */
  set(nowMs: number): void {
    this.#high = Math.floor(nowMs / HIGH);
    this.#low = nowMs | 0;
    this.tick = Math.floor(nowMs / TICK_MS) & 255;
  }

  /** The time last set. */
  get nowMs(): number {
    return this.#high * HIGH + (this.#low >>> 0);
  }

  /** Whether the moment stored as low word at `words[at]` and high word after it has come. */
  hasPassed(words: Int32Array, at: number): boolean {
    const high = words[at + 1]!;
    if (high !== this.#high) return high < this.#high;
    return (words[at]! >>> 0) <= (this.#low >>> 0);
  }
}

/** Reads a moment stored as two words. */
export function readMoment(words: Int32Array, at: number): number {
  return words[at + 1]! * HIGH + (words[at]! >>> 0);
}

/** Stores a moment as two words. */
export function writeMoment(words: Int32Array, at: number, momentMs: number): void {
  words[at] = momentMs | 0;
  words[at + 1] = Math.floor(momentMs / HIGH);
}
