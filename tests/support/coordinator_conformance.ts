/**
 * What every coordinator must do, as tests that run the same against each of them.
 *
 * @module
 */

import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import type { Coordinator, CoordinatorSource } from "../../core/coordinator/coordinator.ts";
import { ConflictError, CoordinatorClosedError } from "../../core/coordinator/coordinator_error.ts";
import { eventually } from "./eventually.ts";

/** How the suite gets the coordinator under test. */
export interface ConformanceSubject {
  /** Begins every test's name. */
  readonly name: string;
  /** Opens an empty one. */
  open(): Promise<CoordinatorSource>;
}

type Scenario = (first: Coordinator, second: Coordinator) => Promise<void>;

/** Registers the suite: each scenario gets two sessions with an empty coordinator. */
export function testCoordinatorConformance(subject: ConformanceSubject): void {
  for (const [behaviour, scenario] of Object.entries(SCENARIOS)) {
    Deno.test(`${subject.name}: ${behaviour}`, async () => {
      await using source = await subject.open();
      await scenario(await source.connect(), await source.connect());
    });
  }
}

const SCENARIOS: Record<string, Scenario> = {
  "a node is read as it was created": createAndRead,
  "each write needs the version it replaces": versionedWrites,
  "of many writers with one version exactly one wins": compareAndSetRace,
  "a delete needs the version": versionedDelete,
  "children are listed by name, not by data": listing,
  "an ephemeral is replaced by its own session only": ephemeralOwnership,
  "ephemerals die with their session, the rest stays": ephemeralsDie,
  "a watch tells of the node and its direct children": watchScope,
  "news that nobody waited for is kept as one piece": watchIsLevelTriggered,
  "a watch tells of an ephemeral's end": watchSeesExpiry,
  "a follower that re-reads on news never misses the last value": followLastValue,
  "an aborted wait ends with the signal's reason": abortedWait,
  "an aborted signal stops an operation before it begins": abortedOperation,
  "close ends waits, watches and operations": closeEndsAll,
  "a bad path or empty data is refused": badArguments,
};

async function createAndRead(first: Coordinator, second: Coordinator): Promise<void> {
  assertEquals(await second.get("/a/b"), null);

  const created = await first.createIfAbsent("/a/b", "text ü");

  assertEquals(created, { path: "/a/b", data: "text ü", version: 0, owner: null });
  assertEquals(await second.get("/a/b", { sync: true }), created);
}

async function versionedWrites(first: Coordinator, second: Coordinator): Promise<void> {
  await first.createIfAbsent("/a", "0");
  assertEquals((await second.putIfVersion("/a", "1", { version: 0 })).version, 1);

  const stale = await assertRejects(
    () => first.putIfVersion("/a", "lost", { version: 0 }),
    ConflictError,
  );
  const absent = await assertRejects(
    () => first.putIfVersion("/b", "x", { version: 0 }),
    ConflictError,
  );
  const present = await assertRejects(() => first.createIfAbsent("/a", "x"), ConflictError);

  assertEquals([stale.path, stale.expected, stale.actual], ["/a", 0, 1]);
  assertEquals([absent.path, absent.expected, absent.actual], ["/b", 0, "absent"]);
  assertEquals([present.expected, present.actual, present.owner], ["absent", 1, null]);
  assertEquals((await second.get("/a"))?.data, "1");
}

async function compareAndSetRace(first: Coordinator, second: Coordinator): Promise<void> {
  const { version } = await first.createIfAbsent("/a", "start");

  const attempts = await Promise.allSettled(
    Array.from(
      { length: 20 },
      (_, index) => [first, second][index % 2]!.putIfVersion("/a", `writer ${index}`, { version }),
    ),
  );

  const winners = attempts.filter((attempt) => attempt.status === "fulfilled");
  assertEquals(winners.length, 1);
  assertEquals(winners[0]!.value, await first.get("/a"));
}

async function versionedDelete(first: Coordinator, second: Coordinator): Promise<void> {
  await first.createIfAbsent("/a", "0");
  await first.putIfVersion("/a", "1", { version: 0 });

  await assertRejects(() => second.deleteIfVersion("/a", { version: 0 }), ConflictError);
  await second.deleteIfVersion("/a", { version: 1 });

  assertEquals(await first.get("/a"), null);
  await assertRejects(() => first.deleteIfVersion("/a", { version: 1 }), ConflictError);
}

async function listing(first: Coordinator, second: Coordinator): Promise<void> {
  await first.createIfAbsent("/p/history/10", "x");
  await first.createIfAbsent("/p/history/9", "x");
  await first.createIfAbsent("/p/history.old/1", "x");
  await first.putEphemeral("/p/proxies/a-1", "x");

  assertEquals(await second.list("/p/history"), ["10", "9"]);
  assertEquals(await second.list("/p"), ["history", "history.old", "proxies"]);
  assertEquals(await second.list("/p/proxies"), ["a-1"]);
  assertEquals(await second.list("/nothing"), []);
}

