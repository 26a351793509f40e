/**
 * The order in which members are tried.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { ZookeeperRotation } from "./zookeeper_rotation.ts";

const SERVERS = [1, 2, 3].map((port) => ({ host: "h", port }));

Deno.test("every member is tried at once, then again after growing pauses", () => {
  const rotation = new ZookeeperRotation(SERVERS, () => 0.5);

  const attempts = Array.from({ length: 24 }, () => rotation.attempt());

  const portsOf = (from: number) => attempts.slice(from, from + 3).map(({ server }) => server.port);
  assertEquals(portsOf(0).toSorted(), [1, 2, 3]);
  assertEquals(portsOf(3), portsOf(0));
  assertEquals(attempts.slice(0, 3).map(({ delayMs }) => delayMs), [0, 0, 0]);
  assertEquals([3, 6, 9, 12, 15, 18, 21].map((index) => attempts[index]!.delayMs), [
    150,
    300,
    600,
    1200,
    1500,
    1500,
    1500,
  ]);
});

Deno.test("after a success the next member is tried without a pause", () => {
  const rotation = new ZookeeperRotation(SERVERS, () => 0.5);
  const lost = Array.from({ length: 4 }, () => rotation.attempt()).at(-1)!;

  rotation.succeeded();

  const next = rotation.attempt();
  assertEquals(next.delayMs, 0);
  assert(next.server.port !== lost.server.port);
});
