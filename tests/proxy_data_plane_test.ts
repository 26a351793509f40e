/**
 * What the proxy's data plane does when servers, routes and clients misbehave, one situation at a time.
 *
 * @module
 */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { commandId } from "../core/commands/table.ts";
import type { RouteRange } from "../proxy/routes.ts";
import { DataPlaneStage } from "./support/data_plane_stage.ts";
import { slotOfText } from "./support/slot_server.ts";

const A = 1;
const B = 2;
const SLOT = slotOfText("{a}");
const OTHER = slotOfText("{b}");

function direct(port: number, slot = SLOT): RouteRange {
  return { first: slot, last: slot, route: { kind: "direct", address: `127.0.0.1:${port}` } };
}

/** The slot is B's now, and A has not closed it yet. */
const handedOver: RouteRange = {
  first: SLOT,
  last: SLOT,
  route: { kind: "direct", address: `127.0.0.1:${B}`, leaving: `127.0.0.1:${A}` },
};

function migrating(slotEpoch: number): RouteRange {
  const [from, to] = [A, B].map((port) => `127.0.0.1:${port}`) as [string, string];
  return { first: SLOT, last: SLOT, route: { kind: "migrating", from, to, slotEpoch } };
}

Deno.test("what a server says unasked in RESP3 is nobody's reply", () => {
  const stage = new DataPlaneStage([direct(A)]);
  const client = stage.connect();
  client.send("HELLO 3", "GET {a}", "GET {a}1");
  client.take();
  const server = stage.link(A);
  assertEquals(server.take(), ["HELLO 3", "GET {a}", "GET {a}1"]);
  server.reply("%0", ">2\r\n+invalidate\r\n_", "+one", ">1\r\n+x", "+two", ">1\r\n+y");
  assertEquals(client.take(), ["+one", "+two"]);
  assertEquals(stage.plane.pending.count, 0);
});

Deno.test("a server that refuses the log-in is left alone, and its NOAUTH is not passed on", () => {
  const stage = new DataPlaneStage([direct(A)], { serverPassword: "secret" });
  const client = stage.connect();
  client.send("GET {a}", "GET {a}");
  stage.link(A).reply("-WRONGPASS no", "-NOAUTH no", "-NOAUTH no");
  const replies = client.take();
  assertEquals(replies.length, 2);
  for (const reply of replies) {
    assertMatch(reply, /^-ERR connection to server .* lost .*WRONGPASS no/);
  }
  for (let i = 0; i < 100; i++) {
    client.send("GET {a}");
    const link = stage.links.at(-1)!;
    if (!link.isEnded) stage.link(A).reply("-WRONGPASS no", "-NOAUTH no");
    stage.pass(20);
  }
  assert(stage.links.length <= 8, `${stage.links.length} connections in 2 s`);
  assert(client.take().every((reply) => reply.includes("WRONGPASS no")));
  assertEquals(stage.plane.pending.count, 0);
});

Deno.test("a server that ends every connection at once is left alone", () => {
  const stage = new DataPlaneStage([direct(A)]);
  const client = stage.connect();
  for (let i = 0; i < 100; i++) {
    client.send("GET {a}");
    if (!stage.links.at(-1)!.isEnded) stage.link(A).lose("end");
    stage.pass(20);
  }
  assert(stage.links.length <= 8, `${stage.links.length} connections in 2 s`);
});

Deno.test("how long a command is held follows the topology's settings", () => {
  const hold: RouteRange[] = [{ first: SLOT, last: SLOT, route: { kind: "hold" } }];
  const stage = new DataPlaneStage(hold);
  const client = stage.connect();
  stage.route(hold, { emptyTag: "hash-empty", redirectTimeoutMs: 600_000 });
  client.send("GET {a}");
  stage.pass(20_000);
  assertEquals(client.take(), []);
  stage.route(hold, { emptyTag: "hash-empty", redirectTimeoutMs: 50 });
  stage.pass(200);
  assertMatch(client.take().join(), /^-TRYAGAIN /);
});

Deno.test("the time for which the proxy itself was stopped counts against nobody", () => {
  const stage = new DataPlaneStage([
    { first: SLOT, last: SLOT, route: { kind: "hold" } },
    direct(A, OTHER),
  ]);
  const client = stage.connect();
  const other = stage.connect();
  client.send("GET {a}");
  other.send("GET {b}");
  stage.pass(600);

  stage.reactor.pass(60_000);
  stage.pass(300);

  assertEquals([client.take(), other.take()], [[], []]);
  stage.link(A).reply("+b");
  assertEquals(other.take(), ["+b"]);
  stage.pass(300);
  assertMatch(client.take().join(), /^-TRYAGAIN /);
});

