/**
 * The server at its limits: memory that was given up, clients that are silent because they wait.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { eventually } from "./support/eventually.ts";
import { ReplyError, RespClient } from "./support/resp_client.ts";
import { startServerWorker } from "./support/server_worker.ts";

Deno.test("what a flush gave up does not stand against maxmemory", async () => {
  await using server = await startServerWorker({ maxMemoryBytes: 20_000_000 });
  await using client = await RespClient.connect(server);
  let stored = 0;
  for (let replies = [] as unknown[]; !(replies.at(-1) instanceof ReplyError);) {
    const batch = Array.from({ length: 1000 }, (_, i) => ["SET", `k${stored + i}`, "x".repeat(64)]);
    replies = await client.pipeline(batch);
    stored += batch.length;
  }
  assert(stored > 100_000, String(stored));
  const replies = await client.pipeline([["FLUSHALL"], ["SET", "a", "1"], ["SET", "b", "1"]]);
  assertEquals(replies, ["OK", "OK", "OK"]);
});

Deno.test("a client that waits for its reply is not idle", async () => {
  const hung = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const accepted = hung.accept();
  await using server = await startServerWorker({ timeoutSeconds: 1 });
  await using caller = await RespClient.connect(server);
  await caller.send("SET", "k", "v");
  assertEquals(
    await caller.send("SLOTSMGRTONE", "127.0.0.1", hung.addr.port, 2000, "k"),
    new ReplyError("IOERR error or timeout reading from target"),
  );
  await eventually(() => assert(caller.closed));
  (await accepted).close();
  hung.close();
});
