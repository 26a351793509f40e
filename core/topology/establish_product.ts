/**
 * The first topology of a product that lives on one machine.
 *
 * Invariant: a product that exists is never changed here.
 *
 * @module
 */

import type { CoordinatorSource } from "../coordinator/coordinator.ts";
import { addGroup, addServer } from "./edit_groups.ts";
import { initSlots } from "./edit_slots.ts";
import { loadTopology, saveTopology } from "./save_topology.ts";
import { type Change, emptyTopology, type Topology } from "./topology.ts";

/** What {@linkcode establishProduct} creates. */
export interface ProductPlan {
  /** Its name. */
  readonly product: string;
  /** `host:port` of each server; each becomes a group of its own. */
  readonly servers: readonly string[];
  /** Who creates it, for the history. */
  readonly actor: string;
}

/**
 * Creates a product on first use: a group for each server, the slots shared evenly.
 *
 * @throws {Error} if the product is there and does not have one of the servers.
 */
export async function establishProduct(
  source: CoordinatorSource,
  plan: ProductPlan,
): Promise<void> {
  await using coordinator = await source.connect();
  const stored = await loadTopology(coordinator, plan.product);
  if (stored === null) {
    await saveTopology(coordinator, plan.product, { next: firstTopology(plan), version: null });
    return;
  }
  const known = Object.values(stored.topology.groups).flatMap(({ servers }) =>
    servers.map(({ addr }) => addr)
  );
  const missing = plan.servers.filter((address) => !known.includes(address));
  if (missing.length > 0) {
    throw new Error(
      `Cannot use ${source.url} with server ${missing[0]}: its product has ${known.join(", ")}; ` +
        "give their ports with --server-ports, or another directory with --data",
    );
  }
}

function firstTopology({ servers, actor }: ProductPlan): Topology {
  const change: Change = { id: crypto.randomUUID(), actor, reason: "first start" };
  let topology = emptyTopology(change);
  servers.forEach((addr, index) => {
    const group = index + 1;
    topology = addGroup(topology, { id: group }, change);
    topology = addServer(topology, { group, server: { id: addr, addr, boot: null } }, change);
  });
  return initSlots(topology, servers.map((_, index) => index + 1), change);
}
