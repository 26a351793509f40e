/**
 * The requests that wait on one slot.
 *
 * Invariant: refused requests were sent before the admitted ones arrived, so they go first.
 *
 * @module
 */

/** A request kept by the proxy, with its own copy of its bytes. */
export interface HeldRequest {
  readonly request: number;
  readonly bytes: Uint8Array;
  /** Reactor milliseconds before which it is not sent. */
  readonly notBeforeMs: number;
}

/** What waits on one slot. */
export class HeldSlot {
  /** Sent and refused, in the order they were sent. */
  refused: HeldRequest[] = [];
  /** Never sent, in the order they arrived. */
  admitted: HeldRequest[] = [];
  /** When a timer looks at this slot next, in reactor milliseconds; infinity: none is set. */
  timerAtMs = Infinity;

  /** Requests waiting. */
  get count(): number {
    return this.refused.length + this.admitted.length;
  }

  /** The latest `notBeforeMs` of a refused request. */
  get notBeforeMs(): number {
    return this.refused.reduce((latest, { notBeforeMs }) => Math.max(latest, notBeforeMs), 0);
  }

  /** When the next pause ends that lasts at `nowMs`; infinity if none does. */
  nextPauseEndMs(nowMs: number): number {
    let next = Infinity;
    for (const list of [this.refused, this.admitted]) {
      for (const { notBeforeMs } of list) {
        if (notBeforeMs > nowMs && notBeforeMs < next) next = notBeforeMs;
      }
    }
    return next;
  }

  /** Takes those out that have been held for too long, oldest first. */
  takeLate(isLate: (entry: HeldRequest) => boolean): HeldRequest[] {
    const late: HeldRequest[] = [];
    const keep = (entry: HeldRequest) => !isLate(entry) || late.push(entry) === 0;
    this.refused = this.refused.filter(keep);
    this.admitted = this.admitted.filter(keep);
    return late;
  }

  /** Takes everything out, oldest first. */
  takeAll(): HeldRequest[] {
    const all = this.refused.concat(this.admitted);
    this.refused = [];
    this.admitted = [];
    return all;
  }
}