async function ephemeralOwnership(first: Coordinator, second: Coordinator): Promise<void> {
  const owner = sessionId(first);
  assertEquals((await first.putEphemeral("/leader", "one")).owner, owner);
  assertEquals((await first.putEphemeral("/leader", "two")).version, 1);

  const refused = await assertRejects(
    () => second.putEphemeral("/leader", "three"),
    ConflictError,
  );
  assertEquals(refused.owner, owner);
  assertEquals((await second.get("/leader"))?.data, "two");

  await first.createIfAbsent("/stays", "x");
  const permanent = await assertRejects(() => first.putEphemeral("/stays", "y"), ConflictError);
  assertEquals(permanent.owner, null);
}

async function ephemeralsDie(first: Coordinator, second: Coordinator): Promise<void> {
  await first.putEphemeral("/leader", "one");
  await first.createIfAbsent("/stays", "x");

  await first.close();

  await eventually(async () => assertEquals(await second.get("/leader"), null));
  assertEquals((await second.get("/stays"))?.data, "x");
  assertEquals((await second.putEphemeral("/leader", "two")).version, 0);
}

async function watchScope(first: Coordinator, second: Coordinator): Promise<void> {
  using watch = second.watch("/p/proxies");

  await first.putEphemeral("/p/proxies/a-1", "1");
  await watch.changed();
  await first.putEphemeral("/p/proxies/a-1", "2");
  await watch.changed();
  await first.deleteIfVersion("/p/proxies/a-1", { version: 1 });
  await watch.changed();
  await first.createIfAbsent("/p/proxies", "itself");
  await watch.changed();

  await first.createIfAbsent("/p/topology", "elsewhere");
  await first.createIfAbsent("/p/proxies/deep/er", "too deep");
  await assertRejects(() => watch.changed(AbortSignal.timeout(50)), DOMException);
}

async function watchIsLevelTriggered(first: Coordinator, second: Coordinator): Promise<void> {
  using watch = second.watch("/a");
  await first.createIfAbsent("/a", "0");
  await first.putIfVersion("/a", "1", { version: 0 });

  await watch.changed();

  assertEquals((await second.get("/a", { sync: true }))?.data, "1");
}

async function watchSeesExpiry(first: Coordinator, second: Coordinator): Promise<void> {
  await first.putEphemeral("/p/proxies/a-1", "1");
  using watch = second.watch("/p/proxies");

  const news = watch.changed();
  await first.close();
  await news;

  assertEquals(await second.list("/p/proxies"), []);
}

async function followLastValue(first: Coordinator, second: Coordinator): Promise<void> {
  await first.createIfAbsent("/a", "0");
  using watch = second.watch("/a");
  const follower = (async () => {
    for (;;) {
      const node = await second.get("/a", { sync: true });
      if (node?.data === "200") return;
      await watch.changed(AbortSignal.timeout(10_000));
    }
  })();

  for (let version = 0; version < 200; version++) {
    await first.putIfVersion("/a", `${version + 1}`, { version });
  }

  await follower;
}

async function abortedWait(first: Coordinator, second: Coordinator): Promise<void> {
  using watch = first.watch("/a");
  const controller = new AbortController();
  const wait = watch.changed(controller.signal);

  controller.abort(new RangeError("enough"));

  await assertRejects(() => wait, RangeError, "enough");
  await second.createIfAbsent("/a", "still works");
  await watch.changed();
}

async function abortedOperation(first: Coordinator): Promise<void> {
  const signal = AbortSignal.abort(new RangeError("enough"));

  await assertRejects(() => first.createIfAbsent("/a", "x", { signal }), RangeError);
  await assertRejects(() => first.get("/a", { signal }), RangeError);

  assertEquals(await first.get("/a"), null);
}

async function closeEndsAll(first: Coordinator, second: Coordinator): Promise<void> {
  const wait = first.watch("/a").changed();
  const sessionWait = first.watchSession().changed();
  const single = second.watch("/a");
  const singleWait = single.changed();

  single.close();
  await assertRejects(() => singleWait, CoordinatorClosedError);
  const ended = Promise.all([
    assertRejects(() => wait, CoordinatorClosedError),
    assertRejects(() => sessionWait, CoordinatorClosedError),
  ]);
  await first.close();
  await ended;

  assertEquals(first.session(), { kind: "closed" });
  await assertRejects(() => first.get("/a"), CoordinatorClosedError);
  await assertRejects(() => first.watch("/a").changed(), CoordinatorClosedError);
  await first.close();
  assertEquals(await second.get("/a"), null);
}

async function badArguments(first: Coordinator): Promise<void> {
  for (const path of ["", "a", "/", "/a/", "//a", "/a b"]) {
    await assertRejects(() => first.createIfAbsent(path, "x"), TypeError);
    assertThrows(() => first.watch(path), TypeError);
  }
  await assertRejects(() => first.createIfAbsent("/a", ""), RangeError);
  await assertRejects(() => first.createIfAbsent("/a", "x".repeat(1_000_001)), RangeError);
}

function sessionId(coordinator: Coordinator): string {
  const state = coordinator.session();
  assert(state.kind === "connected");
  return state.id;
}
