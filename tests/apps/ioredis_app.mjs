/**
 * An ordinary application on ioredis. Usage: node ioredis_app.mjs PORT
 *
 * It knows nothing of a proxy. It exits with 1 at the first surprise.
 */

import { Redis } from "ioredis";
import { Record } from "./record.mjs";

const KEY_COUNT = 500;
const BINARY = Buffer.from([0, 13, 10, 36, 255, 128, 42, 0]);
const options = { host: "127.0.0.1", port: Number(process.argv[2]), connectionName: "orders" };
const record = new Record();

await using(new Redis(options), async (redis) => {
  await plainUse(redis);
  await expiry(redis);
  await pipelines(redis);
  await binaryValues(redis);
  await scanning(redis);
  await errors(redis);
  await reconnecting(redis);
});
await using(new Redis({ ...options, enableAutoPipelining: true }), autoPipelining);
record.print();

async function using(redis, work) {
  redis.on("error", () => {});
  await work(redis);
  await redis.quit();
}

async function plainUse(redis) {
  record.check("ping", await redis.ping(), "PONG");
  record.check("echo", await redis.echo("hé"), "hé");
  record.check("name", await redis.client("GETNAME"), "orders");
  record.check("flush", await redis.flushall(), "OK");
  record.check("set", await redis.set("user:1", "Ada"), "OK");
  record.check("set nx", await redis.set("user:1", "Bob", "NX"), null);
  record.check("get", await redis.get("user:1"), "Ada");
  record.check("get missing", await redis.get("user:2"), null);
  record.check("mset", await redis.mset({ a: "1", b: "2", c: "3", d: "4" }), "OK");
  record.check("mget", await redis.mget("a", "b", "missing", "c", "d"), ["1", "2", null, "3", "4"]);
  record.check("exists", await redis.exists("a", "b", "missing", "a"), 3);
  record.check("incr", await redis.incr("visits"), 1);
  record.check("incrby", await redis.incrby("visits", 41), 42);
  record.check("incrbyfloat", await redis.incrbyfloat("price", "10.25"), "10.25");
  record.check("append", await redis.append("user:1", " Lovelace"), 12);
  record.check("getrange", await redis.getrange("user:1", 4, -1), "Lovelace");
  record.check("type", await redis.type("user:1"), "string");
  record.check("del", await redis.del("a", "b", "c", "missing"), 3);
  record.check("unlink", await redis.unlink("d", "price", "visits"), 3);
  record.check("dbsize", await redis.dbsize(), 1);
}

async function expiry(redis) {
  await redis.set("session", "x", "EX", 100);
  record.check("ttl", await redis.ttl("session"), 100);
  record.check("expire", await redis.expire("session", 50), 1);
  record.check("ttl again", await redis.ttl("session"), 50);
  record.check("persist", await redis.persist("session"), 1);
  record.check("ttl without", await redis.ttl("session"), -1);
  record.check("ttl missing", await redis.ttl("missing"), -2);
  record.check("expire in the past", await redis.expire("session", -1), 1);
  record.check("expired", await redis.get("session"), null);
}

async function pipelines(redis) {
  const writes = redis.pipeline();
  for (let n = 0; n < KEY_COUNT; n++) writes.set(`item:${n}`, `value ${n}`);
  const written = await writes.exec();
  record.check("pipeline writes", written.every(([error, reply]) => !error && reply === "OK"), true);
  const reads = redis.pipeline();
  for (let n = 0; n < KEY_COUNT; n++) reads.get(`item:${n}`);
  const read = await reads.exec();
  record.check("pipeline order", read.every(([, reply], n) => reply === `value ${n}`), true);
  const mixed = await redis.pipeline().set("text", "abc").incr("text").get("text").exec();
  record.check("pipeline with an error", mixed.flat(), [
    null,
    "OK",
    new Error("ERR value is not an integer or out of range"),
    null,
    "abc",
  ]);
}

async function binaryValues(redis) {
  const key = Buffer.concat([Buffer.from("bin:"), BINARY]);
  record.check("binary set", await redis.set(key, BINARY), "OK");
  record.check("binary get", await redis.getBuffer(key), BINARY);
  const big = Buffer.alloc(3 << 20, 0xa5);
  await redis.set("big", big);
  record.check("big value", (await redis.getBuffer("big")).equals(big), true);
  record.check("empty value", await redis.set("empty", "").then(() => redis.get("empty")), "");
}

async function scanning(redis) {
  const found = new Set();
  for await (const keys of redis.scanStream({ match: "item:*", count: 50 })) {
    for (const key of keys) found.add(key);
  }
  record.check("scan stream", found.size, KEY_COUNT);
  record.check(
    "keys",
    (await redis.keys("item:1?")).sort().join(),
    "item:10,item:11,item:12,item:13,item:14,item:15,item:16,item:17,item:18,item:19",
  );
}

async function errors(redis) {
  const wrongCount = "ERR wrong number of arguments for 'get' command";
  await record.checkError("arity", redis.call("GET"), wrongCount);
  await record.checkError(
    "unknown command",
    redis.call("NOSUCH", "one", "two"),
    "ERR unknown command 'NOSUCH', with args beginning with: 'one' 'two' ",
  );
  await record.checkError("syntax", redis.call("SET", "a", "b", "WHAT"), "ERR syntax error");
  record.check("alive after errors", await redis.get("text"), "abc");
}

async function reconnecting(redis) {
  const ended = new Promise((resolve) => redis.once("end", resolve));
  record.check("quit", await redis.quit(), "OK");
  await ended;
  await redis.connect();
  record.check("after quit", await redis.get("text"), "abc");
  const id = await redis.client("ID");
  const reconnected = new Promise((resolve) => redis.once("ready", resolve));
  await redis.client("KILL", "ID", id, "SKIPME", "no").catch(() => {});
  await reconnected;
  record.check("after a kill", await redis.get("text"), "abc");
  record.check("another connection", (await redis.client("ID")) !== id, true);
}

async function autoPipelining(redis) {
  const numbers = Array.from({ length: KEY_COUNT }, (_, n) => n);
  const replies = await Promise.all(numbers.map((n) => redis.get(`item:${n}`)));
  record.check("auto-pipelined reads", replies.every((reply, n) => reply === `value ${n}`), true);
  const counts = await Promise.all(numbers.slice(0, 50).map(() => redis.incr("together")));
  record.check("auto-pipelined order", counts, numbers.slice(1, 51));
}
