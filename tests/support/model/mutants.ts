/**
 * The rules of the protocol, each switched off alone: the product's function with one rule taken out.
 *
 * The names are those of the protocol's model; the numbers are those of `docs/protocol.md`.
 *
 * @module
 */

import { setServerBoot } from "../../../core/topology/edit_groups.ts";
import { fenceEffects, fencesOf } from "../../../core/topology/slot_fences.ts";
import {
  adoptTopology,
  dueEffects,
  next,
  type SlotEvent,
  type SlotWork,
  slotWorkOf,
} from "../../../core/topology/slot_machine.ts";
import { participantsOf, type Topology } from "../../../core/topology/topology.ts";
import type { FenceOrder, SlotStanding } from "../../../server/slots/fence_decision.ts";
import { GIVING, IMPORTING } from "../../../server/slots/fence_table.ts";
import {
  decideOrder,
  type OrderDecision,
  type SlotEntering,
} from "../../../server/slots/order_decision.ts";
import { verdictOf } from "../../../server/slots/slot_verdict.ts";
import { effectOfAnswer, judgeTransfer } from "../../../server/slots/transfer_decision.ts";
import { type ModelRules, REAL } from "./rules.ts";

/** A rule that a mutant does not keep. */
export interface Mutant {
  /** Where `docs/protocol.md` has the rule. */
  readonly where: string;
  readonly rules: ModelRules;
}

/** The mutants by the name of the rule they lack. */
export const MUTANTS = {
  /** A process that starts serves on as the one before it. */
  BOOT_CLOSED: mutant("7", { keepsFences: true }),
  /** The document names a new start, which is fenced, without a new slot epoch. */
  BOOT_EPOCH: mutant("7", {
    adoptTopology: (work, topology) =>
      bootsOf(work.topology) === bootsOf(topology)
        ? adoptTopology(work, topology)
        : slotWorkOf(topology, work.slot),
    setServerBoot: (topology, place, change) => ({
      ...setServerBoot(topology, place, change),
      slots: topology.slots,
    }),
  }),
  /** A giver runs commands whose keys are not there. */
  GIVE_CHECK: mutant("8", {
    verdictOf: (state, isAsked, here, absent, moving) =>
      state === GIVING && moving === 0 ? "admit" : verdictOf(state, isAsked, here, absent, moving),
  }),
  /** A giver runs reads whatever is there. */
  READ_FENCE: mutant("8", {
    verdictOf: (state, isAsked, here, absent, moving, isRead) =>
      isRead && state === GIVING ? "admit" : verdictOf(state, isAsked, here, absent, moving),
  }),
  /** A taker takes the token of any epoch. */
  ASKED: mutant("8", { isTokenGood: () => true }),
  /** Servers obey older epochs and older leaders. */
  EPOCH_ORDER: mutant("10", {
    decideOrder: (order, subject, claims) => {
      const highest = Math.max(...order.slots.map((slot) => subject.standingOf(slot).slotEpoch));
      const slotEpoch = Math.max(order.slotEpoch, highest + 1);
      const same = order.slots.every((slot) =>
        subject.standingOf(slot).slotEpoch === order.slotEpoch
      );
      return decideOrder(
        same ? order : { ...order, slotEpoch },
        { ...subject, leaderEpoch: 0 },
        claims,
      );
    },
  }),
  /** A new target keeps what lies in the slot. */
  PURGE: mutant(
    "10",
    entering((entry, { state }) => state === "importing" ? { ...entry, purge: false } : entry),
  ),
  /** Whoever imports empties the slot first, also when it turns back. */
  NOPURGE_CANCEL: mutant(
    "10",
    entering((entry, { state }) => state === "importing" ? { ...entry, purge: true } : entry),
  ),
  /** A server decides from its own state, not the document's `opened`, whether it empties a slot. */
  PURGE_BY_DOC: mutant(
    "10",
    entering((entry, { state }, standing) =>
      state === "importing" && standing.slotEpoch === 0
        ? { ...entry, purge: true, claims: "none" }
        : entry
    ),
  ),
  /** A giver holds although transfers are without an answer. */
  CANCEL_HOLD: mutant("10", {
    decideOrder: (order, subject, claims) =>
      decideOrder(
        order,
        order.state !== "hold" ? subject : {
          ...subject,
          standingOf: (slot) => ({ ...subject.standingOf(slot), inDoubt: 0 }),
        },
        claims,
      ),
  }),
  /** A restarted source does not ask what the other side claims. */
  CLAIMED: mutant("10", {
    decideOrder: (order, subject, claims) => {
      const decision = decideOrder(order, subject, claims);
      return decision.kind === "read-claims"
        ? decideOrder(order, subject, { has: () => true })
        : decision;
    },
  }),
  /** The source gives before the target stands ready, and reads its claims at any epoch. */
  T_FIRST: mutant("10, 14", {
    dueEffects: (work) => {
      const due = dueEffects(work);
      if (due[0]?.kind !== "fence" || due[0].state !== "importing") return due;
      return fencesOf(work.entry).filter(({ group }) => !work.confirmed.includes(group))
        .flatMap((fence) => fenceEffects({ ...work, fence }));
    },
    decideOrder: (order, subject, claims) => {
      const decision = decideOrder(order, subject, claims);
      if (decision.kind !== "read-claims") return decision;
      return {
        ...decision,
        slots: new Map([...decision.slots.keys()].map((slot) => [slot, "any"])),
      };
    },
  }),
  /** What a server counted is believed whatever it was told before. */
  FENCE_BEFORE_VERIFY: mutant("13", {
    standsAsAsked: () => true,
    dueEffects: (work) => [...dueEffects(work), ...dueEffects(allConfirmed(work))],
    next: (work, event) =>
      next(event.kind === "receipt" ? allConfirmed(work) : work, brought(work, event)),
  }),
  /** A repeated transfer is applied again. */
  DEDUP: mutant("25", {
    judgeTransfer: (transfer, standing) =>
      judgeTransfer(transfer, {
        ...standing,
        applied: Math.min(standing.applied, transfer.seq - 1),
      }),
  }),
  /** A transfer of an older epoch is applied. */
  IMP_EPOCH: mutant("25", {
    judgeTransfer: ({ seq }, standing) =>
      judgeTransfer({ slotEpoch: standing.slotEpoch, seq }, { ...standing, state: IMPORTING }),
  }),
  /** A transfer that comes before its turn is applied. */
  SEQ_ORDER: mutant("25", {
    judgeTransfer: (transfer, standing) =>
      judgeTransfer(transfer, {
        ...standing,
        applied: transfer.seq > standing.applied ? transfer.seq - 1 : standing.applied,
      }),
  }),
  /** A transfer without an answer is taken for one that failed. */
  RESOLVE: mutant("26", { answerOfSilence: "never" }),
  /** Keys that the target refused for good stay in transit. */
  NAK: mutant("26", {
    effectOfAnswer: (answer, isCurrent) =>
      effectOfAnswer(answer === "never" ? "later" : answer, isCurrent),
  }),
  /** A proxy changes the servers of a slot while requests are on their way. */
  DRAIN: mutant("18", { mayChangeServers: () => true }),
  /** A server that refused a request runs the next one of the same connection. */
  STICKY: mutant("sticky refusals", { isSticky: () => false }),
} as const satisfies Record<string, Mutant>;

