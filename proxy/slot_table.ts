/**
 * The live routing table of one worker: for each slot its mode, its servers, and how many of its
 * requests are at a server now.
 *
 * Invariant: the servers of a slot change only while no request of the slot is at any server
 * (PROTOCOL rule 18), so two requests of one client on one key never overtake each other.
 *
 * @module
 */

import { type EmptyTag, SLOT_COUNT } from "../core/slots.ts";
import { expandRoutes, mayStay, type Route, type RouteDocument, sameRoute } from "./routes.ts";
import type { Upstream } from "./upstream.ts";

/** No group owns the slot. */
export const MODE_OFFLINE = 0;
/** Requests go straight to one server. */
export const MODE_DIRECT = 1;
/** Requests go to the old owner first. */
export const MODE_MIGRATING = 2;
/** Requests wait: for the route to change, for those before them, or for a refusal to be settled. */
export const MODE_GATED = 3;

/** Finds or makes the upstream connection for an address. */
export type UpstreamOf = (address: string, protocol: 2 | 3) => Upstream;

/** The routes in force, and those that wait for their slot to fall silent. */
export class SlotTable {
  /** One of the `MODE_` constants by slot. */
  readonly mode: Uint8Array = new Uint8Array(SLOT_COUNT);
  /** Requests at a server by slot. */
  readonly inFlight: Int32Array = new Int32Array(SLOT_COUNT);
  /** The server asked first, on a RESP2 connection, by slot. */
  readonly server2: (Upstream | undefined)[] = new Array(SLOT_COUNT).fill(undefined);
  /** The same server on a RESP3 connection. */
  readonly server3: (Upstream | undefined)[] = new Array(SLOT_COUNT).fill(undefined);
  /** The route in force by slot. */
  readonly route: Route[] = new Array(SLOT_COUNT).fill({ kind: "offline" });
  /** Which slot a key with an empty tag is in; changes only while no group owns a slot. */
  emptyTag: EmptyTag;
  /** The epoch of the newest document seen. */
  epoch = 0;
  /** Slots whose route of that document is not in force yet. */
  waiting = 0;

  readonly #next: (Route | undefined)[] = new Array(SLOT_COUNT).fill(undefined);
  /** Where slots go that were handed over, while the route in force still leads there. */
  readonly #ahead: (Route | undefined)[] = new Array(SLOT_COUNT).fill(undefined);
  /** Set while requests of the slot must wait whatever its route says. */
  readonly #closed: Uint8Array = new Uint8Array(SLOT_COUNT);
  readonly #upstreamOf: UpstreamOf;

  /** All slots are offline. */
  constructor(upstreamOf: UpstreamOf, emptyTag: EmptyTag) {
    this.#upstreamOf = upstreamOf;
    this.emptyTag = emptyTag;
  }

  /**
   * Takes a newer document. Routes of silent slots are in force at once and returned; the others
   * follow through {@linkcode settle}. An older document is ignored.
   */
  apply(document: RouteDocument): number[] {
    if (document.epoch <= this.epoch) return [];
    this.epoch = document.epoch;
    this.emptyTag = document.settings?.emptyTag ?? this.emptyTag;
    const changed: number[] = [];
    const routes = expandRoutes(document);
    for (let slot = 0; slot < SLOT_COUNT; slot++) {
      const current = this.#next[slot] ?? this.route[slot]!;
      const route = routes[slot]!;
      const stays = mayStay(current, route);
      this.#ahead[slot] = stays ? route : undefined;
      if (stays || sameRoute(current, route)) continue;
      if (this.#change(slot, route)) changed.push(slot);
    }
    return changed;
  }

  /** The old owner has closed a slot: takes the route to the new one; false if none is known. */
  goAhead(slot: number): boolean {
    const route = this.#ahead[slot];
    if (route === undefined) return false;
    this.#ahead[slot] = undefined;
    this.#change(slot, route);
    return true;
  }

  /** True if the route is in force; otherwise the slot waits until it falls silent. */
  #change(slot: number, route: Route): boolean {
    if (this.#next[slot] === undefined) this.waiting++;
    this.#next[slot] = route;
    if (this.settle(slot)) return true;
    this.mode[slot] = MODE_GATED;
    return false;
  }

  /** Puts the waiting route of a silent slot in force; false if none waits or the slot is not silent. */
  settle(slot: number): boolean {
    const route = this.#next[slot];
    if (route === undefined || !mayChangeServers(this.inFlight[slot]!)) return false;
    this.#next[slot] = undefined;
    this.waiting--;
    this.route[slot] = route;
    const address = route.kind === "direct"
      ? route.address
      : route.kind === "migrating"
      ? route.from
      : undefined;
    this.server2[slot] = address === undefined ? undefined : this.#upstreamOf(address, 2);
    this.server3[slot] = address === undefined ? undefined : this.#upstreamOf(address, 3);
    this.#setMode(slot);
    return true;
  }

  /** Every slot that a group owns is served by it alone. */
  get allDirect(): boolean {
    return this.mode.every((mode) => mode === MODE_DIRECT || mode === MODE_OFFLINE);
  }

  /** A slot that a group owns, or slot 0 if there is none. */
  anyAssigned(): number {
    return Math.max(this.mode.findIndex((mode) => mode !== MODE_OFFLINE), 0);
  }

  /** Makes requests of `slot` wait until {@linkcode open}. */
  close(slot: number): void {
    this.#closed[slot] = 1;
    this.#setMode(slot);
  }

  /** Ends {@linkcode close}. */
  open(slot: number): void {
    this.#closed[slot] = 0;
    this.#setMode(slot);
  }

  #setMode(slot: number): void {
    const isGated = this.#closed[slot] === 1 || this.#next[slot] !== undefined;
    this.mode[slot] = modeOf(this.route[slot]!, isGated);
  }
}

/** Whether the servers of a slot may change that has so many requests at a server. */
export function mayChangeServers(inFlight: number): boolean {
  return inFlight === 0;
}

/** The mode of a slot with the route `route`; `isGated`: its requests wait whatever that says. */
export function modeOf({ kind }: Route, isGated: boolean): number {
  if (isGated || kind === "hold") return MODE_GATED;
  if (kind === "offline") return MODE_OFFLINE;
  return kind === "direct" ? MODE_DIRECT : MODE_MIGRATING;
}
