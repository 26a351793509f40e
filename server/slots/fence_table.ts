/**
 * What this server may do with each slot, and who told it so.
 *
 * Invariant: a slot's state changes together with its epoch, and its epoch never falls while the
 * process lives.
 *
 * @module
 */

import { SLOT_COUNT } from "../../core/slots.ts";
import type { FenceState } from "../../core/topology/slot_fences.ts";
import type { FenceRole, SlotStanding } from "./fence_decision.ts";

/** Codes in {@linkcode FenceTable.state}. */
export const CLOSED = 0;
export const OWN = 1;
export const GIVING = 2;
export const IMPORTING = 3;
export const HOLD = 4;

/** The states by code. */
export const FENCE_STATES: readonly FenceState[] = ["closed", "own", "giving", "importing", "hold"];

/** What outlives a process: all that its fences told it, but no right to serve anything. */
export interface FenceMemory {
  /** A leader was obeyed before; nothing is served until one is again. */
  readonly managed: boolean;
  readonly leaderEpoch: number;
  /** The highest epoch by slot. */
  readonly slotEpochs: Float64Array;
  readonly roles: readonly FenceRole[];
  /** How often each slot was purged: data of a time with fewer purges must not be loaded. */
  readonly purges: Float64Array;
}

/** The fences of one process. */
export class FenceTable {
  /** Random for each start of the process. */
  readonly boot: string;
  /** False: no leader ever fenced this server, which serves every slot. */
  managed: boolean;
  /** The highest that was obeyed. */
  leaderEpoch: number;
  /** By slot, one of the codes above. */
  readonly state: Uint8Array = new Uint8Array(SLOT_COUNT);
  /** By slot; 0: this process was told nothing of it. */
  readonly slotEpoch: Float64Array = new Float64Array(SLOT_COUNT);
  /** By slot; outlives the process. */
  readonly role: FenceRole[];
  readonly #floorEpoch: Float64Array;

  /** All slots are closed, unless the server is not managed. */
  constructor(boot: string, memory: FenceMemory) {
    this.boot = boot;
    this.managed = memory.managed;
    this.leaderEpoch = memory.leaderEpoch;
    this.role = [...memory.roles];
    this.#floorEpoch = memory.slotEpochs.slice();
  }

  /** Whether any client's command may find keys of the slot. */
  isClosed(slot: number): boolean {
    return this.managed && this.state[slot] === CLOSED;
  }

  /** What a decision about a slot is made on. */
  standingOf(slot: number, keys: number, inDoubt: number): SlotStanding {
    return {
      state: FENCE_STATES[this.state[slot]!]!,
      slotEpoch: this.slotEpoch[slot]!,
      floorEpoch: this.#floorEpoch[slot]!,
      role: this.role[slot]!,
      keys,
      inDoubt,
    };
  }

  /** Puts a slot into a state that was decided on. */
  enter(
    slot: number,
    entered: { state: FenceState; slotEpoch: number; role: FenceRole },
  ): void {
    this.state[slot] = FENCE_STATES.indexOf(entered.state);
    this.slotEpoch[slot] = entered.slotEpoch;
    this.role[slot] = entered.role;
  }
}
