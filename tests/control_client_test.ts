/**
 * The control plane's client: every command ends in a reply or an error, in time.
 *
 * @module
 */

import { assert, assertEquals, assertRejects } from "@std/assert";
import { parseAddress } from "../core/address.ts";
import { ControlClient, ControlConnectionError } from "../core/control_client.ts";
import { FakeSlotServers } from "./support/fake_slot_server.ts";

Deno.test("replies come in the order of the commands, errors as values", async () => {
  await using servers = new FakeSlotServers();
  const { addr } = servers.start();
  using client = await ControlClient.connect(parseAddress(addr));

  const [first, second] = await Promise.all([
    client.pipeline([["PING"], ["NONSENSE"], ["PING"]]),
    client.call(["SLOTSINFO", 0, 1024]),
  ]);

  assertEquals(first, ["PONG", { error: "ERR unknown command 'NONSENSE'" }, "PONG"]);
  assertEquals(second, []);
});

Deno.test("a reply that is late ends the connection", async () => {
  await using servers = new FakeSlotServers();
  const server = servers.start();
  using client = await ControlClient.connect(parseAddress(server.addr), { replyTimeoutMs: 20 });
  server.silent = true;

  await assertRejects(() => client.call(["PING"]), ControlConnectionError, "no reply in 20 ms");

  assert(client.closed);
  await assertRejects(() => client.call(["PING"]), ControlConnectionError);
});

Deno.test("a wait that is given up ends the connection", async () => {
  await using servers = new FakeSlotServers();
  const server = servers.start();
  using client = await ControlClient.connect(parseAddress(server.addr));
  server.silent = true;
  const ending = new AbortController();
  // A timer, so that the command has been sent by then.
  setTimeout(() => ending.abort(new Error("enough")), 5);

  await assertRejects(() => client.call(["PING"], ending.signal), Error, "enough");

  assert(client.closed);
});

Deno.test("a server that ends the connection is told of", async () => {
  await using servers = new FakeSlotServers();
  const server = servers.start();
  using client = await ControlClient.connect(parseAddress(server.addr));
  await client.call(["PING"]);
  server.dropConnections();

  await assertRejects(() => client.call(["PING"]), ControlConnectionError);
});

Deno.test("an address where nobody listens, and a refused login, are told of", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const address = { host: "127.0.0.1", port: (listener.addr as Deno.NetAddr).port };
  listener.close();
  await assertRejects(
    () => ControlClient.connect(address),
    ControlConnectionError,
    "Cannot connect",
  );

  await using servers = new FakeSlotServers();
  const { addr } = servers.start();
  await assertRejects(
    () => ControlClient.connect(parseAddress(addr), { credentials: { password: "p" } }),
    ControlConnectionError,
    "Cannot log in",
  );
});
