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

Deno.test("a paused migration starts nothing, and goes on when it is resumed", async () => {
  await using servers = new FakeSlotServers();
  await using source = new MemoryCoordinator();
  await using manager = await managerAt(source, { slotsInFlightMax: 8 });
  const [first, second] = await twoGroups(manager, servers, { keysPerAsk: 0 });
  await change(manager, "PUT", "/slots", { range: [0, 63], group: 1 });
  for (let slot = 0; slot < 64; slot++) first.fill(slot, 10);
  const { id } = await change(manager, "POST", "/migrations", { range: [0, 63], to: 2 });
  await eventually(() => assert(second.stateOf(0) === "importing"));

  await change(manager, "POST", `/migrations/${id}/pause`, {});
  first.keysPerAsk = Infinity;

  const paused = await eventually(async () => {
    const view = await get(manager, `/migrations/${id}`) as MigrationView;
    assertEquals([view.state, view.slots.onTheWay], ["paused", 0]);
    return view;
  });
  assertEquals(paused.slots.waiting, 56);
  await change(manager, "POST", `/migrations/${id}/resume`, {});
  assertEquals((await finished(manager, id)).receipt.moved, 640);
  assertEquals(servers.violations, []);
});

Deno.test("a cancelled migration sends back what was on the way and keeps what had arrived", async () => {
  await using servers = new FakeSlotServers();
  await using source = new MemoryCoordinator();
  await using manager = await managerAt(source, { slotsInFlightMax: 8 });
  const [first, second] = await twoGroups(manager, servers, { keysPerAsk: 0 });
  await change(manager, "PUT", "/slots", { range: [0, 63], group: 1 });
  for (let slot = 0; slot < 64; slot++) first.fill(slot, 10);
  const { id } = await change(manager, "POST", "/migrations", { range: [0, 63], to: 2 });
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
  const seed = Number(Deno.env.get("SEED") ?? crypto.getRandomValues(new Uint32Array(1))[0]);
  console.log(`seed ${seed}`);
  const random = randomOf(seed);
  const directory = await Deno.makeTempDir();
  await using servers = new FakeSlotServers();
  let manager = await managerAt(`embedded:${directory}`, { slotsInFlightMax: 64 });
  const [first, second] = await twoGroups(manager, servers, { keysPerAsk: 40 });
  await change(manager, "PUT", "/slots", { range: [0, 1023], group: 1 });
  for (let slot = 0; slot < 1024; slot++) first.fill(slot, slot % 4);
  const keys = first.keyCount;
  const { id } = await change(manager, "POST", "/migrations", { range: [0, 1023], to: 2 });

  let stops = 0;
  for (; await isOpen(manager, id); stops++) {
    await new Promise((resolve) => setTimeout(resolve, random() * 150));
    await manager.close();
    if (stops % 4 === 1) first.restart();
    if (stops % 4 === 3) second.restart();
    manager = await managerAt(`embedded:${directory}`, { slotsInFlightMax: 64 });
    if (stops > 10) first.keysPerAsk = Infinity;
  }

  const view = await finished(manager, id);
  assert(stops > 2, `stopped ${stops} times`);
  assertEquals(view.state, "done");
  assertEquals([first.keyCount, second.keyCount], [0, keys]);
  await eventually(() => assert(servers.owners().every((owner) => owner === second)));
  assertEquals(servers.violations, []);
  await manager.close();
  await Deno.remove(directory, { recursive: true });
});

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
  const status = await get(follower, "/status") as { leaderEpoch: number };
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
    const status = await get(manager, "/status") as { leaderEpoch: number };
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

  const found = await get(manager, "/groups") as { id: number }[];
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

  assertEquals(await refusal(manager, "POST", "/migrations", { range: [0, 20], to: 2 }), [
    409,
    "Cannot migrate slots 0-20: nobody owns 10-20; assign them first",
  ]);
  assertEquals(await refusal(manager, "POST", "/migrations", { range: [3, 0], to: 2 }), [
    400,
    'Cannot read the request: "range": want the lower slot first',
  ]);
  assertEquals(await refusal(manager, "POST", "/groups/9/servers", { addr: first.addr }), [
    404,
    "Cannot find group 9: there are groups 1, 2",
  ]);
  assertEquals(await refusal(manager, "POST", "/slots/init", {}), [
    409,
    "Cannot assign slots: 10 are owned already; with -f the other 1014 are shared out and the owned ones stay",
  ]);
  assertEquals(await refusal(manager, "DELETE", "/groups/1", {}), [
    409,
    "Cannot remove group 1: it has a part in slots 0-9; migrate them first",
  ]);
  assertEquals(
    (await refusal(manager, "POST", "/groups/1/servers", { addr: "127.0.0.1:1" }))[0],
    502,
  );
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

  const { id } = await change(manager, "POST", "/migrations", { range: [0, 1], to: 2 });

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
    log: (level, message) => {
      if (Deno.env.get("DEBUG")) console.log(level, message);
    },
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

async function refusal(
  manager: Manager,
  method: string,
  path: string,
  body: unknown,
): Promise<[number, string]> {
  const response = await fetch(`http://${manager.address}/api/v1${path}`, {
    method,
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  return [response.status, (await response.json()).error.message];
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

async function isOpen(manager: Manager, id: string): Promise<boolean> {
  return (await get(manager, `/migrations/${id}`) as MigrationView).finishedAt === null;
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

function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}
