/**
 * What a client of one worker learns of, and does to, the clients of all.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { Log } from "../core/log.ts";
import { emptyTopology } from "../core/topology/topology.ts";
import { type Proxy, startProxy } from "../proxy/proxy.ts";
import { eventually } from "./support/eventually.ts";
import { ReplyError, RespClient } from "./support/resp_client.ts";
import { SAMPLE_CHANGE } from "./support/sample_topology.ts";

const HOST = "127.0.0.1";
const WORKERS = 3;
/** So many that hardly ever all are one worker's. */
const CLIENTS = 24;
/** Ids of clients of different workers are this far apart. */
const IDS_PER_WORKER = 2 ** 40;

Deno.test("CLIENT LIST, CLIENT KILL and INFO know the clients of all workers", async () => {
  await withProxy(async (proxy) => {
    const clients = await connectAll(proxy);
    const [first, ...others] = clients as [RespClient, ...RespClient[]];
    const ids = await Promise.all(
      clients.map(async (client) => Number(await client.send("CLIENT", "ID"))),
    );
    const workers = new Set(ids.map((id) => Math.floor(id / IDS_PER_WORKER)));
    assert(workers.size > 1, "all clients are one worker's");

    assertEquals(await idsOf(first), ids.toSorted((a, b) => a - b));
    const [one, list, two] = await first.pipeline([["PING", "1"], ["CLIENT", "LIST"], [
      "PING",
      "2",
    ]]);
    assertEquals([one, String(list).split("\n").length, two], ["1", CLIENTS + 1, "2"]);
    assertEquals(await numberIn(first, "connected_clients"), CLIENTS);
    assertEquals(await numberIn(first, "total_connections_received"), CLIENTS);
    assertEquals(
      await first.send("CLIENT", "LIST", "ID", ids.at(-1)!),
      await lineOf(first, ids.at(-1)),
    );

    assertEquals(await first.send("CLIENT", "KILL", "ID", ids.at(-1)!), 1);
    const victim = await addressOf(first, ids.at(-2));
    assertEquals(await first.send("CLIENT", "KILL", victim), "OK");
    assertEquals(
      await first.send("CLIENT", "KILL", victim),
      new ReplyError("ERR No such client"),
    );
    assertEquals((await idsOf(first)).length, CLIENTS - 2);
    assertEquals(await first.send("CLIENT", "KILL", "TYPE", "normal"), CLIENTS - 3);
    await eventually(async () => assertEquals(await idsOf(first), [ids[0]!]));

    assertEquals(await first.send("CONFIG", "RESETSTAT"), "OK");
    assertEquals(await numberIn(first, "total_connections_received"), 0);
    // One that kills itself gets the reply before it goes.
    assertEquals(await first.send("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "no"), 1);
    for (const client of others) await client.close();
  });
});

Deno.test("many questions at a time are all answered, in order", async () => {
  await withProxy(async (proxy) => {
    const clients = await connectAll(proxy);
    const batch = Array.from({ length: 20 }, (_, index) => [["CLIENT", "LIST"], ["ECHO", index]]);
    const replies = await Promise.all(clients.map((client) => client.pipeline(batch.flat())));
    for (const answers of replies) {
      const echoes = answers.filter((_, index) => index % 2 === 1);
      assertEquals(echoes, batch.map((_, index) => String(index)));
      const lists = answers.filter((_, index) => index % 2 === 0);
      assert(lists.every((list) => String(list).split("\n").length === CLIENTS + 1));
    }
    for (const client of clients) await client.close();
  });
});

async function withProxy(use: (proxy: Proxy) => Promise<void>): Promise<void> {
  const failures: string[] = [];
  const proxy = await startProxy({
    topology: { kind: "fixed", topology: emptyTopology(SAMPLE_CHANGE) },
    listen: { host: HOST, port: 0 },
    admin: undefined,
    id: "proxy-1",
    workers: WORKERS,
    password: "",
    serverUser: "",
    serverPassword: "",
    log: new Log("proxy", { level: "error", json: false, write: () => {} }),
    onFailure: (error) => failures.push(error),
  });
  try {
    await use(proxy);
  } finally {
    await proxy.close(0);
  }
  assertEquals(failures, []);
}

async function connectAll({ address }: Proxy): Promise<RespClient[]> {
  const clients: RespClient[] = [];
  for (let i = 0; i < CLIENTS; i++) {
    const client = await RespClient.connect({ port: address.port });
    // A connection is a worker's client only once that has accepted it.
    await client.send("PING");
    clients.push(client);
  }
  return clients;
}

async function idsOf(client: RespClient): Promise<number[]> {
  const text = String(await client.send("CLIENT", "LIST"));
  return [...text.matchAll(/^id=(\d+) /gm)].map(([, id]) => Number(id)).sort((a, b) => a - b);
}

async function lineOf(client: RespClient, id: unknown): Promise<string> {
  const lines = String(await client.send("CLIENT", "LIST")).split("\n");
  return `${lines.find((line) => line.startsWith(`id=${id} `))}\n`;
}

async function addressOf(client: RespClient, id: unknown): Promise<string> {
  return / addr=(\S+)/.exec(await lineOf(client, id))![1]!;
}

async function numberIn(client: RespClient, field: string): Promise<number> {
  return Number(new RegExp(`${field}:(\\d+)`).exec(String(await client.send("INFO")))![1]);
}