Deno.test("a server's name that is no address is an error for its clients only", () => {
  const route = { kind: "direct", address: "redis-1:6379" } as const;
  const stage = new DataPlaneStage([{ first: SLOT, last: SLOT, route }, direct(A, OTHER)]);
  const client = stage.connect();
  client.send("GET {a}", "GET {b}");
  stage.link(A).reply("+b");
  const [first, second] = client.take();
  assertMatch(first!, /^-ERR server redis-1:6379 cannot be reached \(.*numeric.*\); not executed/);
  assertEquals(second, "+b");
});

Deno.test("a lasting refusal on a moving slot is ended before the next attempt", () => {
  const stage = new DataPlaneStage([migrating(4)]);
  const client = stage.connect();
  client.send("GET {a}");
  const source = stage.link(A);
  assertEquals(source.take(), [`SLOTSROUTE ${SLOT} 4`, "GET {a}"]);
  source.reply("+OK", `-SLOTSTALE ${SLOT} 2`);
  stage.pass(2);
  assertEquals(source.take(), [`SLOTSROUTE ${SLOT} 4`, "GET {a}"]);
  source.reply("+OK", `-SLOTBUSY ${SLOT} 3`);
  stage.pass(3);
  assertEquals(source.take(), [`SLOTSROUTE ${SLOT} 4`, "GET {a}"]);
  // This one does not last: the server knows that the proxy knows.
  source.reply("+OK", `-SLOTBUSY ${SLOT} 4`);
  stage.pass(5);
  assertEquals(source.take(), ["GET {a}"]);
  source.reply("+here");
  assertEquals(client.take(), ["+here"]);
});

Deno.test("a slot handed over is asked for at its old owner until that has closed it", () => {
  const stage = new DataPlaneStage([migrating(4)]);
  const client = stage.connect();
  client.send("SET {a} 1");
  const source = stage.link(A);
  source.take();
  source.reply("+OK", `-SLOTASK ${SLOT} 4`);
  const target = stage.link(B);
  target.take();
  target.reply("+OK", "+OK");
  stage.route([handedOver]);
  client.send("GET {a}", "DEL {a}");
  assertEquals(source.take(), ["GET {a}"]);
  source.reply(`-SLOTASK ${SLOT} 4`);
  assertEquals(target.take(), [`SLOTSASKING ${SLOT} 4`, "GET {a}"]);
  target.reply("+OK", "$1\r\n1");
  assertEquals(source.take(), ["DEL {a}"]);
  source.reply(`-SLOTSTALE ${SLOT} 5`);
  assertEquals(target.take(), [`SLOTSROUTE ${SLOT} 0`, "DEL {a}"]);
  target.reply("+OK", ":1");
  assertEquals(client.take(), ["+OK", "$1\r\n1", ":1"]);
  stage.route([direct(B)]);
  client.send("GET {a}");
  assertEquals([source.take(), target.take()], [[], ["GET {a}"]]);
});

Deno.test("a proxy that comes after the hand-over goes to the new owner", () => {
  const stage = new DataPlaneStage([handedOver]);
  const client = stage.connect();
  client.send("GET {a}");
  assertEquals(stage.link(B).take(), ["GET {a}"]);
});

Deno.test("a new route ends the pause of what was refused", () => {
  const stage = new DataPlaneStage([direct(A)]);
  const client = stage.connect();
  client.send("SET {a} 1", "GET {a}");
  stage.link(A).reply(`-SLOTSTALE ${SLOT} 2`, `-SLOTSTALE ${SLOT} 2`);
  stage.route([direct(B)]);
  const target = stage.link(B);
  assertEquals(target.take(), [`SLOTSROUTE ${SLOT} 0`, "SET {a} 1", "GET {a}"]);
  target.reply("+OK", "+OK", "$1\r\n1");
  assertEquals(client.take(), ["+OK", "$1\r\n1"]);
});

