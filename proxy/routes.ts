/**
 * Where the requests of each slot go, as a worker sees it.
 *
 * The control plane derives a {@linkcode RouteDocument} from the topology; it crosses to the workers as
 * JSON text.
 *
 * @module
 */

import { SLOT_COUNT } from "../core/slots.ts";
import type { Settings } from "../core/topology/topology.ts";

/** What to do with a request on a slot. */
export type Route =
  /** No group owns the slot. */
  | { readonly kind: "offline" }
  /** One group owns it. `leaving`: who gave it away and, until it is closed, sends commands on. */
  | { readonly kind: "direct"; readonly address: string; readonly leaving?: string }
  /**
   * It moves. By `keys`: ask `from` first; where `from` says so, ask `to`. By `dump`: have `from` send
   * the command's keys to `to`, then ask `to`.
   */
  | {
    readonly kind: "migrating";
    readonly from: string;
    readonly to: string;
    readonly slotEpoch: number;
    /** @default "keys" */
    readonly method?: "keys" | "dump";
  }
  /** Nobody may execute anything now: requests wait. */
  | { readonly kind: "hold" };

/** Routes of a range of slots, ends included. */
export interface RouteRange {
  readonly first: number;
  readonly last: number;
  readonly route: Route;
}

/** A server that cannot fence. */
export interface StockServer {
  readonly address: string;
  /** Whether the proxy logs in there as a user of its own. */
  readonly ownUser: boolean;
}

/** The routes of all slots at one epoch. */
export interface RouteDocument {
  readonly epoch: number;
  /** The servers that cannot fence. @default none */
  readonly stock?: readonly StockServer[];
  readonly ranges: readonly RouteRange[];
  /** The product's settings. @default as before */
  readonly settings?: Settings;
}

/** The route of each slot, in order; slots that no range names are offline. */
export function expandRoutes(document: RouteDocument): Route[] {
  const routes: Route[] = new Array(SLOT_COUNT).fill({ kind: "offline" });
  for (const { first, last, route } of document.ranges) routes.fill(route, first, last + 1);
  return routes;
}

/**
 * True when a worker at `current` may stay there: `next` is what the move ends in, and the server asked
 * first still sends commands on. Stock servers never do.
 */
export function mayStay(current: Route, next: Route): boolean {
  return next.kind === "direct" && next.leaving !== undefined && current.kind === "migrating" &&
    current.method !== "dump" && current.from === next.leaving && current.to === next.address;
}

/** True when both send a request to the same place in the same way. */
export function sameRoute(a: Route, b: Route): boolean {
  switch (a.kind) {
    case "offline":
    case "hold":
      return b.kind === a.kind;
    case "direct":
      return b.kind === "direct" && b.address === a.address;
    case "migrating":
      return b.kind === "migrating" && b.from === a.from && b.to === a.to &&
        b.slotEpoch === a.slotEpoch && b.method === a.method;
  }
}
