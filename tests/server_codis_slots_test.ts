/**
 * The slot commands of codis-server: replies and errors as documented, and keys that move between two
 * servers, to a dead one, and to one that never answers.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { encodeRequest } from "../core/resp/encode_request.ts";
import { eventually } from "./support/eventually.ts";
import { ReplyError, RespClient } from "./support/resp_client.ts";
import { type ServerWorker, startServerWorker } from "./support/server_worker.ts";

const HOST = "127.0.0.1";

/** Two servers with a client each; keys move from `source` to `target`. */
async function withPair(
  run: (pair: { source: RespClient; target: RespClient; port: number }) => Promise<void>,
): Promise<void> {
  await using from = await startServerWorker();
  await using to = await startServerWorker();
  await using source = await RespClient.connect(from);
  await using target = await RespClient.connect(to);
  await run({ source, target, port: to.port });
}

/** A listener that accepts and never answers. */
function hungServer(): { port: number } & Disposable {
  const listener = Deno.listen({ hostname: HOST, port: 0 });
  const accepted: Deno.TcpConn[] = [];
  const accepting = (async () => {
    for await (const connection of listener) accepted.push(connection);
  })();
  return {
    port: listener.addr.port,
    [Symbol.dispose]: () => {
      listener.close();
      accepting.catch(() => {});
      for (const connection of accepted) connection.close();
    },
  };
}

function closedPort(): number {
  using listener = Deno.listen({ hostname: HOST, port: 0 });
  return listener.addr.port;
}

async function textOf(server: ServerWorker, words: readonly string[]): Promise<string> {
  await using client = await RespClient.connect(server);
  const reply = await client.send(...words);
  return reply instanceof ReplyError ? reply.message : JSON.stringify(reply);
}

Deno.test("slot commands answer and refuse as codis-server documents", async (t) => {
  await using server = await startServerWorker();
  await using client = await RespClient.connect(server);
  const notInteger = "ERR value is not an integer or out of range";
  const cases: readonly (readonly [string, string])[] = [
    ["SLOTSHASHKEY", "[]"],
    [
      "SLOTSHASHKEY a b c foo bar x{a}y {{a}} user:1000 {1000} {}", //
      "[579,1017,879,289,170,579,780,995,791,0]",
    ],
    ["SLOTSINFO", "[]"],
    ["SLOTSINFO 1024", "ERR invalid slot number = 1024"],
    ["SLOTSINFO -1", "ERR invalid slot number = -1"],
    ["SLOTSINFO x", notInteger],
    ["SLOTSINFO 0 -1", "ERR invalid slot count = -1"],
    ["SLOTSINFO 0 1 2", "ERR wrong number of arguments for 'slotsinfo' command"],
    ["SLOTSSCAN 0 0", '["0",[]]'],
    ["SLOTSSCAN 0 x", "ERR invalid cursor"],
    ["SLOTSSCAN 1024 0", "ERR invalid slot number = 1024"],
    ["SLOTSSCAN 0 0 COUNT 0", "ERR syntax error"],
    ["SLOTSSCAN 0 0 MATCH x", "ERR syntax error"],
    ["SLOTSDEL 0 1024", "ERR invalid slot number = 1024"],
    ["SLOTSDEL 3 4", "[[3,0],[4,0]]"],
    ["SLOTSCHECK", '"OK"'],
    ["SLOTSMGRTONE 127.0.0.1 1 -1 k", "ERR invalid timeout = -1"],
    ["SLOTSMGRTSLOT 127.0.0.1 1 0 1024", "ERR invalid slot number = 1024"],
    ["SLOTSMGRTONE 127.0.0.1 1 0 absent", "0"],
    ["SLOTSMGRTTAGONE 127.0.0.1 1 0 {tag}absent", "0"],
    ["SLOTSMGRTSLOT 127.0.0.1 1 0 7", "[0,0]"],
    ["SLOTSMGRTTAGSLOT 127.0.0.1 1 0 7", "[0,0]"],
    ["SLOTSRESTORE k 0 x y", "ERR wrong number of arguments for 'slotsrestore' command"],
    ["SLOTSRESTORE k 0 payload", "ERR dump payload version or checksum are wrong"],
  ];
  for (const [line, expected] of cases) {
    await t.step(line, async () => assertEquals(await textOf(server, line.split(" ")), expected));
  }
  await client.pipeline([["SET", "a", "1"], ["SET", "x{a}y", "2"], ["SET", "b", "3"]]);
  assertEquals(await client.send("SLOTSINFO"), [[579, 2], [1017, 1]]);
  assertEquals(await client.send("SLOTSINFO", 580), [[1017, 1]]);
  assertEquals(await client.send("SLOTSINFO", 579, 1), [[579, 2]]);
  const [cursor, keys] = await client.send("SLOTSSCAN", 579, 0, "COUNT", 100) as [string, string[]];
  assertEquals([cursor, keys.toSorted()], ["0", ["a", "x{a}y"]]);
  assertEquals(await client.send("SLOTSDEL", 579, 3), [[579, 0], [3, 0]]);
  assertEquals(await client.send("SLOTSINFO"), [[1017, 1]]);
  assertEquals(await client.send("SLOTSCHECK"), "OK");
});

