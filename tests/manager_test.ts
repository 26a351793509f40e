/**
 * The manager as a whole: REST in front, a coordinator and servers behind, and stops at any moment.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import type { CoordinatorSource } from "../core/coordinator/coordinator.ts";
import { MemoryCoordinator } from "../core/coordinator/memory_coordinator.ts";
import { openCoordinator } from "../core/coordinator/open_coordinator.ts";
import { type Manager, startManager } from "../manager/manager.ts";
import type { MigrationView } from "../manager/migration_use_cases.ts";
import { eventually } from "./support/eventually.ts";
import { type FakeSlotServer, FakeSlotServers } from "./support/fake_slot_server.ts";

Deno.test("slots are shared out, and every server is fenced for its own", async () => {
  await using servers = new FakeSlotServers();
  await using source = new MemoryCoordinator();
  await using manager = await managerAt(source);
  const [first, second] = await twoGroups(manager, servers);

  await change(manager, "POST", "/slots/init", {});

  await eventually(() => {
    const owners = servers.owners();
    assertEquals(owners.map((owner) => owner?.addr), [
      ...Array(512).fill(first.addr),
      ...Array(512).fill(second.addr),
    ]);
  });
  assertEquals(servers.violations, []);
});

Deno.test("a migration moves every slot and ends with equal receipts", async () => {
  await using servers = new FakeSlotServers();
  await using source = new MemoryCoordinator();
  await using manager = await managerAt(source);
  const [first, second] = await twoGroups(manager, servers);
  await change(manager, "PUT", "/slots", { range: [0, 1023], group: 1 });
  for (let slot = 0; slot < 1024; slot++) first.fill(slot, slot % 5);
  const keys = first.keyCount;

  const { id } = await change(manager, "POST", "/migrations", { range: [0, 1023], to: 2 });

  const view = await finished(manager, id);
  assertEquals(view.state, "done");
  assertEquals(view.slots, { arrived: 1024, onTheWay: 0, returning: 0, waiting: 0 });
  assertEquals(view.receipt.moved, keys);
  assertEquals([first.keyCount, second.keyCount], [0, keys]);
  assertEquals(view.keys.left, 0);
  assertEquals(servers.violations, []);
});

async function managerAt(
  coordinator: CoordinatorSource,
  options: { slotsInFlightMax?: number } = {},
): Promise<Manager> {
  return await startManager({ coordinator, listen: "127.0.0.1:0", log: (level, message) => { if (Deno.env.get("DEBUG")) console.log(level, message); }, ...options });
}

async function twoGroups(
  manager: Manager,
  servers: FakeSlotServers,
  options: { keysPerAsk?: number } = {},
): Promise<[FakeSlotServer, FakeSlotServer]> {
  const pair = [servers.start(options), servers.start(options)] as [FakeSlotServer, FakeSlotServer];
  for (const [index, { addr }] of pair.entries()) {
    await change(manager, "POST", "/groups", { id: index + 1 });
    await change(manager, "POST", `/groups/${index + 1}/servers`, { addr });
  }
  return pair;
}

async function finished(manager: Manager, id: string): Promise<MigrationView> {
  return await eventually(async () => {
    const view = await get(manager, `/migrations/${id}`) as MigrationView;
    assert(view.finishedAt !== null, `migration ${id} is ${JSON.stringify(view)}`);
    return view;
  }, { timeoutMs: 30_000 });
}

async function get(manager: Manager, path: string): Promise<unknown> {
  const response = await fetch(`http://${manager.address}/api/v1${path}`);
  return await response.json();
}

// deno-lint-ignore no-explicit-any -- a test looks at what it expects
async function change(manager: Manager, method: string, path: string, body: unknown): Promise<any> {
  const response = await fetch(`http://${manager.address}/api/v1${path}`, {
    method,
    headers: { "content-type": "application/json", "x-codis-actor": "test" },
    body: JSON.stringify(body),
  });
  const answer = await response.json();
  assert(response.ok, `${method} ${path}: ${JSON.stringify(answer)}`);
  return answer;
}
