/**
 * Transactions, beside redis-server: the same bytes must come back from both, and the same changes break a watch.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { compareScript, ofEachArity } from "./support/collection_cases.ts";
import { startServerPair } from "./support/differential.ts";
import { FencedServer } from "./support/fenced_server.ts";
import { type Command, RawClient } from "./support/raw_client.ts";
import { startRedisServer } from "./support/redis_server.ts";
import { ReplyError } from "./support/resp_client.ts";
import { startServerWorker } from "./support/server_worker.ts";
import { slotOfKey } from "./support/workload_slots.ts";

const RESET: Command[] = [["RESET"], ["FLUSHALL"]];

Deno.test("transactions are queued, refused and executed as by redis-server", async () => {
  const scripts: Command[][] = [
    [["EXEC"], ["DISCARD"], ["UNWATCH"], ["MULTI"], ["EXEC"], ["EXEC"]],
    [["MULTI"], ["SET", "a", 1], ["INCR", "a"], ["GET", "a"], ["LPUSH", "a", 1], ["EXEC"], [
      "GET",
      "a",
    ]],
    [["MULTI"], ["MULTI"], ["WATCH", "a"], ["SET", "a", 1], ["EXEC"], ["GET", "a"]],
    [["MULTI"], ["SET", "a"], ["SET", "a", 2], ["EXEC"], ["GET", "a"], ["EXEC"]],
    [["MULTI"], ["NOSUCH", "a"], ["PING"], ["EXEC"], ["PING"]],
    [["MULTI"], ["OBJECT", "NOSUCH"], ["EXEC"]],
    [["MULTI"], ["SET", "a", 1], ["DISCARD"], ["GET", "a"], ["EXEC"], ["DISCARD"]],
    [["MULTI"], ["SET", "a", 1], ["DISCARD", "x"], ["EXEC"]],
    [["MULTI"], ["EXEC", "x"], ["EXEC"]],
    [["EXEC", "x"], ["MULTI", "x"], ["WATCH"], ["UNWATCH", "x"]],
    [["MULTI"], ["SHUTDOWN", "x", "y"], ["EXEC"]],
    [["MULTI"], ["SELECT", 3], ["SET", "a", 3], ["EXEC"], ["GET", "a"], ["SELECT", 0], [
      "GET",
      "a",
    ]],
    [["MULTI"], ["UNWATCH"], ["PING"], ["ECHO", "x"], ["KEYS", "*"], ["EXEC"]],
    [["MULTI"], ["SET", "a", 1], ["RESET"], ["EXEC"], ["GET", "a"]],
    [["MULTI"], ["HELLO", 3], ["HGETALL", "none"], ["HELLO", 2], ["HGETALL", "none"], ["DISCARD"]],
    [
      ["WATCH", "a"],
      ["SET", "a", 1],
      ["MULTI"],
      ["SET", "a", 2],
      ["EXEC"],
      ["GET", "a"],
      ["MULTI"],
      ["EXEC"],
    ],
    [["WATCH", "a"], ["SET", "a", 1], ["UNWATCH"], ["MULTI"], ["GET", "a"], ["EXEC"]],
    [["WATCH", "a"], ["SET", "a", 1], ["MULTI"], ["DISCARD"], ["MULTI"], ["GET", "a"], ["EXEC"]],
    [["WATCH", "a"], ["SET", "a", 1], ["MULTI"], ["NOSUCH"], ["EXEC"], ["MULTI"], ["EXEC"]],
    [["WATCH", "a", "b", "a"], ["SET", "c", 1], ["MULTI"], ["GET", "c"], ["EXEC"]],
  ];
  await compareScript([
    ...scripts.flatMap((script) => [...RESET, ...script, ["RESET"] as Command]),
    ...RESET,
    ...["MULTI", "EXEC", "DISCARD", "WATCH", "UNWATCH"].flatMap((name) => ofEachArity(name, ["a"])),
  ]);
});

Deno.test("a refusal of memory ends a transaction as in redis-server", async () => {
  await using pair = await startServerPair();
  await pair.compare([
    ["MULTI"],
    ["SET", "a", 1],
    ["CONFIG", "SET", "maxmemory", 1],
    ["EXEC"],
    ["MULTI"],
    ["GET", "a"],
    ["EXEC"],
    ["DISCARD"],
    ["CONFIG", "SET", "maxmemory", 0],
  ]);
});

/** What `key`, `other` and `away` hold before a change. */
const STATES: readonly (readonly Command[])[] = [
  [],
  [["SET", "key", "text"], ["SET", "other", "5"]],
  [["SET", "key", "text", "EX", 1000]],
  [["RPUSH", "key", "a", "b", "a"], ["RPUSH", "other", "a", "x"]],
  [["RPUSH", "key", "a"]],
  [["SADD", "key", "a", "b"], ["SADD", "other", "a", "c"]],
  [["HSET", "key", "a", "1", "b", "2"]],
  [["ZADD", "key", "1", "a", "2", "b"], ["ZADD", "other", "1", "a"]],
  [["SELECT", 1], ["SET", "key", "away"], ["SELECT", 0]],
];

