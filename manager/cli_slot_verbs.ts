/**
 * `slot …` and `migration …` of the command line.
 *
 * @module
 */

import { integerOf, UsageError } from "../core/command_line.ts";
import { SLOT_COUNT } from "../core/slots.ts";
import { entryText } from "../core/topology/diff_topology.ts";
import type { RebalancePlan } from "../core/topology/plan_rebalance.ts";
import type { SlotRange } from "../core/topology/topology.ts";
import { type CliInput, type CliVerb, print, requireWords } from "./cli_io.ts";
import { readGroup } from "./cli_server_verbs.ts";
import { JOB_DELAY_MS_MAX } from "./migration_job.ts";
import { migrationsText } from "./migration_text.ts";
import type { MigrationView } from "./migration_use_cases.ts";
import type { SlotView } from "./slot_use_cases.ts";
import { countText, tableText } from "./table_text.ts";
import { watchMigrations } from "./watch_migrations.ts";

/** The verbs about slots. */
export const SLOT_VERBS: Readonly<Record<string, CliVerb>> = {
  "init": {
    usage: "[-f]",
    summary: "Share the unassigned slots among the groups; -f: also if some are owned (those stay)",
    flags: ["f"],
    read(input) {
      requireWords(input, []);
      return async (context) => {
        const body = { force: input.f };
        const slots = await context.api.change<SlotRange[]>("POST", "/slots/init", body);
        return print(context, slots, slotsText);
      };
    },
  },
  "info": {
    usage: "S",
    summary: "Show who owns a slot, and how many keys it has",
    read(input) {
      const slot = readSlot(requireWords(input, ["the slot"])[0]!);
      return async (context) =>
        print(context, await context.api.get<SlotView>(`/slots/${slot}`), slotText);
    },
  },
  "set": {
    usage: "S G",
    summary: "Give an unassigned slot to a group",
    read(input) {
      const words = requireWords(input, ["the slot", "the group"]);
      const slot = readSlot(words[0]!);
      return setSlots([slot, slot], readGroup(words[1]!));
    },
  },
  "range-set": {
    usage: "FROM TO G",
    summary: "Give unassigned slots to a group",
    read(input) {
      const words = requireWords(input, ["the first slot", "the last slot", "the group"]);
      return setSlots(readRange(words), readGroup(words[2]!));
    },
  },
  "migrate": {
    usage: "FROM TO G [--delay MS] [--wait]",
    summary: "Move slots and their keys to a group; --delay: a few at a time, with a pause between",
    flags: ["delay", "wait"],
    read(input) {
      const words = requireWords(input, ["the first slot", "the last slot", "the group"]);
      const body = { range: readRange(words), to: readGroup(words[2]!), delayMs: readDelay(input) };
      return async (context) => {
        const view = await context.api.change<MigrationView>("POST", "/migrations", body);
        if (input.wait) return await watchMigrations(context, [view.id]);
        return print(
          context,
          view,
          ({ id }) => `Queued migration ${id}. Watch it: migration watch ${id}\n`,
        );
      };
    },
  },
  "rebalance": {
    usage: "[--yes] [--delay MS] [--wait]",
    summary: "Show how to give every group its share of slots; --yes: do it",
    flags: ["yes", "delay", "wait"],
    read(input) {
      requireWords(input, []);
      if (input.wait && !input.yes) {
        throw new UsageError("--wait is for what is done: wanted --yes as well");
      }
      return rebalance(input, { delayMs: readDelay(input) });
    },
  },
};

