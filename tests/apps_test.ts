/**
 * Ordinary applications on the client libraries people use: they cannot tell our proxy in front of two
 * of our servers from one Redis.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { startProxyProgram, startServerProgram } from "./support/programs.ts";
import { startRedisServer } from "./support/redis_server.ts";

const APPS = new URL("./apps/", import.meta.url).pathname;

/** Runs an application against a port; returns what it saw, step by step. */
async function runApp(file: string, ...args: number[]): Promise<Record<string, unknown>> {
  const { code, stdout, stderr } = await new Deno.Command("node", {
    args: [file, ...args.map(String)],
    cwd: APPS,
    stdin: "null",
    signal: AbortSignal.timeout(60_000),
  }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  if (code !== 0) throw new Error(`${file} ${args.join(" ")} ended with ${code}:\n${text(stderr)}`);
  return JSON.parse(text(stdout));
}

Deno.test("ioredis and node-redis see the same through the proxy as from one Redis", async (test) => {
  await using one = await startServerProgram();
  await using two = await startServerProgram();
  await using proxy = await startProxyProgram([one.port, two.port]);
  await using redis = await startRedisServer();
  const apps: [string, string, ...number[]][] = [
    ["ioredis, RESP2", "ioredis_app.mjs"],
    ["node-redis, RESP2", "redis_app.mjs", 2],
    ["node-redis, RESP3", "redis_app.mjs", 3],
  ];
  for (const [name, file, ...args] of apps) {
    await test.step(name, async () => {
      const [throughProxy, fromRedis] = await Promise.all([
        runApp(file, proxy.port, ...args),
        runApp(file, redis.port, ...args),
      ]);
      assertEquals(throughProxy, fromRedis);
    });
  }
});