const CHANGES: readonly Command[] = [
  ...[["GET", "key"], ["TOUCH", "key"], ["TYPE", "key"], ["SET", "other", "1"], ["DEL", "other"]],
  ...[["SET", "key", "text"], ["SET", "key", "b", "NX"], ["SET", "key", "b", "XX"]],
  ...[["SET", "key", "b", "NX", "GET"], ["SETNX", "key", "b"], [
    "MSETNX",
    "key",
    "b",
    "third",
    "c",
  ]],
  ...[["MSETNX", "third", "b", "key", "c"], ["MSET", "key", "1", "third", "1"], [
    "GETSET",
    "key",
    "1",
  ]],
  ...[["GETDEL", "key"], ["GETEX", "key"], ["GETEX", "key", "PERSIST"], ["GETEX", "key", "EX", 5]],
  ...[["APPEND", "key", ""], ["APPEND", "key", "x"], ["SETRANGE", "key", 0, ""]],
  ...[["SETRANGE", "key", 0, "t"], ["INCR", "key"], ["INCRBY", "key", 0], [
    "INCRBYFLOAT",
    "key",
    0,
  ]],
  ...[["DEL", "key"], ["DEL", "key", "other"], ["UNLINK", "key"], ["EXPIRE", "key", 100]],
  ...[["EXPIRE", "key", -1], ["EXPIRE", "key", 100, "NX"], ["EXPIRE", "key", 100, "XX"]],
  ...[["PERSIST", "key"], ["RENAME", "key", "third"], ["RENAME", "other", "key"], [
    "RENAME",
    "key",
    "key",
  ]],
  ...[["RENAMENX", "other", "key"], ["RENAMENX", "key", "third"], ["COPY", "key", "third"]],
  ...[["COPY", "other", "key"], ["COPY", "other", "key", "REPLACE"], [
    "COPY",
    "key",
    "other",
    "DB",
    1,
  ]],
  ...[["MOVE", "key", 1], ["MOVE", "other", 1], ["FLUSHDB"], ["FLUSHALL"], ["SWAPDB", 0, 1]],
  ...[["SWAPDB", 1, 2], ["SWAPDB", 0, 0], ["FLUSHALL", "bogus"]],
  ...[["LPUSH", "key", "n"], ["LPUSHX", "key", "n"], ["RPUSHX", "key", "n"], ["LPOP", "key"]],
  ...[["LPOP", "key", 0], ["RPOP", "key", 9], ["LREM", "key", 0, "a"], ["LREM", "key", 0, "z"]],
  ...[["LSET", "key", 0, "a"], ["LSET", "key", 9, "a"], ["LTRIM", "key", 0, -1], [
    "LTRIM",
    "key",
    1,
    1,
  ]],
  ...[["LINSERT", "key", "BEFORE", "a", "n"], ["LINSERT", "key", "BEFORE", "z", "n"]],
  ...[["LMOVE", "key", "key", "LEFT", "RIGHT"], ["LMOVE", "other", "key", "LEFT", "RIGHT"]],
  ...[["RPOPLPUSH", "key", "other"], ["RPOPLPUSH", "third", "key"], [
    "LMPOP",
    2,
    "other",
    "key",
    "LEFT",
  ]],
  ...[["LMPOP", 1, "key", "LEFT"], ["RPUSH", "other", "n"]],
  ...[["SADD", "key", "a"], ["SADD", "key", "n"], ["SREM", "key", "a"], ["SREM", "key", "z"]],
  ...[["SMOVE", "key", "other", "a"], ["SMOVE", "other", "key", "a"], [
    "SMOVE",
    "other",
    "key",
    "c",
  ]],
  ...[["SPOP", "key"], ["SPOP", "key", 0], ["SINTERSTORE", "key", "third"], [
    "SUNIONSTORE",
    "third",
    "key",
  ]],
  ...[["SUNIONSTORE", "key", "other"], ["SDIFFSTORE", "key", "key"]],
  ...[["HSET", "key", "a", "1"], ["HSETNX", "key", "a", "1"], ["HSETNX", "key", "n", "1"]],
  ...[["HDEL", "key", "a"], ["HDEL", "key", "z"], ["HINCRBY", "key", "a", 0], [
    "HINCRBYFLOAT",
    "key",
    "a",
    0,
  ]],
  ...[["ZADD", "key", "1", "a"], ["ZADD", "key", "7", "a"], ["ZADD", "key", "NX", "7", "a"]],
  ...[["ZADD", "key", "CH", "7", "a"], ["ZADD", "key", "INCR", "0", "a"], [
    "ZINCRBY",
    "key",
    "1",
    "a",
  ]],
  ...[["ZINCRBY", "key", "0", "a"], ["ZREM", "key", "a"], ["ZREM", "key", "z"], ["ZPOPMIN", "key"]],
  ...[["ZPOPMAX", "key", 0], ["ZMPOP", 1, "key", "MIN"], ["ZREMRANGEBYRANK", "key", 5, 9]],
  ...[["ZREMRANGEBYSCORE", "key", 0, 1], ["ZRANGESTORE", "key", "other", 0, -1]],
  ...[["ZUNIONSTORE", "key", 1, "other"], ["ZUNIONSTORE", "other", 1, "key"]],
  ...[["RESTORE", "key", 0, "bogus"], ["RESTORE", "key", 0, "bogus", "REPLACE"]],
] as readonly Command[];

