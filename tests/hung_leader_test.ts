/**
 * Orders that a manager passes on to a leader that hangs.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { MemoryCoordinator } from "../core/coordinator/memory_coordinator.ts";
import { pathsOf } from "../core/coordinator/paths.ts";
import { saveTopology } from "../core/topology/save_topology.ts";
import { emptyTopology } from "../core/topology/topology.ts";
import { startManager } from "../manager/manager.ts";
import { eventually } from "./support/eventually.ts";
import { change, get, refusal } from "./support/manager_api.ts";

const PRODUCT = "default";

Deno.test("an order passed on to a leader that hangs ends when another leads, and is taken then", async () => {
  await using source = new MemoryCoordinator();
  const hung = await source.connect();
  const next = emptyTopology({ id: "first", actor: "test", reason: "first start" });
  await saveTopology(hung, PRODUCT, { next, version: null });
  const taken = Promise.withResolvers<void>();
  const ending = new AbortController();
  await using server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async () => {
    taken.resolve();
    await new Promise((resolve) => ending.signal.addEventListener("abort", resolve));
    return new Response();
  });
  const addr = `http://127.0.0.1:${server.addr.port}`;
  await hung.putEphemeral(pathsOf(PRODUCT).leader, JSON.stringify({ id: "hung", addr }));
  await using manager = await startManager({ coordinator: source, listen: "127.0.0.1:0" });
  const order = refusal(manager, "POST", "/groups", { id: 1 });
  await taken.promise;

  hung.expire();

  const { status, message } = await order;
  assertEquals(status, 503);
  assert(message.includes(`the manager at ${addr} did not answer`), message);
  await eventually(() => change(manager, "POST", "/groups", { id: 1 }));
  assertEquals((await get<unknown[]>(manager, "/groups")).length, 1);
  ending.abort();
});
