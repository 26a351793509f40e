/**
 * Migrations: ordering them, looking at them, pausing, resuming and cancelling them, balancing.
 *
 * @module
 */

import { requireMaster } from "../core/topology/edit_groups.ts";
import { methodBetween } from "../core/topology/edit_slots.ts";
import { planRebalance, type RebalancePlan } from "../core/topology/plan_rebalance.ts";
import {
  expandSlots,
  formatSlots,
  slotsOfRange,
  type SlotTable,
} from "../core/topology/slot_table.ts";
import { type Receipt, type Topology, TopologyError } from "../core/topology/topology.ts";
import type { Asker, ControlPlane } from "./control_plane.ts";
import { groupInProduct } from "./group_use_cases.ts";
import { ManagerError } from "./manager_error.ts";
import {
  isFinished,
  type JobSlots,
  type MigrationJob,
  slotsOfJob,
  totalReceipt,
} from "./migration_job.ts";
import { etaSecondsOf } from "./progress.ts";
import { slotSizes } from "./slot_use_cases.ts";

/** How a migration stands: like a job's state, with `open` told apart. */
export type MigrationState =
  | "queued"
  | "running"
  | "paused"
  | "cancelling"
  | "done"
  | "cancelled"
  | "failed";

/** A migration as people see it. */
export interface MigrationView {
  readonly id: string;
  /** First and last slot, both included. */
  readonly range: readonly [number, number];
  readonly to: number;
  readonly delayMs: number;
  readonly state: MigrationState;
  readonly actor: string;
  /** ISO 8601, like the other times. */
  readonly createdAt: string;
  readonly startedAt: string | null;
  readonly finishedAt: string | null;
  readonly slots: JobSlots;
  readonly keys: {
    /** On the target. */
    readonly moved: number;
    /** At the sources; null if that is not known. */
    readonly left: number | null;
    /** Per second. */
    readonly rate: number;
    readonly etaSeconds: number | null;
  };
  /** The sum over the slots that arrived. */
  readonly receipt: Receipt;
  /** What it waits for, or why it failed. */
  readonly problems: readonly string[];
}

/** What is to move where. */
export interface MigrationOrder {
  readonly range: readonly [number, number];
  readonly to: number;
  readonly delayMs: number;
}

/** What a migration would move. */
export interface MigrationPlan {
  readonly range: readonly [number, number];
  readonly to: number;
  /** How many slots of the range are on the target, or on their way there, already. */
  readonly slotsThere: number;
  /** By group, ascending. */
  readonly sources: readonly MigrationSource[];
}

/** What a migration takes from one group. */
export interface MigrationSource {
  readonly group: number;
  readonly slots: { readonly count: number; readonly text: string };
  /** As its server counts them now; null if it does not say. */
  readonly keys: number | null;
}

/** Returns all migrations that are kept, oldest first. */
export function listMigrations(plane: ControlPlane): MigrationView[] {
  const table = expandSlots(plane.store.topology);
  return plane.jobs.list().map((job) => migrationView(plane, job, table));
}

/** Returns one migration. */
export function getMigration(plane: ControlPlane, id: string): MigrationView {
  return migrationView(plane, plane.jobs.get(id), expandSlots(plane.store.topology));
}

/** Returns what a migration would move, and does nothing. @throws as {@linkcode createMigration}. */
export async function previewMigration(
  plane: ControlPlane,
  order: Pick<MigrationOrder, "range" | "to">,
): Promise<MigrationPlan> {
  checkOrder(plane.store.topology, order, plane.jobs.listOpen());
  const sources = await listSources(plane, order);
  const moving = sources.reduce((sum, { slots }) => sum + slots.count, 0);
  const slotsThere = order.range[1] - order.range[0] + 1 - moving;
  return { range: order.range, to: order.to, slotsThere, sources };
}

/**
 * Queues a migration. Slots that are on the target already count as arrived.
 *
 * @throws {ManagerError} if another open migration has one of the slots.
 * @throws {TopologyError} if a slot is offline, or the groups cannot exchange slots.
 */
