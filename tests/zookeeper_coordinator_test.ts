/**
 * The coordinator over one real ZooKeeper server: what every coordinator does, and how it bears the
 * faults of its connection.
 *
 * @module
 */

import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import type { Coordinator, SessionState } from "../core/coordinator/coordinator.ts";
import {
  CoordinatorOpenError,
  CoordinatorUnavailableError,
} from "../core/coordinator/coordinator_error.ts";
import { ZookeeperCoordinator } from "../core/coordinator/zookeeper_coordinator.ts";
import { testCoordinatorConformance } from "./support/coordinator_conformance.ts";
import { eventually } from "./support/eventually.ts";
import { FaultyLink } from "./support/faulty_link.ts";
import { startModuleZookeeper, startZookeeper } from "./support/zookeeper_server.ts";

const server = await startModuleZookeeper();
const SHORT = "?session-timeout-ms=1500";
let chroots = 0;

testCoordinatorConformance({
  name: "zookeeper",
  open: () => Promise.resolve(new ZookeeperCoordinator(url(server.port))),
});

Deno.test("zookeeper: an expired session goes on under a new id, and is told of what it missed", async () => {
  await using link = new FaultyLink(server.port);
  const path = `/t${chroots++}`;
  await using source = new ZookeeperCoordinator(`zk://127.0.0.1:${link.port}${path}${SHORT}`);
  await using others = new ZookeeperCoordinator(`zk://127.0.0.1:${server.port}${path}`);
  const [session, other] = [await source.connect(), await others.connect()];
  await session.putEphemeral("/proxies/a", "1");
  const before = session.session();
  using sessionWatch = session.watchSession();
  using watch = session.watch("/topology");
  using ends = other.watch("/proxies");

  link.down();
  // The first news may be of the ephemeral's creation, which this session had not seen.
  while ((await other.list("/proxies")).length > 0) await ends.changed();
  await other.createIfAbsent("/topology", "missed");
  const away = await assertRejects(() => session.get("/topology"), CoordinatorUnavailableError);
  assertEquals(away.outcomeUnknown, false);
  assertEquals(session.session().kind, "suspended");
  link.up();

  await watch.changed();
  await sessionWatch.changed();
  const after = await connected(session);
  assert(before.kind === "connected" && after.id !== before.id);
  assertEquals((await session.get("/topology"))?.data, "missed");
  assertEquals((await session.putEphemeral("/proxies/a", "2")).owner, after.id);
  await other.putIfVersion("/topology", "later", { version: 0 });
  await watch.changed();
});

Deno.test("zookeeper: a connection cut in the midst of a reply is followed by a whole one", async () => {
  await using link = new FaultyLink(server.port);
  await using source = new ZookeeperCoordinator(url(link.port));
  const session = await source.connect();
  const text = "x".repeat(50_000);
  await session.createIfAbsent("/a", text);
  const { id } = await connected(session);

  for (const byteCount of [1, 3, 200, 20_000]) {
    link.cutAfter(byteCount);
    const cut = await assertRejects(() => session.get("/a"), CoordinatorUnavailableError);
    assertEquals(cut.outcomeUnknown, false);
    await connected(session);
    assertEquals((await session.get("/a", { sync: true }))?.data, text);
  }
  assertEquals((await connected(session)).id, id);
});

Deno.test("zookeeper: a write whose answer is lost is unknown, and was applied", async () => {
  await using link = new FaultyLink(server.port);
  await using source = new ZookeeperCoordinator(url(link.port) + SHORT);
  const session = await source.connect();

  link.silence();
  const lost = await assertRejects(
    () => session.createIfAbsent("/a", "x"),
    CoordinatorUnavailableError,
    `Cannot tell whether "/a" was written`,
  );
  const state = session.session();
  link.silence(false);

  assertEquals(lost.outcomeUnknown, true);
  assert(state.kind === "suspended" && state.sinceMs < performance.now());
  await connected(session);
  assertEquals((await session.get("/a", { sync: true }))?.data, "x");
});