Deno.test("SLOTSSCAN visits each key of a slot once", async () => {
  await using server = await startServerWorker();
  await using client = await RespClient.connect(server);
  const names = Array.from({ length: 500 }, (_, i) => `{a}${i}`);
  await client.pipeline(names.map((name) => ["SET", name, "x"]));
  const seen: string[] = [];
  let cursor = "0";
  do {
    const [next, keys] = await client.send("SLOTSSCAN", 579, cursor) as [string, string[]];
    seen.push(...keys);
    cursor = next;
  } while (cursor !== "0");
  assertEquals(seen.toSorted(), names.toSorted());
});

Deno.test("SLOTSMGRTONE moves one key with its value and its expiry, and leaves its family", () =>
  withPair(async ({ source, target, port }) => {
    await source.pipeline([["SET", "{t}a", "1", "PX", 60_000], ["SET", "{t}b", "2"]]);
    assertEquals(await source.send("SLOTSMGRTONE", HOST, port, 1000, "{t}a"), 1);
    assertEquals(await source.pipeline([["GET", "{t}a"], ["GET", "{t}b"]]), [null, "2"]);
    assertEquals(await target.pipeline([["GET", "{t}a"], ["GET", "{t}b"]]), ["1", null]);
    const ttlMs = await target.send("PTTL", "{t}a") as number;
    assert(ttlMs > 50_000 && ttlMs <= 60_000, `${ttlMs}`);
    assertEquals(await source.send("SLOTSMGRTONE", HOST, port, 1000, "{t}a"), 0);
  }));

Deno.test("SLOTSMGRTTAGONE moves the family, also for a key that is not there", () =>
  withPair(async ({ source, target, port }) => {
    await source.pipeline([["SET", "{t}a", "1"], ["SET", "{t}b", "2"], ["SET", "u", "3"]]);
    assertEquals(await source.send("SLOTSMGRTTAGONE", HOST, port, 1000, "{t}absent"), 2);
    assertEquals(await source.send("DBSIZE"), 1);
    assertEquals(await target.send("MGET", "{t}a", "{t}b"), ["1", "2"]);
    assertEquals(await source.send("SLOTSMGRTTAGONE", HOST, port, 1000, "u"), 1);
    assertEquals(await target.send("GET", "u"), "3");
  }));

Deno.test("SLOTSMGRTSLOT and SLOTSMGRTTAGSLOT empty a slot step by step", () =>
  withPair(async ({ source, target, port }) => {
    await source.pipeline([["SET", "a", "1"], ["SET", "{a}1", "2"], ["SET", "{a}2", "3"]]);
    const first = await source.send("SLOTSMGRTSLOT", HOST, port, 1000, 579);
    assertEquals(first, [1, 2]);
    await source.send("SET", "{a}3", "4");
    let moved = 1;
    for (;;) {
      const [count, left] = await source.send("SLOTSMGRTTAGSLOT", HOST, port, 1000, 579) as [
        number,
        number,
      ];
      moved += count;
      if (left === 0) break;
    }
    assertEquals(moved, 4);
    assertEquals(await target.send("MGET", "a", "{a}1", "{a}2", "{a}3"), ["1", "2", "3", "4"]);
    assertEquals(await source.send("SLOTSMGRTTAGSLOT", HOST, port, 1000, 579), [0, 0]);
    assertEquals(await target.send("SLOTSCHECK"), "OK");
    assertEquals(await source.send("SLOTSCHECK"), "OK");
  }));

