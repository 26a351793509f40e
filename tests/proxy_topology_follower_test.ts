/**
 * How often a proxy reads its topology.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { MemoryCoordinator } from "../core/coordinator/memory_coordinator.ts";
import { Log } from "../core/log.ts";
import { saveTopology } from "../core/topology/save_topology.ts";
import { emptyTopology, nextTopology, type Topology } from "../core/topology/topology.ts";
import { eventually } from "./support/eventually.ts";
import { TopologyFollower } from "../proxy/topology_follower.ts";

const CHANGE = { id: "first", actor: "test", reason: "test" };
const SILENT = new Log("proxy", { level: "error", json: false, write: () => {} });

/** A follower of a product at epoch 1, and what it did. */
async function follow(
  run: (stage: {
    follower: TopologyFollower;
    epochs: number[];
    reads: () => number;
    write: () => Promise<void>;
    suspend: () => void;
  }) => Promise<void>,
): Promise<void> {
  await using source = new MemoryCoordinator();
  const writer = await source.connect();
  const session = await source.connect();
  let stored = await saveTopology(writer, "p", { next: emptyTopology(CHANGE), version: null });
  let reads = 0;
  const get = session.get.bind(session);
  session.get = (...args) => {
    reads++;
    return get(...args);
  };
  const epochs: number[] = [];
  const first = Promise.withResolvers<void>();
  const follower = new TopologyFollower(session, "p", SILENT, ({ epoch }: Topology) => {
    epochs.push(epoch);
    first.resolve();
  });
  await first.promise;
  const write = async () => {
    const next = nextTopology(stored.topology, {}, { ...CHANGE, id: String(epochs.length) });
    stored = await saveTopology(writer, "p", { next, version: stored.version });
  };
  try {
    await run({ follower, epochs, reads: () => reads, write, suspend: () => session.suspend() });
  } finally {
    await follower.close();
  }
}

Deno.test("refusals in masses cause one read more", async () => {
  await follow(async ({ follower, epochs, reads, write }) => {
    await write();
    for (let i = 0; i < 1000; i++) follower.want(2);
    await eventually(() => assertEquals(epochs, [1, 2]));
    for (let i = 0; i < 1000; i++) follower.want(2);
    await follower.close();
    // One for the news of the watch, one for the refusals.
    assert(reads() <= 3, `${reads()} reads`);
  });
});

Deno.test("an epoch that is already known is not worth a read", async () => {
  await follow(async ({ follower, reads }) => {
    follower.want(1);
    await follower.close();
    assertEquals(reads(), 1);
  });
});

Deno.test("a coordinator that is away is not asked again at once", async () => {
  await follow(async ({ follower, reads, suspend }) => {
    suspend();
    follower.want(2);
    await eventually(() => assert(reads() >= 2));
    for (let i = 0; i < 1000; i++) follower.want(2);
    await follower.close();
    assert(reads() <= 3, `${reads()} reads`);
  });
});
