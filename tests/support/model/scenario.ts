/**
 * What a run of the model is about: its keys, what clients ask, and which faults may happen.
 *
 * @module
 */

import type { Budget, ClientCommand, KeySpec, LateMessage, World } from "./world.ts";

/** The kinds of messages that may come late. */
export type LateKind = LateMessage["kind"];

/** A bounded world to explore. */
export interface Scenario {
  readonly name: string;
  readonly keys: readonly KeySpec[];
  /** What the first owner has of each key at the start; 0: nothing. */
  readonly values: readonly number[];
  /** What the target has from a past long gone, by key; @default nothing */
  readonly ghosts?: readonly number[];
  /** What the client of each proxy asks, in this order. */
  readonly clients: readonly (readonly ClientCommand[])[];
  /** Requests of a client without an answer at a time; above 1 its messages travel step by step. */
  readonly window?: number;
  /** How often each fault may happen; @default never */
  readonly faults?: Partial<Budget>;
  /** The run begins when the move has come to this, without any fault; @default when it is ordered */
  readonly from?: (world: World) => boolean;
  /** Which messages may come late; @default all */
  readonly late?: readonly LateKind[];
  /** Worlds after which the run is cut off. */
  readonly worldsMax: number;
  /** Whether a rest must be reachable from each world; only for runs that are not cut off. */
  readonly mustRest?: boolean;
}

/** Whether a message of this kind may come late at some time of the scenario. */
export function mayBeLate({ late }: Scenario, kind: LateKind): boolean {
  return late === undefined || late.includes(kind);
}

/** Returns how often each fault may happen in a scenario. */
export function budgetOf({ faults = {} }: Scenario): Budget {
  const none = { lost: 0, delayed: 0, restarts: [0, 0], claims: 0, cancels: 0 };
  return { ...none, ...faults };
}

/** How many slots the scenario's keys have. */
export function slotCountOf({ keys }: Scenario): number {
  return 1 + Math.max(...keys.map(({ slot }) => slot));
}