Deno.test("keys move to the database they are in, behind a password", async () => {
  const settings = { requirePassword: "secret" };
  await using from = await startServerWorker(settings);
  await using to = await startServerWorker(settings);
  await using source = await RespClient.connect(from);
  await using target = await RespClient.connect(to);
  await source.pipeline([["AUTH", "secret"], ["SET", "k", "in 0"], ["SELECT", 3], [
    "SET",
    "k",
    "in 3",
  ]]);
  assertEquals(await source.send("SLOTSMGRTONE", HOST, to.port, 1000, "k"), 1);
  await target.pipeline([["AUTH", "secret"], ["SELECT", 3]]);
  assertEquals(await target.send("GET", "k"), "in 3");
  await target.send("SELECT", 0);
  assertEquals(await target.send("GET", "k"), null);
});

Deno.test("a target with another password is told nothing and the key stays", async () => {
  await using from = await startServerWorker({ requirePassword: "one" });
  await using to = await startServerWorker({ requirePassword: "two" });
  await using source = await RespClient.connect(from);
  await source.pipeline([["AUTH", "one"], ["SET", "k", "v"]]);
  assertEquals(
    await source.send("SLOTSMGRTONE", HOST, to.port, 1000, "k"),
    new ReplyError("ERR error on slotsrestore, auth failed"),
  );
  assertEquals(await source.send("GET", "k"), "v");
});

Deno.test("a target that refuses what it gets leaves the key here", async () => {
  await using from = await startServerWorker();
  await using to = await startServerWorker({ maxMemoryBytes: 1 });
  await using source = await RespClient.connect(from);
  await using target = await RespClient.connect(to);
  await target.send("SET", "filler", "v");
  await source.send("SET", "k", "v");
  assertEquals(
    await source.send("SLOTSMGRTONE", HOST, to.port, 1000, "k"),
    new ReplyError("ERR error on slotsrestore, migration failed"),
  );
  assertEquals(await source.send("GET", "k"), "v");
});

Deno.test("a dead target is an error at once, and the key stays", async () => {
  await using server = await startServerWorker();
  await using client = await RespClient.connect(server);
  await client.send("SET", "k", "v");
  // The hosts file knows this name in any case; only the common spelling needs no look-up.
  for (const host of [HOST, "localhost", "LocalHost"]) {
    assertEquals(
      await client.send("SLOTSMGRTONE", host, closedPort(), 1000, "k"),
      new ReplyError("ERR Can't connect to target node: refused"),
    );
  }
  assertEquals(
    await client.send("SLOTSMGRTONE", "no-such-host.invalid", 1, 1000, "k"),
    new ReplyError(
      "ERR Can't connect to target node: unknown-host",
    ),
  );
  assertEquals(await client.send("GET", "k"), "v");
});

Deno.test("a hung target holds up its caller and its keys, and nobody else", async () => {
  using hung = hungServer();
  await using server = await startServerWorker();
  await using caller = await RespClient.connect(server);
  await using waiting = await RespClient.connect(server);
  await using other = await RespClient.connect(server);
  await caller.pipeline([["SET", "{t}a", "1"], ["SET", "{t}b", "2"], ["SET", "u", "3"]]);

  let answered = "";
  const note = (name: string) => () => answered += name;
  const moving = caller.send("SLOTSMGRTTAGONE", HOST, hung.port, 1500, "{t}a");
  const behind = caller.send("GET", "u");
  moving.then(note("moving "));
  await eventually(async () => {
    assertEquals(
      /keys_in_transit:(\d+)/.exec(await other.send("INFO", "slots") as string)![1],
      "2",
    );
  });
  const writing = waiting.pipeline([["SET", "u", "4"], ["APPEND", "{t}b", "x"], ["GET", "{t}b"]]);
  writing.then(note("writing "));
  assertEquals(await other.send("PING"), "PONG");
  assertEquals(await other.send("GET", "u"), "4");
  assertEquals(answered, "");

  assertEquals(await moving, new ReplyError("IOERR error or timeout reading from target"));
  assertEquals(await writing, ["OK", 2, "2x"]);
  assertEquals(await behind, "4");
  assertEquals(answered, "moving writing ");
  assertEquals(await other.send("MGET", "{t}a", "{t}b"), ["1", "2x"]);
});

Deno.test("a caller that leaves does not stop its keys from moving", async () => {
  await using from = await startServerWorker();
  await using to = await startServerWorker();
  await using source = await RespClient.connect(from);
  await using target = await RespClient.connect(to);
  await source.send("SET", "k", "v".repeat(1 << 20));
  const caller = await Deno.connect({ hostname: HOST, port: from.port });
  await caller.write(encodeRequest(["SLOTSMGRTONE", HOST, to.port, 5000, "k"]));
  caller.close();
  await eventually(async () => assertEquals(await target.send("STRLEN", "k"), 1 << 20));
  await eventually(async () => assertEquals(await source.send("EXISTS", "k"), 0));
});

