/**
 * Servers that the topology knows by the names of their hosts.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { Cluster } from "./support/cluster.ts";

Deno.test("servers may be known by the names of their hosts", async () => {
  // A name that every hosts file has; in this spelling nothing takes it for an address.
  await using cluster = await Cluster.start({ serverHost: "LocalHost" });
  await using client = await cluster.connect();
  const keys = Array.from({ length: 500 }, (_, index) => `key:${index}`);
  await client.send("MSET", ...keys.flatMap((key) => [key, key]));
  const { receipt } = await cluster.finished(await cluster.order(2));
  assertEquals(receipt.moved, keys.length);
  assertEquals(await client.send("MGET", ...keys), keys);
  assertEquals([await cluster.keysAt(1), await cluster.keysAt(2)], [0, keys.length]);
});
