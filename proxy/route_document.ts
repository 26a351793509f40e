/**
 * From the topology to what workers need of it.
 *
 * @module
 */

import { type Route as TopologyRoute, routeOf } from "../core/topology/route.ts";
import { expandSlots } from "../core/topology/slot_table.ts";
import { masterOf, type Topology } from "../core/topology/topology.ts";
import {
  type Route,
  type RouteDocument,
  type RouteRange,
  sameRoute,
  type StockServer,
} from "./routes.ts";

/** Returns the routes of all slots, neighbours with equal routes joined. */
export function routeDocumentOf(topology: Topology): RouteDocument {
  const ranges: RouteRange[] = [];
  expandSlots(topology).forEach((entry, slot) => {
    const route = addressed(routeOf(entry), topology);
    const last = ranges.at(-1);
    if (last !== undefined && sameRoute(last.route, route)) {
      ranges[ranges.length - 1] = { ...last, last: slot };
    } else ranges.push({ first: slot, last: slot, route });
  });
  const stock = stockServersOf(topology);
  const { epoch, settings } = topology;
  return { epoch, ranges, settings, ...stock.length > 0 && { stock } };
}

/** Returns the masters that cannot fence. */
export function stockServersOf(topology: Topology): StockServer[] {
  return Object.values(topology.groups).flatMap((group) => {
    const master = masterOf(group);
    if (master === null || group.caps.fence) return [];
    return [{ address: master.addr, ownUser: group.caps.acl === true }];
  });
}

/** A group without a server serves nothing. */
function addressed(route: TopologyRoute, topology: Topology): Route {
  const addressOf = (group: number) => masterOf(topology.groups[group]!)?.addr;
  switch (route.kind) {
    case "offline":
    case "hold":
      return { kind: route.kind };
    case "direct": {
      const address = addressOf(route.group);
      if (address === undefined) return { kind: "offline" };
      const leaving = route.leaving === undefined ? undefined : addressOf(route.leaving);
      return { kind: "direct", address, ...leaving !== undefined && { leaving } };
    }
    case "migrating": {
      const from = addressOf(route.from);
      const to = addressOf(route.to);
      if (from === undefined || to === undefined) return { kind: "hold" };
      const { slotEpoch, method } = route;
      return { kind: "migrating", from, to, slotEpoch, ...method === "dump" && { method } };
    }
  }
}
