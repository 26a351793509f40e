/**
 * The manager with real redis-servers: what it finds out about them, and slots that move between them.
 *
 * @module
 */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { MemoryCoordinator } from "../core/coordinator/memory_coordinator.ts";
import { proxyPath } from "../core/coordinator/paths.ts";
import { Log } from "../core/log.ts";
import { addGroup, addServer } from "../core/topology/edit_groups.ts";
import { assignSlots } from "../core/topology/edit_slots.ts";
import { emptyTopology, STOCK_CAPABILITIES, type Topology } from "../core/topology/topology.ts";
import type { MigrationView } from "../manager/migration_use_cases.ts";
import { type Proxy, startProxy, type TopologySource } from "../proxy/proxy.ts";
import { type Manager, startManager } from "../manager/manager.ts";
import type { GroupView } from "../manager/group_use_cases.ts";
import { eventually } from "./support/eventually.ts";
import { change, finished, get, migrate, refusal } from "./support/manager_api.ts";
import { FencedServer } from "./support/fenced_server.ts";
import { startRedisServer } from "./support/redis_server.ts";
import { RespClient } from "./support/resp_client.ts";
import { slotOfKey } from "./support/workload_slots.ts";

const KEYS = 5000;
const PASSWORD = "secret";
const LOCKED = ["--requirepass", PASSWORD];

Deno.test("what a stock server can do is found when it is added, and shown", async () => {
  await using open = await startRedisServer();
  await using codis = await FencedServer.start();
  await using manager = await startManager({ coordinator: "memory:", listen: "127.0.0.1:0" });

  await makeGroup(manager, 1, "stock");
  const addr = `127.0.0.1:${open.port}`;
  const view = await change<GroupView>(manager, "POST", "/groups/1/servers", { addr });
  const { groups } = await get<Topology>(manager, "/topology");

  await using client = await RespClient.connect({ port: open.port });
  const version = /redis_version:(\S+)/.exec(String(await client.send("INFO", "server")))![1];
  const caps = { fence: false, methods: ["dump"], acl: true, version: `redis ${version}` };
  assertEquals([view.kind, view.caps, groups[1]!.caps], ["stock", caps, caps]);
  const mixed = await refusal(manager, "POST", "/groups/1/servers", { addr: codis.addr });
  assertEquals(
    mixed.message,
    `Cannot add ${codis.addr}: it is a codis-server, group 1 is one of stock servers`,
  );
  await makeGroup(manager, 2, "codis-server");
  await using other = await startRedisServer();
  const stock = { addr: `127.0.0.1:${other.port}` };
  assertEquals(
    (await refusal(manager, "POST", "/groups/2/servers", stock)).message,
    `Cannot add ${stock.addr}: it is redis ${version}, group 2 is one of codis-servers`,
  );
  await change(manager, "POST", "/groups/2/servers", { addr: codis.addr });
  await change(manager, "PUT", "/slots", { range: [0, 1023], group: 1 });
  assertEquals(
    (await refusal(manager, "POST", "/migrations", { range: [0, 9], to: 2 })).message,
    "Cannot migrate slots from group 1 to group 2: group 1 has stock servers, " +
      "group 2 has codis-servers; slots move between groups of one kind",
  );
});

for (const [name, options] of [["open", []], ["with a password", LOCKED]] as const) {
  Deno.test(`all slots move between stock servers ${name}, and every key arrives`, async () => {
    await using first = await startRedisServer(options);
    await using second = await startRedisServer(options);
    await using manager = await startStock(options.length > 0);
    await ownAll(manager, [first.port, second.port]);
    await using one = await connect(first.port, options.length > 0);
    await using two = await connect(second.port, options.length > 0);
    await load(one);
    // A ghost of an earlier move, and a key that was given to the target by other means.
    await two.pipeline([["SET", "key:7", "ghost"], ["SET", "ghost", "ghost"]]);

    const view = await finished(manager, await migrate(manager, { range: [0, 1023], to: 2 }));

    assertEquals([view.state, view.receipt.moved, view.problems], ["done", KEYS, []]);
    assertEquals([await one.send("DBSIZE"), await two.send("DBSIZE")], [0, KEYS]);
    assertEquals(await two.pipeline([["GET", "key:7"], ["GET", "ghost"]]), ["value:7", null]);
    assertEquals(await two.send("PTTL", "key:8"), -1);
    assert(await two.send("PTTL", "key:9") as number > 50_000);
  });
}

