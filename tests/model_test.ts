/**
 * The protocol under every order of events, in bounded worlds: a breadth-first search over the product's
 * own decisions. `deno task test:long --model` explores further.
 *
 * @module
 */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { advanceSlots, claimLeader } from "../core/topology/advance_slots.ts";
import { setServerBoot } from "../core/topology/edit_groups.ts";
import { startMigration } from "../core/topology/edit_slots.ts";
import { saveTopology } from "../core/topology/save_topology.ts";
import { joinSlots } from "../core/topology/slot_fences.ts";
import { adoptTopology, dueEffects, next, slotWorkOf } from "../core/topology/slot_machine.ts";
import { slotsToCancel } from "../manager/job_steps.ts";
import { planBatch } from "../manager/plan_batch.ts";
import { fenceCommand, readFence, receiptEvent, standsAsAsked } from "../manager/server_wire.ts";
import { announcedEpochOf, parseRefusal, planAfterRefusal } from "../proxy/refusal.ts";
import { routeDocumentOf } from "../proxy/route_document.ts";
import { sameRoute } from "../proxy/routes.ts";
import { mayChangeServers, modeOf } from "../proxy/slot_table.ts";
import { FenceTable } from "../server/slots/fence_table.ts";
import { decideOrder } from "../server/slots/order_decision.ts";
import {
  isSticky,
  isTokenGood,
  verdictAfterRefusals,
  verdictOf,
} from "../server/slots/slot_verdict.ts";
import { effectOfAnswer, judgeTransfer } from "../server/slots/transfer_decision.ts";
import { MUTANTS, type RuleName } from "./support/model/mutants.ts";
import { summaryOf, textOfViolation, textOfWalks } from "./support/model/report.ts";
import { PRODUCT_RULES, REAL } from "./support/model/rules.ts";
import { SCENARIO_OF, STORMS, WIDE_SCENARIOS } from "./support/model/scenarios.ts";
import { search } from "./support/model/search.ts";
import { walk } from "./support/model/walk.ts";

/** What the suite looks at of each wide scenario; the nearest states come first. */
const WORLDS_OF_WIDE = 10_000;
/** Most narrow ones are looked at whole: then a rest must be reachable from each of their states. */
const WORLDS_OF_NARROW = 40_000;
/** Distinct states that the walks of a storm look at, and where they begin. */
const WALKS = { worldsMin: 100_000, firstSeed: 1 };

function print(text: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${text}\n`));
}

Deno.test("the model runs the product's own decisions, and has all of those it is made of", () => {
  assertEquals(PRODUCT_RULES, {
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
  });
  const { answerOfSilence, keepsFences, ...functions } = REAL;
  assertEquals([answerOfSilence, keepsFences], [null, false]);
  for (const [name, decision] of Object.entries(functions)) {
    assert(decision === PRODUCT_RULES[name as keyof typeof PRODUCT_RULES], name);
  }
});

/** The modules of the programs in which the decisions above are made, with what must import them. */
const USERS: Readonly<Record<string, readonly string[]>> = {
  "manager/executor.ts": [
    "advanceSlots",
    "setServerBoot",
    "startMigration",
    "planBatch",
    "slotsToCancel",
  ],
  "manager/slot_board.ts": ["adoptTopology", "dueEffects", "next", "slotWorkOf", "joinSlots"],
  "manager/server_lane.ts": ["fenceCommand", "readFence", "receiptEvent", "standsAsAsked"],
  "manager/topology_store.ts": ["claimLeader", "saveTopology"],
  "proxy/redirector.ts": ["announcedEpochOf", "parseRefusal", "planAfterRefusal"],
  "proxy/slot_table.ts": ["mayChangeServers", "modeOf", "sameRoute"],
  "server/slots/slot_gate.ts": ["isSticky", "isTokenGood", "verdictAfterRefusals", "verdictOf"],
  "server/slots/slot_keeper.ts": ["decideOrder", "FenceTable"],
  "server/slots/transfer_source.ts": ["effectOfAnswer"],
  "server/slots/transfer_target.ts": ["judgeTransfer"],
};

Deno.test("the programs call the decisions that the model runs", () => {
  for (const [file, names] of Object.entries(USERS)) {
    const text = Deno.readTextFileSync(new URL(`../${file}`, import.meta.url));
    for (const name of names) assertMatch(text, new RegExp(`\\b${name}[(<]`), file);
  }
});

for (const scenario of Object.values(WIDE_SCENARIOS)) {
  Deno.test(`the promises hold: ${scenario.name}`, async () => {
    const worldsMax = WORLDS_OF_WIDE;
    const result = await search({ ...scenario, worldsMax }, REAL);
    print(summaryOf(scenario, result));
    if (result.violation !== null) throw new Error(textOfViolation(result.violation));
    assert(result.isComplete || result.worlds >= worldsMax);
  });
}

for (const scenario of new Set(Object.values(SCENARIO_OF))) {
  Deno.test(`the promises hold, and a rest is never out of reach: ${scenario.name}`, async () => {
    const result = await search({ ...scenario, worldsMax: WORLDS_OF_NARROW }, REAL);
    print(summaryOf(scenario, result));
    if (result.violation !== null) throw new Error(textOfViolation(result.violation));
  });
}

for (const scenario of STORMS) {
  Deno.test(`the promises hold on long ways, and each ends at rest: ${scenario.name}`, async () => {
    const result = await walk(scenario, REAL, WALKS);
    print(textOfWalks(scenario, result));
    if (result.violation !== null) throw new Error(textOfViolation(result.violation));
    assert(result.worlds >= WALKS.worldsMin);
  });
}

for (const [name, { where, rules }] of Object.entries(MUTANTS)) {
  Deno.test(`without the rule ${name} (${where}) a promise is broken`, async () => {
    const scenario = SCENARIO_OF[name as RuleName];
    const { violation } = await search(scenario, rules);
    assert(violation !== null, `nothing noticed in "${scenario.name}"`);
    print(`${name}: ${violation.trace.length} steps\n${textOfViolation(violation)}`);
  });
}
