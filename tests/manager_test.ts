/**
 * The manager as a whole: REST in front, a coordinator and servers behind, and stops at any moment.
 *
 * @module
 */

import {
  assert,
  assertEquals,
  assertMatch,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import type { Coordinator, CoordinatorSource } from "../core/coordinator/coordinator.ts";
import { MemoryCoordinator } from "../core/coordinator/memory_coordinator.ts";
import { runManagerCli } from "../manager/cli.ts";
import { type Manager, ManagerStartError, startManager } from "../manager/manager.ts";
import type { MigrationView } from "../manager/migration_use_cases.ts";
import { eventually } from "./support/eventually.ts";
import { type FakeSlotServer, FakeSlotServers } from "./support/fake_slot_server.ts";
import { change, finished, get, migrate, refusal } from "./support/manager_api.ts";
import { SeededRandom } from "./support/seeded_random.ts";

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

  const id = await migrate(manager, { range: [0, 1023], to: 2 });

  const view = await finished(manager, id);
  assertEquals(view.state, "done");
  assertEquals(view.slots, { arrived: 1024, onTheWay: 0, returning: 0, waiting: 0 });
  assertEquals(view.receipt.moved, keys);
  assertEquals([first.keyCount, second.keyCount], [0, keys]);
  assertEquals(view.keys.left, 0);
  assertEquals(servers.violations, []);
});

Deno.test("a paused migration starts nothing, and goes on when it is resumed", async () => {
  await using servers = new FakeSlotServers();
  await using source = new MemoryCoordinator();
  await using manager = await managerAt(source, { slotsInFlightMax: 8 });
  const [first, second] = await twoGroups(manager, servers, { keysPerAsk: 0 });
  await change(manager, "PUT", "/slots", { range: [0, 63], group: 1 });
  for (let slot = 0; slot < 64; slot++) first.fill(slot, 10);
  const id = await migrate(manager, { range: [0, 63], to: 2 });
  await eventually(() => assert(second.stateOf(0) === "importing"));

  await change(manager, "POST", `/migrations/${id}/pause`, {});
  first.keysPerAsk = Infinity;

  const paused = await eventually(async () => {
    const view = await get<MigrationView>(manager, `/migrations/${id}`);
    assertEquals([view.state, view.slots.onTheWay], ["paused", 0]);
    return view;
  });
  assertEquals(paused.slots.waiting, 56);
  await change(manager, "POST", `/migrations/${id}/resume`, {});
  assertEquals((await finished(manager, id)).receipt.moved, 640);
  assertEquals(servers.violations, []);
});

Deno.test("a migration with a delay moves a few slots at a time", async () => {
  await using servers = new FakeSlotServers();
  await using source = new MemoryCoordinator();
  await using manager = await managerAt(source);
  const [first, second] = await twoGroups(manager, servers, { keysPerAsk: 0 });
  await change(manager, "PUT", "/slots", { range: [0, 39], group: 1 });
  first.fill(0, 5);
  const order = { range: [0, 39], to: 2, delayMs: 10 };
  const { id } = await change<MigrationView>(manager, "POST", "/migrations", order);
  await eventually(() => assert(first.stateOf(0) === "giving"));
  assertEquals((await get<MigrationView>(manager, `/migrations/${id}`)).slots.waiting, 24);

  first.keysPerAsk = Infinity;

  assertEquals((await finished(manager, id)).receipt.moved, 5);
  assertEquals(second.keyCount, 5);
  assertEquals(servers.violations, []);
});

Deno.test("a cancelled migration sends back what was on the way and keeps what had arrived", async () => {
  await using servers = new FakeSlotServers();
  await using source = new MemoryCoordinator();
  await using manager = await managerAt(source, { slotsInFlightMax: 8 });
  const [first, second] = await twoGroups(manager, servers, { keysPerAsk: 0 });
  await change(manager, "PUT", "/slots", { range: [0, 63], group: 1 });
  for (let slot = 0; slot < 64; slot++) first.fill(slot, 10);
  const id = await migrate(manager, { range: [0, 63], to: 2 });
  await eventually(() => assert(first.stateOf(7) === "giving"));
  first.keysPerAsk = 3;
  await eventually(() => assert(second.keyCount > 100));
  first.keysPerAsk = 0;

  await change(manager, "POST", `/migrations/${id}/cancel`, {});
  second.keysPerAsk = Infinity;
  first.keysPerAsk = Infinity;

  const view = await finished(manager, id);
  assertEquals(view.state, "cancelled");
  assertEquals(view.slots.arrived + view.slots.waiting, 64);
  assert(view.slots.arrived >= 8 && view.slots.waiting >= 40, JSON.stringify(view.slots));
  assertEquals([first.keyCount, second.keyCount], [
    view.slots.waiting * 10,
    view.slots.arrived * 10,
  ]);
  const owners = servers.owners().slice(0, 64);
  assertEquals(owners.filter((owner) => owner === second).length, view.slots.arrived);
  assertEquals(servers.violations, []);
});