Deno.test("zookeeper: a server that accepts and grants nothing is not waited for", async () => {
  await using link = new FaultyLink(server.port);
  await using source = new ZookeeperCoordinator(url(link.port) + SHORT);
  link.silence();

  const connecting = source.connect();
  await eventually(() => assert(link.accepted >= 2));
  link.silence(false);

  assertEquals((await connected(await connecting)).kind, "connected");
});

Deno.test("zookeeper: a session that only receives does not expire", async () => {
  const path = url(server.port);
  await using source = new ZookeeperCoordinator(path + SHORT);
  await using others = new ZookeeperCoordinator(path);
  const [session, other] = [await source.connect(), await others.connect()];
  const { id } = await connected(session);
  using sessionWatch = session.watchSession();
  using watch = session.watch("/a");
  await other.createIfAbsent("/a", "0");

  const endsAtMs = performance.now() + 4000;
  for (let version = 0; performance.now() < endsAtMs; version++) {
    await watch.changed();
    await other.putIfVersion("/a", `${version}`, { version });
  }

  await assertRejects(() => sessionWatch.changed(AbortSignal.timeout(1)), DOMException);
  assertEquals((await connected(session)).id, id);
});

Deno.test("zookeeper: many watches, of many places and of one, are all told after a cut", async () => {
  await using link = new FaultyLink(server.port);
  await using source = new ZookeeperCoordinator(url(link.port));
  const session = await source.connect();
  const places = Array.from({ length: 100 }, (_, index) => `/many/p${index}`);
  const watches = [...places, ...Array.from({ length: 20 }, () => "/one")]
    .map((path) => session.watch(path));
  await session.get("/one");

  link.cut();
  await Promise.all(watches.map((watch) => watch.changed()));
  await session.createIfAbsent("/one", "x");
  await Promise.all(watches.slice(100).map((watch) => watch.changed()));

  for (const watch of watches) watch.close();
});

Deno.test("zookeeper: a restarted server finds session, ephemerals and watches; a hung one can be left", async () => {
  await using own = await startZookeeper();
  const path = url(own.port);
  await using source = new ZookeeperCoordinator(`${path}?session-timeout-ms=30000`);
  await using others = new ZookeeperCoordinator(`${path}?session-timeout-ms=30000`);
  const [session, other] = [await source.connect(), await others.connect()];
  await session.putEphemeral("/proxies/a", "1");
  const { id } = await connected(session);
  using watch = session.watch("/topology");

  await own.kill();
  await eventually(() => assertEquals(session.session().kind, "suspended"));
  own.start();
  await own.untilServing();

  assertEquals((await connected(session)).id, id);
  await connected(other);
  await watch.changed();
  await other.createIfAbsent("/topology", "x");
  await watch.changed();
  assertEquals((await other.get("/proxies/a"))?.owner, id);

  own.pause();
  await Promise.all([source.close(), others.close()]);
  assertEquals([session.session().kind, other.session().kind], ["closed", "closed"]);
});

Deno.test("zookeeper: with credentials nodes are theirs; Jodis nodes can be read by all", async () => {
  const path = url(server.port);
  await using source = new ZookeeperCoordinator(path, "codis:secret");
  const session = await source.connect();
  await session.createIfAbsent("/codis/demo/topology", "{}");
  await session.putEphemeral("/jodis/demo/proxy-1", "{}");

  await using again = new ZookeeperCoordinator(path, "codis:secret");
  assertEquals((await (await again.connect()).get("/codis/demo/topology"))?.data, "{}");
  for (const auth of [undefined, "codis:wrong"]) {
    await using stranger = new ZookeeperCoordinator(path, auth);
    const refused = await assertRejects(() => stranger.connect(), CoordinatorOpenError);
    assertStringIncludes(refused.message, "set CODIS_ZOOKEEPER_AUTH to the user:password");
  }
  const root = `zk://127.0.0.1:${server.port}`;
  await using jodis = new ZookeeperCoordinator(root);
  const reader = await jodis.connect();
  const chroot = new URL(path).pathname;
  assertEquals(await reader.list(`${chroot}/jodis/demo`), ["proxy-1"]);
  assertEquals((await reader.get(`${chroot}/jodis/demo/proxy-1`))?.data, "{}");
  const refused = await assertRejects(
    () => reader.get(`${chroot}/codis/demo/topology`),
    CoordinatorUnavailableError,
  );
  assertEquals(refused.outcomeUnknown, false);
  assertStringIncludes(refused.message, "CODIS_ZOOKEEPER_AUTH");
});