/** The name of a rule that has a mutant. */
export type RuleName = keyof typeof MUTANTS;

function mutant(where: string, change: Partial<ModelRules>): Mutant {
  return { where, rules: { ...REAL, ...change } };
}

/** A server that does something else when it enters a state. */
function entering(
  change: (entry: SlotEntering, order: FenceOrder, standing: SlotStanding) => SlotEntering,
): Partial<ModelRules> {
  return {
    decideOrder: (order, subject, claims): OrderDecision => {
      const changed = decideOrder(order, subject, { has: () => true });
      if (changed.kind !== "obey") return changed;
      const entries = new Map<number, SlotEntering>();
      let needsClaims = false;
      for (const [slot, entry] of changed.entries) {
        const own = change(entry, order, subject.standingOf(slot));
        needsClaims ||= own.claims !== "none" && claims?.has(slot) !== true;
        entries.set(slot, own);
      }
      if (needsClaims) return decideOrder(order, subject, claims);
      return { kind: "obey", entries };
    },
  };
}

function bootsOf({ groups }: Pick<Topology, "groups">): string {
  return Object.values(groups).flatMap(({ servers }) => servers.map(({ boot }) => boot)).join(" ");
}

function allConfirmed(work: SlotWork): SlotWork {
  return { ...work, confirmed: participantsOf(work.entry) };
}

/** A receipt as if it had been given at the epochs of now. */
function brought(work: SlotWork, event: SlotEvent): SlotEvent {
  if (event.kind !== "receipt" || work.entry.phase === "offline") return event;
  const by = {
    ...event.by,
    slotEpoch: work.entry.epoch,
    leaderEpoch: work.topology.leader.epoch,
  };
  return { ...event, by };
}