Deno.test("a manager that stops at any moment is taken over by the next, and nothing is lost", async () => {
  const random = new SeededRandom();
  try {
    await moveWithStops(random);
  } catch (error) {
    throw new Error(`With seed ${random.seed}: ${(error as Error).message}`, { cause: error });
  }
});

async function moveWithStops(random: SeededRandom): Promise<void> {
  const coordinator = `embedded:${await Deno.makeTempDir()}`;
  await using servers = new FakeSlotServers();
  let manager = await managerAt(coordinator, { slotsInFlightMax: 64 });
  const [first, second] = await twoGroups(manager, servers, { keysPerAsk: 40 });
  await change(manager, "PUT", "/slots", { range: [0, 1023], group: 1 });
  for (let slot = 0; slot < 1024; slot++) first.fill(slot, slot % 4);
  const keys = first.keyCount;
  const id = await migrate(manager, { range: [0, 1023], to: 2 });

  let stops = 0;
  while ((await get<MigrationView>(manager, `/migrations/${id}`)).finishedAt === null) {
    // Where the migration stands then is chance: any moment must do.
    await new Promise((resolve) => setTimeout(resolve, random.below(150)));
    await manager.close();
    const dice = random.below(4);
    if (dice < 2) random.pick([first, second]).restart();
    manager = await managerAt(coordinator, { slotsInFlightMax: 64 });
    if (++stops > 10) first.keysPerAsk = Infinity;
  }

  assertEquals((await finished(manager, id)).state, "done");
  assertEquals([first.keyCount, second.keyCount], [0, keys]);
  await eventually(() => assert(servers.owners().every((owner) => owner === second)));
  assertEquals(servers.violations, []);
  await manager.close();
  await Deno.remove(coordinator.slice("embedded:".length), { recursive: true });
}

Deno.test("a restarted server is fenced again without a hand", async () => {
  await using servers = new FakeSlotServers();
  await using source = new MemoryCoordinator();
  await using manager = await managerAt(source);
  const [first] = await twoGroups(manager, servers);
  await change(manager, "POST", "/slots/init", {});
  await eventually(() => assertEquals(servers.owners()[0], first));

  first.restart();

  await eventually(() => {
    assertEquals(servers.owners().slice(0, 512).every((owner) => owner === first), true);
  });
  assertEquals(servers.violations, []);
});

Deno.test("of two managers one leads; the other passes changes on, and takes over", async () => {
  await using servers = new FakeSlotServers();
  await using source = new MemoryCoordinator();
  const leader = await managerAt(source);
  await using follower = await managerAt(source);
  assertEquals([leader.leads, follower.leads], [true, false]);
  const [first] = await twoGroups(follower, servers);
  await change(follower, "POST", "/slots/init", {});
  await eventually(() => assertEquals(servers.owners()[0], first));

  await leader.close();

  await eventually(() => assert(follower.leads));
  await change(follower, "POST", "/groups", { id: 3 });
  const status = await get<{ leaderEpoch: number }>(follower, "/status");
  assertEquals(status.leaderEpoch, 2);
  assertEquals(servers.violations, []);
});

Deno.test("a leader whose session expires stands for election again", async () => {
  await using source = new MemoryCoordinator();
  const session = await source.connect();
  await using manager = await managerAt(sourceOf(session));
  assert(manager.leads);

  session.expire();

  await eventually(async () => {
    const status = await get<{ leaderEpoch: number }>(manager, "/status");
    assertEquals([manager.leads, status.leaderEpoch], [true, 2]);
  });
});

