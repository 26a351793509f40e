import { assertEquals } from "@std/assert";
import { eventually } from "../../tests/support/eventually.ts";
import { followNode } from "./follow_node.ts";
import type { LocalSession } from "./local_session.ts";
import { MemoryCoordinator } from "./memory_coordinator.ts";

/** A follower of `/a`, what it has read, and what it was told went wrong. */
async function following(
  run: (stage: {
    session: LocalSession;
    writer: LocalSession;
    read: (string | undefined)[];
    errors: string[];
  }) => Promise<void>,
): Promise<void> {
  await using source = new MemoryCoordinator();
  const [session, writer] = [await source.connect(), await source.connect()];
  const stop = new AbortController();
  const [read, errors]: [(string | undefined)[], string[]] = [[], []];
  const loop = followNode(session, "/a", {
    refresh: async (signal) => {
      const node = await session.get("/a", { signal });
      if (node?.data === "damaged") throw new RangeError("cannot be read");
      read.push(node?.data);
    },
    onError: (error) => errors.push((error as Error).name),
    signal: stop.signal,
  });
  try {
    await eventually(() => assertEquals(read, [undefined]));
    await run({ session, writer, read, errors });
  } finally {
    stop.abort();
    await loop;
  }
}

Deno.test("each change is read", async () => {
  await following(async ({ writer, read, errors }) => {
    await writer.createIfAbsent("/a", "1");
    await eventually(() => assertEquals(read, [undefined, "1"]));
    await writer.putIfVersion("/a", "2", { version: 0 });
    await eventually(() => assertEquals(read, [undefined, "1", "2"]));
    assertEquals(errors, []);
  });
});

Deno.test("a coordinator that is away is waited for, and told of once", async () => {
  await following(async ({ session, writer, read, errors }) => {
    session.suspend();
    await writer.createIfAbsent("/a", "missed");
    session.resume();
    session.suspend();
    await eventually(() => assertEquals(errors, ["CoordinatorUnavailableError"]));
    session.resume();
    await eventually(() => assertEquals(read.at(-1), "missed"));
    assertEquals(errors.length, 1);
  });
});

Deno.test("a node that cannot be read is tried again, and followed when it is repaired", async () => {
  await following(async ({ writer, read, errors }) => {
    await writer.createIfAbsent("/a", "damaged");
    await eventually(() => assertEquals(errors, ["RangeError"]));
    await writer.putIfVersion("/a", "repaired", { version: 0 });
    await eventually(() => assertEquals(read.at(-1), "repaired"));
    assertEquals(errors, ["RangeError"]);
  });
});

Deno.test("it ends with the coordinator", async () => {
  await using source = new MemoryCoordinator();
  const session = await source.connect();
  const first = Promise.withResolvers<void>();
  const errors: unknown[] = [];
  const loop = followNode(session, "/a", {
    refresh: () => Promise.resolve(first.resolve()),
    onError: (error) => errors.push(error),
    signal: new AbortController().signal,
  });
  await first.promise;

  await session.close();

  await loop;
  assertEquals(errors, []);
});
