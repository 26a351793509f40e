/**
 * Programs that share the coordinator of a manager, while that manager is killed, stopped and gone.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { HttpCoordinator } from "../core/coordinator/http_coordinator.ts";
import { pathsOf } from "../core/coordinator/paths.ts";
import type { ProxyView } from "../manager/proxy_use_cases.ts";
import { eventually } from "./support/eventually.ts";
import { makePlace, type StartPlace } from "./support/killed_start.ts";
import { type Address, change, finished, get, migrate } from "./support/manager_api.ts";
import {
  runToEnd,
  type StartedProgram,
  startProgram,
  startServerProgram,
} from "./support/programs.ts";
import { RespClient } from "./support/resp_client.ts";

const KEYS = 300;
const SERVER = ["--slots", "managed"];

Deno.test("a proxy serves through kill -9 of the manager whose coordinator it uses, and follows the next", async () => {
  const place = await makePlace();
  const manager = { address: `127.0.0.1:${place.managerPort}` };
  await using servers = new AsyncDisposableStack();
  const ports: number[] = [];
  for (let group = 1; group <= 2; group++) {
    ports.push(servers.use(await startServerProgram(SERVER)).port);
  }
  const killed = await startManagerProgram(place);
  await using proxy = await startProxyAt(place, "p1");
  await setUp(manager, ports);
  await untilApplied(manager);
  await using client = await RespClient.connect({ port: proxy.port });
  await write(client, "before");
  const [before] = await get<ProxyView[]>(manager, "/proxies");

  killed.signal("SIGKILL");
  await killed.ended;
  await write(client, "without");
  await using _next = await startManagerProgram(place);

  assertEquals(await get<ProxyView[]>(manager, "/proxies"), [before]);
  const id = await migrate(manager, { range: [0, 1023], to: 2 });
  const { state, receipt } = await finished(manager, id);
  assertEquals([state, receipt.moved], ["done", 2 * KEYS]);
  await read(client, "before");
  await read(client, "without");
  assertEquals((await untilApplied(manager)).boot, before?.boot);
  await Deno.remove(place.directory, { recursive: true });
});

Deno.test("of two managers that share a coordinator either takes orders, and kill -9 of either leaves no lock", async () => {
  const [place, other] = [await makePlace(), await makePlace()];
  const [first, second] = [place, other]
    .map(({ managerPort }) => ({ address: `127.0.0.1:${managerPort}` })) as [Address, Address];
  await using servers = new AsyncDisposableStack();
  const ports: number[] = [];
  for (let group = 1; group <= 2; group++) {
    ports.push(servers.use(await startServerProgram(SERVER)).port);
  }
  const killed = await startManagerProgram(place);
  const shared = `http://${first.address}`;
  const beside = await startManagerAt(second, shared);
  await using proxy = await startProxyAt(place, "p1");
  await setUp(second, ports);
  await untilApplied(second);
  await using client = await RespClient.connect({ port: proxy.port });
  await write(client, "before");
  const id = await migrate(second, { range: [0, 1023], to: 2 });

  killed.signal("SIGKILL");
  await killed.ended;
  await using _first = await startManagerProgram(place);
  assertEquals((await finished(first, id)).state, "done");
  assertEquals((await finished(second, id)).state, "done");

  beside.signal("SIGKILL");
  await beside.ended;
  await using _second = await startManagerAt(second, shared);
  for (const [group, manager] of [first, second].entries()) {
    await eventually(() => change(manager, "POST", "/groups", { id: 3 + group }), {
      timeoutMs: 30_000,
    });
  }
  await read(client, "before");
  for (const { directory } of [place, other]) await Deno.remove(directory, { recursive: true });
});

Deno.test("a manager that was stopped for longer than a session lives ends none", async () => {
  const place = await makePlace();
  const path = `${pathsOf("default").proxies}/a-1`;
  {
    await using program = await startManagerProgram(place);
    const url = `http://127.0.0.1:${place.managerPort}`;
    await using source = new HttpCoordinator(url, { ttlMs: 1000 });
    const session = await source.connect();
    const node = await session.putEphemeral(path, "1");
    using news = session.watchSession();

    program.signal("SIGSTOP");
    await news.changed();
    assertEquals(session.session().kind, "suspended");
    await new Promise((resolve) => setTimeout(resolve, 1500));
    program.signal("SIGCONT");

    await eventually(() => assertEquals(session.session(), { kind: "connected", id: node.owner! }));
    assertEquals(await session.get(path), node);
  }
  await Deno.remove(place.directory, { recursive: true });
});

Deno.test("a second proxy joins `start` by its manager alone", async () => {
  const ports = ["--proxy-port", "0", "--server-ports", "0,0"];
  const place = await makePlace();
  await using _start = await startProgram(
    ["start", "--memory", "--manager-port", `${place.managerPort}`, ...ports],
  );
  await using proxy = await startProxyAt(place, "p2");
  await using client = await RespClient.connect({ port: proxy.port });

  await write(client, "joined");
  await read(client, "joined");

  const proxies = await get<ProxyView[]>(
    { address: `127.0.0.1:${place.managerPort}` },
    "/proxies",
  );
  assertEquals(proxies.map(({ id }) => id), ["p2", "proxy-1"]);
  await Deno.remove(place.directory, { recursive: true });
});

Deno.test("a proxy without the manager's token ends, and says which variable to set", async () => {
  const place = await makePlace();
  await using _manager = await startManagerProgram(place, ["--token", "secret"]);

  const { code, stderr } = await runToEnd(proxyArgs(place, "p1"));

  assertEquals(code, 1);
  assert(stderr.includes("without the token") && stderr.includes("CODIS_TOKEN"), stderr);
  await using _proxy = await startProgram(
    [...proxyArgs(place, "p1"), "--token", "secret"],
  );
  await Deno.remove(place.directory, { recursive: true });
});

function startManagerAt(manager: Address, coordinator: string): Promise<StartedProgram> {
  return startProgram(
    ["manager", "--coordinator", coordinator, "--listen", manager.address],
  );
}

function startManagerProgram(place: StartPlace, flags: string[] = []): Promise<StartedProgram> {
  return startProgram([
    "manager",
    ...["--coordinator", `embedded:${place.directory}`],
    ...["--listen", `127.0.0.1:${place.managerPort}`],
    ...flags,
  ]);
}

function startProxyAt(place: StartPlace, id: string): Promise<StartedProgram> {
  return startProgram(proxyArgs(place, id));
}

function proxyArgs({ managerPort }: StartPlace, id: string): string[] {
  return [
    "proxy",
    ...["--coordinator", `http://127.0.0.1:${managerPort}`, "--id", id],
    ...["--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0"],
  ];
}

/** Two groups; all slots are the first one's. */
async function setUp(manager: Address, ports: readonly number[]): Promise<void> {
  for (const [index, port] of ports.entries()) {
    await change(manager, "POST", "/groups", { id: index + 1 });
    await change(manager, "POST", `/groups/${index + 1}/servers`, { addr: `127.0.0.1:${port}` });
  }
  await change(manager, "PUT", "/slots", { range: [0, 1023], group: 1 });
}

/** Waits until the one proxy has applied the newest topology. */
function untilApplied(manager: Address): Promise<ProxyView> {
  return eventually(async () => {
    const { epoch } = await get<{ epoch: number }>(manager, "/status");
    const [proxy] = await get<ProxyView[]>(manager, "/proxies");
    assertEquals(proxy?.appliedEpoch, epoch);
    return proxy!;
  });
}

async function write(client: RespClient, prefix: string): Promise<void> {
  for (let key = 0; key < KEYS; key++) {
    assertEquals(await client.send("SET", `${prefix}-${key}`, `${key}`), "OK");
  }
}

async function read(client: RespClient, prefix: string): Promise<void> {
  for (let key = 0; key < KEYS; key++) {
    assertEquals(String(await client.send("GET", `${prefix}-${key}`)), `${key}`);
  }
}
