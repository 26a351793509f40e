/**
 * What changed at the coordinator, numbered, as far back as anybody who reconnects may have to ask.
 *
 * A position names the run of this process and the number of the last change that was told: `RUN:7`.
 *
 * Invariant: asked from a position, either every later change is told, or that some are not known.
 *
 * @module
 */

import { isWatched } from "../core/coordinator/node_rules.ts";
import { Wake } from "./wake.ts";

/** How many changes are remembered. */
const CHANGES_MAX = 10_000;

/** What changed since a position. */
export interface CoordinatorChanges {
  /** Where to ask from next. */
  readonly position: string;
  /** The nodes that changed, each once; null: changes were forgotten, anything may have changed. */
  readonly paths: string[] | null;
}

/** The changes of one run. */
export class CoordinatorNews {
  readonly #run: string = crypto.randomUUID();
  readonly #changesMax: number;
  readonly #listeners = new Set<Wake>();
  /** The newest changes; the last one has the number `#count`. */
  #paths: string[] = [];
  #count = 0;

  /** Begins empty, and remembers `changesMax` changes or more. */
  constructor(changesMax: number = CHANGES_MAX) {
    this.#changesMax = changesMax;
  }

  /** Where to ask from for what changes from now on. */
  get position(): string {
    return `${this.#run}:${this.#count}`;
  }

  /** Adds a change. */
  record(path: string): void {
    this.#paths.push(path);
    this.#count++;
    if (this.#paths.length >= 2 * this.#changesMax) {
      this.#paths = this.#paths.slice(-this.#changesMax);
    }
    for (const listener of this.#listeners) listener.notify();
  }

  /** Returns what changed since `position` where the paths in `watched` look. */
  since(position: string, watched: readonly string[]): CoordinatorChanges {
    const [run, number] = position.split(":");
    const missing = this.#count - Number(number);
    // NaN is no number of changes, either.
    if (run !== this.#run || !(missing >= 0 && missing <= this.#paths.length)) {
      return { position: this.position, paths: null };
    }
    const later = missing === 0 ? [] : this.#paths.slice(-missing);
    const seen = later.filter((path) => watched.some((place) => isWatched(path, place)));
    return { position: this.position, paths: [...new Set(seen)] };
  }

  /** Returns a bell that rings after each change, until it is left. */
  join(): Wake {
    const listener = new Wake();
    this.#listeners.add(listener);
    return listener;
  }

  /** Stops the bell. */
  leave(listener: Wake): void {
    this.#listeners.delete(listener);
  }
}
