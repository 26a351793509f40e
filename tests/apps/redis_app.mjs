/**
 * An ordinary application on node-redis. Usage: node redis_app.mjs PORT RESP-VERSION
 *
 * It knows nothing of a proxy. It exits with 1 at the first surprise.
 */

import { createClient, RESP_TYPES } from "redis";
import { Record } from "./record.mjs";

const KEY_COUNT = 500;
const BINARY = Buffer.from([0, 13, 10, 36, 255, 128, 42, 0]);
const [port, protocol] = process.argv.slice(2).map(Number);
const record = new Record();

const redis = createClient({
  socket: { host: "127.0.0.1", port, reconnectStrategy: (retries) => Math.min(10 * retries, 200) },
  RESP: protocol,
  name: "orders",
});
redis.on("error", () => {});
await redis.connect();
await plainUse();
await expiry();
await pipelines();
await binaryValues();
await scanning();
await errors();
await reconnecting();
await redis.close();
record.print();

async function plainUse() {
  record.check("ping", await redis.ping(), "PONG");
  record.check("echo", await redis.echo("hé"), "hé");
  record.check("name", await redis.clientGetName(), "orders");
  const hello = await redis.sendCommand(["HELLO"]);
  const facts = protocol === 3 ? Object.entries(hello) : pairsOf(hello);
  record.check("protocol", facts.find(([name]) => name === "proto")[1], protocol);
  record.check("flush", await redis.flushAll(), "OK");
  record.check("set", await redis.set("user:1", "Ada"), "OK");
  record.check("set nx", await redis.set("user:1", "Bob", { condition: "NX" }), null);
  record.check("set get", await redis.set("user:1", "Ada", { GET: true }), "Ada");
  record.check("get", await redis.get("user:1"), "Ada");
  record.check("get missing", await redis.get("user:2"), null);
  record.check("mset", await redis.mSet({ a: "1", b: "2", c: "3", d: "4" }), "OK");
  record.check("mget", await redis.mGet(["a", "b", "missing", "c", "d"]), [
    "1",
    "2",
    null,
    "3",
    "4",
  ]);
  record.check("exists", await redis.exists(["a", "b", "missing", "a"]), 3);
  record.check("incr", await redis.incr("visits"), 1);
  record.check("incrby", await redis.incrBy("visits", 41), 42);
  record.check("incrbyfloat", await redis.incrByFloat("price", 10.25), "10.25");
  record.check("append", await redis.append("user:1", " Lovelace"), 12);
  record.check("getrange", await redis.getRange("user:1", 4, -1), "Lovelace");
  record.check("type", await redis.type("user:1"), "string");
  record.check("del", await redis.del(["a", "b", "c", "missing"]), 3);
  record.check("unlink", await redis.unlink(["d", "price", "visits"]), 3);
  record.check("dbsize", await redis.dbSize(), 1);
}

async function expiry() {
  await redis.set("session", "x", { expiration: { type: "EX", value: 100 } });
  record.check("ttl", await redis.ttl("session"), 100);
  record.check("expire", await redis.expire("session", 50), 1);
  record.check("ttl again", await redis.ttl("session"), 50);
  record.check("persist", await redis.persist("session"), 1);
  record.check("ttl without", await redis.ttl("session"), -1);
  record.check("ttl missing", await redis.ttl("missing"), -2);
  record.check("expire in the past", await redis.expire("session", -1), 1);
  record.check("expired", await redis.get("session"), null);
}

async function pipelines() {
  const numbers = Array.from({ length: KEY_COUNT }, (_, n) => n);
  // Calls of one turn leave together: node-redis pipelines by itself.
  const written = await Promise.all(numbers.map((n) => redis.set(`item:${n}`, `value ${n}`)));
  record.check("pipeline writes", written.every((reply) => reply === "OK"), true);
  const read = await Promise.all(numbers.map((n) => redis.get(`item:${n}`)));
  record.check("pipeline order", read.every((reply, n) => reply === `value ${n}`), true);
  const mixed = await Promise.allSettled([
    redis.set("text", "abc"),
    redis.incr("text"),
    redis.get("text"),
  ]);
  record.check("pipeline with an error", mixed.map(({ value, reason }) => reason ?? value), [
    "OK",
    new Error("ERR value is not an integer or out of range"),
    "abc",
  ]);
  const batch = redis.multi().set("batch:1", "x").get("batch:1").incr("batch:2");
  record.check("explicit pipeline", await batch.execAsPipeline(), ["OK", "x", 1]);
}

async function binaryValues() {
  const bytes = redis.withTypeMapping({ [RESP_TYPES.BLOB_STRING]: Buffer });
  const key = Buffer.concat([Buffer.from("bin:"), BINARY]);
  record.check("binary set", await redis.set(key, BINARY), "OK");
  record.check("binary get", await bytes.get(key), BINARY);
  const big = Buffer.alloc(3 << 20, 0xa5);
  await redis.set("big", big);
  record.check("big value", (await bytes.get("big")).equals(big), true);
  record.check("empty value", await redis.set("empty", "").then(() => redis.get("empty")), "");
}

async function scanning() {
  const found = new Set();
  for await (const keys of redis.scanIterator({ MATCH: "item:*", COUNT: 50 })) {
    for (const key of keys) found.add(key);
  }
  record.check("scan iterator", found.size, KEY_COUNT);
  record.check(
    "keys",
    (await redis.keys("item:1?")).sort().join(),
    "item:10,item:11,item:12,item:13,item:14,item:15,item:16,item:17,item:18,item:19",
  );
}

async function errors() {
  const wrongCount = "ERR wrong number of arguments for 'get' command";
  await record.checkError("arity", redis.sendCommand(["GET"]), wrongCount);
  await record.checkError(
    "unknown command",
    redis.sendCommand(["NOSUCH", "one", "two"]),
    "ERR unknown command 'NOSUCH', with args beginning with: 'one' 'two' ",
  );
  await record.checkError(
    "syntax",
    redis.sendCommand(["SET", "a", "b", "WHAT"]),
    "ERR syntax error",
  );
  record.check("alive after errors", await redis.get("text"), "abc");
}

async function reconnecting() {
  const id = await redis.clientId();
  const reconnected = new Promise((resolve) => redis.once("ready", resolve));
  // The library has forgotten QUIT; the server still closes the connection behind its answer.
  record.check("quit", await redis.sendCommand(["QUIT"]), "OK");
  await reconnected;
  record.check("after quit", await redis.get("text"), "abc");
  record.check("name after quit", await redis.clientGetName(), "orders");
  record.check("another connection", (await redis.clientId()) !== id, true);
}

function pairsOf(flat) {
  const pairs = [];
  for (let at = 0; at < flat.length; at += 2) pairs.push([flat[at], flat[at + 1]]);
  return pairs;
}
