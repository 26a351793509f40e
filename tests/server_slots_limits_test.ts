/**
 * Slots of real servers where something is short or wrong: memory, time, an order, a command behind a
 * token.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { SLOT_PROTOCOL_COMMANDS } from "../core/commands/slots.ts";
import { eventually } from "./support/eventually.ts";
import { FakeTarget } from "./support/fake_target.ts";
import { FencedServer } from "./support/fenced_server.ts";
import { type Reply, ReplyError, RespClient } from "./support/resp_client.ts";
import { startServerWorker } from "./support/server_worker.ts";
import { slotOfKey } from "./support/workload_slots.ts";

/** Keys `{t}…` are one family in one slot. */
const SLOT = slotOfKey("{t}");
const OTHER = slotOfKey("{other}");
const OUT_OF_MEMORY = new ReplyError("OOM command not allowed when used memory > 'maxmemory'.");
const NOBODY = { addr: "127.0.0.1:1", boot: "b" };

Deno.test("a target short of memory holds a move up, which goes on once there is room", async () => {
  await using source = await FencedServer.start();
  await using target = await FencedServer.start();
  await startMoveToFull(source, target);
  assertEquals((await target.receipts([SLOT]))[0]!.keys, 0);
  await target.leader.send("CONFIG", "SET", "maxmemory", "0");
  await eventually(async () => assertEquals((await source.receipts([SLOT]))[0]!.keys, 0));
  assertEquals(await asking(target.leader, 3, "GET", "{t}"), "1");
});

Deno.test("a move to a target short of memory can be called off", async () => {
  await using source = await FencedServer.start();
  await using target = await FencedServer.start();
  await startMoveToFull(source, target);
  const hold = { slotEpoch: 4, state: "hold", slots: [SLOT] } as const;
  assertEquals(await target.fence({ ...hold, peer: source }), "OK");
  await eventually(async () => assertEquals(await source.fence({ ...hold, peer: target }), "OK"));
  await source.fence({ slotEpoch: 5, state: "own", slots: [SLOT] });
  assertEquals(await source.leader.send("GET", "{t}"), "1");
});

Deno.test("what was transferred is confirmed again also when memory is short", async () => {
  await using target = await FencedServer.start();
  await target.fence({ slotEpoch: 2, state: "own", slots: [OTHER] });
  await target.leader.send("SET", "{other}", "1");
  const payload = await dumpOf(target, "{other}");
  const importing = { state: "importing", fresh: true, slots: [SLOT], peer: NOBODY } as const;
  await target.fence({ ...importing, slotEpoch: 3 });
  const restore = (epoch: number, seq: number) =>
    target.leader.send("SLOTSRESTORE-SEQ", SLOT, epoch, seq, `{t}${seq}`, 0, payload);
  assertEquals(await restore(3, 1), 1);
  await target.leader.send("CONFIG", "SET", "maxmemory", "1");
  assertEquals(await restore(3, 1), 1);
  assertEquals(await restore(3, 2), OUT_OF_MEMORY);
  assertEquals(await restore(2, 2), stale(SLOT, 3));
  assertEquals((await target.receipts([SLOT]))[0]!.keys, 1);
});

Deno.test("a throttle counts from when it was set, not what moved before", async () => {
  await using source = await FencedServer.start();
  await using target = await FencedServer.start();
  await source.fence({ slotEpoch: 2, state: "own", slots: [SLOT, OTHER] });
  const values = Array.from({ length: 500 }, (_, i) => ["SET", `{t}${i}`, "x".repeat(4000)]);
  await source.leader.pipeline(values);
  await source.leader.send("SET", "{other}", "1");
  await startMove(source, target, SLOT);
  await eventually(async () => assertEquals((await source.receipts([SLOT]))[0]!.keys, 0));
  await source.leader.send("SLOTSTHROTTLE", 20_000, 1);
  await startMove(source, target, OTHER);
  await eventually(
    async () => assertEquals((await source.receipts([OTHER]))[0]!.keys, 0),
    { timeoutMs: 5000 },
  );
});

