/**
 * Keeps up with the product's topology: reads it at the start, when it changes, and when servers show
 * that there is a newer one.
 *
 * Invariant: epochs handed on only grow; a coordinator that is away changes nothing.
 *
 * @module
 */

import type { Coordinator } from "../core/coordinator/coordinator.ts";
import { CoordinatorClosedError } from "../core/coordinator/coordinator_error.ts";
import { pathsOf } from "../core/coordinator/paths.ts";
import { delay } from "../core/delay.ts";
import type { Log } from "../core/log.ts";
import { loadTopology } from "../core/topology/save_topology.ts";
import type { Topology } from "../core/topology/topology.ts";

/** Pause after a failed read. */
const RETRY_MS = 500;
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
  #asked = false;

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
    this.#loop = this.#follow();
  }

  /** A server knows `epoch`: read again, soon and once. */
  want(_epoch: number): void {
    if (this.#asked || this.#stop.signal.aborted) return;
    this.#asked = true;
    delay(Math.random() * JITTER_MS, this.#stop.signal).then(() => {
      this.#asked = false;
      return this.#read();
    });
  }

  /** Stops following. */
  async close(): Promise<void> {
    this.#stop.abort();
    await this.#loop;
  }

  async #follow(): Promise<void> {
    const { signal } = this.#stop;
    using watch = this.#coordinator.watch(pathsOf(this.#product).topology);
    while (!signal.aborted) {
      if (!await this.#read()) {
        await delay(RETRY_MS, signal);
        continue;
      }
      try {
        await watch.changed(signal);
      } catch (error) {
        if (signal.aborted || error instanceof CoordinatorClosedError) return;
        throw error;
      }
    }
  }

  /** False if the coordinator did not answer. */
  async #read(): Promise<boolean> {
    const { signal } = this.#stop;
    try {
      const stored = await loadTopology(this.#coordinator, this.#product, { signal });
      if (stored === null || stored.topology.epoch <= this.#epoch) return true;
      this.#epoch = stored.topology.epoch;
      this.#onTopology(stored.topology);
      return true;
    } catch (error) {
      if (signal.aborted) return true;
      this.#log.warn("cannot read the topology; serving the last one", {
        product: this.#product,
        epoch: this.#epoch,
        error: String(error),
      });
      return false;
    }
  }
}
