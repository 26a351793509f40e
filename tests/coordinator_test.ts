/**
 * The coordinators against the conformance suite, and what only one of them does.
 *
 * @module
 */

import { assert, assertEquals, assertRejects } from "@std/assert";
import type { Coordinator, CoordinatorSource } from "../core/coordinator/coordinator.ts";
import {
  CoordinatorClosedError,
  CoordinatorOpenError,
  CoordinatorUnavailableError,
} from "../core/coordinator/coordinator_error.ts";
import { EmbeddedCoordinator } from "../core/coordinator/embedded_coordinator.ts";
import { MemoryCoordinator } from "../core/coordinator/memory_coordinator.ts";
import { openCoordinator } from "../core/coordinator/open_coordinator.ts";
import { testCoordinatorConformance } from "./support/coordinator_conformance.ts";

testCoordinatorConformance({ name: "memory", open: () => openCoordinator("memory:") });
testCoordinatorConformance({ name: "embedded", open: openEmbeddedForOneTest });

Deno.test("memory: an expired session loses its ephemerals and goes on under a new id", async () => {
  await using source = new MemoryCoordinator();
  const session = await source.connect();
  const other = await source.connect();
  await session.putEphemeral("/proxies/a", "1");
  const before = session.session();
  using sessionWatch = session.watchSession();
  using watch = other.watch("/proxies");

  session.expire();

  await Promise.all([sessionWatch.changed(), watch.changed()]);
  const after = session.session();
  assert(before.kind === "connected" && after.kind === "connected");
  assert(before.id !== after.id);
  assertEquals(await other.list("/proxies"), []);
  assertEquals((await session.putEphemeral("/proxies/a", "2")).owner, after.id);
});

Deno.test("memory: a suspended session fails at once and is told of what it missed", async () => {
  await using source = new MemoryCoordinator();
  const session = await source.connect();
  const other = await source.connect();
  using watch = session.watch("/a");

  session.suspend();
  const refused = await assertRejects(() => session.get("/a"), CoordinatorUnavailableError);
  await other.createIfAbsent("/a", "missed");
  await assertRejects(() => watch.changed(AbortSignal.timeout(20)), DOMException);
  session.resume();

  await watch.changed();
  assertEquals(refused.outcomeUnknown, false);
  assertEquals((await session.get("/a"))?.data, "missed");
});

Deno.test("memory: a lost answer is an error although the write was applied", async () => {
  await using source = new MemoryCoordinator();
  const session = await source.connect();

  session.loseNextAnswer();
  const lost = await assertRejects(
    () => session.createIfAbsent("/a", "x"),
    CoordinatorUnavailableError,
  );

  assertEquals(lost.outcomeUnknown, true);
  assertEquals((await session.get("/a"))?.data, "x");
});

Deno.test("embedded: nodes outlive the process, ephemerals do not", async () => {
  const directory = await Deno.makeTempDir();
  {
    await using source = await EmbeddedCoordinator.open(directory);
    const session = await source.connect();
    await session.createIfAbsent("/a", "0");
    await session.putIfVersion("/a", "1", { version: 0 });
  }
  {
    await using source = await EmbeddedCoordinator.open(directory);
    const session = await source.connect();
    assertEquals(await session.get("/a"), { path: "/a", data: "1", version: 1, owner: null });
  }
  await Deno.remove(directory, { recursive: true });
});

Deno.test("embedded: the second opener is told of the directory and the other process", async () => {
  const directory = await Deno.makeTempDir();
  await using _source = await EmbeddedCoordinator.open(directory);

  const refused = await assertRejects(
    () => EmbeddedCoordinator.open(directory),
    CoordinatorOpenError,
  );

  assertEquals(
    refused.message,
    `Cannot open the coordinator in "${directory}": another process uses it. ` +
      `Stop that process, or name another directory`,
  );
  await Deno.remove(directory, { recursive: true });
});

Deno.test("embedded: a damaged file is named, with what to do", async () => {
  const directory = await Deno.makeTempDir();
  await Deno.writeTextFile(`${directory}/coordinator.db`, "not a database ".repeat(1000));

  const refused = await assertRejects(
    () => EmbeddedCoordinator.open(directory),
    CoordinatorOpenError,
  );

  assertEquals(
    refused.message,
    `Cannot use "${directory}/coordinator.db": it is damaged (file is not a database). ` +
      `Restore it from a backup, or move it away together with its "-wal" and "-shm" files to begin empty`,
  );
  await Deno.remove(directory, { recursive: true });
});

Deno.test("embedded: after kill -9 the directory opens again with every confirmed write", async () => {
  const directory = await Deno.makeTempDir();
  const confirmed = await killAfterWrites(directory, 50);

  await using source = await EmbeddedCoordinator.open(directory);
  const session = await source.connect();

  const node = await session.get("/codis/demo/topology");
  assert(node !== null && Number(node.data) >= confirmed, `${node?.data} < ${confirmed}`);
  assertEquals(Number(node.data), node.version);
  assertEquals(await session.list("/codis/demo/proxies"), []);
  await Deno.remove(directory, { recursive: true });
});

Deno.test("a closed source gives no session", async () => {
  const source = new MemoryCoordinator();
  await source.close();

  await assertRejects(() => source.connect(), CoordinatorClosedError);
});

Deno.test("openCoordinator() names the supported addresses when it cannot use one", async () => {
  for (const url of ["embedded:", "nonsense"]) {
    const refused = await assertRejects(() => openCoordinator(url), CoordinatorOpenError);

    assertEquals(
      refused.message,
      `Cannot open the coordinator "${url}": want one of "memory:", "embedded:DIRECTORY", ` +
        `"http://HOST:PORT" and "zk://HOST:PORT,HOST:PORT/CHROOT"`,
    );
  }
});

Deno.test("openCoordinator() names what is wrong with the address of a manager", async () => {
  for (const url of ["http://localhost", "http://", "http://a:1,b", "http://a:1/path"]) {
    const refused = await assertRejects(() => openCoordinator(url), CoordinatorOpenError);

    assertEquals(
      refused.message,
      `Cannot open the coordinator "${url}": want http://HOST:PORT, further managers behind commas`,
    );
  }
});

async function openEmbeddedForOneTest(): Promise<CoordinatorSource> {
  const directory = await Deno.makeTempDir();
  const source = await openCoordinator(`embedded:${directory}`);
  const close = async (): Promise<void> => {
    await source.close();
    await Deno.remove(directory, { recursive: true });
  };
  const connect = (): Promise<Coordinator> => source.connect();
  return { url: source.url, connect, close, [Symbol.asyncDispose]: close };
}

/** Returns the highest version that the killed process had confirmed. */
async function killAfterWrites(directory: string, writes: number): Promise<number> {
  const holder = new URL("./support/embedded_holder.ts", import.meta.url).pathname;
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-prompt", "--allow-read", "--allow-write", holder, directory],
    stdout: "piped",
  }).spawn();
  let printed = "";
  let killed = false;
  const decoder = new TextDecoder();
  for await (const chunk of child.stdout) {
    printed += decoder.decode(chunk, { stream: true });
    if (!killed && printed.split("\n").length > writes) {
      killed = true;
      child.kill("SIGKILL");
    }
  }
  await child.status;
  const lines = printed.slice(0, printed.lastIndexOf("\n")).split("\n");
  return Number(lines.at(-1));
}