Deno.test("refusals in masses ask for the topology once, later ones again", () => {
  const stage = new DataPlaneStage([direct(A)]);
  const client = stage.connect();
  client.send(...Array.from({ length: 100 }, () => "GET {a}"));
  const server = stage.link(A);
  const refusals = Array.from({ length: 100 }, () => `-SLOTSTALE ${SLOT} 7`);
  server.reply(...refusals);
  assertEquals(stage.wanted, [7]);
  stage.pass(30);
  server.reply("+OK", ...refusals);
  assertEquals(stage.wanted, [7, 7]);
});

Deno.test("a proxy full of requests still announces routes for them", () => {
  const stage = new DataPlaneStage([direct(A)], { pendingMax: 2 });
  const client = stage.connect();
  client.send("SET {a} 1", "SET {a} 2", "SET {a} 3");
  const server = stage.link(A);
  server.reply(`-SLOTSTALE ${SLOT} 1`, `-SLOTSTALE ${SLOT} 1`);
  server.take();
  stage.pass(2);
  assertEquals(server.take(), [`SLOTSROUTE ${SLOT} 0`, "SET {a} 1", "SET {a} 2"]);
  server.reply("+OK", "+1", "+2");
  stage.turn();
  assertEquals(server.take(), ["SET {a} 3"]);
  server.reply("+3");
  assertEquals(client.take(), ["+1", "+2", "+3"]);
});

Deno.test("what is held for too long is answered once, and the slot opens again", () => {
  const stage = new DataPlaneStage([{ first: SLOT, last: SLOT, route: { kind: "hold" } }]);
  const client = stage.connect();
  client.send("GET {a}", "GET {a}");
  stage.pass(1200);
  const replies = client.take();
  assertEquals(replies.length, 2);
  assert(replies.every((reply) => reply.startsWith("-TRYAGAIN")));
  stage.route([direct(A)]);
  client.send("GET {a}");
  const server = stage.link(A);
  assertEquals(server.take(), ["GET {a}"]);
  server.reply("+1");
  assertEquals(client.take(), ["+1"]);
  assertEquals(stage.plane.redirector.heldBytes, 0);
});

Deno.test("while a server is away, what is held for it is looked at seldom", () => {
  const stage = new DataPlaneStage([migrating(4)]);
  const client = stage.connect();
  client.send("GET {a}");
  stage.links.at(-1)!.lose("refused");
  client.take();
  client.send("GET {a}");
  stage.links.at(-1)!.lose("refused");
  const { pump } = stage.plane.redirector;
  let pumps = 0;
  stage.plane.redirector.pump = function (...args) {
    pumps++;
    return pump.apply(this, args);
  };
  client.send("GET {a}");
  stage.pass(500);
  assert(pumps < 100, `${pumps} times in 500 ms`);
});

Deno.test("a server that no route names any more is disconnected", () => {
  const stage = new DataPlaneStage([direct(A)]);
  const client = stage.connect();
  client.send("GET {a}");
  const old = stage.link(A);
  stage.route([direct(B)]);
  stage.pass(200);
  assert(!old.isEnded, "a request is there");
  old.reply("+1");
  stage.pass(200);
  assert(old.isEnded);
  client.send("GET {a}");
  stage.link(B).reply("+2");
  assertEquals(client.take(), ["+1", "+2"]);
});

Deno.test("clients that are dismissed get what they asked for, others come when it is over", () => {
  const stage = new DataPlaneStage([direct(A)]);
  const [idle, busy] = [stage.connect(), stage.connect()];
  busy.send("GET {a}");
  stage.plane.dismiss();
  stage.turn();
  assert(idle.isEnded && !busy.isEnded);
  stage.link(A).reply("+1");
  assertEquals(busy.take(), ["+1"]);
  stage.turn();
  assert(busy.isEnded);
  stage.plane.listen({ host: "127.0.0.1", port: 0 });
  const next = stage.connect();
  next.send("PING");
  assertEquals(next.take(), ["+PONG"]);
  stage.plane.drain();
  stage.pass(200);
  assert(next.isEnded && stage.isDrained);
});

Deno.test("a request that has to be offered again is counted once", () => {
  const stage = new DataPlaneStage([direct(A)], { pendingMax: 1 });
  const client = stage.connect();
  client.send("GET {a}", "GET {a}", "CLIENT ID");
  const server = stage.link(A);
  stage.pass(300);
  server.reply("+1");
  stage.turn();
  server.reply("+2");
  stage.turn();
  assertEquals(client.take(), ["+1", "+2", ":1"]);
  const { calls } = stage.plane.dispatcher;
  assertEquals([calls[commandId("get")], calls[commandId("client|id")]], [2, 1]);
});