export async function createMigration(
  plane: ControlPlane,
  order: MigrationOrder,
  asker: Asker,
): Promise<MigrationView> {
  const { topology, leaderEpoch } = plane.store;
  if (leaderEpoch === null) throw new ManagerError("unavailable", "This manager does not lead");
  checkOrder(topology, order, plane.jobs.listOpen());
  const keysTotal = await countKeys(plane, order);
  const job = await plane.jobs.create({
    schemaVersion: 1,
    id: `m-${crypto.randomUUID().slice(0, 8)}`,
    ...order,
    state: "open",
    actor: asker.actor,
    createdAtMs: Date.now(),
    startedAtMs: null,
    finishedAtMs: null,
    keysTotal,
    receipts: {},
    problem: null,
  });
  return getMigration(plane, job.id);
}

/** Starts no further slot of a migration; those on their way arrive. */
export function pauseMigration(plane: ControlPlane, id: string): Promise<MigrationView> {
  return changeState(plane, id, { what: "pause", from: ["open", "paused"], to: "paused" });
}

/** Goes on with a paused migration. */
export function resumeMigration(plane: ControlPlane, id: string): Promise<MigrationView> {
  return changeState(plane, id, { what: "resume", from: ["open", "paused"], to: "open" });
}

/** Sends the slots on their way back; those that arrived stay, those not started stay where they are. */
export function cancelMigration(plane: ControlPlane, id: string): Promise<MigrationView> {
  const from: MigrationJob["state"][] = ["open", "paused", "cancelling"];
  return changeState(plane, id, { what: "cancel", from, to: "cancelling" });
}

/** Returns what balancing would do, and does nothing. */
export function previewRebalance(plane: ControlPlane): RebalancePlan {
  return planRebalance(plane.store.topology);
}

/**
 * Queues a migration for each move of the plan as it is now.
 *
 * @throws {ManagerError} if a migration is open, or the topology is no longer that of the epoch given.
 */
export async function applyRebalance(
  plane: ControlPlane,
  order: { readonly delayMs: number; readonly epoch?: number | undefined },
  asker: Asker,
): Promise<{ readonly plan: RebalancePlan; readonly migrations: readonly MigrationView[] }> {
  const open = plane.jobs.listOpen();
  if (open.length > 0) {
    throw new ManagerError(
      "conflict",
      `Cannot rebalance: migration ${
        open[0]!.id
      } is under way, and the plan would be another after it`,
      "Wait until it has finished, or cancel it",
    );
  }
  const { epoch } = plane.store.topology;
  if (order.epoch !== undefined && order.epoch !== epoch) {
    throw new ManagerError(
      "conflict",
      `Cannot rebalance: the plan is of epoch ${order.epoch}, the topology is at ${epoch}`,
      "Look at the plan again",
    );
  }
  const plan = previewRebalance(plane);
  const { delayMs } = order;
  const migrations: MigrationView[] = [];
  for (const { range, to } of plan.moves) {
    migrations.push(await createMigration(plane, { range, to, delayMs }, asker));
  }
  return { plan, migrations };
}

function checkOrder(
  topology: Topology,
  order: Pick<MigrationOrder, "range" | "to">,
  open: readonly MigrationJob[],
): void {
  const { range, to } = order;
  const name = `slots ${range[0] === range[1] ? range[0] : range.join("-")}`;
  groupInProduct(topology, to);
  requireMaster(topology, to);
  const table = expandSlots(topology);
  const slots = slotsOfRange(...range);
  const offline = slots.filter((slot) => table[slot]!.phase === "offline");
  if (offline.length > 0) {
    throw new TopologyError(
      `Cannot migrate ${name}: nobody owns ${formatSlots(offline)}; assign them first`,
    );
  }
  const other = open.find((job) => job.range[0] <= range[1] && range[0] <= job.range[1]);
  if (other !== undefined) {
    throw new ManagerError(
      "conflict",
      `Cannot migrate ${name}: migration ${other.id} of slots ${other.range.join("-")} is open`,
      "Wait until it has finished, or cancel it",
    );
  }
  const owners = slots.flatMap((slot) => {
    const entry = table[slot]!;
    return entry.phase === "stable" && entry.owner !== to ? [entry.owner] : [];
  });
  for (const from of new Set(owners)) methodBetween(topology, { from, to });
}