Deno.test("a cancelled move between stock servers leaves every key with its slot's owner", async () => {
  await using first = await startRedisServer();
  await using second = await startRedisServer();
  await using manager = await startStock(false);
  await ownAll(manager, [first.port, second.port]);
  await using one = await connect(first.port, false);
  await using two = await connect(second.port, false);
  await load(one);
  const id = await migrate(manager, { range: [0, 1023], to: 2 });
  await eventually(async () => assert(await two.send("DBSIZE") as number > 100));

  await change(manager, "POST", `/migrations/${id}/cancel`);

  assertEquals((await finished(manager, id)).state, "cancelled");
  await checkPlacement(manager, [one, two]);
});

Deno.test("a manager that stops while stock servers move slots is taken over", async () => {
  await using first = await startRedisServer();
  await using second = await startRedisServer();
  const directory = await Deno.makeTempDir();
  const options = { coordinator: `embedded:${directory}`, listen: "127.0.0.1:0" };
  let manager = await startManager({ ...options, slotsInFlightMax: 64 });
  await ownAll(manager, [first.port, second.port]);
  await using loader = await connect(first.port, false);
  await load(loader);
  const id = await migrate(manager, { range: [0, 1023], to: 2 });

  for (const delayMs of [5, 20, 50, 90, 150, 250]) {
    // Where the migration stands then is chance: any moment must do.
    await new Promise((resolve) => setTimeout(resolve, delayMs));
    await manager.close();
    manager = await startManager(options);
  }

  assertEquals((await finished(manager, id)).state, "done");
  // At open servers a new leader closes the connections of those who have not logged in.
  await using one = await connect(first.port, false);
  await using two = await connect(second.port, false);
  await checkPlacement(manager, [one, two]);
  const users = await one.send("ACL", "USERS") as string[];
  assertEquals(users.filter((user) => user.startsWith("codis-")).length, 1, `${users}`);
  await manager.close();
  await Deno.remove(directory, { recursive: true });
});

Deno.test("a barrier that cannot be had fails the migration, and names who was silent", async () => {
  await using first = await startRedisServer();
  await using second = await startRedisServer();
  await using source = new MemoryCoordinator();
  await using manager = await startManager({ coordinator: source, listen: "127.0.0.1:0" });
  await ownAll(manager, [first.port, second.port]);
  await using session = await source.connect();
  const node = { id: "mute", boot: "0".repeat(16), addr: "h:1", applied: [0], version: "" };
  await session.putEphemeral(proxyPath("default", node.id, node.boot), JSON.stringify(node));
  await using one = await connect(first.port, false);
  const pid = /process_id:(\d+)/.exec(String(await one.send("INFO", "server")))![1];

  Deno.kill(Number(pid), "SIGSTOP");
  try {
    const view = await finished(manager, await migrate(manager, { range: [0, 9], to: 2 }));

    assertEquals(view.state, "failed");
    assertStringIncludes(view.problems[0]!, 'proxy "mute" at h:1 could not be shut out: ');
    await eventually(async () => {
      const { slots } = await get<Topology>(manager, "/topology");
      assertEquals(slots.map(({ range, phase }) => [range, phase]), [[[0, 9], "stable"], [
        [10, 1023],
        "stable",
      ]]);
    });
  } finally {
    Deno.kill(Number(pid), "SIGCONT");
  }
  const again = await finished(manager, await migrate(manager, { range: [0, 9], to: 2 }));
  assertEquals(again.state, "done");
});

Deno.test("a proxy has one user at a stock server, and takes it along when it stops", async () => {
  await using server = await startRedisServer(LOCKED);
  await using client = await connect(server.port, true);
  const users = async () =>
    (await client.send("ACL", "USERS") as string[]).filter((name) => name.startsWith("codis-"));
  const addr = `127.0.0.1:${server.port}`;
  const proxy = await startLockedProxy({ kind: "fixed", topology: stockTopology(addr) });
  await using through = await RespClient.connect({ port: proxy.address.port });

  const [user, ...others] = await users();
  assert(/^codis-p\.1-[0-9a-f]{16}-1$/.test(user!), user);
  assertEquals(others, []);
  assertEquals(await through.send("SET", "a", "1"), "OK");
  // As a leader does to a proxy that is silent.
  await client.send("ACL", "DELUSER", user!);
  await eventually(async () => assertEquals(await through.send("GET", "a"), "1"));
  assertEquals(await users(), [user!.replace(/-1$/, "-2")]);

  await through.close();
  await proxy.close(0);
  assertEquals(await users(), []);
});

