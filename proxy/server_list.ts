/**
 * Which servers a command without a key goes to.
 *
 * Invariant: the order depends on the addresses alone, so that a position in it keeps its meaning for
 * as long as the set of servers stays.
 *
 * @module
 */

import type { Route } from "./routes.ts";

/** What the routes of all slots say about their servers together. */
export interface ServerList {
  /** Every server that has or receives slots, by address. */
  readonly addresses: readonly string[];
  /** A slot that nobody may serve at the moment, or -1. */
  readonly heldSlot: number;
}

/** The servers of `routes`. */
export function serversOf(routes: readonly Route[]): ServerList {
  const addresses = new Set<string>();
  let heldSlot = -1;
  let previous: Route | undefined;
  routes.forEach((route, slot) => {
    // Slots of one range share their route.
    if (route === previous) return;
    previous = route;
    if (route.kind === "direct") addresses.add(route.address);
    else if (route.kind === "migrating") addresses.add(route.from).add(route.to);
    else if (route.kind === "hold") heldSlot = slot;
  });
  return { addresses: [...addresses].sort(), heldSlot };
}
