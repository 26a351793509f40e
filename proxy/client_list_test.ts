import { assertEquals } from "@std/assert";
import { commandId } from "../core/commands/table.ts";
import { clientLine, isMeant } from "./client_list.ts";
import { Session } from "./session.ts";

const PEER = { host: "127.0.0.1", port: 4711 };

Deno.test("a client's line has Redis's fields", () => {
  const session = new Session(5, 12, 1000, true);
  session.name = "jobs";
  session.libraryName = "ioredis";
  session.lastRequestAtMs = 3500;
  session.lastCommand = commandId("client|list");
  assertEquals(
    clientLine(session, PEER, { nowMs: 4600, unsentBytes: 0 }),
    "id=12 addr=127.0.0.1:4711 fd=5 name=jobs age=3 idle=1 flags=N db=0 sub=0 psub=0 ssub=0 " +
      "multi=-1 obl=0 events=r cmd=client|list user=default redir=-1 resp=2 lib-name=ioredis " +
      "lib-ver=\n",
  );
});

Deno.test("a filter means the clients that fit all its conditions", () => {
  const session = new Session(5, 12, 0, true);
  const meant = (filter: Parameters<typeof isMeant>[2]) =>
    isMeant(session, "127.0.0.1:4711", filter);
  assertEquals(meant({}), true);
  assertEquals(meant({ ids: [11, 12] }), true);
  assertEquals(meant({ ids: [11] }), false);
  assertEquals(meant({ address: "127.0.0.1:4711", type: "normal" }), true);
  assertEquals(meant({ address: "127.0.0.1:4711", type: "pubsub" }), false);
  assertEquals(meant({ user: "bob" }), false);
});