Deno.test("a key that expires in the far future moves with its expiry", async () => {
  await using source = await FencedServer.start();
  await using target = await FencedServer.start();
  await source.fence({ slotEpoch: 2, state: "own", slots: [SLOT] });
  // Microseconds where seconds were asked for.
  await source.leader.send("SET", "{t}", "1", "EXAT", "1700000000123456");
  const moment = await source.leader.send("PEXPIRETIME", "{t}");
  await startMove(source, target, SLOT);
  await eventually(async () => assertEquals((await source.receipts([SLOT]))[0]!.keys, 0));
  assertEquals(await asking(target.leader, 3, "PEXPIRETIME", "{t}"), moment);
  const [left] = await source.receipts([SLOT]);
  const [come] = await target.receipts([SLOT]);
  assertEquals([come!.moved, come!.sum], [left!.moved, left!.sum]);
});

Deno.test("a token is spent by the command behind it, also by one that is refused early", async () => {
  await using target = await FencedServer.start();
  await target.fence({ slotEpoch: 2, state: "own", slots: [OTHER] });
  await target.leader.send("SET", "{other}", "1");
  await target.fence({
    slotEpoch: 3,
    state: "importing",
    fresh: true,
    slots: [SLOT],
    peer: NOBODY,
  });
  await target.leader.send("CONFIG", "SET", "maxmemory", "1");
  for (const refused of [["SET", "{t}", "1"], ["GET"], ["NOSUCH", "{t}"], ["OBJECT", "NOSUCH"]]) {
    await using client = await target.connect();
    const replies = await client.pipeline([["SLOTSASKING", SLOT, 3], refused, ["GET", "{t}"]]);
    assert(replies[1] instanceof ReplyError);
    assertEquals(replies[2], stale(SLOT, 3), refused.join(" "));
  }
});

Deno.test("an order that names no address is refused and harms nobody", async () => {
  await using source = await FencedServer.start();
  for (
    const addr of ["1.2:5", "999.0.0.1:5", "[:::]:5", "", "-:5:5", "1.2.3.4", "1.2.3.4:99999"]
  ) {
    const peer = { addr, boot: "b" };
    const reply = await source.fence({ slotEpoch: 2, state: "giving", slots: [SLOT], peer });
    assert(reply instanceof ReplyError && reply.message.startsWith("ERR "), `${addr}: ${reply}`);
  }
  assertEquals(await source.leader.send("PING"), "PONG");
});

Deno.test("what is in a closed slot is not shown, and nothing leaves database 0", async () => {
  await using server = await FencedServer.start({ slots: "standalone" });
  const { leader } = server;
  await leader.pipeline([["SET", "{t}", "1"], ["SET", "{other}", "1"]]);
  await server.fence({ slotEpoch: 2, state: "own", slots: [SLOT] });
  assertEquals(await leader.send("SLOTSSCAN", SLOT, 0), ["0", ["{t}"]]);
  assertEquals(await leader.send("SLOTSSCAN", OTHER, 0), ["0", []]);
  const refusal = new ReplyError("ERR a server whose slots are managed serves database 0 only");
  assertEquals(await leader.send("COPY", "{t}", "{t}", "DB", "1"), refusal);
  assertEquals(await leader.send("MOVE", "{t}", "1"), refusal);
  assertEquals(await leader.send("COPY", "{t}", "{t}copy", "DB", "0"), 1);
});

Deno.test("no command between our programs runs without the password", async () => {
  await using server = await startServerWorker({ requirePassword: "secret" });
  await using client = await RespClient.connect(server);
  for (const [name, { arity }] of Object.entries(SLOT_PROTOCOL_COMMANDS)) {
    const words = [name, ...Array<string>(Math.abs(arity) - 1).fill("1")];
    const reply = await client.send(...words);
    assert(reply instanceof ReplyError, name);
    assert(/^(NOAUTH|ERR unknown command)/.test(reply.message), `${name}: ${reply.message}`);
  }
});