Deno.test("a write whose answer was lost is neither lost nor done twice", async () => {
  await using source = new MemoryCoordinator();
  const session = await source.connect();
  await using manager = await managerAt(sourceOf(session));

  session.loseNextAnswer();
  session.loseNextAnswer();
  const groups = [1, 2, 3];
  for (const id of groups) await change(manager, "POST", "/groups", { id });

  const found = await get<{ id: number }[]>(manager, "/groups");
  assertEquals(found.map(({ id }) => id), groups);
});

Deno.test("the API refuses what does not come from its own users", async () => {
  await using source = new MemoryCoordinator();
  await using manager = await managerAt(source);
  const url = `http://${manager.address}/api/v1/groups`;
  const json = { "content-type": "application/json" };
  const body = JSON.stringify({ id: 1 });
  const post = async (headers: Record<string, string>) => {
    const response = await fetch(url, { method: "POST", headers, body });
    await response.body?.cancel();
    return response.status;
  };

  assertEquals(await post({ "content-type": "text/plain" }), 415);
  assertEquals(await post({ ...json, origin: "http://evil.example" }), 403);
  assertEquals(await post({ ...json, "sec-fetch-site": "cross-site" }), 403);
  assertEquals(await post({ ...json, origin: `http://${manager.address}` }), 201);
  assertEquals(await rawStatus(manager, "GET /api/v1/groups HTTP/1.1\r\nHost: evil.example"), 403);
});

Deno.test("with a token nothing is answered without it", async () => {
  await using source = new MemoryCoordinator();
  const options = { listen: "127.0.0.1:0", token: "secret" };
  await using manager = await startManager({ coordinator: source, ...options });
  const url = `http://${manager.address}/api/v1/status`;
  const status = async (authorization: string) => {
    const response = await fetch(url, { headers: { authorization } });
    await response.body?.cancel();
    return response.status;
  };

  assertEquals(await status("Bearer wrong"), 401);
  assertEquals(await status("Bearer secret"), 200);
  assertEquals(await status(`Basic ${btoa("any:secret")}`), 200);
});

Deno.test("an address that others can reach needs a token", async () => {
  await assertRejects(
    () => startManager({ coordinator: "memory:", listen: "0.0.0.0:0" }),
    ManagerStartError,
    "without a token",
  );
});

Deno.test("errors name what was asked for", async () => {
  await using servers = new FakeSlotServers();
  await using source = new MemoryCoordinator();
  await using manager = await managerAt(source);
  const [first] = await twoGroups(manager, servers);
  await change(manager, "PUT", "/slots", { range: [0, 9], group: 1 });

  assertEquals(await refusal(manager, "POST", "/migrations", { range: [0, 20], to: 2 }), {
    status: 409,
    message: "Cannot migrate slots 0-20: nobody owns 10-20; assign them first",
  });
  assertEquals(await refusal(manager, "POST", "/migrations", { range: [3, 0], to: 2 }), {
    status: 400,
    message: 'Cannot read the request: "range": want the lower slot first',
  });
  assertEquals(await refusal(manager, "POST", "/groups/9/servers", { addr: first.addr }), {
    status: 404,
    message: "Cannot find group 9: there are groups 1, 2",
  });
  assertEquals(await refusal(manager, "POST", "/slots/init", {}), {
    status: 409,
    message:
      "Cannot assign slots: 10 are owned already; with -f the other 1014 are shared out and the owned ones stay",
  });
  assertEquals(await refusal(manager, "DELETE", "/groups/1", {}), {
    status: 409,
    message: "Cannot remove group 1: it has a part in slots 0-9; migrate them first",
  });
  const nobody = { addr: "127.0.0.1:1" };
  assertEquals((await refusal(manager, "POST", "/groups/1/servers", nobody)).status, 502);
});

Deno.test("watchers get the migrations as they are, and the streams end with the manager", async () => {
  await using servers = new FakeSlotServers();
  await using source = new MemoryCoordinator();
  await using manager = await managerAt(source);
  await twoGroups(manager, servers);
  await change(manager, "POST", "/slots/init", {});
  const response = await fetch(`http://${manager.address}/api/v1/migrations/events`);
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  assertEquals((await reader.read()).value, "event: migrations\ndata: []\n\n");

  const id = await migrate(manager, { range: [0, 1], to: 2 });

  let text = "";
  while (!text.includes('"state":"done"')) text += (await reader.read()).value;
  assert(text.includes(id));
  await manager.close();
  while (!(await reader.read()).done);
});

