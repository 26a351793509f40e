/**
 * The migration jobs at the coordinator, one node each, and this manager's copy of them.
 *
 * Invariant: the copy is never newer than the nodes: a change is in the copy only after it was written.
 *
 * @module
 */

import type { Coordinator, CoordinatorNode } from "../core/coordinator/coordinator.ts";
import { ConflictError } from "../core/coordinator/coordinator_error.ts";
import { followNode, type FollowOptions } from "../core/coordinator/follow_node.ts";
import { migrationPath, pathsOf } from "../core/coordinator/paths.ts";
import { ManagerError } from "./manager_error.ts";
import { formatJob, isFinished, type MigrationJob, parseJob } from "./migration_job.ts";

/** How many finished jobs are kept. */
const FINISHED_JOBS_MAX = 100;

/** How many jobs may wait or run at once. */
const OPEN_JOBS_MAX = 1024;

const CONFLICTS_MAX = 5;

interface StoredJob {
  readonly job: MigrationJob;
  readonly version: number;
}

/** One product's jobs. */
export class JobStore {
  readonly #coordinator: Coordinator;
  readonly #product: string;
  readonly #listeners = new Set<() => void>();
  #jobs = new Map<string, StoredJob>();
  #turn: Promise<unknown> = Promise.resolve();

  constructor(coordinator: Coordinator, product: string) {
    this.#coordinator = coordinator;
    this.#product = product;
  }

  /** Every job that is kept, oldest first. */
  list(): MigrationJob[] {
    return [...this.#jobs.values()].map(({ job }) => job).sort((left, right) =>
      left.createdAtMs - right.createdAtMs || (left.id < right.id ? -1 : 1)
    );
  }

  /** The jobs that are not finished, oldest first. */
  listOpen(): MigrationJob[] {
    return this.list().filter((job) => !isFinished(job));
  }

  /** Returns a job. @throws {ManagerError} if there is none with this id. */
  get(id: string): MigrationJob {
    const stored = this.#jobs.get(id);
    if (stored !== undefined) return stored.job;
    throw new ManagerError("not-found", `Cannot find migration "${id}"`, "See `migration list`");
  }

  /** Calls `listener` after every change until the returned function is called. */
  listen(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Follows the nodes until `signal` aborts. */
  async follow(options: Omit<FollowOptions, "refresh">): Promise<void> {
    const path = pathsOf(this.#product).migrations;
    const refresh = (signal: AbortSignal) => this.refresh(signal);
    await followNode(this.#coordinator, path, { ...options, refresh });
  }

  /** Reads all nodes as of now. */
  refresh(signal: AbortSignal): Promise<void> {
    return this.#inTurn(async () => {
      const { migrations } = pathsOf(this.#product);
      const jobs = new Map<string, StoredJob>();
      for (const id of await this.#coordinator.list(migrations, { signal, sync: true })) {
        const node = await this.#coordinator.get(migrationPath(this.#product, id), { signal });
        const known = this.#jobs.get(id);
        if (known !== undefined && known.version === node?.version) jobs.set(id, known);
        else if (node !== null) jobs.set(id, storedOf(node));
      }
      this.#jobs = jobs;
      this.#tell();
    });
  }

  /** Adds a job, and drops the oldest finished one if there are too many. */
  create(job: MigrationJob): Promise<MigrationJob> {
    return this.#inTurn(async () => {
      if (this.listOpen().length >= OPEN_JOBS_MAX) {
        throw new ManagerError(
          "conflict",
          `Cannot queue the migration: ${OPEN_JOBS_MAX} are open already`,
          "Wait until some have finished, or cancel them",
        );
      }
      const path = migrationPath(this.#product, job.id);
      const node = await this.#coordinator.createIfAbsent(path, formatJob(job));
      this.#jobs.set(job.id, storedOf(node));
      await this.#forgetOldest();
      this.#tell();
      return job;
    });
  }

  /** Changes a job; an edit that returns its job writes nothing. */
  update(id: string, edit: (job: MigrationJob) => MigrationJob): Promise<MigrationJob> {
    return this.#inTurn(async () => {
      const path = migrationPath(this.#product, id);
      for (let attempt = 1;; attempt++) {
        const job = this.get(id);
        const { version } = this.#jobs.get(id)!;
        const next = edit(job);
        if (next === job) return job;
        try {
          const node = await this.#coordinator.putIfVersion(path, formatJob(next), { version });
          this.#jobs.set(id, { job: next, version: node.version });
          this.#tell();
          return next;
        } catch (error) {
          if (!(error instanceof ConflictError) || attempt === CONFLICTS_MAX) throw error;
          const node = await this.#coordinator.get(path, { sync: true });
          if (node === null) this.#jobs.delete(id);
          else this.#jobs.set(id, storedOf(node));
        }
      }
    });
  }

  async #forgetOldest(): Promise<void> {
    const finished = this.list().filter(isFinished);
    for (const { id } of finished.slice(0, Math.max(0, finished.length - FINISHED_JOBS_MAX))) {
      const { version } = this.#jobs.get(id)!;
      await this.#coordinator.deleteIfVersion(migrationPath(this.#product, id), { version });
      this.#jobs.delete(id);
    }
  }

  #tell(): void {
    for (const listener of this.#listeners) listener();
  }

  #inTurn<T>(task: () => Promise<T>): Promise<T> {
    const turn = this.#turn.then(task);
    this.#turn = turn.catch(() => {});
    return turn;
  }
}

function storedOf(node: CoordinatorNode): StoredJob {
  return { job: parseJob(node.data), version: node.version };
}
