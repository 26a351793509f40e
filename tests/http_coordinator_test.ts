/**
 * A manager's coordinator over HTTP: the conformance suite, and what a network and a restart can do.
 *
 * @module
 */

import { assert, assertEquals, assertRejects } from "@std/assert";
import type { Coordinator } from "../core/coordinator/coordinator.ts";
import {
  CoordinatorOpenError,
  CoordinatorUnavailableError,
} from "../core/coordinator/coordinator_error.ts";
import { HttpCoordinator } from "../core/coordinator/http_coordinator.ts";
import { MemoryCoordinator } from "../core/coordinator/memory_coordinator.ts";
import { type Manager, type ManagerOptions, startManager } from "../manager/manager.ts";
import { testCoordinatorConformance } from "./support/coordinator_conformance.ts";
import { eventually } from "./support/eventually.ts";
import { sourceBelow } from "./support/product_source.ts";
import { freePort } from "./support/programs.ts";
import { TcpGate } from "./support/tcp_gate.ts";

const ROOT = "/codis/default";
const TTL_MS = 600;

testCoordinatorConformance({
  name: "http",
  async open() {
    const manager = await started("memory:");
    const source = new HttpCoordinator(`http://${manager.address}`);
    return sourceBelow(source, `${ROOT}/conformance`, async () => {
      await source.close();
      await manager.close();
    });
  },
});

Deno.test("http: a session that is silent for its TTL is gone, and another takes over", async () => {
  await using manager = await started("memory:");
  await using gate = new TcpGate(portOf(manager));
  await using source = new HttpCoordinator(`http://127.0.0.1:${gate.port}`, { ttlMs: TTL_MS });
  await using other = new HttpCoordinator(`http://${manager.address}`);
  const [session, observer] = [await source.connect(), await other.connect()];
  const node = await session.putEphemeral(`${ROOT}/proxies/a-1`, "1");
  using sessionWatch = session.watchSession();
  using watch = observer.watch(`${ROOT}/proxies`);

  gate.hold({ all: true });

  await sessionWatch.changed();
  const suspended = session.session();
  assert(suspended.kind === "suspended" && suspended.id === node.owner);
  await eventually(async () => {
    await watch.changed(AbortSignal.timeout(5000));
    assertEquals(await observer.list(`${ROOT}/proxies`), []);
  });
  gate.release();
  await eventually(() => assertEquals(session.session().kind, "connected"));
  const again = await session.putEphemeral(`${ROOT}/proxies/a-1`, "2");
  assert(again.owner !== node.owner && again.owner === idOf(session));
});

Deno.test("http: a suspended session fails at once and is told of what it missed", async () => {
  await using manager = await started("memory:");
  await using gate = new TcpGate(portOf(manager));
  await using source = new HttpCoordinator(`http://127.0.0.1:${gate.port}`, { ttlMs: 3000 });
  await using other = new HttpCoordinator(`http://${manager.address}`);
  const [session, observer] = [await source.connect(), await other.connect()];
  using watch = session.watch(`${ROOT}/x`);
  const id = idOf(session);

  gate.hold({ all: true });
  await eventually(() => assertEquals(session.session().kind, "suspended"));
  const refused = await assertRejects(
    () => session.createIfAbsent(`${ROOT}/y`, "1"),
    CoordinatorUnavailableError,
  );
  await observer.createIfAbsent(`${ROOT}/x`, "missed");
  gate.release();

  await watch.changed();
  assertEquals(refused.outcomeUnknown, false);
  await eventually(() => assertEquals(idOf(session), id));
});

