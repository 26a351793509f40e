/**
 * Runs a reactor's turns as tasks of the thread's event loop: when something is reported, and when a
 * timer is due.
 *
 * A turn is a microtask, so it comes after everything that the event loop reported in one go, and
 * before the loop looks for more: each connection is written to once. The runtime may have new reports
 * at once; so that a chatty peer does not keep the loop from timers and messages, turns step aside for
 * it now and then.
 *
 * Invariant: at most one turn is scheduled, and none after {@linkcode TurnScheduler.stop}.
 *
 * @module
 */
import { clearImmediate, setImmediate } from "node:timers";

/** Turns may follow each other for so long without the event loop having been let go on. */
const UNINTERRUPTED_MS = 5;

/** What {@linkcode TurnScheduler} schedules. */
export interface TurnTask {
  /** One turn; returns its time in monotonic milliseconds. */
  readonly turn: () => number;
  /** When the next turn is due: 0 for at once, infinity for none. */
  readonly nextTurnMs: () => number;
}

/** Decides when a reactor turns. */
export class TurnScheduler {
  readonly #task: TurnTask;
  #isScheduled = false;
  #isStopped = false;
  /** When the event loop was last known to go on. */
  #yieldedAtMs = 0;
  #nowMs = 0;
  #immediate: ReturnType<typeof setImmediate> | undefined = undefined;
  #timer: ReturnType<typeof setTimeout> | undefined = undefined;
  #timerAtMs = Infinity;

  /** Schedules nothing before {@linkcode request}. */
  constructor(task: TurnTask) {
    this.#task = task;
  }

  /** Asks for a turn soon. */
  request(): void {
    if (this.#isScheduled || this.#isStopped) return;
    this.#isScheduled = true;
    if (this.#nowMs - this.#yieldedAtMs < UNINTERRUPTED_MS) queueMicrotask(this.#run);
    else this.#immediate = setImmediate(this.#runAside);
  }

  /** Schedules no more. */
  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
    if (this.#immediate !== undefined) clearImmediate(this.#immediate);
  }

  readonly #runAside = (): void => {
    this.#immediate = undefined;
    this.#yieldedAtMs = performance.now();
    this.#run();
  };

  readonly #run = (): void => {
    this.#isScheduled = false;
    if (this.#isStopped) return;
    this.#nowMs = this.#task.turn();
    if (this.#isStopped) return;
    const nextMs = this.#task.nextTurnMs();
    if (nextMs <= this.#nowMs) this.request();
    else if (nextMs < this.#timerAtMs) this.#setTimer(nextMs);
  };

  #setTimer(atMs: number): void {
    clearTimeout(this.#timer);
    this.#timerAtMs = atMs;
    this.#timer = setTimeout(this.#onTimer, Math.ceil(atMs - this.#nowMs));
  }

  readonly #onTimer = (): void => {
    this.#timerAtMs = Infinity;
    this.#timer = undefined;
    this.request();
  };
}
