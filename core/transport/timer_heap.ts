/**
 * Pending timers, earliest first: a binary heap whose entries know where they are.
 *
 * Invariant: every entry is at or after its parent's deadline, and of two with one deadline the one
 * set first comes first.
 *
 * @module
 */
import type { TimerId } from "./reactor.ts";

interface Timer {
  readonly id: TimerId;
  readonly deadlineMs: number;
  readonly callback: () => void;
  index: number;
}

/** Timers ordered by deadline. */
export class TimerHeap {
  readonly #heap: Timer[] = [];
  readonly #byId = new Map<TimerId, Timer>();
  #lastId = 0;

  /** How many timers are pending. */
  get size(): number {
    return this.#heap.length;
  }

  /** The id that was given last; later timers have larger ones. */
  get lastId(): TimerId {
    return this.#lastId;
  }

  /** When the first timer is due; infinity if there is none. */
  get nextDeadlineMs(): number {
    return this.#heap[0]?.deadlineMs ?? Infinity;
  }

  /** Adds a timer. */
  add(deadlineMs: number, callback: () => void): TimerId {
    const timer = { id: ++this.#lastId, deadlineMs, callback, index: this.#heap.length };
    this.#heap.push(timer);
    this.#byId.set(timer.id, timer);
    this.#up(timer);
    return timer.id;
  }

  /** Forgets a timer; unknown ids are ignored. */
  remove(id: TimerId): void {
    const timer = this.#byId.get(id);
    if (timer !== undefined) this.#take(timer);
  }

  /**
   * Takes the first timer that is due at `nowMs` and its callback; undefined if there is none.
   * Timers younger than `lastId` wait: one that sets itself again must not keep a loop busy for ever.
   */
  takeDue(nowMs: number, lastId: TimerId): (() => void) | undefined {
    const first = this.#heap[0];
    if (first === undefined || first.deadlineMs > nowMs || first.id > lastId) return undefined;
    this.#take(first);
    return first.callback;
  }

  #take(timer: Timer): void {
    this.#byId.delete(timer.id);
    const last = this.#heap.pop()!;
    if (last === timer) return;
    last.index = timer.index;
    this.#heap[last.index] = last;
    this.#up(last);
    this.#down(last);
  }

  #up(timer: Timer): void {
    while (timer.index > 0) {
      const parent = this.#heap[(timer.index - 1) >> 1]!;
      if (!isBefore(timer, parent)) return;
      this.#swap(timer, parent);
    }
  }

  #down(timer: Timer): void {
    for (;;) {
      const left = this.#heap[2 * timer.index + 1];
      const right = this.#heap[2 * timer.index + 2];
      const child = right !== undefined && isBefore(right, left!) ? right : left;
      if (child === undefined || !isBefore(child, timer)) return;
      this.#swap(child, timer);
    }
  }

  #swap(a: Timer, b: Timer): void {
    const index = a.index;
    a.index = b.index;
    b.index = index;
    this.#heap[a.index] = a;
    this.#heap[b.index] = b;
  }
}

function isBefore(a: Timer, b: Timer): boolean {
  return a.deadlineMs < b.deadlineMs || (a.deadlineMs === b.deadlineMs && a.id < b.id);
}
