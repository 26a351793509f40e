/**
 * Carries out what the topology says: fences servers, moves slots from phase to phase, runs the queue of
 * jobs. It decides nothing itself: `core/topology` and the planners do.
 *
 * One loop writes the topology; one lane per server sends and listens. A round of the loop is always:
 * admit restarted servers, send cancelled slots back, start a batch, take every step that is due.
 *
 * Invariant: whatever is lost when it stops is derived again by the next one, from the topology and the
 * jobs' nodes alone.
 *
 * @module
 */

import type { Credentials } from "../core/control_client.ts";
import type { Coordinator } from "../core/coordinator/coordinator.ts";
import { CoordinatorUnavailableError } from "../core/coordinator/coordinator_error.ts";
import { type Advance, advanceSlots } from "../core/topology/advance_slots.ts";
import { setServerBoot } from "../core/topology/edit_groups.ts";
import { startMigration } from "../core/topology/edit_slots.ts";
import type { SlotEvent, Verdict } from "../core/topology/slot_machine.ts";
import { type Topology, TopologyError } from "../core/topology/topology.ts";
import { nextStartMs, receiptsToKeep, settledJob, slotsToCancel } from "./job_steps.ts";
import type { JobStore } from "./job_store.ts";
import type { Log } from "./log.ts";
import { isFinished, type MigrationJob } from "./migration_job.ts";
import { NotLeaderError } from "./manager_error.ts";
import { MoveMeter } from "./move_meter.ts";
import { type Batch, methodOf, planBatch } from "./plan_batch.ts";
import { type LanePlace, type LaneStatus, ServerLane } from "./server_lane.ts";
import type { ReceiptRow } from "./server_wire.ts";
import { type Admission, SlotBoard } from "./slot_board.ts";
import { StockWork } from "./stock_work.ts";
import type { TopologyStore } from "./topology_store.ts";
import { Wake } from "./wake.ts";
import { WritePace } from "./write_pace.ts";

/** The longest time between two rounds, milliseconds. */
const ROUND_MS_MAX = 1000;

/** Pause after the coordinator did not answer, milliseconds. */
const COORDINATOR_PAUSE_MS = 500;

/** Options of {@linkcode Executor}. */
export interface ExecutorOptions {
  readonly coordinator: Coordinator;
  readonly product: string;
  readonly store: TopologyStore;
  readonly jobs: JobStore;
  readonly credentials?: Credentials | undefined;
  readonly log: Log;
  /** @default {SLOTS_IN_FLIGHT_MAX} */
  readonly slotsInFlightMax?: number | undefined;
  /** Told when something changed that people may want to see. */
  onChange(): void;
}

interface RunningLane {
  readonly lane: ServerLane;
  readonly ending: AbortController;
  readonly ended: Promise<void>;
}

/** The work of one leader. */
export class Executor {
  readonly #options: ExecutorOptions;
  readonly #board: SlotBoard;
  readonly #meter = new MoveMeter();
  readonly #lanes = new Map<string, RunningLane>();
  readonly #admissions = new Map<string, Admission>();
  readonly #arrivedAtMs = new Map<string, number>();
  readonly #pace = new WritePace();
  readonly #wake = new Wake();
  readonly #stock: StockWork;
  /** Why migrations cannot go on, by id. */
  readonly #failures = new Map<string, string>();
  #dueSinceMs: number | null = null;

