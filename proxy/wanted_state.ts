/**
 * What the operator wants of this proxy: to serve, or to let its clients go.
 *
 * @module
 */

import type { Coordinator } from "../core/coordinator/coordinator.ts";
import { followNode } from "../core/coordinator/follow_node.ts";
import { wantedProxyPath } from "../core/coordinator/paths.ts";
import type { Log } from "../core/log.ts";

/** Take clients, or take none and let those connected go. */
export type WantedState = "online" | "offline";

/** Reads a wish from the text of its node; without a node, or where it says nothing: online. */
export function wantedStateOf(text: string | null): WantedState {
  try {
    const node = JSON.parse(text ?? "{}") as { readonly wanted?: unknown } | null;
    return node?.wanted === "offline" ? "offline" : "online";
  } catch {
    return "online";
  }
}

/** Follows the wish for one proxy. */
export class WantedStateFollower {
  readonly #coordinator: Coordinator;
  readonly #path: string;
  readonly #log: Log;
  readonly #obey: (wanted: WantedState) => Promise<void>;
  readonly #stop = new AbortController();
  readonly #loop: Promise<void>;

  /** Starts to follow; `obey` is called one at a time, and again later if it throws. */
  constructor(
    coordinator: Coordinator,
    where: { readonly product: string; readonly id: string },
    log: Log,
    obey: (wanted: WantedState) => Promise<void>,
  ) {
    this.#coordinator = coordinator;
    this.#path = wantedProxyPath(where.product, where.id);
    this.#log = log;
    this.#obey = obey;
    this.#loop = followNode(coordinator, this.#path, {
      refresh: (signal) => this.#read(signal),
      onError: (error) => this.#complain(error),
      signal: this.#stop.signal,
    });
  }

  /** Stops following. */
  async close(): Promise<void> {
    this.#stop.abort();
    await this.#loop;
  }

  async #read(signal: AbortSignal): Promise<void> {
    const node = await this.#coordinator.get(this.#path, { signal });
    if (!signal.aborted) await this.#obey(wantedStateOf(node?.data ?? null));
  }

  #complain(error: unknown): void {
    this.#log.warn("cannot do what is wanted of this proxy yet", {
      path: this.#path,
      error: String(error),
    });
  }
}