Deno.test("http: a request that was given up never comes into force once the session is back", async () => {
  await using manager = await started("memory:");
  await using gate = new TcpGate(portOf(manager));
  await using source = new HttpCoordinator(`http://127.0.0.1:${gate.port}`, { ttlMs: 2000 });
  const session = await source.connect();
  await session.createIfAbsent(`${ROOT}/x`, "0");
  const id = idOf(session);

  gate.hold({ all: false });
  const lost = await assertRejects(
    () => session.putIfVersion(`${ROOT}/x`, "late", { version: 0 }),
    CoordinatorUnavailableError,
  );
  await eventually(() => assertEquals(idOf(session), id));
  assertEquals((await session.get(`${ROOT}/x`))?.data, "0");
  gate.release();

  await eventually(() => assert(gate.answers.includes("Cannot take a request of attachment 1")));
  assertEquals(lost.outcomeUnknown, true);
  assertEquals((await session.get(`${ROOT}/x`))?.data, "0");
});

Deno.test("http: no news is lost over connections that are cut all the time", async () => {
  await using manager = await started("memory:");
  await using gate = new TcpGate(portOf(manager));
  await using source = new HttpCoordinator(`http://127.0.0.1:${gate.port}`);
  await using other = new HttpCoordinator(`http://${manager.address}`);
  const [session, writer] = [await source.connect(), await other.connect()];
  const id = idOf(session);
  let { version } = await writer.createIfAbsent(`${ROOT}/x`, "0");
  using watch = session.watch(`${ROOT}/x`);

  for (let round = 1; round <= 30; round++) {
    if (round % 3 > 0) gate.cut();
    ({ version } = await writer.putIfVersion(`${ROOT}/x`, `${round}`, { version }));
    if (round % 3 === 2) gate.cut();
    await eventually(async () => {
      await watch.changed(AbortSignal.timeout(5000)).catch(() => {});
      assertEquals((await session.get(`${ROOT}/x`))?.data, `${round}`);
    });
  }

  await eventually(() => assertEquals(idOf(session), id));
});

Deno.test("http: sessions and their ephemerals outlive the manager, however long it is away", async () => {
  const directory = await Deno.makeTempDir();
  const listen = `127.0.0.1:${freePort()}`;
  let manager = await started(`embedded:${directory}`, { listen });
  try {
    await using source = new HttpCoordinator(`http://${listen}`, { ttlMs: TTL_MS });
    const session = await source.connect();
    const node = await session.putEphemeral(`${ROOT}/proxies/a-1`, "1");
    using watch = session.watch(`${ROOT}/x`);
    using sessionWatch = session.watchSession();

    await manager.close();
    await sessionWatch.changed();
    assertEquals(session.session().kind, "suspended");
    await new Promise((resolve) => setTimeout(resolve, 2 * TTL_MS));
    manager = await started(`embedded:${directory}`, { listen });

    await eventually(() => assertEquals(idOf(session), node.owner));
    await watch.changed();
    assertEquals(await session.get(`${ROOT}/proxies/a-1`), node);
    assertEquals((await session.putEphemeral(`${ROOT}/proxies/a-1`, "2")).version, 1);
  } finally {
    await manager.close();
    await Deno.remove(directory, { recursive: true });
  }
});

Deno.test("http: a session whose program is gone while the manager is away ends a TTL after its start", async () => {
  const directory = await Deno.makeTempDir();
  const listen = `127.0.0.1:${freePort()}`;
  {
    await using manager = await started(`embedded:${directory}`, { listen });
    const gate = new TcpGate(portOf(manager));
    const source = new HttpCoordinator(`http://127.0.0.1:${gate.port}`, { ttlMs: TTL_MS });
    const session = await source.connect();
    await session.putEphemeral(`${ROOT}/proxies/a-1`, "1");
    await gate[Symbol.asyncDispose]();
    // Its farewell cannot arrive.
    await source.close();
  }
  await using _manager = await started(`embedded:${directory}`, { listen });
  await using source = new HttpCoordinator(`http://${listen}`);
  const session = await source.connect();
  using watch = session.watch(`${ROOT}/proxies`);
  assertEquals(await session.list(`${ROOT}/proxies`), ["a-1"]);
  await watch.changed();
  assertEquals(await session.list(`${ROOT}/proxies`), []);
  await Deno.remove(directory, { recursive: true });
});

