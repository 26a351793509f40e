/**
 * Keys of every type and encoding, written and read through a proxy, while all slots move and turn back.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { Cluster } from "./support/cluster.ts";
import { type Reply, ReplyError, type RespClient } from "./support/resp_client.ts";

const LONG = "x".repeat(100);
const COPIES = 40;

function numbered(count: number, name: string): string[] {
  return Array.from({ length: count }, (_, at) => `${name}${at}`);
}

/** What fills a key of each encoding, what it is called then, and what shows its content. */
const VALUES: readonly { encoding: string; fill: string[]; look: string[] }[] = [
  { encoding: "listpack", fill: ["HSET", "1", "one", "two", ""], look: ["HGETALL"] },
  {
    encoding: "hashtable",
    fill: ["HSET", ...numbered(1500, "f").flatMap((field) => [field, LONG])],
    look: ["HGETALL"],
  },
  { encoding: "quicklist", fill: ["RPUSH", "a", "1", "-70000"], look: ["LRANGE", "0", "-1"] },
  { encoding: "quicklist", fill: ["RPUSH", ...numbered(3000, "e")], look: ["LRANGE", "0", "-1"] },
  { encoding: "intset", fill: ["SADD", "1", "70000", "-9223372036854775808"], look: ["SMEMBERS"] },
  { encoding: "hashtable", fill: ["SADD", "a", "b", "1"], look: ["SMEMBERS"] },
  { encoding: "hashtable", fill: ["SADD", ...numbered(2000, "m")], look: ["SMEMBERS"] },
  {
    encoding: "listpack",
    fill: ["ZADD", "1.5", "a", "-inf", "b"],
    look: ["ZRANGE", "0", "-1", "WITHSCORES"],
  },
  {
    encoding: "skiplist",
    fill: ["ZADD", ...numbered(1000, "m").flatMap((member, at) => [String(at % 99), member])],
    look: ["ZRANGE", "0", "-1", "WITHSCORES"],
  },
];

function keyOf(value: number, copy: number): string {
  return `${value % 2 === 0 ? "plain" : "{tag}"}:${value}:${copy}`;
}

/** Every key with its encoding and its content, whatever order that comes in. */
async function contents(client: RespClient): Promise<string[]> {
  const found: string[] = [];
  for (let copy = 0; copy < COPIES; copy++) {
    for (const [at, { look: [name, ...words] }] of VALUES.entries()) {
      const key = keyOf(at, copy);
      const encoding = await client.send("OBJECT", "ENCODING", key);
      const content = await client.send(name!, key, ...words);
      found.push(JSON.stringify([key, encoding, sorted(content)]));
    }
  }
  return found;
}

function sorted(reply: Reply): Reply {
  if (reply instanceof ReplyError) throw reply;
  return Array.isArray(reply) ? [...reply].sort() : reply;
}

Deno.test("keys of every encoding move there and back, and serve meanwhile", async () => {
  await using cluster = await Cluster.start();
  await using client = await cluster.connect();
  for (let copy = 0; copy < COPIES; copy++) {
    for (const [at, { fill: [name, ...words] }] of VALUES.entries()) {
      const reply = await client.send(name!, keyOf(at, copy), ...words);
      if (reply instanceof ReplyError) throw reply;
    }
  }
  const before = await contents(client);
  const encodings = before.slice(0, VALUES.length).map((text) => JSON.parse(text)[1]);
  assertEquals(encodings, VALUES.map(({ encoding }) => encoding));
  for (const group of [2, 1] as const) {
    const id = await cluster.order(group);
    assertEquals(await contents(client), before, "while the slots move");
    await cluster.finished(id);
    assertEquals(await contents(client), before, "once they have moved");
  }
});

Deno.test("multi-key commands on collections need one slot, and work within it", async () => {
  await using cluster = await Cluster.start();
  await using client = await cluster.connect();
  const crossing = [
    ["SUNION", "a", "b"],
    ["LMOVE", "a", "b", "LEFT", "LEFT"],
    ["ZUNIONSTORE", "a", "2", "b", "c"],
    ["SINTERCARD", "2", "a", "b"],
  ];
  for (const words of crossing) {
    const reply = await client.send(...words as [string]);
    assertEquals(
      reply instanceof ReplyError ? reply.message.split(" ")[0] : reply,
      "CROSSSLOT",
      words[0],
    );
  }
  await client.send("SADD", "{t}a", "1", "2");
  await client.send("SADD", "{t}b", "2", "3");
  await client.send("RPUSH", "{t}l", "x", "y");
  assertEquals(await client.send("SINTERCARD", "2", "{t}a", "{t}b"), 1);
  assertEquals(await client.send("SUNIONSTORE", "{t}c", "{t}a", "{t}b"), 3);
  assertEquals(await client.send("LMOVE", "{t}l", "{t}k", "LEFT", "RIGHT"), "x");
  assertEquals(await client.send("ZINTERSTORE", "{t}z", "2", "{t}a", "{t}b"), 1);
  assertEquals(await client.send("ZMPOP", "2", "{t}none", "{t}z", "MIN"), ["{t}z", [["2", "2"]]]);
});
