/**
 * The latest topology that this manager knows, and the one way to change it.
 *
 * Changes take turns. Each is decided on the document it replaces, written against its version, and
 * decided again if another manager was faster.
 *
 * Invariant: only a manager whose leader epoch is in the document changes it, so a leader that was
 * replaced while it slept writes nothing.
 *
 * @module
 */

import type { Coordinator } from "../core/coordinator/coordinator.ts";
import { ConflictError } from "../core/coordinator/coordinator_error.ts";
import { followNode, type FollowOptions } from "../core/coordinator/follow_node.ts";
import { pathsOf } from "../core/coordinator/paths.ts";
import { claimLeader } from "../core/topology/advance_slots.ts";
import { loadTopology, saveTopology, type StoredTopology } from "../core/topology/save_topology.ts";
import {
  type Change,
  emptyTopology,
  type Settings,
  type Topology,
} from "../core/topology/topology.ts";
import { ManagerError, NotLeaderError } from "./manager_error.ts";

/** How often a change is decided again because another one came between. */
const CONFLICTS_MAX = 10;

/** Who wants a change and why; both end in the history. */
export interface ChangeOrder {
  readonly actor: string;
  readonly reason: string;
}

/** A decision about the topology: the next document. Called again when the document has changed. */
export type TopologyEdit = (topology: Topology, change: Change) => Topology;

/** Told of every document newer than the last. */
export type TopologyListener = (topology: Topology) => void;

/** One product's topology. */
export class TopologyStore {
  readonly #coordinator: Coordinator;
  readonly #product: string;
  readonly #listeners = new Set<TopologyListener>();
  #stored: StoredTopology | null = null;
  #leaderEpoch: number | null = null;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(coordinator: Coordinator, product: string) {
    this.#coordinator = coordinator;
    this.#product = product;
  }

  /** The latest document. @throws {ManagerError} before the first was read or made. */
  get topology(): Topology {
    if (this.#stored !== null) return this.#stored.topology;
    throw new ManagerError(
      "unavailable",
      `Cannot read the topology of product "${this.#product}": there is none yet`,
      "Wait for a manager to take the lead: it makes an empty one",
    );
  }

  /** The leader epoch of this manager; null while it does not lead. */
  get leaderEpoch(): number | null {
    return this.#leaderEpoch;
  }

  /** Tells `listener` of every newer document until the returned function is called. */
  listen(listener: TopologyListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Follows the document until `signal` aborts. A coordinator that is away is waited for. */
  async follow(options: Omit<FollowOptions, "refresh">): Promise<void> {
    const path = pathsOf(this.#product).topology;
    const refresh = (signal: AbortSignal) => this.refresh(signal);
    await followNode(this.#coordinator, path, { ...options, refresh });
  }

  /** Reads the document as of now. */
  async refresh(signal: AbortSignal): Promise<void> {
    const node = await this.#coordinator.get(pathsOf(this.#product).topology, {
      signal,
      sync: true,
    });
    if (node === null || node.version === this.#stored?.version) return;
    const stored = await loadTopology(this.#coordinator, this.#product, { signal });
    if (stored !== null) this.#adopt(stored);
  }

  /** Takes the lead: the first write of a new leader. Makes the document if the product has none. */
  async claim(
    leader: { readonly id: string; readonly settings?: Partial<Settings> | undefined },
    signal: AbortSignal,
  ): Promise<number> {
    this.#leaderEpoch = null;
    const order = { actor: `manager ${leader.id}`, reason: "took the lead" };
    const topology = await this.#inTurn(async () => {
      if (await loadTopology(this.#coordinator, this.#product, { signal }) === null) {
        const next = emptyTopology(changeOf({ ...order, reason: "new product" }), leader.settings);
        await this.#save({ next, version: null, signal }).catch(ignoreConflict);
      }
      this.#stored = null;
      return await this.#decide((document, change) => claimLeader(document, leader.id, change), {
        ...order,
        signal,
      });
    });
    return this.#leaderEpoch = topology.leader.epoch;
  }

  /** Leads no longer. */
  resign(): void {
    this.#leaderEpoch = null;
  }

  /**
   * Changes the topology. What `edit` throws is passed on, and nothing is changed.
   *
   * @throws {NotLeaderError} if this manager does not lead.
   * @throws {CoordinatorUnavailableError} if the coordinator does not answer.
   */
  change(order: ChangeOrder & { signal?: AbortSignal }, edit: TopologyEdit): Promise<Topology> {
    return this.#inTurn(() =>
      this.#decide((topology, change) => {
        if (this.#leaderEpoch !== topology.leader.epoch) {
          throw new NotLeaderError(topology.leader.epoch);
        }
        return edit(topology, change);
      }, order)
    );
  }

  /** An edit that returns the document it was given changes nothing and writes nothing. */
  async #decide(
    edit: TopologyEdit,
    order: ChangeOrder & { signal?: AbortSignal },
  ): Promise<Topology> {
    const options = order.signal === undefined ? {} : { signal: order.signal };
    for (let attempt = 1;; attempt++) {
      this.#stored ??= await loadTopology(this.#coordinator, this.#product, options);
      const { topology, version } = this.#stored ?? { topology: this.topology, version: 0 };
      const next = edit(topology, changeOf(order));
      if (next === topology) return topology;
      try {
        return await this.#save({ next, version, ...options });
      } catch (error) {
        if (!(error instanceof ConflictError) || attempt === CONFLICTS_MAX) throw error;
        const stored = await loadTopology(this.#coordinator, this.#product, options);
        if (stored !== null) this.#adopt(stored);
      }
    }
  }

  async #save(
    write: { next: Topology; version: number | null; signal?: AbortSignal },
  ): Promise<Topology> {
    const stored = await saveTopology(this.#coordinator, this.#product, write);
    this.#adopt(stored);
    return stored.topology;
  }

  #adopt(stored: StoredTopology): void {
    if (this.#stored !== null && stored.version <= this.#stored.version) return;
    this.#stored = stored;
    for (const listener of this.#listeners) listener(stored.topology);
  }

  #inTurn<T>(task: () => Promise<T>): Promise<T> {
    const turn = this.#turn.then(task);
    this.#turn = turn.catch(() => {});
    return turn;
  }
}

function changeOf({ actor, reason }: ChangeOrder): Change {
  return { id: crypto.randomUUID(), actor, reason };
}

function ignoreConflict(error: unknown): void {
  if (!(error instanceof ConflictError)) throw error;
}
