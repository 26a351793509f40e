import { assertEquals, assertStringIncludes } from "@std/assert";
import { WorkerPool } from "../proxy/worker_pool.ts";
import { eventually } from "./support/eventually.ts";
import { RespClient } from "./support/resp_client.ts";

const PLANE = {
  session: { clientCountMax: 100, pipelineMax: 100, outputBytesHigh: 2 ** 20, idleTimeoutMs: 0 },
  redirect: { redirectTimeoutMs: 1000, heldBytesMax: 2 ** 20 },
  pendingMax: 1000,
  stashBytesMax: 2 ** 20,
  serverTimeoutMs: 1000,
  emptyTag: "hash-empty",
  password: "",
  serverUser: "",
  serverPassword: "",
} as const;

function descriptors(): number {
  return [...Deno.readDirSync("/proc/self/fd")].length;
}

for (
  const [count, transport] of [[1, "native"], [2, "native"], [1, "portable"], [
    2,
    "portable",
  ]] as const
) {
  Deno.test(`of ${count} ${transport} workers one that dies is replaced, the third within a minute ends it`, async () => {
    const replaced: string[] = [];
    const ends: string[] = [];
    const pool = await WorkerPool.start({
      count,
      transport,
      module: new URL("./support/faults/proxy_dying.ts", import.meta.url),
      plane: PLANE,
      onApplied: () => {},
      onLoginLost: () => {},
      onTopologyWanted: () => {},
      onReplaced: (error) => replaced.push(error),
      onDeath: (error) => ends.push(error),
    });
    try {
      const { port } = await pool.listen({ host: "127.0.0.1", port: 0 });
      const before = descriptors();
      for (let death = 1; death <= 2; death++) {
        const victim = await RespClient.connect({ port });
        await victim.send("ECHO", "die").catch(() => {});
        victim.close();
        await eventually(() => assertEquals(replaced.length, death));
        assertStringIncludes(replaced[death - 1]!, "it was told to die");
        // Every connection is served: none may hang on a socket of the dead worker.
        for (let i = 0; i < 10; i++) {
          const client = await eventually(() => RespClient.connect({ port }));
          assertEquals(await client.send("ECHO", "alive"), "alive");
          client.close();
        }
      }
      await eventually(() => assertEquals(descriptors() <= before, true));
      assertEquals(ends, []);

      const last = await RespClient.connect({ port });
      await last.send("ECHO", "die").catch(() => {});
      last.close();
      await eventually(() => assertEquals(ends.length, 1));
    } finally {
      await pool.close(5000);
    }
  });
}