Deno.test("zookeeper: a chroot of several levels is made, and kept apart from others", async () => {
  const deep = `${url(server.port)}/deep/er`;
  await using source = new ZookeeperCoordinator(deep);
  await using others = new ZookeeperCoordinator(url(server.port));
  const [session, other] = [await source.connect(), await others.connect()];
  await session.createIfAbsent("/a", "x");

  assertEquals(await other.get("/a"), null);
  await using rootSource = new ZookeeperCoordinator(`zk://127.0.0.1:${server.port}`);
  const root = await rootSource.connect();
  assertEquals((await root.get(`${new URL(deep).pathname}/a`))?.data, "x");
});

Deno.test("zookeeper: a node of a million bytes is kept, and a parent can hold data", async () => {
  await using source = new ZookeeperCoordinator(url(server.port));
  const session = await source.connect();
  const text = "x".repeat(1_000_000);
  await session.createIfAbsent("/a/b", text);
  assertEquals((await session.get("/a/b"))?.data, text);

  assertEquals(await session.get("/a"), null);
  const made = await session.createIfAbsent("/a", "parent");
  assertEquals(await session.get("/a"), made);
  await session.deleteIfVersion("/a", { version: made.version });
  assertEquals([await session.get("/a"), await session.list("/a")], [null, ["b"]]);
});

Deno.test("zookeeper: close ends on a silent connection, a lost one, and before there is one", async () => {
  await using link = new FaultyLink(server.port);
  const source = new ZookeeperCoordinator(url(link.port));
  const [silent, lost] = [await source.connect(), await source.connect()];
  link.silence();
  await Promise.all([silent.close(), silent.close()]);
  link.silence(false);

  using news = lost.watchSession();
  link.down();
  await news.changed();
  await lost.close();
  assertEquals(lost.session(), { kind: "closed" });

  const stop = new AbortController();
  const connecting = source.connect({ signal: stop.signal });
  stop.abort(new RangeError("enough"));
  await assertRejects(() => connecting, RangeError, "enough");
  const { accepted } = link;
  link.up();
  await source.close();
  assertEquals(link.accepted, accepted);
});

Deno.test("zookeeper: what answers, and is no ZooKeeper, is named", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const answering = (async () => {
    for await (const connection of listener) {
      await connection.write(new Uint8Array([0, 0, 0, 2, 1, 2])).catch(() => {});
      connection.close();
    }
  })();
  await using source = new ZookeeperCoordinator(url(listener.addr.port) + SHORT);

  const refused = await assertRejects(() => source.connect(), CoordinatorOpenError);

  assertStringIncludes(refused.message, `no session within 5000 ms (127.0.0.1:`);
  listener.close();
  await answering;
});

Deno.test({
  name: "zookeeper: a connection that is not permitted is said at once",
  permissions: { net: ["127.0.0.1:1"], env: true },
  fn: async () => {
    await using source = new ZookeeperCoordinator("zk://127.0.0.1:2/a");
    const refused = await assertRejects(() => source.connect(), CoordinatorOpenError);
    assertStringIncludes(refused.message, `Requires net access to "127.0.0.1:2"`);
  },
});

function url(port: number): string {
  return `zk://127.0.0.1:${port}/t${chroots++}`;
}

function connected(session: Coordinator): Promise<SessionState & { kind: "connected" }> {
  return eventually(() => {
    const state = session.session();
    assert(state.kind === "connected", state.kind);
    return state;
  }, { timeoutMs: 30_000 });
}