Deno.test("callers that move the same slot at once move each key once", () =>
  withPair(async ({ source, target, port }) => {
    const names = Array.from({ length: 200 }, (_, i) => `{tag${i % 20}}${i}`);
    await source.pipeline(names.map((name) => ["SET", name, name]));
    const slots = await source.send("SLOTSHASHKEY", ...names) as number[];
    const calls = slots.map((slot) => ["SLOTSMGRTTAGSLOT", HOST, port, 5000, slot]);
    const replies = await source.pipeline(calls) as [number, number][];
    assertEquals(replies.reduce((sum, [moved]) => sum + moved, 0), 200);
    assertEquals(await source.send("DBSIZE"), 0);
    assertEquals(await target.send("MGET", ...names), names);
  }));

Deno.test("under a leader, keys move by its word only", async () => {
  await using server = await startServerWorker();
  await using client = await RespClient.connect(server);
  await client.send("SET", "a", "v");
  const [boot] = await client.send("SLOTSBOOT") as string[];
  assertEquals(await client.send("SLOTSFENCE", 1, boot!, 1, "own", 0, "-", "-", 579), "OK");
  const refusal = new ReplyError(
    "ERR the slots of this server are managed: move and empty them with the manager",
  );
  for (const name of ["SLOTSMGRTONE", "SLOTSMGRTTAGONE"]) {
    assertEquals(await client.send(name, HOST, closedPort(), 0, "a"), refusal);
  }
  for (const name of ["SLOTSMGRTSLOT", "SLOTSMGRTTAGSLOT"]) {
    assertEquals(await client.send(name, HOST, closedPort(), 0, 579), refusal);
  }
  assertEquals(await client.send("SLOTSDEL", 579), refusal);
  const standing = await client.send("INFO", "slots") as string;
  assert(standing.includes("slots_mode:managed\r\n"), standing);
  assert(standing.includes(`slots_boot:${boot}\r\n`), standing);
  assert(standing.includes("slots_leader_epoch:1\r\n"), standing);
});

Deno.test("SLOTSRESTORE replaces all keys or changes none", async () => {
  await using server = await startServerWorker();
  await using client = await RespClient.connect(server);
  // The value "1", and a list of a type that no version of the format has, with a right checksum.
  const good = Uint8Array.of(0, 0xc0, 1, 10, 0, 0, 0, 0, 0, 0, 0, 0, 0);
  const bad = Uint8Array.of(99, 0xc0, 1, 10, 0, 0, 0, 0, 0, 0, 0, 0, 0);
  for (const payload of [good, bad]) {
    payload.set(checksumOf(payload.subarray(0, payload.length - 8)), payload.length - 8);
  }
  await client.pipeline([["SET", "a", "old", "PX", 60_000]]);
  const broken = good.slice();
  broken[1] = 0xc1;
  const errors: readonly (readonly [Uint8Array, string])[] = [
    [broken, "ERR dump payload version or checksum are wrong"],
    [bad, "ERR bad data format"],
  ];
  for (const [payload, message] of errors) {
    const words = ["SLOTSRESTORE", "a", 0, good, "b", 0, good, "c", 0, payload];
    assertEquals(await client.send(...words), new ReplyError(message));
    assertEquals(await client.send("MGET", "a", "b", "c"), ["old", null, null]);
    assert(await client.send("PTTL", "a") as number > 50_000);
  }
  assertEquals(
    await client.send("SLOTSRESTORE", "a", -1, good),
    new ReplyError("ERR invalid ttl value, must be >= 0"),
  );
  assertEquals(await client.send("SLOTSRESTORE", "a", 0, good, "b", 60_000, good), "OK");
  assertEquals(await client.send("MGET", "a", "b"), ["1", "1"]);
  assertEquals(await client.send("PTTL", "a"), -1);
  assert(await client.send("PTTL", "b") as number > 50_000);
});

/** CRC-64 of Jones as eight little-endian bytes, bit by bit. */
function checksumOf(bytes: Uint8Array): Uint8Array {
  let crc = 0n;
  for (const byte of bytes) {
    crc ^= BigInt(byte);
    for (let bit = 0; bit < 8; bit++) {
      crc = (crc & 1n) === 1n ? (crc >> 1n) ^ 0x95ac9329ac4bc9b5n : crc >> 1n;
    }
  }
  return new Uint8Array(new BigUint64Array([crc]).buffer);
}
