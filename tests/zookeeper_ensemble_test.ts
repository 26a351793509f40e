/**
 * The coordinator over an ensemble of three real ZooKeeper servers that hang, die and come back.
 *
 * @module
 */

import { assert, assertEquals, assertRejects } from "@std/assert";
import type { Coordinator } from "../core/coordinator/coordinator.ts";
import { CoordinatorUnavailableError } from "../core/coordinator/coordinator_error.ts";
import { ZookeeperCoordinator } from "../core/coordinator/zookeeper_coordinator.ts";
import { eventually } from "./support/eventually.ts";
import { FaultyLink } from "./support/faulty_link.ts";
import { ZookeeperEnsemble } from "./support/zookeeper_server.ts";

const PATIENCE = { timeoutMs: 60_000 };

Deno.test("zookeeper: an ensemble of three, with one fault after the other", async (t) => {
  await using ensemble = await ZookeeperEnsemble.start();

  await t.step("a member that hangs is left for another, with the same session", async () => {
    const links = ensemble.members.map(({ port }) => new FaultyLink(port));
    const hosts = links.map(({ port }) => `127.0.0.1:${port}`).join(",");
    await using source = new ZookeeperCoordinator(`zk://${hosts}/hung?session-timeout-ms=6000`);
    const session = await source.connect();
    const { owner } = await session.putEphemeral("/leader", "x");
    using watch = session.watch("/leader");
    const hung = ensemble.members[links.findIndex(({ isUsed }) => isUsed)]!;

    hung.pause();
    await assertRejects(() => session.get("/leader"), CoordinatorUnavailableError);
    const node = await eventually(() => session.get("/leader", { sync: true }), PATIENCE);
    await watch.changed();
    hung.resume();

    assertEquals([node?.owner, sessionId(session)], [owner, owner]);
    await source.close();
    for (const link of links) await link[Symbol.asyncDispose]();
  });

  await t.step("the leader's death costs neither the session nor a confirmed write", async () => {
    const session30 = "/leader?session-timeout-ms=30000";
    await using source = new ZookeeperCoordinator(ensemble.url(session30));
    const session = await source.connect();
    await session.createIfAbsent("/topology", "1");
    const { owner } = await session.putEphemeral("/proxies/a", "x");
    const leader = await eventually(() => ensemble.leader(), PATIENCE);

    await leader.kill();
    const node = await eventually(
      () => session.createIfAbsent("/after", "x").catch((error) => onlyUnavailable(error)),
      PATIENCE,
    );

    assertEquals(node?.data ?? "x", "x");
    assertEquals((await session.get("/topology", { sync: true }))?.data, "1");
    assertEquals((await session.get("/proxies/a"))?.owner, owner);
    assertEquals(sessionId(session), owner);
    leader.start();
    await leader.untilServing();
  });

  await t.step("without a quorum everything fails, and goes on when it is back", async () => {
    await using source = new ZookeeperCoordinator(
      ensemble.url("/quorum?session-timeout-ms=30000"),
    );
    const session = await source.connect();
    await session.createIfAbsent("/topology", "1");
    using watch = session.watch("/topology");
    const lost = ensemble.members.slice(0, 2);

    await Promise.all(lost.map((member) => member.kill()));
    await eventually(async () => {
      await assertRejects(() => session.get("/topology"), CoordinatorUnavailableError);
      assertEquals(session.session().kind, "suspended");
    }, PATIENCE);
    for (const member of lost) member.start();

    const node = await eventually(() => session.get("/topology", { sync: true }), PATIENCE);
    assertEquals(node?.data, "1");
    await watch.changed();
    await session.putIfVersion("/topology", "2", { version: 0 });
    await watch.changed();
  });
});

/** Tries again after an error that says so; what was applied unseen is a conflict, and so no node. */
function onlyUnavailable(error: Error): null {
  if (error instanceof CoordinatorUnavailableError) throw error;
  assertEquals(error.name, "ConflictError");
  return null;
}

function sessionId(session: Coordinator): string {
  const state = session.session();
  assert(state.kind === "connected");
  return state.id;
}
