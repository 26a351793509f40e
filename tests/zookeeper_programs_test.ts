/**
 * Manager, servers and a proxy as processes of their own that agree through ZooKeeper.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { eventually } from "./support/eventually.ts";
import { runToEnd, startProgram, startServerProgram } from "./support/programs.ts";
import { RespClient } from "./support/resp_client.ts";
import { startZookeeper } from "./support/zookeeper_server.ts";

const KEY_COUNT = 500;

Deno.test("a proxy of its own serves a client while slots move, agreed through ZooKeeper", async () => {
  await using zookeeper = await startZookeeper();
  const coordinator = ["--coordinator", `zk://127.0.0.1:${zookeeper.port}/codis-test`];
  await using manager = await startProgram(["manager", "--listen", "127.0.0.1:0", ...coordinator]);
  await using first = await startServerProgram(["--slots", "managed"]);
  await using second = await startServerProgram(["--slots", "managed"]);
  const ask = async (words: string): Promise<void> => {
    const address = /http:\/\/\S+/.exec(manager.readyLine)![0];
    const { code, stderr } = await runToEnd([
      "manager",
      ...words.split(" "),
      "--manager",
      address,
    ]);
    assertEquals([words, code, stderr], [words, 0, ""]);
  };
  for (const [group, { port }] of [first, second].entries()) {
    await ask(`server add-group ${group + 1}`);
    await ask(`server add ${group + 1} 127.0.0.1:${port}`);
  }
  await ask("slot init");
  await using proxy = await startProgram([
    "proxy",
    "--listen",
    "127.0.0.1:0",
    "--admin",
    "127.0.0.1:0",
    ...coordinator,
  ]);
  await using client = await RespClient.connect({ port: proxy.port });
  const keys = Array.from({ length: KEY_COUNT }, (_, index) => `key:${index}`);
  for (const key of keys) await client.send("SET", key, `of ${key}`);

  let isMoving = true;
  const moving = (async () => {
    await ask("slot migrate 0 511 2 --wait");
    await ask("slot migrate 0 1023 1 --wait");
  })().finally(() => isMoving = false);
  for (let index = 0; isMoving; index = (index + 1) % KEY_COUNT) {
    const key = keys[index]!;
    assertEquals(await client.send("GET", key), `of ${key}`);
  }
  await moving;

  const values = await Promise.all(keys.map((key) => client.send("GET", key)));
  assertEquals(values, keys.map((key) => `of ${key}`));
  await using source = await RespClient.connect({ port: second.port });
  await eventually(async () => assertEquals(await source.send("DBSIZE"), 0));
});