/** The verbs about migrations. */
export const MIGRATION_VERBS: Readonly<Record<string, CliVerb>> = {
  "list": {
    usage: "",
    summary: "List the migrations, oldest first",
    read(input) {
      requireWords(input, []);
      return async (context) =>
        print(context, await context.api.get<MigrationView[]>("/migrations"), migrationsText);
    },
  },
  "watch": {
    usage: "[ID]",
    summary: "Show a migration, or all that are open, until they have finished",
    read(input) {
      const [id] = requireWords(input, ["the migration's id"], 1);
      return async (context) => {
        if (id !== undefined) return await watchMigrations(context, [id]);
        const views = await context.api.get<MigrationView[]>("/migrations");
        const open = views.filter(({ finishedAt }) => finishedAt === null).map((view) => view.id);
        if (open.length > 0) return await watchMigrations(context, open);
        return print(context, [], () => "No migration is open.\n");
      };
    },
  },
  "pause": {
    usage: "ID",
    summary: "Start no further slot; those on their way arrive",
    read: (input) => steer(input, "pause"),
  },
  "resume": { usage: "ID", summary: "Go on", read: (input) => steer(input, "resume") },
  "cancel": {
    usage: "ID",
    summary: "Send back the slots on their way; those that arrived stay",
    read: (input) => steer(input, "cancel"),
  },
};

function setSlots(range: [number, number], group: number): ReturnType<CliVerb["read"]> {
  return async (context) => {
    const slots = await context.api.change<SlotRange[]>("PUT", "/slots", { range, group });
    return print(context, slots, slotsText);
  };
}

function rebalance(input: CliInput, order: { delayMs: number }): ReturnType<CliVerb["read"]> {
  return async (context) => {
    const { api, io, json } = context;
    if (!input.yes) {
      return print(
        context,
        await api.get<RebalancePlan>("/rebalance"),
        (plan) =>
          planText(plan) + (plan.moves.length > 0 ? "Nothing was done. To do it: --yes\n" : ""),
      );
    }
    const done = await api.change<{ plan: RebalancePlan; migrations: MigrationView[] }>(
      "POST",
      "/rebalance",
      order,
    );
    const ids = done.migrations.map(({ id }) => id);
    if (!input.wait || ids.length === 0) {
      return print(
        context,
        done,
        ({ plan }) => planText(plan) + ids.map((id) => `Queued migration ${id}.\n`).join(""),
      );
    }
    if (!json) io.out(planText(done.plan));
    return await watchMigrations(context, ids);
  };
}

function steer(input: CliInput, verb: "pause" | "resume" | "cancel"): ReturnType<CliVerb["read"]> {
  const id = requireWords(input, ["the migration's id"])[0]!;
  return async (context) => {
    const path = `/migrations/${encodeURIComponent(id)}/${verb}`;
    const view = await context.api.change<MigrationView>("POST", path);
    return print(context, view, ({ state }) => `Migration ${id} is ${state}.\n`);
  };
}

function readSlot(word: string): number {
  return integerOf("the slot", word, 0, SLOT_COUNT - 1);
}

function readRange(words: readonly string[]): [number, number] {
  const [first, last] = [readSlot(words[0]!), readSlot(words[1]!)];
  if (first <= last) return [first, last];
  throw new UsageError(`the slots are ${first} to ${last}: wanted the lower one first`);
}

function readDelay({ delay }: CliInput): number {
  if (delay === undefined) return 0;
  return integerOf("--delay", delay, 0, JOB_DELAY_MS_MAX);
}

function slotsText(slots: readonly SlotRange[]): string {
  return tableText(
    [{ title: "SLOTS" }, { title: "WHERE" }],
    slots.map(({ range, ...entry }) => [
      range[0] === range[1] ? String(range[0]) : range.join("-"),
      entryText(entry),
    ]),
  );
}

function slotText({ slot, entry, keys }: SlotView): string {
  const lines = keys.map((at) =>
    `  group ${at.group}: ${at.keys === null ? "unknown" : countText(at.keys)} keys\n`
  );
  return `Slot ${slot}: ${entryText(entry)}\n${lines.join("")}`;
}

function planText({ moves, before, after }: RebalancePlan): string {
  if (moves.length === 0) return "Every group has its share.\n";
  const table = tableText(
    [{ title: "SLOTS" }, { title: "FROM", align: "right" }, { title: "TO", align: "right" }],
    moves.map(({ range, from, to }) => [range.join("-"), String(from), String(to)]),
  );
  const counts = Object.keys(before).map((id) => `group ${id}: ${before[id]} -> ${after[id]}`);
  return `${table}Slots: ${counts.join(", ")}\n`;
}
