/**
 * Whether a server accepts a fence, and what it must do first: PROTOCOL rule 10 as pure functions.
 *
 * Invariant: nothing is accepted that an older leader, an older epoch or another start of the process
 * was told; and no source lets go of a key of which it may hold the only copy.
 *
 * @module
 */

import type { FenceState } from "../../core/topology/slot_fences.ts";

/** The side of a migration that a server took last on a slot; it outlives the process. */
export type FenceRole = "none" | "giver" | "taker";

/** The other server of a migration. */
export interface FencePeer {
  /** `host:port`. */
  readonly addr: string;
  /** Its admitted start; `-` while none is known. */
  readonly boot: string;
}

/** A `SLOTSFENCE` as it was sent. */
export interface FenceOrder {
  readonly leaderEpoch: number;
  /** The start of the process that is meant. */
  readonly boot: string;
  readonly slotEpoch: number;
  readonly state: FenceState;
  /** This server never held live keys in this migration: what it holds are ghosts. */
  readonly fresh: boolean;
  readonly peer: FencePeer | null;
  readonly slots: readonly number[];
}

/** How a slot stands at a server. */
export interface SlotStanding {
  readonly state: FenceState;
  /** 0: this process was not told anything about the slot. */
  readonly slotEpoch: number;
  /** The highest slot epoch that any process before it was told. */
  readonly floorEpoch: number;
  readonly role: FenceRole;
  readonly keys: number;
  /** Transfers without an answer. */
  readonly inDoubt: number;
}

/**
 * What must be read of the other server before a restarted one may use what it loaded: nothing, the
 * keys it claims, or those once it stands at the order's slot epoch itself.
 */
export type ClaimsNeeded = "none" | "any" | "at-epoch";

/** The answer to an order for one slot. */
export type SlotDecision =
  /** The slot stands so already. */
  | { readonly kind: "again" }
  | {
    readonly kind: "enter";
    /** All keys of the slot are dropped. */
    readonly purge: boolean;
    /** What was claimed in an earlier direction counts no longer. */
    readonly forgetClaims: boolean;
    readonly claims: ClaimsNeeded;
    readonly role: FenceRole;
  }
  /** A newer epoch was obeyed before. */
  | { readonly kind: "fenced"; readonly slotEpoch: number }
  /** It may not stop giving while the outcome of a transfer is unknown. */
  | { readonly kind: "in-doubt"; readonly count: number }
  /** It gave, and may not be closed with keys that have not arrived. */
  | { readonly kind: "not-empty"; readonly keys: number }
  /** Another state at the same epoch: a broken leader. */
  | { readonly kind: "contradiction" };

/** Decides what becomes of one slot. Boot and leader epoch are the caller's to check. */
export function decideFence(standing: SlotStanding, order: FenceOrder): SlotDecision {
  const highest = Math.max(standing.slotEpoch, standing.floorEpoch);
  if (order.slotEpoch < highest) return { kind: "fenced", slotEpoch: highest };
  if (order.slotEpoch === standing.slotEpoch) {
    return order.state === standing.state ? { kind: "again" } : { kind: "contradiction" };
  }
  const { inDoubt, keys } = standing;
  const gave = standing.state === "giving" && order.state === "closed";
  if (gave && (keys > 0 || inDoubt > 0)) return { kind: "not-empty", keys: keys + inDoubt };
  if (inDoubt > 0 && order.state !== "giving") return { kind: "in-doubt", count: inDoubt };
  return {
    kind: "enter",
    purge: purges(standing, order),
    forgetClaims: forgetsClaims(standing.role, order),
    claims: claimsNeeded(standing, order),
    role: roleAfter(standing.role, order.state),
  };
}

function purges(standing: SlotStanding, { state, fresh }: FenceOrder): boolean {
  if (state === "importing") return fresh;
  // Told to be closed by this very leader's document: it was a target that was never opened.
  if (state === "hold") return standing.state === "closed" && standing.slotEpoch > 0;
  // What lies in a slot that was closed before is a ghost: it stays, for the next import to purge. Keys
  // of any other state are somebody else's by now, or abandoned by force.
  return state === "closed" && standing.state !== "closed";
}

function forgetsClaims(role: FenceRole, { state, fresh }: FenceOrder): boolean {
  if (state === "importing") return fresh || role !== "taker";
  if (state === "giving") return role !== "giver";
  return state === "own" || state === "closed";
}

/** A process that was not fenced yet holds what its disk had: keys may have gone over since. */
function claimsNeeded(standing: SlotStanding, order: FenceOrder): ClaimsNeeded {
  const { state, fresh, peer } = order;
  if (standing.slotEpoch > 0 || standing.keys === 0 || peer === null || fresh) return "none";
  if (state === "closed" || state === "own") return "none";
  if (state === "importing") return "any";
  // A taker that holds yields to the giver at whatever epoch that stands; one that gives is the giver.
  return state === "hold" && standing.role === "taker" ? "any" : "at-epoch";
}

function roleAfter(role: FenceRole, state: FenceState): FenceRole {
  switch (state) {
    case "giving":
      return "giver";
    case "importing":
      return "taker";
    case "hold":
      return role;
    case "own":
    case "closed":
      return "none";
  }
}
