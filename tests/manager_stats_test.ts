/**
 * What the manager tells before and beside changes: numbers, plans, and that something has changed.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import type { RebalancePlan } from "../core/topology/plan_rebalance.ts";
import { type Manager, startManager } from "../manager/manager.ts";
import type { MigrationPlan } from "../manager/migration_use_cases.ts";
import type { StatsView } from "../manager/stats_sampler.ts";
import { eventually } from "./support/eventually.ts";
import { FencedServer } from "./support/fenced_server.ts";
import { change, get, refusal } from "./support/manager_api.ts";

const KEYS = 300;

Deno.test("the manager tells the numbers of its servers, and which are silent", async () => {
  await using first = await FencedServer.start();
  const second = await FencedServer.start();
  await using manager = await startManager({ coordinator: "memory:", listen: "127.0.0.1:0" });
  await share(manager, [first, second]);
  await load(first);

  const stats = await eventually(async () => {
    const stats = await get<StatsView>(manager, "/stats");
    assertEquals(stats.samples.at(-1)?.keys, KEYS);
    return stats;
  });
  assertEquals(stats.servers[first.addr]?.keys, KEYS);
  assertEquals(stats.servers[second.addr]?.keys, 0);
  assertEquals(stats.proxies, []);

  await second[Symbol.asyncDispose]();
  await eventually(async () => {
    const { servers } = await get<StatsView>(manager, "/stats");
    assertEquals(servers[second.addr], null);
  });
});

Deno.test("a migration's plan tells what would move, and moves nothing", async () => {
  await using first = await FencedServer.start();
  await using second = await FencedServer.start();
  await using manager = await startManager({ coordinator: "memory:", listen: "127.0.0.1:0" });
  await share(manager, [first, second]);
  await load(first);

  const plan = await get<MigrationPlan>(manager, "/migrations/plan?first=280&last=531&to=2");

  assertEquals(plan, {
    range: [280, 531],
    to: 2,
    slotsThere: 20,
    sources: [{ group: 1, slots: { count: 232, text: "280-511" }, keys: KEYS }],
  });
  assertEquals(await get(manager, "/migrations"), []);
});

Deno.test("a rebalance that was planned for another topology is refused", async () => {
  await using first = await FencedServer.start();
  await using second = await FencedServer.start();
  await using manager = await startManager({ coordinator: "memory:", listen: "127.0.0.1:0" });
  await share(manager, [first, second]);
  const { epoch } = await get<{ epoch: number }>(manager, "/status");
  assertEquals((await get<RebalancePlan>(manager, "/rebalance")).moves, []);
  await change(manager, "POST", "/groups", { id: 3 });

  const refused = await refusal(manager, "POST", "/rebalance", { epoch });

  assertEquals(refused.status, 409);
  assert(refused.message.startsWith(`Cannot rebalance: the plan is of epoch ${epoch}`));
});

Deno.test("watchers are told that something changed", async () => {
  await using manager = await startManager({ coordinator: "memory:", listen: "127.0.0.1:0" });
  const response = await fetch(`http://${manager.address}/api/v1/changes`);
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  const count = async () => {
    for (let text = "";;) {
      text += (await reader.read()).value ?? "";
      const found = /event: changed\ndata: \{"count":(\d+)\}\n\n/.exec(text);
      if (found !== null) return Number(found[1]);
    }
  };
  const before = await count();
  await change(manager, "POST", "/groups", { id: 1 });
  assert(await count() > before);
  await reader.cancel();
});

async function share(manager: Manager, servers: readonly FencedServer[]): Promise<void> {
  for (const [index, server] of servers.entries()) {
    await change(manager, "POST", "/groups", { id: index + 1 });
    await change(manager, "POST", `/groups/${index + 1}/servers`, { addr: server.addr });
  }
  await change(manager, "POST", "/slots/init");
}

/** Sets keys of slot 289, which is the first server's, as soon as it knows that. */
async function load(server: FencedServer): Promise<void> {
  for (let key = 0; key < KEYS; key++) {
    await eventually(async () =>
      assertEquals(await server.leader.send("SET", `{foo}:${key}`, "value"), "OK")
    );
  }
}