/** Keys that are not on the target yet; null if a server does not say. */
async function countKeys(plane: ControlPlane, order: MigrationOrder): Promise<number | null> {
  return (await listSources(plane, order)).reduce(
    (sum: number | null, { keys }) => sum === null || keys === null ? null : sum + keys,
    0,
  );
}

/** Slots at rest elsewhere than on the target, by the group that has them. */
async function listSources(
  plane: ControlPlane,
  order: Pick<MigrationOrder, "range" | "to">,
): Promise<MigrationSource[]> {
  const table = expandSlots(plane.store.topology);
  const slotsBy = new Map<number, number[]>();
  for (const slot of slotsOfRange(...order.range)) {
    const entry = table[slot]!;
    if (entry.phase !== "stable" || entry.owner === order.to) continue;
    slotsBy.set(entry.owner, [...slotsBy.get(entry.owner) ?? [], slot]);
  }
  const groups = [...slotsBy].sort(([left], [right]) => left - right);
  return await Promise.all(groups.map(async ([group, slots]) => {
    const sizes = await slotSizes(plane, { group, range: order.range });
    const keys = sizes && slots.reduce((sum, slot) => sum + (sizes.get(slot) ?? 0), 0);
    return { group, slots: { count: slots.length, text: formatSlots(slots) }, keys };
  }));
}

async function changeState(
  plane: ControlPlane,
  id: string,
  change: {
    readonly what: string;
    readonly from: readonly MigrationJob["state"][];
    readonly to: MigrationJob["state"];
  },
): Promise<MigrationView> {
  if (plane.store.leaderEpoch === null) {
    throw new ManagerError("unavailable", "This manager does not lead");
  }
  await plane.jobs.update(id, (job) => {
    if (!change.from.includes(job.state)) {
      throw new ManagerError(
        "conflict",
        `Cannot ${change.what} migration ${id}: it is ${job.state}`,
      );
    }
    return job.state === change.to ? job : { ...job, state: change.to };
  });
  return getMigration(plane, id);
}

function migrationView(plane: ControlPlane, job: MigrationJob, table: SlotTable): MigrationView {
  const receipt = totalReceipt(job.receipts);
  const progress = plane.executor()?.meter.progressOf(job, table) ??
    { moved: receipt.moved, left: job.state === "done" ? 0 : null, rate: 0 };
  return {
    id: job.id,
    range: job.range,
    to: job.to,
    delayMs: job.delayMs,
    state: stateOf(job),
    actor: job.actor,
    createdAt: new Date(job.createdAtMs).toISOString(),
    startedAt: isoTime(job.startedAtMs),
    finishedAt: isoTime(job.finishedAtMs),
    slots: job.state === "done"
      ? { arrived: job.range[1] - job.range[0] + 1, onTheWay: 0, returning: 0, waiting: 0 }
      : slotsOfJob(job, table),
    keys: { ...progress, etaSeconds: etaSecondsOf(progress.left, progress.rate) },
    receipt,
    problems: problemsOf(plane, job, table),
  };
}

function stateOf(job: MigrationJob): MigrationState {
  if (job.state !== "open") return job.state;
  return job.startedAtMs === null ? "queued" : "running";
}

function problemsOf(plane: ControlPlane, job: MigrationJob, table: SlotTable): string[] {
  if (isFinished(job)) return job.problem === null ? [] : [job.problem];
  const executor = plane.executor();
  if (executor === null) return [];
  const groups = new Set([job.to]);
  const problems: string[] = [];
  for (let slot = job.range[0]; slot <= job.range[1]; slot++) {
    const entry = table[slot]!;
    if (entry.phase === "stable") groups.add(entry.owner);
    if (executor.mismatches.has(slot)) {
      problems.push(`Slot ${slot}: the source and the target disagree on what moved; it stays`);
    }
  }
  for (const group of groups) {
    const server = plane.store.topology.groups[group]?.servers[0];
    const problem = server && executor.statusOf(server.id)?.problem;
    if (server && problem) problems.push(`${server.addr}: ${problem}`);
  }
  return problems;
}

function isoTime(timeMs: number | null): string | null {
  return timeMs === null ? null : new Date(timeMs).toISOString();
}