Deno.test("http: without the token nothing is opened, and the message says what to do", async () => {
  await using manager = await started("memory:", { token: "secret" });
  const url = `http://${manager.address}`;

  for (const options of [{}, { token: "wrong" }]) {
    await using source = new HttpCoordinator(url, options);
    const refused = await assertRejects(() => source.connect(), CoordinatorOpenError);
    assertEquals(
      refused.message,
      `Cannot open the coordinator "${url}": The manager at ${url} says: Cannot serve the request ` +
        "without the token. Send it as `Authorization: Bearer TOKEN`; the command line reads CODIS_TOKEN",
    );
  }
  await using source = new HttpCoordinator(url, { token: "secret" });
  assertEquals((await (await source.connect()).get(`${ROOT}/topology`))?.version, 1);
});

Deno.test("http: a manager that has another token after a restart is told of, and nothing goes on", async () => {
  await using coordinator = new MemoryCoordinator();
  const listen = `127.0.0.1:${freePort()}`;
  const before = await started(coordinator, { listen, token: "old" });
  await using source = new HttpCoordinator(`http://${listen}`, { token: "old", ttlMs: TTL_MS });
  const session = await source.connect();
  await before.close();
  await using _after = await started(coordinator, { listen, token: "new" });

  await eventually(async () => {
    const refused = await assertRejects(
      () => session.get(`${ROOT}/topology`),
      CoordinatorUnavailableError,
      "without the token",
    );
    assertEquals(refused.outcomeUnknown, false);
  });
});

Deno.test("http: of several managers the one that has the coordinator is found, now and later", async () => {
  await using coordinator = new MemoryCoordinator();
  const ports = [freePort(), freePort()];
  const at = (index: number) => ({ listen: `127.0.0.1:${ports[index]}` });
  const first = await started(coordinator, at(1));
  await using source = new HttpCoordinator(`http://127.0.0.1:${ports[0]},127.0.0.1:${ports[1]}`);
  const session = await source.connect();
  const id = idOf(session);

  await first.close();
  await using _second = await started(coordinator, at(0));

  await eventually(() => assertEquals(idOf(session), id));
});

Deno.test("http: a manager without a coordinator of its own says so", async () => {
  await using host = await started("memory:");
  await using guest = await started(`http://${host.address}`);
  await using source = new HttpCoordinator(`http://${guest.address}`);

  await assertRejects(
    () => source.connect(),
    CoordinatorOpenError,
    "this manager has none of its own",
  );
});

Deno.test("http: a manager that is not there is waited for, then named", async () => {
  const url = `http://127.0.0.1:${freePort()}`;
  await using source = new HttpCoordinator(url, { connectTimeoutMs: 0 });

  await assertRejects(
    () => source.connect(),
    CoordinatorUnavailableError,
    `Cannot open the coordinator "${url}": Cannot ask the manager at ${url} (POST /sessions)`,
  );
});

Deno.test("http: nothing outside the manager's product is read or written", async () => {
  await using manager = await started("memory:");
  await using source = new HttpCoordinator(`http://${manager.address}`);
  const session = await source.connect();

  for (
    const path of ["/codis/other/topology", "/codis/default-2/x", "/jodis/other/proxy-1", "/x"]
  ) {
    for (const ask of [() => session.get(path), () => session.createIfAbsent(path, "x")]) {
      await assertRejects(ask, CoordinatorUnavailableError, 'serves product "default" alone');
    }
  }
  assertEquals((await session.putEphemeral("/jodis/default/proxy-1", "x")).owner, idOf(session));
});

function started(
  coordinator: ManagerOptions["coordinator"],
  options: { listen?: string; token?: string } = {},
): Promise<Manager> {
  return startManager({ coordinator, listen: "127.0.0.1:0", ...options });
}

function portOf(manager: Manager): number {
  return Number(manager.address.split(":")[1]);
}

function idOf(coordinator: Coordinator): string {
  const state = coordinator.session();
  assert(state.kind === "connected", state.kind);
  return state.id;
}
