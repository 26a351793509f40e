/**
 * Keeps up with the product's topology: reads it at the start, when it changes, and when servers show
 * that there is a newer one.
 *
 * Invariant: epochs handed on only grow; a coordinator that is away changes nothing.
 *
 * @module
 */

import type { Coordinator } from "../core/coordinator/coordinator.ts";
import { followNode, READ_AGAIN_MS } from "../core/coordinator/follow_node.ts";
import { pathsOf } from "../core/coordinator/paths.ts";
import { delay } from "../core/delay.ts";
import type { Log } from "../core/log.ts";
import { loadTopology } from "../core/topology/save_topology.ts";
import type { Topology } from "../core/topology/topology.ts";

/** Workers that ask at the same time cause one read, this much later at most. */
const JITTER_MS = 3;

/** Reads the topology of one product. */
export class TopologyFollower {
  readonly #coordinator: Coordinator;
  readonly #product: string;
  readonly #log: Log;
  readonly #onTopology: (topology: Topology) => void;
  readonly #stop = new AbortController();
  readonly #loop: Promise<void>;
  #epoch = 0;
  /** `performance.now()` of the newest answer. */
  #readAtMs = -Infinity;
  #asking: Promise<void> | undefined = undefined;

  /** Starts to follow; `onTopology` is told of each newer one. */
  constructor(
    coordinator: Coordinator,
    product: string,
    log: Log,
    onTopology: (topology: Topology) => void,
  ) {
    this.#coordinator = coordinator;
    this.#product = product;
    this.#log = log;
    this.#onTopology = onTopology;
    const { topology } = pathsOf(product);
    this.#loop = followNode(coordinator, topology, {
      refresh: () => this.#read(),
      onError: (error) => this.#complain(error),
      signal: this.#stop.signal,
    });
  }

  /**
   * A server refused a request and knows `epoch`: reads again, soon and once. What is not newer than
   * the topology at hand cannot come from a newer one, so it is seldom worth a read.
   */
  want(epoch: number): void {
    if (this.#asking !== undefined || this.#stop.signal.aborted) return;
    if (epoch <= this.#epoch && performance.now() - this.#readAtMs < READ_AGAIN_MS) return;
    this.#asking = this.#ask().finally(() => this.#asking = undefined);
  }

  /**
   * Reads the topology as of now; resolves when a newer one was handed on, or there is none.
   *
   * @throws {Error} if the coordinator does not answer.
   */
  async readNow(): Promise<void> {
    await this.#read();
    this.#stop.signal.throwIfAborted();
  }

  /** Stops following. */
  async close(): Promise<void> {
    this.#stop.abort();
    await this.#loop;
    await this.#asking;
  }

  async #ask(): Promise<void> {
    const { signal } = this.#stop;
    await delay(Math.random() * JITTER_MS, signal);
    try {
      await this.#read();
    } catch (error) {
      if (signal.aborted) return;
      this.#complain(error);
      await delay(READ_AGAIN_MS, signal);
    }
  }

  async #read(): Promise<void> {
    const { signal } = this.#stop;
    const stored = await loadTopology(this.#coordinator, this.#product, { signal });
    this.#readAtMs = performance.now();
    if (stored === null || stored.topology.epoch <= this.#epoch) return;
    this.#epoch = stored.topology.epoch;
    this.#onTopology(stored.topology);
  }

  #complain(error: unknown): void {
    this.#log.warn("cannot read the topology; serving the last one", {
      product: this.#product,
      epoch: this.#epoch,
      error: String(error),
    });
  }
}
