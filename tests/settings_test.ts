/**
 * What holds for the whole product: asked for, changed, and followed by proxies that run.
 *
 * @module
 */

import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { Log } from "../core/log.ts";
import { runManagerCli } from "../manager/cli.ts";
import { type Manager, startManager } from "../manager/manager.ts";
import { openCoordinator } from "../core/coordinator/open_coordinator.ts";
import { startProxy } from "../proxy/proxy.ts";
import { startServer } from "../server/server.ts";
import { eventually } from "./support/eventually.ts";
import { change, get, refusal } from "./support/manager_api.ts";
import { RespClient } from "./support/resp_client.ts";

const HOST = "127.0.0.1";
const FIRST = { emptyTag: "hash-empty", redirectTimeoutMs: 5000 };

Deno.test("settings are shown and changed, and what cannot be is refused by its name", async () => {
  await using manager = await startManager({ coordinator: "memory:", listen: `${HOST}:0` });
  assertEquals(await get(manager, "/settings"), FIRST);
  const changed = { ...FIRST, redirectTimeoutMs: 250 };
  assertEquals(await change(manager, "PATCH", "/settings", { redirectTimeoutMs: 250 }), changed);
  const wrong: [unknown, string][] = [
    [{}, "names no setting"],
    [{ colour: "red" }, "colour"],
    [{ emptyTag: "both" }, "emptyTag"],
    [{ redirectTimeoutMs: -1 }, "redirectTimeoutMs"],
    [{ redirectTimeoutMs: "1" }, "redirectTimeoutMs"],
  ];
  for (const [body, named] of wrong) {
    const { status, message } = await refusal(manager, "PATCH", "/settings", body);
    assertEquals(status, 400);
    assertStringIncludes(message, named);
  }
  assertEquals(await get(manager, "/settings"), changed);

  assertEquals(await cli(manager, "settings", "set", "emptyTag", "hash-key"), [
    0,
    "Set emptyTag to hash-key.\n",
  ]);
  const [status, text] = await cli(manager, "settings", "show");
  assertEquals(status, 0);
  assertMatch(text, /emptyTag +hash-key .*\n *redirectTimeoutMs +250 /);
});

Deno.test("proxies that run follow the settings, and a server of another rule is not let in", async () => {
  await using source = await openCoordinator("memory:");
  const server = await startTestServer("hash-key");
  const manager = await startManager({ coordinator: source, listen: `${HOST}:0` });
  const proxy = await startProxy({
    topology: { kind: "coordinator", source, product: "default" },
    listen: { host: HOST, port: 0 },
    admin: undefined,
    id: "proxy-1",
    workers: 1,
    password: "",
    serverUser: "",
    serverPassword: "",
    log: new Log("proxy", { level: "error", json: false, write: () => {} }),
    onFailure: () => {},
  });
  try {
    await using client = await RespClient.connect({ port: proxy.address.port });
    const slotOf = async (key: string) =>
      (await client.send("SLOTSHASHKEY", key) as unknown as number[])[0];
    assertEquals(await slotOf("{}a"), await slotOf("{}b"));
    await change(manager, "POST", "/groups", { id: 1 });
    const addr = `${HOST}:${server.address.port}`;
    const refused = await refusal(manager, "POST", "/groups/1/servers", { addr });
    assertMatch(
      refused.message,
      /with emptyTag hash-empty: it finds the slot of .* by another rule/,
    );

    await change(manager, "PATCH", "/settings", { emptyTag: "hash-key" });
    await change(manager, "POST", "/groups/1/servers", { addr });
    const back = await refusal(manager, "PATCH", "/settings", { emptyTag: "hash-empty" });
    assertMatch(back.message, /by another rule/);
    await change(manager, "PUT", "/slots", { range: [0, 1023], group: 1 });
    await eventually(async () => assertEquals(await client.send("SET", "{}a", "1"), "OK"));
    const slots = [await slotOf("{}a"), await slotOf("{}b")];
    assertEquals(new Set(slots).size, 2, "each key has a slot of its own");
    assertEquals(await client.send("GET", "{}a"), "1");
    assertEquals(await client.send("MGET", "{}a", "{}b"), ["1", null]);
  } finally {
    await proxy.close(0);
    await manager.close();
    await server.close(0);
  }
});

function startTestServer(emptyTag: "hash-empty" | "hash-key", port = 0) {
  return startServer({
    listen: { host: HOST, port },
    slots: "managed",
    dir: undefined,
    emptyTag,
    settings: {},
    onFailure: () => {},
    onShutdown: () => {},
  });
}

/** The status of a command of the client, and what it printed. */
async function cli(manager: Manager, ...args: string[]): Promise<[number, string]> {
  let out = "";
  const status = await runManagerCli(["--manager", `http://${manager.address}`, ...args], {
    out: (text) => out += text,
    err: (text) => out += text,
    isTerminal: false,
    env: () => undefined,
  });
  return [status, out];
}
