/**
 * Several proxies and several managers of one product, while slots move.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import type { LocalSession } from "../core/coordinator/local_session.ts";
import { Log } from "../core/log.ts";
import { type Manager, startManager } from "../manager/manager.ts";
import type { MigrationView } from "../manager/migration_use_cases.ts";
import type { ProxyView } from "../manager/proxy_use_cases.ts";
import { type Proxy, startProxy } from "../proxy/proxy.ts";
import { requireLinearizable } from "./support/checker.ts";
import { loadBallast } from "./support/checker_ballast.ts";
import { Cluster } from "./support/cluster.ts";
import { eventually } from "./support/eventually.ts";
import { History } from "./support/history.ts";
import { change, finished, get, migrate } from "./support/manager_api.ts";
import { loadWhile } from "./support/moving_scenes.ts";

const SEED = Number(Deno.env.get("CODIS_TEST_SEED") ?? 1);
const BALLAST = 10_000;

Deno.test("proxies come and go in the middle of a migration, and no client can tell", async () => {
  await using cluster = await Cluster.start({ workers: 1 });
  await using manager = await managerOf(cluster);
  const second = await proxyOf(cluster, "proxy-2");
  let third: Proxy | undefined;
  try {
    await loadSlowly(cluster);
    const history = new History();
    const ports = [cluster.port, second.address.port];
    await loadWhile(cluster, { seed: SEED, history, ports }, async () => {
      const id = await migrate(manager, { range: [0, 1023], to: 2 });
      await untilArrived(manager, id, 200);
      third = await proxyOf(cluster, "proxy-3");
      ports.push(third.address.port);
      await setWanted(manager, "proxy-1", "offline");
      await untilArrived(manager, id, 500);
      await setWanted(manager, "proxy-1", "online");
      assertEquals((await finished(manager, id)).state, "done");
      await untilAllApplied(manager, ["proxy-1", "proxy-2", "proxy-3"]);
    });
    requireLinearizable(history, { operationsMin: 3000 });
  } finally {
    await third?.close(1000);
    await second.close(1000);
  }
});

Deno.test("a proxy that is offline is listed, follows every change, and comes back at its port", async () => {
  await using cluster = await Cluster.start({ workers: 1 });
  await using manager = await managerOf(cluster);
  const { port } = cluster;

  await setWanted(manager, "proxy-1", "offline");
  await eventually(async () => assertEquals(await statesOf(manager), [["proxy-1", "offline"]]));
  const id = await migrate(manager, { range: [0, 9], to: 2 });
  assertEquals((await finished(manager, id)).state, "done");
  await untilAllApplied(manager, ["proxy-1"]);

  await setWanted(manager, "proxy-1", "online");
  await eventually(async () => assertEquals(await statesOf(manager), [["proxy-1", "online"]]));
  assertEquals(cluster.port, port);
  await using client = await cluster.connect();
  assertEquals(await client.send("SET", "key", "value"), "OK");
});

Deno.test("a leader that is cut off in the middle of a migration is replaced, and nothing is lost", async () => {
  await using cluster = await Cluster.start({ workers: 1 });
  await using other = await managerOf(cluster);
  await loadSlowly(cluster);
  const history = new History();
  assertEquals(other.leads, false);

  await loadWhile(cluster, { seed: SEED, history }, async () => {
    // Asked of the one that does not lead: it passes the order on.
    const id = await migrate(other, { range: [0, 1023], to: 2 });
    await untilArrived(other, id, 100);
    cutOff(cluster.managerSession);
    await eventually(() => assert(other.leads));
    await untilArrived(other, id, 300);
    // The old leader is back, and knows that it does not lead.
    cluster.managerSession.resume();
    assertEquals((await finished(other, id)).state, "done");
    await eventually(async () => {
      const group = { id: 3 + (await get<unknown[]>(other, "/groups")).length };
      await cluster.ask("POST", "/groups", group);
    });
    assertEquals(other.leads, true);
  });

  requireLinearizable(history, { operationsMin: 3000 });
  assertEquals(await cluster.keysAt(1), 0);
});

/** Fills the cluster with keys that take their time to move. */
async function loadSlowly(cluster: Cluster): Promise<void> {
  await using client = await cluster.connect();
  await loadBallast(client, { count: BALLAST });
  await cluster.throttle({ bytesPerSecond: 40 * BALLAST, keysPerMessage: 16 });
}

/** The coordinator gives the session up, and its owner does not know. */
function cutOff(session: LocalSession): void {
  session.suspend();
  session.expire();
}

function managerOf(cluster: Cluster): Promise<Manager> {
  const { source, product } = cluster;
  return startManager({ coordinator: source, product, listen: "127.0.0.1:0" });
}

function proxyOf(cluster: Cluster, id: string): Promise<Proxy> {
  return startProxy({
    topology: { kind: "coordinator", source: cluster.source, product: cluster.product },
    listen: { host: "127.0.0.1", port: 0 },
    admin: undefined,
    id,
    workers: 1,
    password: "",
    serverUser: "",
    serverPassword: "",
    log: new Log("proxy", { level: "error", json: false }),
    onFailure: (error) => cluster.log.push(`${id}: ${error}`),
  });
}

async function untilArrived(manager: Manager, id: string, slots: number): Promise<void> {
  await eventually(async () => {
    const view = await get<MigrationView>(manager, `/migrations/${id}`);
    assert(view.slots.arrived >= slots, `${view.slots.arrived} slots have arrived`);
  }, { timeoutMs: 30_000 });
}

async function setWanted(manager: Manager, id: string, wanted: string): Promise<void> {
  await change(manager, "PUT", `/proxies/${id}`, { wanted });
}

async function statesOf(manager: Manager): Promise<[string, string][]> {
  const proxies = await get<ProxyView[]>(manager, "/proxies");
  return proxies.map(({ id, state }) => [id, state]);
}

/** Waits until these proxies, and no others, are listed and have applied the newest topology. */
async function untilAllApplied(manager: Manager, ids: readonly string[]): Promise<void> {
  await eventually(async () => {
    const { epoch } = await get<{ epoch: number }>(manager, "/status");
    const proxies = await get<ProxyView[]>(manager, "/proxies");
    assertEquals(
      proxies.map(({ id, appliedEpoch }) => [id, appliedEpoch]),
      ids.map((id) => [id, epoch]),
    );
  });
}