Deno.test("the command line does a product's first steps, and waits for a migration", async () => {
  await using servers = new FakeSlotServers();
  await using source = new MemoryCoordinator();
  await using manager = await managerAt(source);
  const [first, second] = [servers.start(), servers.start()];

  await succeed(manager, ["server", "add-group", "1"]);
  await succeed(manager, ["server", "add-group", "2"]);
  await succeed(manager, ["server", "add", "1", first.addr]);
  await succeed(manager, ["server", "add", "2", second.addr, "master"]);
  assertEquals(
    await succeed(manager, ["slot", "init"]),
    "SLOTS     WHERE\n0-511     group 1\n512-1023  group 2\n",
  );
  first.fill(7, 3);
  assertEquals(
    await succeed(manager, ["slot", "info", "7"]),
    "Slot 7: group 1\n  group 1: 3 keys\n",
  );

  const output = await succeed(manager, ["slot", "migrate", "0", "511", "2", "--wait"]);
  assertMatch(
    output,
    /Migration m-[0-9a-f]{8} is done: 512 slots are on group 2\nReceipt: 3 keys moved/,
  );
  const list = JSON.parse(await succeed(manager, ["migration", "list", "--json"]));
  assertEquals(list.map(({ state, actor }: MigrationView) => [state, actor]), [[
    "done",
    "cli:tester",
  ]]);
  assertStringIncludes(await succeed(manager, ["slot", "rebalance"]), "Nothing was done");
  await succeed(manager, ["slot", "rebalance", "--yes", "--wait"]);
  assertEquals(await succeed(manager, ["slot", "rebalance"]), "Every group has its share.\n");
});

Deno.test("the command line's exit status tells wrong usage from failure", async () => {
  await using source = new MemoryCoordinator();
  await using manager = await managerAt(source);

  assertEquals(await run(manager, ["slot", "migrate", "0", "2000", "1"]), {
    status: 2,
    out: "",
    err: 'codis-config: the slot is "2000": wanted a whole number, 0 to 1023\n' +
      "Usage: slot migrate FROM TO G [--delay MS] [--wait]\nSee: codis-config --help\n",
  });
  assertEquals(await run(manager, ["server", "remove-group", "4"]), {
    status: 1,
    out: "",
    err: "Cannot find group 4: there is no group yet\nAdd it: server add-group 4.\n",
  });
  assertEquals(JSON.parse((await run(manager, ["migration", "pause", "m-1", "--json"])).err), {
    error: {
      code: "not-found",
      message: 'Cannot find migration "m-1"',
      hint: "See `migration list`",
    },
  });
});

async function managerAt(
  coordinator: string | CoordinatorSource,
  options: { slotsInFlightMax?: number } = {},
): Promise<Manager> {
  return await startManager({
    coordinator,
    listen: "127.0.0.1:0",
    ...options,
  });
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

async function run(
  manager: Manager,
  args: string[],
): Promise<{ status: number; out: string; err: string }> {
  const text = { out: "", err: "" };
  const status = await runManagerCli(["--manager", `http://${manager.address}`, ...args], {
    out: (more) => text.out += more,
    err: (more) => text.err += more,
    isTerminal: false,
    env: (name) => name === "USER" ? "tester" : undefined,
  });
  return { status, ...text };
}

async function succeed(manager: Manager, args: string[]): Promise<string> {
  const { status, out, err } = await run(manager, args);
  assertEquals([status, err], [0, ""], args.join(" "));
  return out;
}

/** The status of a request that `fetch` would not send as it is. */
async function rawStatus(manager: Manager, head: string): Promise<number> {
  const [hostname, port] = manager.address.split(":");
  using connection = await Deno.connect({ hostname: hostname!, port: Number(port) });
  await connection.write(new TextEncoder().encode(`${head}\r\nConnection: close\r\n\r\n`));
  const chunk = new Uint8Array(65536);
  const size = await connection.read(chunk);
  return Number(new TextDecoder().decode(chunk.subarray(0, size ?? 0)).split(" ")[1]);
}

/** A source of one session, which the test can disturb. */
function sourceOf(session: Coordinator): CoordinatorSource {
  return {
    url: "memory:",
    connect: () => Promise.resolve(session),
    close: () => Promise.resolve(),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}
