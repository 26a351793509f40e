/**
 * Whether a server obeys a whole `SLOTSFENCE`: PROTOCOL rule 10 for many slots at once, as a pure
 * function over the decisions for each.
 *
 * Invariant: an order is obeyed for all of its slots or for none.
 *
 * @module
 */

import {
  type ClaimsNeeded,
  decideFence,
  type FenceOrder,
  type SlotDecision,
  type SlotStanding,
} from "./fence_decision.ts";

/** What a slot does that obeys. */
export type SlotEntering = SlotDecision & { readonly kind: "enter" };

/** The server that is told. */
export interface OrderSubject {
  readonly boot: string;
  /** The highest that it obeyed. */
  readonly leaderEpoch: number;
  standingOf(slot: number): SlotStanding;
}

/** What becomes of an order. */
export type OrderDecision =
  /** The slots that change, and how; the others stand so already. */
  | { readonly kind: "obey"; readonly entries: ReadonlyMap<number, SlotEntering> }
  /** The other server's claims on these slots must be read before. */
  | { readonly kind: "read-claims"; readonly slots: ReadonlyMap<number, ClaimsNeeded> }
  /** Nothing happens, and this is the answer. */
  | { readonly kind: "refuse"; readonly text: string }
  /** As `refuse`, but the leader's epoch and the other server's start are news that count. */
  | { readonly kind: "settle"; readonly text: string };

/**
 * Decides on an order. `claims` has the slots whose claims were read; null before any was asked for.
 */
export function decideOrder(
  order: FenceOrder,
  subject: OrderSubject,
  claims: { has(slot: number): boolean } | null,
): OrderDecision {
  if (order.boot !== subject.boot) return refuse(`SLOTBOOT ${subject.boot}`);
  if (order.leaderEpoch < subject.leaderEpoch) {
    const { slotEpoch } = subject.standingOf(order.slots[0]!);
    return refuse(`SLOTFENCED ${subject.leaderEpoch} ${slotEpoch}`);
  }
  const decisions = order.slots.map((slot) => decideFence(subject.standingOf(slot), order));
  const refusal = refusalOf(order, subject, decisions);
  if (refusal !== undefined) return refusal;
  const needed = new Map<number, ClaimsNeeded>();
  const entries = new Map<number, SlotEntering>();
  for (const [i, slot] of order.slots.entries()) {
    const decision = decisions[i]!;
    if (decision.kind !== "enter") continue;
    entries.set(slot, decision);
    if (decision.claims !== "none" && claims?.has(slot) !== true) {
      needed.set(slot, decision.claims);
    }
  }
  if (needed.size === 0) return { kind: "obey", entries };
  if (claims === null) return { kind: "read-claims", slots: needed };
  const [slot] = needed.keys();
  return refuse(`SLOTNOTYET ${slot} ${order.slotEpoch}`);
}

/** The refusal of the whole order if one slot cannot follow it. */
function refusalOf(
  order: FenceOrder,
  subject: OrderSubject,
  decisions: readonly SlotDecision[],
): OrderDecision | undefined {
  let inDoubt = 0;
  for (const [i, decision] of decisions.entries()) {
    const slot = order.slots[i]!;
    if (decision.kind === "fenced") {
      return refuse(`SLOTFENCED ${subject.leaderEpoch} ${decision.slotEpoch}`);
    }
    if (decision.kind === "contradiction") {
      return refuse(
        `ERR slot ${slot} stands at epoch ${order.slotEpoch} in another state; ` +
          `a new state needs a new epoch`,
      );
    }
    if (decision.kind === "not-empty") return refuse(`SLOTNOTEMPTY ${slot} ${decision.keys}`);
    if (decision.kind === "in-doubt") inDoubt += decision.count;
  }
  return inDoubt === 0 ? undefined : { kind: "settle", text: `SLOTINDOUBT ${inDoubt}` };
}

function refuse(text: string): OrderDecision {
  return { kind: "refuse", text };
}
