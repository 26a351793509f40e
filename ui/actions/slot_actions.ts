/**
 * Giving slots to groups, moving them, and sharing them evenly.
 *
 * @module
 */

import type { RebalancePlan } from "../../core/topology/plan_rebalance.ts";
import { formatSlots } from "../../core/topology/slot_table.ts";
import type { MigrationPlan } from "../api_answers.ts";
import { countText, plural, rangeText, UNKNOWN } from "../number_text.ts";
import { homeOf } from "../slot_look.ts";
import {
  type Action,
  DELAY_FIELD,
  FieldError,
  groupField,
  type Plan,
  rangeOf,
  slotField,
} from "./action.ts";

/** Gives slots that nobody owns to a group. */
export const ASSIGN_SLOTS: Action = {
  id: "assign",
  path: "/slots/assign",
  section: "/slots",
  title: "Assign a range",
  lead:
    "Gives slots that belong to nobody to a group. Slots that have an owner are migrated instead: " +
    "their keys must go with them.",
  fields: [
    slotField("from", "First slot"),
    slotField("to", "Last slot"),
    groupField("group", "Group"),
  ],
  confirm: "Assign the slots",
  done: "The slots were assigned.",
  plan(values, { product }) {
    const range = rangeOf(values);
    const group = Number(values["group"]);
    const slots = product.table.slice(range[0], range[1] + 1).map((entry, index) => ({
      slot: range[0] + index,
      home: homeOf(entry),
    }));
    const others = slots.filter(({ home }) => home !== null && home !== group);
    if (others.length > 0) {
      throw new FieldError(
        "from",
        `First and last slot: ${formatSlots(others.map(({ slot }) => slot))} belong to ` +
          "another group; migrate them, or choose slots that belong to nobody",
      );
    }
    const free = slots.filter(({ home }) => home === null);
    if (free.length === 0) {
      return { lines: [`Group ${group} owns ${rangeText(range)} already.`], isNeeded: false };
    }
    return {
      lines: [
        `Group ${group} becomes the owner of ${plural(free.length, "slot")}: ` +
        `${formatSlots(free.map(({ slot }) => slot))}.`,
        "Clients can use their keys as soon as the proxies have the new topology.",
      ],
    };
  },
  order: (values) => ({
    method: "PUT",
    path: "/slots",
    body: { range: rangeOf(values), group: Number(values["group"]) },
  }),
  cli: (values) => `slot range-set ${values["from"]} ${values["to"]} ${values["group"]}`,
};

/** Shares the slots that nobody owns. */
export const SHARE_SLOTS: Action = {
  id: "share",
  path: "/slots/share",
  section: "/slots",
  title: "Share unassigned slots",
  lead: "Gives every slot that belongs to nobody to a group, so that all have about as many.",
  fields: [],
  confirm: "Share the slots",
  done: "Every slot has an owner.",
  plan(_values, { product }) {
    const free = product.table.flatMap(({ phase }, slot) => phase === "offline" ? [slot] : []);
    if (free.length === 0) {
      return { lines: ["Every slot has an owner: there is nothing to share."], isNeeded: false };
    }
    return {
      lines: [
        `${plural(free.length, "slot")} get an owner: ${formatSlots(free)}.`,
        "Slots that have an owner stay with it.",
      ],
    };
  },
  order: () => ({ method: "POST", path: "/slots/init", body: { force: true } }),
  cli: () => "slot init -f",
};

/** Moves slots and their keys. */
export const MIGRATE: Action = {
  id: "migrate",
  path: "/migrations/start",
  section: "/migrations",
  title: "Migrate slots",
  lead:
    "Moves slots and their keys to a group, while clients work. It can be paused and cancelled.",
  fields: [
    slotField("from", "First slot"),
    slotField("to", "Last slot"),
    groupField("group", "To group"),
    DELAY_FIELD,
  ],
  confirm: "Start the migration",
  done: "The migration was queued.",
  async plan(values, { api }): Promise<Plan> {
    const [first, last] = rangeOf(values);
    const plan = await api.get<MigrationPlan>(
      `/migrations/plan?first=${first}&last=${last}&to=${values["group"]}`,
    );
    if (plan.sources.length === 0) {
      const place = `${rangeText(plan.range)} are on group ${plan.to}, or on their way there,`;
      return { lines: [`All ${place} already.`], isNeeded: false };
    }
    const slots = plan.sources.reduce((sum, source) => sum + source.slots.count, 0);
    return {
      lines: [
        `${plural(slots, "slot")} move to group ${plan.to}.` +
        (plan.slotsThere > 0 ? ` ${plural(plan.slotsThere, "slot")} are there already.` : ""),
        "Clients keep working; a command on a key that is just moving waits for a moment.",
      ],
      table: {
        head: ["From", "Slots", "Keys", "Which"],
        rows: plan.sources.map(({ group, slots, keys }) => [
          `group ${group}`,
          slots.count,
          keys ?? UNKNOWN,
          slots.text,
        ]),
      },
    };
  },
  order: (values) => ({
    method: "POST",
    path: "/migrations",
    body: {
      range: rangeOf(values),
      to: Number(values["group"]),
      delayMs: Number(values["delay"]),
    },
  }),
  cli: (values) =>
    `slot migrate ${values["from"]} ${values["to"]} ${values["group"]}${delayFlag(values)}`,
};

/** Gives every group its share. */
export const REBALANCE: Action = {
  id: "rebalance",
  path: "/migrations/rebalance",
  section: "/migrations",
  title: "Rebalance",
  lead: "Gives every group with a server its share of the slots, with as few moves as possible.",
  fields: [DELAY_FIELD],
  confirm: "Start these migrations",
  done: "The migrations were queued.",
  async plan(_values, { api, product }): Promise<Plan> {
    const { moves, before, after } = await api.get<RebalancePlan>("/rebalance");
    if (moves.length === 0) {
      return {
        lines: ["Every group has its share: there is nothing to move."],
        isNeeded: false,
      };
    }
    const slots = moves.reduce((sum, { range }) => sum + range[1] - range[0] + 1, 0);
    const counts = Object.keys(before).map((id) =>
      `group ${id}: ${countText(before[id]!)} → ${countText(after[id]!)}`
    );
    return {
      lines: [
        `${plural(slots, "slot")} move, in ${plural(moves.length, "migration")}.`,
        `Slots per group: ${counts.join(", ")}.`,
      ],
      table: {
        head: ["Slots", "From", "To", "Count"],
        rows: moves.map(({ range, from, to }) => [
          range[0] === range[1] ? String(range[0]) : `${range[0]}–${range[1]}`,
          `group ${from}`,
          `group ${to}`,
          range[1] - range[0] + 1,
        ]),
      },
      seen: { epoch: String(product.status.epoch) },
    };
  },
  order: (values) => ({
    method: "POST",
    path: "/rebalance",
    body: {
      delayMs: Number(values["delay"]),
      ...(values["epoch"] === undefined ? {} : { epoch: Number(values["epoch"]) }),
    },
  }),
  cli: (values) => `slot rebalance --yes${delayFlag(values)}`,
};

function delayFlag(values: Readonly<Record<string, string>>): string {
  return Number(values["delay"]) > 0 ? ` --delay ${values["delay"]}` : "";
}