  /** Starts from the topology that the store has; the claim is its latest write. */
  constructor(options: ExecutorOptions) {
    this.#options = options;
    this.#board = new SlotBoard(options.store.topology);
    this.#stock = new StockWork({
      ...options,
      credentials: options.credentials,
      due: () => this.#board.dueByDump(),
      hear: (slots, event) => this.#hear(slots, event),
      onGivenUp: (slots, why) => this.#onGivenUp(slots, why),
      onProgress: () => this.#notifyAll(),
    });
  }

  /** The keys' progress. */
  get meter(): MoveMeter {
    return this.#meter;
  }

  /** What is known of a server; null for one that is not talked to. */
  statusOf(server: string): LaneStatus | null {
    return this.#lanes.get(server)?.lane.status ?? this.#stock.statusOf(server);
  }

  /** The slots whose sides disagree on what moved. */
  get mismatches(): ReadonlySet<number> {
    return this.#board.mismatches;
  }

  /**
   * Works until `signal` aborts, then returns when every lane has ended.
   *
   * @throws {NotLeaderError} when a newer leader has claimed the topology.
   */
  async run(signal: AbortSignal): Promise<void> {
    const { store, jobs } = this.#options;
    const unlisten = [
      store.listen((topology) => this.#adopt(topology)),
      jobs.listen(() => this.#wake.notify()),
    ];
    this.#adopt(store.topology);
    try {
      while (!signal.aborted) {
        const waitMs = await this.#tryRound(signal);
        await this.#wake.wait(signal, waitMs);
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    } finally {
      for (const stop of unlisten) stop();
      await Promise.all([this.#stock.close(), this.#endLanes([...this.#lanes.keys()])]);
    }
  }

  #adopt(topology: Topology): void {
    this.#board.adopt(topology);
    const wanted = new Map(lanePlaces(topology).map((place) => [laneKey(place), place]));
    for (const [server, { lane }] of this.#lanes) {
      if (!wanted.has(laneKey(lane.place))) void this.#endLanes([server]);
    }
    for (const place of wanted.values()) {
      if (!this.#lanes.has(place.server)) this.#startLane(place);
    }
    this.#stock.adopt(topology);
    this.#notifyAll();
  }

  #startLane(place: LanePlace): void {
    const ending = new AbortController();
    const lane = new ServerLane(place, {
      credentials: this.#options.credentials,
      dueAt: (server) => this.#board.dueAt(server),
      addrOf: ({ server, addr }) => this.statusOf(server)?.numericAddr ?? addr,
      hear: (slots, event) => this.#hear(slots, event),
      onBoot: (where, boot) => this.#onBoot(where, boot),
      onCounted: (rows) => this.#onCounted(rows),
      onProgress: () => this.#notifyAll(),
    });
    this.#lanes.set(place.server, { lane, ending, ended: lane.run(ending.signal) });
  }

  async #endLanes(servers: readonly string[]): Promise<void> {
    const lanes = servers.map((server) => this.#lanes.get(server)!);
    for (const server of servers) this.#lanes.delete(server);
    for (const { ending } of lanes) ending.abort();
    await Promise.all(lanes.map(({ ended }) => ended));
  }

  #notifyAll(): void {
    for (const { lane } of this.#lanes.values()) lane.notify();
    this.#stock.notify();
    this.#wake.notify();
    this.#options.onChange();
  }

  #hear(slots: readonly number[], event: SlotEvent): Verdict {
    let verdict: Verdict = { kind: "accepted" };
    for (const slot of slots) verdict = worse(verdict, this.#board.hear(slot, event));
    return verdict;
  }

  /** The slots go back to rest by themselves; the operator decides whether to try again. */
  #onGivenUp(slots: readonly number[], why: string): void {
    for (const slot of slots) {
      const entry = this.#board.table[slot]!;
      if (entry.phase === "preparing") this.#failures.set(entry.migration.id, why);
    }
  }

  #onBoot(place: LanePlace, boot: string): void {
    const { group, server } = place;
    if (admittedBoot(this.#board.topology, place) === boot) return;
    this.#admissions.set(server, { group, server, boot });
    this.#wake.notify();
  }

  #onCounted(rows: readonly ReceiptRow[]): void {
    for (const row of rows) this.#meter.count(row);
    this.#meter.sample(this.#board.table, this.#options.jobs.listOpen(), performance.now());
    this.#options.onChange();
  }

  /** Does a round and returns how long nothing will be due, milliseconds. */
  async #tryRound(signal: AbortSignal): Promise<number> {
    try {
      return await this.#round(signal);
    } catch (error) {
      if (!(error instanceof CoordinatorUnavailableError)) throw error;
      this.#options.log("warn", `The coordinator does not answer: ${error.message}`);
      return COORDINATOR_PAUSE_MS;
    }
  }

  async #round(signal: AbortSignal): Promise<number> {
    if (this.#board.outrankedBy !== null) await this.#checkLead(signal);
    for (const slot of slotsToCancel(this.#board.table, this.#options.jobs.listOpen())) {
      this.#board.hear(slot, { kind: "cancel" });
    }
    const paceMs = this.#paceMs();
    if (paceMs > 0) return Math.min(paceMs, ROUND_MS_MAX);
    await this.#admit(signal);
    await this.#startBatch(signal);
    await this.#failJobs();
    await this.#advance(signal);
    await this.#settleJobs();
    const open = this.#options.jobs.listOpen();
    this.#meter.tidy(this.#board.table, open);
    return this.#anythingToWrite() ? 0 : Math.min(
      ROUND_MS_MAX,
      nextStartMs(open, this.#arrivedAtMs, performance.now()),
    );
  }

  /** A server obeys a newer leader. Only the topology tells whether that leader is one of ours. */
  async #checkLead(signal: AbortSignal): Promise<void> {
    const { store, log } = this.#options;
    await store.refresh(signal);
    const { leader } = store.topology;
    if (leader.epoch !== store.leaderEpoch) throw new NotLeaderError(leader.epoch);
    log(
      "error",
      `A server obeys leader epoch ${this.#board.outrankedBy}, the topology is at ${leader.epoch}: ` +
        "it belonged to another product, or the coordinator's data is older than the server's",
    );
    this.#board.forgetOutranked();
  }

  /** How long a write must wait; 0 as well if there is nothing to write. */
  #paceMs(): number {
    const nowMs = performance.now();
    if (!this.#anythingToWrite()) {
      this.#dueSinceMs = null;
      return 0;
    }
    this.#dueSinceMs ??= nowMs;
    const more = this.#board.waitsForServers();
    return this.#pace.delayMs(nowMs, nowMs - this.#dueSinceMs, more);
  }

  #anythingToWrite(): boolean {
    return this.#admissions.size > 0 || this.#board.hasAdvances() || this.#nextBatch() !== null;
  }

  #nextBatch(): Batch | null {
    return planBatch({
      table: this.#board.table,
      jobs: this.#options.jobs.listOpen(),
      slotsInFlightMax: this.#options.slotsInFlightMax,
      arrivedAtMs: this.#arrivedAtMs,
      nowMs: performance.now(),
    });
  }

  /** Rule 7: the document names the new start; its slots get a new epoch and are fenced again. */
  async #admit(signal: AbortSignal): Promise<void> {
    for (const admission of [...this.#admissions.values()]) {
      this.#admissions.delete(admission.server);
      const { server, boot } = admission;
      await this.#write(signal, `server "${server}" started as "${boot}"`, (topology, change) => {
        const known = admittedBoot(topology, admission);
        return known === undefined || known === boot
          ? topology
          : setServerBoot(topology, admission, change);
      });
    }
  }

  async #startBatch(signal: AbortSignal): Promise<void> {
    const batch = this.#nextBatch();
    if (batch === null) return;
    const { id, to, startedAtMs } = batch.job;
    try {
      if (startedAtMs === null) {
        await this.#options.jobs.update(id, (job) => ({ ...job, startedAtMs: Date.now() }));
      }
      const method = methodOf(batch, this.#board);
      const order = { id, range: batch.range, to, method } as const;
      const reason = `migration ${id}: start slots ${batch.range.join("-")}`;
      await this.#write(
        signal,
        reason,
        (topology, change) => startMigration(topology, order, change),
      );
    } catch (error) {
      if (!(error instanceof TopologyError)) throw error;
      this.#failures.set(id, error.message);
    }
  }

  async #failJobs(): Promise<void> {
    for (const [id, problem] of this.#failures) {
      this.#options.log("error", `Migration ${id} failed: ${problem}`);
      await this.#options.jobs.update(id, (job) => isFinished(job) ? job : failedJob(job, problem));
      this.#failures.delete(id);
    }
  }

  async #advance(signal: AbortSignal): Promise<void> {
    const { jobs } = this.#options;
    const advances = this.#board.advances();
    if (advances.length === 0) return;
    for (const [id, receipts] of receiptsToKeep(advances, this.#board.table, jobs.listOpen())) {
      await jobs.update(id, (job) => ({ ...job, receipts: { ...job.receipts, ...receipts } }));
    }
    const closing = new Set(
      advances.filter(({ step }) => step === "close").map(({ slot }) => slot),
    );
    const ids = new Set([...closing].map((slot) => closingIdOf(this.#board, slot)));
    await this.#write(signal, reasonOf(advances), (topology, change) => {
      // Decided on the board, which knows each document: what was due may be void by now, and a slot
      // whose receipt is not kept must not be closed.
      const due = this.#board.advances().filter(({ slot, step }) =>
        step !== "close" || closing.has(slot)
      );
      return due.length === 0 ? topology : advanceSlots(topology, due, change);
    });
    for (const id of ids) this.#arrivedAtMs.set(id, performance.now());
  }

  async #settleJobs(): Promise<void> {
    const { jobs } = this.#options;
    for (const job of jobs.listOpen()) {
      if (settledJob(job, this.#board.table, 0) === job) continue;
      await jobs.update(job.id, (now) => settledJob(now, this.#board.table, Date.now()));
      this.#arrivedAtMs.delete(job.id);
    }
  }

  async #write(
    signal: AbortSignal,
    reason: string,
    edit: Parameters<TopologyStore["change"]>[1],
  ): Promise<void> {
    const { store } = this.#options;
    const { epoch } = store.topology;
    await store.change({ actor: "leader", reason, signal }, edit);
    if (store.topology.epoch !== epoch) this.#pace.spend(performance.now());
    this.#dueSinceMs = null;
  }
}

/** The servers that take fences; others have nothing to be told. */
function lanePlaces(topology: Topology): LanePlace[] {
  return Object.entries(topology.groups).flatMap(([group, { servers, caps }]) =>
    caps.fence ? servers.map(({ id, addr }) => ({ group: Number(group), server: id, addr })) : []
  );
}

function laneKey({ group, server, addr }: LanePlace): string {
  return `${group} ${server} ${addr}`;
}

/** The start that the document has admitted; undefined if it has no such server. */
function admittedBoot(
  topology: Topology,
  place: { readonly group: number; readonly server: string },
): string | null | undefined {
  return topology.groups[place.group]?.servers.find(({ id }) => id === place.server)?.boot;
}

function closingIdOf(board: SlotBoard, slot: number): string {
  const entry = board.table[slot]!;
  return entry.phase === "stable" ? entry.closing?.id ?? "" : "";
}

function failedJob(job: MigrationJob, problem: string): MigrationJob {
  return { ...job, state: "failed", problem, finishedAtMs: Date.now() };
}

function worse(left: Verdict, right: Verdict): Verdict {
  const ranks = { accepted: 0, stale: 1, refused: 2 };
  return ranks[right.kind] > ranks[left.kind] ? right : left;
}

function reasonOf(advances: readonly Advance[]): string {
  const counts = new Map<string, number>();
  for (const { step } of advances) counts.set(step, (counts.get(step) ?? 0) + 1);
  return [...counts].map(([step, count]) => `${step} ${count}`).join(", ") + " slots";
}
