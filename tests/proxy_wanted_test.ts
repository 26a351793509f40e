/**
 * A proxy and the operator's wish that it be offline or online, over a coordinator in memory.
 *
 * @module
 */

import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import type { Coordinator, CoordinatorSource } from "../core/coordinator/coordinator.ts";
import type { LocalSession } from "../core/coordinator/local_session.ts";
import { MemoryCoordinator } from "../core/coordinator/memory_coordinator.ts";
import { jodisPath, pathsOf, wantedProxyPath } from "../core/coordinator/paths.ts";
import { Log } from "../core/log.ts";
import { saveTopology } from "../core/topology/save_topology.ts";
import { emptyTopology } from "../core/topology/topology.ts";
import { type Proxy, startProxy } from "../proxy/proxy.ts";
import { eventually } from "./support/eventually.ts";
import { RespClient } from "./support/resp_client.ts";

const PRODUCT = "test";
const ID = "p1";
const LISTEN = { host: "127.0.0.1", port: 0 };
const CHANGE = { id: "first", actor: "test", reason: "first start" };

function started(
  source: CoordinatorSource,
  options: { workers?: number; signal?: AbortSignal; advertise?: string } = {},
): Promise<Proxy> {
  return startProxy({
    topology: { kind: "coordinator", source, product: PRODUCT },
    listen: LISTEN,
    admin: undefined,
    id: ID,
    workers: 1,
    password: "",
    serverUser: "",
    serverPassword: "",
    log: new Log("proxy", { level: "error", json: false }),
    onFailure: (error) => {
      throw new Error(error);
    },
    ...options,
  });
}

async function want(operator: Coordinator, wanted: "online" | "offline"): Promise<void> {
  const path = wantedProxyPath(PRODUCT, ID);
  const data = JSON.stringify({ wanted, actor: "test" });
  const node = await operator.get(path);
  if (node === null) await operator.createIfAbsent(path, data);
  else await operator.putIfVersion(path, data, { version: node.version });
}

/** What the proxy's node says; undefined while there is none. */
async function recordOf(operator: Coordinator): Promise<Record<string, unknown> | undefined> {
  const { proxies } = pathsOf(PRODUCT);
  const [name] = await operator.list(proxies);
  const node = name === undefined ? null : await operator.get(`${proxies}/${name}`);
  return node === null ? undefined : JSON.parse(node.data);
}

async function untilState(operator: Coordinator, state: string): Promise<void> {
  await eventually(async () => assertEquals((await recordOf(operator))?.state, state));
}

/** A coordinator with a product, and the operator's session there. */
async function product(): Promise<{ source: MemoryCoordinator; operator: LocalSession }> {
  const source = new MemoryCoordinator();
  const operator = await source.connect();
  await saveTopology(operator, PRODUCT, { next: emptyTopology(CHANGE), version: null });
  return { source, operator };
}

for (const workers of [1, 2]) {
  Deno.test(`a proxy with ${workers} workers goes offline and comes back`, async () => {
    const { source, operator } = await product();
    await using _source = source;
    const proxy = await started(source, { workers });
    const { port } = proxy.address;
    try {
      await untilState(operator, "online");
      await using present = await RespClient.connect({ port });
      assertEquals(await present.send("PING"), "PONG");
      await want(operator, "offline");
      await untilState(operator, "offline");
      await eventually(() => assertRejects(() => present.send("PING")));
      await assertRejects(() => RespClient.connect({ port }));
      await want(operator, "online");
      await untilState(operator, "online");
      assertEquals(proxy.address.port, port);
      await using back = await RespClient.connect({ port });
      assertEquals(await back.send("PING"), "PONG");
    } finally {
      assert(await proxy.close(1000));
    }
  });
}

Deno.test("a proxy that is to be offline starts without taking clients", async () => {
  const { source, operator } = await product();
  await using _source = source;
  await want(operator, "offline");
  const proxy = await started(source);
  try {
    await untilState(operator, "offline");
    await want(operator, "online");
    await untilState(operator, "online");
    await using client = await RespClient.connect({ port: proxy.address.port });
    assertEquals(await client.send("PING"), "PONG");
  } finally {
    assert(await proxy.close(1000));
  }
});

Deno.test("a proxy that waits for a product can be told to end", async () => {
  await using source = new MemoryCoordinator();
  const stop = new AbortController();
  const starting = started(source, { signal: stop.signal });
  stop.abort(new Error("told to end"));
  await assertRejects(() => starting, Error, "told to end");
});

Deno.test("the node of an expired session is written again, with what holds now", async () => {
  const { source, operator } = await product();
  await using _source = source;
  const session = await source.connect();
  const proxy = await started({
    url: source.url,
    connect: () => Promise.resolve(session),
    close: () => Promise.resolve(),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  });
  try {
    await untilState(operator, "online");
    await eventually(async () => assertEquals((await recordOf(operator))?.applied, [1]));
    const before = await recordOf(operator);
    session.expire();
    assertEquals(await recordOf(operator), undefined);
    await eventually(async () => assertEquals(await recordOf(operator), before));
  } finally {
    assert(await proxy.close(1000));
  }
});

Deno.test("Jodis clients are told of a proxy while it takes clients, at the address it advertises", async () => {
  const { source, operator } = await product();
  await using _source = source;
  const path = jodisPath(PRODUCT, ID);
  const told = async () => {
    const node = await operator.get(path);
    return node === null ? null : JSON.parse(node.data);
  };
  const proxy = await started(source, { advertise: "proxy.example" });
  try {
    const addr = `proxy.example:${proxy.address.port}`;
    await eventually(async () => assertEquals((await told())?.addr, addr));
    const { start, ...rest } = await told();
    assertMatch(start, /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} \+0000 UTC$/);
    assertEquals(rest, { addr, admin: "", state: "online", token: ID });
    assertEquals((await recordOf(operator))?.addr, addr);

    await want(operator, "offline");
    await eventually(async () => assertEquals(await told(), null));
    await want(operator, "online");
    await eventually(async () => assertEquals((await told())?.addr, addr));
  } finally {
    assert(await proxy.close(1000));
  }
  assertEquals(await told(), null);
});
