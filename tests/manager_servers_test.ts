/**
 * The manager with real servers: keys move, whatever stops and starts again meanwhile.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { type Manager, startManager } from "../manager/manager.ts";
import { eventually } from "./support/eventually.ts";
import { FencedServer } from "./support/fenced_server.ts";
import { change, finished, migrate } from "./support/manager_api.ts";

const KEYS = 20_000;

Deno.test("all slots move between servers, and every key arrives", async () => {
  await using first = await FencedServer.start();
  await using second = await FencedServer.start();
  await using manager = await startManager({
    coordinator: "memory:",
    listen: "127.0.0.1:0",
  });
  await ownAll(manager, [first, second]);
  await load(first, KEYS);

  const id = await migrate(manager, { range: [0, 1023], to: 2 });

  const view = await finished(manager, id);
  assertEquals([view.state, view.receipt.moved], ["done", KEYS]);
  assertEquals([await first.leader.send("DBSIZE"), await second.leader.send("DBSIZE")], [0, KEYS]);
  assertEquals(await second.leader.send("GET", "key:7"), "value:7");
});

Deno.test("a cancelled migration leaves every key with the owner of its slot", async () => {
  await using first = await FencedServer.start();
  await using second = await FencedServer.start();
  await using manager = await startManager({ coordinator: "memory:", listen: "127.0.0.1:0" });
  await ownAll(manager, [first, second]);
  await load(first, KEYS);
  await first.leader.send("SLOTSTHROTTLE", 1_000_000, 16);
  const id = await migrate(manager, { range: [0, 1023], to: 2 });
  await eventually(async () => assert(await second.leader.send("DBSIZE") as number > KEYS / 10));

  await change(manager, "POST", `/migrations/${id}/cancel`);

  const view = await finished(manager, id);
  assertEquals(view.state, "cancelled");
  assert(view.slots.waiting > 0, JSON.stringify(view.slots));
  await checkPlacement([first, second], KEYS);
});

Deno.test("a manager that stops while keys move is taken over, and every key arrives", async () => {
  const directory = await Deno.makeTempDir();
  const options = {
    coordinator: `embedded:${directory}`,
    listen: "127.0.0.1:0",
    slotsInFlightMax: 128,
  };
  await using first = await FencedServer.start();
  await using second = await FencedServer.start();
  let manager = await startManager(options);
  await ownAll(manager, [first, second]);
  await load(first, KEYS);
  await first.leader.send("SLOTSTHROTTLE", 1_000_000, 16);
  const id = await migrate(manager, { range: [0, 1023], to: 2 });

  for (const delayMs of [5, 20, 50, 90, 150, 250]) {
    // Where the migration stands then is chance: any moment must do.
    await new Promise((resolve) => setTimeout(resolve, delayMs));
    await manager.close();
    manager = await startManager(options);
  }
  await first.leader.send("SLOTSTHROTTLE", 0, 16);

  assertEquals((await finished(manager, id)).state, "done");
  await checkPlacement([first, second], KEYS);
  assertEquals(await first.leader.send("DBSIZE"), 0);
  await manager.close();
  await Deno.remove(directory, { recursive: true });
});

/** Each slot is owned by one server, and the other has none of its keys. */
async function checkPlacement(servers: readonly FencedServer[], count: number): Promise<void> {
  const slots = Array.from({ length: 1024 }, (_, slot) => slot);
  await eventually(async () => {
    const all = await Promise.all(servers.map((server) => server.receipts(slots)));
    const keys = all.flat().reduce((sum, receipt) => sum + receipt.keys, 0);
    assertEquals(keys, count);
    for (const slot of slots) {
      const states = all.map((receipts) => receipts[slot]!);
      const owner = states.find(({ state }) => state === "own");
      const other = states.find((receipt) => receipt !== owner);
      assertEquals([owner?.state, other?.state, other?.keys], ["own", "closed", 0], `slot ${slot}`);
    }
  });
}

async function ownAll(manager: Manager, servers: readonly FencedServer[]): Promise<void> {
  for (const [index, { addr }] of servers.entries()) {
    await change(manager, "POST", "/groups", { id: index + 1 });
    await change(manager, "POST", `/groups/${index + 1}/servers`, { addr });
  }
  await change(manager, "PUT", "/slots", { range: [0, 1023], group: 1 });
  await eventually(async () => {
    const [receipt] = await servers[0]!.receipts([1023]);
    assertEquals(receipt!.state, "own");
  });
}

async function load(server: FencedServer, count: number): Promise<void> {
  for (let key = 0; key < count; key += 1000) {
    const keys = Array.from({ length: 1000 }, (_, index) => key + index).filter((at) => at < count);
    await server.leader.pipeline(keys.map((at) => ["SET", `key:${at}`, `value:${at}`]));
  }
}