Deno.test("a command with one of its keys on its way changes none of them", async () => {
  await using source = await FencedServer.start();
  await using target = new FakeTarget();
  await source.fence({ slotEpoch: 2, state: "own", slots: [SLOT, OTHER] });
  await source.leader.pipeline([["SET", "{t}", "1"], ["SET", "{other}", "2"]]);
  await source.fence({ slotEpoch: 3, state: "giving", slots: [SLOT], peer: target });
  const transfer = await target.next();
  const commands = [
    ["MSETNX", "{other}new", "3", "{t}", "3"],
    ["MSET", "{other}", "3", "{t}new", "3"],
    ["RENAME", "{other}", "{t}"],
    ["RENAME", "{t}", "{other}"],
    ["COPY", "{other}", "{t}", "REPLACE"],
    ["DEL", "{other}", "{t}"],
  ];
  for (const command of commands) {
    await using client = await source.connect();
    const refusal = new ReplyError(`SLOTBUSY ${SLOT} 3`);
    assertEquals(await client.send(...command), refusal, command.join(" "));
  }
  assertEquals(await source.leader.send("MGET", "{other}", "{other}new"), ["2", null]);
  // A flush does not undo that it moved, and that counts.
  const flushed = source.leader.send("FLUSHALL");
  const emptying = await target.next();
  transfer.answer(":1");
  emptying.answer(":2");
  assertEquals(await flushed, "OK");
  const [receipt] = await source.receipts([SLOT]);
  assertEquals([receipt!.keys, receipt!.inDoubt, receipt!.moved], [0, 0, 1]);
  assertEquals(await source.leader.send("SLOTSCHECK"), "OK");
});

/** The source has one key, which the target has no memory for; returns once it is in transit. */
async function startMoveToFull(source: FencedServer, target: FencedServer): Promise<void> {
  await target.fence({ slotEpoch: 2, state: "own", slots: [OTHER] });
  await target.leader.send("SET", "{other}", "1");
  await target.leader.send("CONFIG", "SET", "maxmemory", "1");
  await source.fence({ slotEpoch: 2, state: "own", slots: [SLOT] });
  await source.leader.send("SET", "{t}", "1");
  await startMove(source, target, SLOT);
  await eventually(async () => assertEquals((await source.receipts([SLOT]))[0]!.inDoubt, 1));
  // It was asked more than once.
  await eventually(async () => assert(await refusalsOf(target.leader) > 3));
}

async function startMove(source: FencedServer, target: FencedServer, slot: number): Promise<void> {
  const fence = { slotEpoch: 3, slots: [slot] } as const;
  assertEquals(
    await target.fence({ ...fence, state: "importing", fresh: true, peer: source }),
    "OK",
  );
  assertEquals(await source.fence({ ...fence, state: "giving", peer: target }), "OK");
}

/** How many commands a server refused for want of memory. */
async function refusalsOf(client: RespClient): Promise<number> {
  const text = String(await client.send("INFO", "errorstats"));
  return Number(/errorstat_OOM:count=(\d+)/.exec(text)?.[1] ?? 0);
}

async function asking(client: RespClient, epoch: number, ...words: string[]): Promise<Reply> {
  return (await client.pipeline([["SLOTSASKING", SLOT, epoch], words]))[1]!;
}

/** The payload of DUMP; the test's client decodes text only. */
async function dumpOf(server: FencedServer, key: string): Promise<Uint8Array> {
  using connection = await Deno.connect({ hostname: "127.0.0.1", port: server.port });
  await connection.write(new TextEncoder().encode(`DUMP ${key}\r\n`));
  const chunk = new Uint8Array(1024);
  const size = (await connection.read(chunk))!;
  return chunk.slice(chunk.indexOf(10) + 1, size - 2);
}

function stale(slot: number, epoch: number): ReplyError {
  return new ReplyError(`SLOTSTALE ${slot} ${epoch}`);
}