Deno.test("the changes that break a watch are those of redis-server", async () => {
  await using redisServer = await startRedisServer();
  await using oursServer = await startServerWorker();
  const outcomes: string[][] = [];
  for (const { port } of [redisServer, oursServer]) {
    using watcher = await RawClient.connect(port);
    using writer = await RawClient.connect(port);
    const seen: string[] = [];
    for (const state of STATES) {
      for (const change of CHANGES) {
        await writer.exchange([["FLUSHALL"], ...state]);
        await watcher.exchange([["WATCH", "key"]]);
        const [reply] = await writer.exchange([change]);
        const after = (await watcher.exchange([["MULTI"], ["EXEC"]])).at(-1);
        const isRandom = change[0] === "SPOP";
        seen.push(`${JSON.stringify(state)} ${change.join(" ")} ${isRandom ? "" : reply} ${after}`);
      }
    }
    outcomes.push(seen);
  }
  const [redis, ours] = outcomes;
  const different = ours!.filter((line, index) => line !== redis![index]);
  assertEquals(different, []);
});

Deno.test("a watched key that expires breaks the watch, and one that was gone before does not", async () => {
  await using pair = await startServerPair();
  for (const client of [pair.redis, pair.ours]) {
    await client.exchange([["SET", "key", 1, "PXAT", Date.now() + 30], ["WATCH", "key"]]);
    while ((await client.exchange([["EXISTS", "key"]]))[0] === ":1\r\n");
    assertEquals(await client.exchange([["MULTI"], ["PING"], ["EXEC"]]), [
      "+OK\r\n",
      "+QUEUED\r\n",
      "*-1\r\n",
    ]);
    const again = await client.exchange([["WATCH", "key"], ["MULTI"], ["PING"], ["EXEC"]]);
    assertEquals(again.at(-1), "*1\r\n+PONG\r\n");
  }
});

