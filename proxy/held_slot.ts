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
  /** A timer will look at this slot. */
  timed = false;

  /** Requests waiting. */
  get count(): number {
    return this.refused.length + this.admitted.length;
  }

  /** The latest `notBeforeMs` of a refused request. */
  get notBeforeMs(): number {
    return this.refused.reduce((latest, { notBeforeMs }) => Math.max(latest, notBeforeMs), 0);
  }

  /** Takes everything out, oldest first. */
  takeAll(): HeldRequest[] {
    const all = this.refused.concat(this.admitted);
    this.refused = [];
    this.admitted = [];
    return all;
  }
}
