/**
 * The product's decisions, as the model calls them: every rule of the protocol that is a function of the
 * product stands here under its own name, and nothing else decides.
 *
 * Invariant: {@linkcode PRODUCT_RULES} holds the product's own functions, not copies; a test compares
 * them. A mutant is made by replacing one of them in a copy of the record.
 *
 * @module
 */

import { advanceSlots, claimLeader } from "../../../core/topology/advance_slots.ts";
import { setServerBoot } from "../../../core/topology/edit_groups.ts";
import { startMigration } from "../../../core/topology/edit_slots.ts";
import { saveTopology } from "../../../core/topology/save_topology.ts";
import { joinSlots } from "../../../core/topology/slot_fences.ts";
import {
  adoptTopology,
  dueEffects,
  next,
  slotWorkOf,
} from "../../../core/topology/slot_machine.ts";
import { slotsToCancel } from "../../../manager/job_steps.ts";
import { planBatch } from "../../../manager/plan_batch.ts";
import {
  fenceCommand,
  readFence,
  receiptEvent,
  standsAsAsked,
} from "../../../manager/server_wire.ts";
import { announcedEpochOf, parseRefusal, planAfterRefusal } from "../../../proxy/refusal.ts";
import { routeDocumentOf } from "../../../proxy/route_document.ts";
import { sameRoute } from "../../../proxy/routes.ts";
import { mayChangeServers, modeOf } from "../../../proxy/slot_table.ts";
import { FenceTable } from "../../../server/slots/fence_table.ts";
import { decideOrder } from "../../../server/slots/order_decision.ts";
import {
  isSticky,
  isTokenGood,
  type SlotVerdict,
  verdictAfterRefusals,
  verdictOf,
} from "../../../server/slots/slot_verdict.ts";
import {
  effectOfAnswer,
  judgeTransfer,
  type TransferAnswer,
} from "../../../server/slots/transfer_decision.ts";

/** The functions that decide. */
export const PRODUCT_RULES = {
  adoptTopology,
  advanceSlots,
  announcedEpochOf,
  claimLeader,
  decideOrder,
  dueEffects,
  effectOfAnswer,
  fenceCommand,
  FenceTable,
  isSticky,
  isTokenGood,
  joinSlots,
  judgeTransfer,
  mayChangeServers,
  modeOf,
  next,
  parseRefusal,
  planAfterRefusal,
  planBatch,
  readFence,
  receiptEvent,
  routeDocumentOf,
  sameRoute,
  saveTopology,
  setServerBoot,
  slotsToCancel,
  slotWorkOf,
  standsAsAsked,
  startMigration,
  verdictAfterRefusals,
  verdictOf,
} as const;

/** What the model runs: the product's functions, or a mutant's. */
export type ModelRules = Omit<typeof PRODUCT_RULES, "verdictOf"> & {
  /** As the product's, which does not ask whether the command only reads. */
  readonly verdictOf: (
    state: number,
    isAsked: boolean,
    here: number,
    absent: number,
    moving: number,
    isRead: boolean,
  ) => SlotVerdict;
  /** What a transfer without an answer is taken for after a while; null: it goes on waiting. */
  readonly answerOfSilence: TransferAnswer | null;
  /** Whether a restarted server keeps what its predecessor was told. */
  readonly keepsFences: boolean;
};

/** The product as it is. */
export const REAL: ModelRules = {
  ...PRODUCT_RULES,
  answerOfSilence: null,
  keepsFences: false,
};