Deno.test("commands of a transaction are watched over too, and one's own do not break one's watch", async () => {
  await using server = await startServerWorker();
  using watcher = await RawClient.connect(server.port);
  using writer = await RawClient.connect(server.port);
  await watcher.exchange([["WATCH", "key"]]);
  await writer.exchange([["WATCH", "key"], ["MULTI"], ["SET", "other", 1], ["SET", "key", 1], [
    "EXEC",
  ]]);
  assertEquals((await watcher.exchange([["MULTI"], ["EXEC"]])).at(-1), "*-1\r\n");
  assertEquals((await writer.exchange([["GET", "key"]]))[0], "$1\r\n1\r\n");
});

Deno.test("a transaction on a slot that is not here is refused as a whole", async () => {
  await using server = await FencedServer.start();
  const slot = slotOfKey("{t}");
  const other = slotOfKey("{other}");
  await server.fence({ slotEpoch: 5, state: "own", slots: [slot] });
  const client = await server.connect();
  await client.send("MULTI");
  assertEquals(await client.send("SET", "{t}a", "1"), "QUEUED");
  assertEquals(await client.send("SET", "{other}a", "1"), "QUEUED");
  assertEquals(await client.send("EXEC"), new ReplyError(`SLOTSTALE ${other} 0`));
  assertEquals(await client.send("EXEC"), new ReplyError("ERR EXEC without MULTI"));
  assertEquals(await server.leader.send("GET", "{t}a"), null);
  assertEquals(await client.send("SLOTSROUTE", String(slot), "5"), "OK");
  await client.send("MULTI");
  await client.send("SET", "{t}a", "1");
  await client.send("SELECT", "1");
  await client.send("SET", "{t}a", "2");
  const replies = await client.send("EXEC");
  assertEquals(replies, [
    "OK",
    "OK",
    new ReplyError("ERR a server whose slots are managed serves database 0 only"),
  ]);
  await client.close();
});

Deno.test("a transaction on a slot being given runs whole or goes where its keys are", async () => {
  await using server = await FencedServer.start();
  const slot = slotOfKey("{t}");
  await server.fence({ slotEpoch: 5, state: "own", slots: [slot] });
  await server.leader.send("SET", "{t}a", "1");
  const watcher = await server.connect();
  assertEquals(await watcher.send("WATCH", "{t}a"), "OK");
  const idle = await server.connect();
  await idle.send("SLOTSTHROTTLE", "1", "1");
  const peer = { addr: "127.0.0.1:1", boot: "b" };
  await server.fence({ slotEpoch: 6, state: "giving", slots: [slot], peer });
  await watcher.send("MULTI");
  assertEquals(await watcher.send("EXEC"), null);
  await idle.send("SLOTSROUTE", String(slot), "6");
  await idle.send("MULTI");
  await idle.send("SET", "{t}absent", "1");
  assertEquals(await idle.send("EXEC"), new ReplyError(`SLOTASK ${slot} 6`));
  await idle.send("MULTI");
  await idle.send("GET", "{t}a");
  await idle.send("SET", "{t}absent", "1");
  assertEquals(await idle.send("EXEC"), new ReplyError(`SLOTBUSY ${slot} 6`));
  await watcher.close();
  await idle.close();
});