Deno.test("clients work while slots move between stock servers with a password", async () => {
  await using first = await startRedisServer(LOCKED);
  await using second = await startRedisServer(LOCKED);
  await using source = new MemoryCoordinator();
  const credentials = { password: PASSWORD };
  const listen = "127.0.0.1:0";
  await using manager = await startManager({ coordinator: source, listen, credentials });
  await ownAll(manager, [first.port, second.port]);
  const proxy = await startLockedProxy({ kind: "coordinator", source, product: "default" });
  await using client = await RespClient.connect({ port: proxy.address.port });
  const names = Array.from({ length: 500 }, (_, index) => `key:${index}`);
  await client.pipeline(names.map((name) => ["SET", name, "0"]));

  let rounds = 0;
  for (const to of [2, 1]) {
    const id = await migrate(manager, { range: [0, 1023], to });
    for (let isOver = false; !isOver; rounds++) {
      isOver = (await get<MigrationView>(manager, `/migrations/${id}`)).finishedAt !== null;
      const counts = await client.pipeline(names.map((name) => ["INCR", name]));
      assertEquals(counts, names.map(() => rounds + 1));
      const deleted = [["DEL", "key:7"], ["GET", "key:7"], ["SET", "key:7", `${rounds + 1}`]];
      assertEquals(await client.pipeline(deleted), [1, null, "OK"]);
    }
    assertEquals((await finished(manager, id)).state, "done");
  }

  await using one = await connect(first.port, true);
  await using two = await connect(second.port, true);
  assertEquals([await one.send("DBSIZE"), await two.send("DBSIZE")], [names.length, 0]);
  assertEquals((await one.send("ACL", "LOG") as unknown[]).length, 0);
  await client.close();
  await proxy.close(0);
});

function startLockedProxy(topology: TopologySource): Promise<Proxy> {
  return startProxy({
    topology,
    listen: { host: "127.0.0.1", port: 0 },
    admin: undefined,
    id: "p.1",
    workers: 1,
    password: "",
    serverUser: "",
    serverPassword: PASSWORD,
    log: new Log("proxy", { level: "error", json: false }),
    onFailure: (error) => {
      throw new Error(error);
    },
  });
}

function stockTopology(addr: string): Topology {
  const change = { id: "c", actor: "test", reason: "test" };
  const caps = { ...STOCK_CAPABILITIES, acl: true };
  let topology = addGroup(emptyTopology(change), { id: 1, caps }, change);
  topology = addServer(topology, { group: 1, server: { id: addr, addr, boot: null } }, change);
  return assignSlots(topology, { assignments: [{ range: [0, 1023], group: 1 }] }, change);
}

function startStock(locked: boolean): Promise<Manager> {
  return startManager({
    coordinator: "memory:",
    listen: "127.0.0.1:0",
    ...locked && { credentials: { password: PASSWORD } },
  });
}

async function connect(port: number, locked: boolean): Promise<RespClient> {
  const client = await RespClient.connect({ port });
  if (locked) await client.send("AUTH", PASSWORD);
  return client;
}

async function makeGroup(manager: Manager, id: number, kind: string): Promise<void> {
  await change(manager, "POST", "/groups", { id, kind });
}

async function ownAll(manager: Manager, ports: readonly number[]): Promise<void> {
  for (const [index, port] of ports.entries()) {
    await makeGroup(manager, index + 1, "stock");
    await change(manager, "POST", `/groups/${index + 1}/servers`, { addr: `127.0.0.1:${port}` });
  }
  await change(manager, "PUT", "/slots", { range: [0, 1023], group: 1 });
}

async function load(client: RespClient): Promise<void> {
  for (let key = 0; key < KEYS; key += 1000) {
    const keys = Array.from({ length: 1000 }, (_, index) => key + index);
    await client.pipeline(keys.map((at) => ["SET", `key:${at}`, `value:${at}`]));
  }
  await client.send("PEXPIRE", "key:9", "60000");
}

/** Each key is at the server of its slot's owner, with its value, and nowhere else. */
async function checkPlacement(manager: Manager, clients: readonly RespClient[]): Promise<void> {
  const { slots } = await get<Topology>(manager, "/topology");
  const groupOf = (slot: number) => {
    const entry = slots.find(({ range }) => range[0] <= slot && slot <= range[1]);
    return entry?.phase === "stable" && entry.closing === undefined ? entry.owner : 0;
  };
  const names = Array.from({ length: KEYS }, (_, index) => `key:${index}`);
  for (const [index, client] of clients.entries()) {
    const values = await client.pipeline(names.map((name) => ["GET", name]));
    const expected = names.map((name, at) =>
      groupOf(slotOfKey(name)) === index + 1 ? `value:${at}` : null
    );
    assertEquals(values, expected);
  }
}
