/**
 * What a client of the proxy gets for every kind of command, compared with redis-server wherever the
 * two should agree.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { slotOf } from "../core/slots.ts";
import type { ReactorKind } from "../core/transport/reactor.ts";
import { eventually } from "./support/eventually.ts";
import { evenRoutes, type ProxyWorker, startProxyWorker } from "./support/proxy_worker.ts";
import { type RedisServer, startRedisServer } from "./support/redis_server.ts";
import { type Argument, type Reply, ReplyError, RespClient } from "./support/resp_client.ts";
import { SeededRandom } from "./support/seeded_random.ts";

/** A proxy before two servers, and a third server to compare with. */
class Stage implements AsyncDisposable {
  readonly #stopped = new Set<RedisServer>();

  private constructor(
    readonly servers: readonly RedisServer[],
    readonly oracle: RedisServer,
    readonly proxy: ProxyWorker,
  ) {}

  static async start(transport: ReactorKind = "native"): Promise<Stage> {
    const [first, second, oracle] = await Promise.all([
      startRedisServer(),
      startRedisServer(),
      startRedisServer(),
    ]) as [RedisServer, RedisServer, RedisServer];
    const proxy = await startProxyWorker(evenRoutes([first.port, second.port]), {}, transport);
    return new Stage([first, second], oracle, proxy);
  }

  /** Connects to the proxy. */
  client(): Promise<RespClient> {
    return RespClient.connect({ port: this.proxy.port });
  }

  /** Connects to the server that the proxy is compared with. */
  direct(): Promise<RespClient> {
    return RespClient.connect({ port: this.oracle.port });
  }

  /** Kills a server. */
  async stop(server: RedisServer): Promise<void> {
    if (this.#stopped.has(server)) return;
    this.#stopped.add(server);
    await server[Symbol.asyncDispose]();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.proxy[Symbol.asyncDispose]();
    await Promise.all([...this.servers, this.oracle].map((server) => this.stop(server)));
  }
}

/** Registers a test of what the sockets of a proxy may have a part in. */
function testBoth(behaviour: string, scene: (transport: ReactorKind) => Promise<void>): void {
  for (const transport of ["native", "portable"] as const) {
    Deno.test(`${behaviour} (${transport})`, () => scene(transport));
  }
}

const encoder = new TextEncoder();

function slotOfText(key: string): number {
  const bytes = encoder.encode(key);
  return slotOf(bytes, 0, bytes.length, "hash-empty");
}

function range(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index);
}

function words(line: string): string[] {
  return line.split(" ");
}

function isError(reply: Reply): boolean {
  return reply instanceof ReplyError;
}

function sorted(reply: Reply): Reply {
  return Array.isArray(reply) ? [...reply].sort() : reply;
}

/** Commands whose replies must be the same at the proxy and at a Redis. */
const EQUAL_COMMANDS: readonly string[] = [
  "PING",
  "PING hello",
  "PING a b",
  "ECHO hello",
  "ECHO",
  "SELECT 0",
  "SELECT 99",
  "SELECT -1",
  "SELECT x",
  "AUTH x",
  "AUTH default x",
  "AUTH bob x",
  "AUTH a b c",
  "HELLO x",
  "HELLO 4",
  "HELLO 2 FOO",
  "HELLO 3 SETNAME",
  "HELLO 3 AUTH bob x",
  "CLIENT",
  "CLIENT GETNAME",
  "CLIENT SETNAME jobs",
  "CLIENT GETNAME",
  "CLIENT GETNAME x",
  "CLIENT NOSUCH",
  "CLIENT REPLY on",
  "CLIENT REPLY x",
  "CLIENT NO-EVICT x",
  "CLIENT NO-EVICT on",
  "CLIENT KILL 1.2.3.4:5",
  "CLIENT KILL ID 999",
  "CLIENT KILL ID x",
  "CLIENT KILL ID 5 x",
  "CLIENT KILL TYPE x",
  "CLIENT KILL USER x",
  "CLIENT LIST TYPE x",
  "CLIENT LIST x",
  "CLIENT LIST ID x",
  "CLIENT LIST ID 999",
  "CONFIG NOSUCH x",
  "CONFIG GET",
  "CONFIG GET nosuch",
  "CONFIG GET maxmemory",
  "CONFIG GET SAVE",
  "CONFIG GET save sav*",
  "CONFIG GET timeou?",
  "CONFIG GET proto-max-bulk-len",
  "COMMAND INFO get nosuch mset eval",
  "COMMAND DOCS get",
  "COMMAND GETKEYS MSET a 1 b 2",
  "COMMAND GETKEYSANDFLAGS SET a 1 GET",
  "COMMAND GETKEYS PING x",
  "COMMAND LIST FILTERBY x y",
  "COMMAND LIST FILTERBY PATTERN xread?*",
  "COMMAND NOSUCH",
  "ACL WHOAMI",
  "ROLE",
  "READONLY",
  "READWRITE",
  "ASKING",
  "CLUSTER INFO",
  "CLUSTER NOSUCH",
  "INFO nosuch",
  "NOSUCH a b",
  "GET",
  "MSET a",
  "MSET a 1 b",
  "MGET",
  "SCAN x",
  "RANDOMKEY",
  "DBSIZE",
  "KEYS *",
  "SET {a}1 x",
  "SET {a}2 y",
  "MGET {a}1 {a}2 {a}3",
  "MGET {a}1 {b}1 {c}1 {d}1 {e}1",
  "MSET k1 1 k2 2 k3 3 k4 4 k5 5",
  "MGET k1 k2 nosuch k3 k1",
  "EXISTS k1 k2 k1 nosuch",
  "TOUCH k1 k2 nosuch",
  "RPUSH list a",
  "MGET k1 list k2",
  "UNLINK k1 k2 nosuch",
  "DEL k3 k4 k4",
  "DBSIZE",
  "OBJECT ENCODING k5",
  "OBJECT FREQ",
  "OBJECT NOSUCH k5",
  "XADD s 1-1 f v",
  "XINFO STREAM nosuch",
  "XGROUP CREATE s g 0",
  "XREAD COUNT 1 STREAMS s 0",
  "XREADGROUP GROUP g block STREAMS s >",
  "EVAL return{KEYS[1]} 1 k5",
  "EVAL return(1) 0",
  "EVAL return(1) x",
  "SCRIPT LOAD return(2)",
  "SCRIPT EXISTS 7f923f79fe76194c868d7e1d0820de36700eb649 nosuch",
  "EVALSHA 7f923f79fe76194c868d7e1d0820de36700eb649 0",
  "SCRIPT KILL",
  "FUNCTION STATS",
  "FUNCTION LIST",
  "SCRIPT FLUSH",
  "FLUSHALL",
  "DBSIZE",
  "RESET",
];

testBoth("replies are those of redis-server, in RESP2 and RESP3", async (transport) => {
  await using stage = await Stage.start(transport);
  for (const protocol of ["2", "3"]) {
    await using client = await stage.client();
    await using direct = await stage.direct();
    await Promise.all([client.send("HELLO", protocol), direct.send("HELLO", protocol)]);
    for (const line of EQUAL_COMMANDS) {
      const expected = await direct.send(...words(line));
      assertEquals(await client.send(...words(line)), expected, `${line} in RESP${protocol}`);
    }
  }
});

Deno.test("commands that one connection cannot share are refused by name", async () => {
  await using stage = await Stage.start();
  await using client = await stage.client();
  const expected: readonly (readonly [string, string])[] = [
    ["BLPOP k 1", "ERR 'blpop' is not served by the proxy yet"],
    ["SUBSCRIBE c", "ERR 'subscribe' is not served by the proxy yet"],
    ["XREAD BLOCK 1 STREAMS s 0", "ERR 'xread' with BLOCK is not served by the proxy yet"],
    ["MONITOR", "ERR 'monitor' is not supported through the proxy"],
    ["LATENCY DOCTOR", "ERR 'latency|doctor' is not supported through the proxy"],
    ["SLOWLOG GET", "ERR 'slowlog|get' is not supported through the proxy"],
    ["MEMORY STATS", "ERR 'memory|stats' is not supported through the proxy"],
    [
      "CLIENT REPLY off",
      "ERR CLIENT REPLY OFF and SKIP are not supported through the proxy: every request is answered",
    ],
    [
      "CONFIG SET maxmemory 1",
      "ERR CONFIG SET is not supported through the proxy: a product's settings are changed with the manager, a server's at the server",
    ],
    ["RENAME a b", "CROSSSLOT Keys in request don't hash to the same slot"],
  ];
  for (const [line, text] of expected) {
    assertEquals(await client.send(...words(line)), new ReplyError(text), line);
  }
  assertEquals(await client.send("PING"), "PONG");
});

Deno.test("a client says who it is and sees itself", async () => {
  await using stage = await Stage.start();
  await using client = await stage.client();
  await using other = await stage.client();
  assertEquals(await client.send("CLIENT", "SETINFO", "LIB-NAME", "ioredis"), "OK");
  assertEquals(await client.send("CLIENT", "SETINFO", "LIB-VER", "5.4.1"), "OK");
  const hello = await client.send("HELLO", "3", "SETNAME", "jobs") as Reply[];
  const id = await client.send("CLIENT", "ID");
  assertEquals(hello, [
    "server",
    "redis",
    "version",
    "7.0.15",
    "proto",
    3,
    "id",
    id,
    "mode",
    "standalone",
    "role",
    "master",
    "modules",
    [],
  ]); // deno-fmt-ignore
  const info = await client.send("CLIENT", "INFO") as string;
  for (const field of [`id=${id}`, "name=jobs", "resp=3", "cmd=client|info", "lib-name=ioredis"]) {
    assert(info.split(" ").includes(field), `${field} in ${info}`);
  }
  const otherId = await other.send("CLIENT", "ID") as number;
  const list = await client.send("CLIENT", "LIST") as string;
  assertEquals(list.trimEnd().split("\n").length, 2);
  assertEquals(await client.send("CLIENT", "KILL", "ID", otherId), 1);
  await eventually(() => assert(other.closed));
  assertEquals(await client.send("CLIENT", "KILL", "ID", id as number, "SKIPME", "no"), 1);
  await eventually(() => assert(client.closed));
});

Deno.test("with a password nothing is served before the log-in", async () => {
  await using server = await startRedisServer();
  await using oracle = await startRedisServer(["--requirepass", "secret"]);
  await using proxy = await startProxyWorker(evenRoutes([server.port]), { password: "secret" });
  await using client = await RespClient.connect({ port: proxy.port });
  await using direct = await RespClient.connect({ port: oracle.port });
  const lines = [
    "PING",
    "GET k",
    "MGET a b",
    "CLIENT ID",
    "HELLO",
    "HELLO 3",
    "HELLO 3 AUTH default wrong",
    "AUTH wrong",
    "AUTH default wrong",
    "AUTH bob secret",
    "AUTH secret",
    "PING",
    "GET k",
    "RESET",
    "GET k",
    "AUTH default secret",
    "GET k",
  ]; // deno-fmt-ignore
  for (const line of lines) {
    assertEquals(await client.send(...words(line)), await direct.send(...words(line)), line);
  }
});

Deno.test("inline commands in a pipeline reach their servers whole", async () => {
  await using stage = await Stage.start();
  await using client = await stage.client();
  const keys = range(200).map((index) => `key:${index}`);
  using inline = await Deno.connect({ hostname: "127.0.0.1", port: stage.proxy.port });
  await inline.write(encoder.encode(keys.map((key) => `SET ${key} ${key}\r\n`).join("")));
  await eventually(async () => assertEquals(await client.send("DBSIZE"), keys.length));
  assertEquals(await client.send("MGET", ...keys), keys);
});

Deno.test("QUIT is answered and ends the connection", async () => {
  await using stage = await Stage.start();
  await using client = await stage.client();
  const replies = client.pipeline([["SET", "k", "1"], ["GET", "k"], ["QUIT"]]);
  assertEquals(await replies, ["OK", "1", "OK"]);
  await eventually(() => assert(client.closed));
});

Deno.test("keys over all slots are split and come back in order", async () => {
  await using stage = await Stage.start();
  await using client = await stage.client();
  const keys = range(1000).map((index) => `key:${index}`);
  assertEquals(new Set(keys.map(slotOfText)).size > 500, true);
  assertEquals(await client.send("MSET", ...keys.flatMap((key, index) => [key, index])), "OK");
  assertEquals(await client.send("MGET", ...keys), keys.map((_, index) => String(index)));
  assertEquals(await client.send("DBSIZE"), 1000);
  assertEquals(sorted(await client.send("KEYS", "*")), [...keys].sort());
  assertEquals(await client.send("EXISTS", ...keys, ...keys), 2000);
  assertEquals(await client.send("DEL", ...keys.slice(0, 400)), 400);
  assertEquals(await client.send("UNLINK", ...keys), 600);
  assertEquals(await client.send("RANDOMKEY"), null);
  assertEquals(await client.send("SET", keys[7]!, "x"), "OK");
  assertEquals(await client.send("RANDOMKEY"), keys[7]);
  assertEquals(await client.send("FLUSHDB"), "OK");
  assertEquals(await client.send("DBSIZE"), 0);
});

Deno.test("SCAN goes through all servers", async () => {
  await using stage = await Stage.start();
  await using client = await stage.client();
  const keys = range(500).map((index) => `key:${index}`);
  await client.send("MSET", ...keys.flatMap((key) => [key, "x"]));
  await client.send("RPUSH", "key:list", "x");
  const scan = async (...options: Argument[]) => {
    const found: Reply[] = [];
    let cursor = "0";
    do {
      const [next, page] = await client.send("SCAN", cursor, ...options) as [string, Reply[]];
      found.push(...page);
      cursor = next;
    } while (cursor !== "0");
    return found.sort();
  };
  assertEquals(await scan(), [...keys, "key:list"].sort());
  assertEquals(await scan("COUNT", 100, "TYPE", "list"), ["key:list"]);
  assertEquals(
    await scan("MATCH", "key:1?", "COUNT", 50),
    range(10).map((index) => `key:1${index}`),
  );
  assertEquals(await client.send("SCAN", "2047"), ["0", []]);
  assertEquals(
    await client.send("SCAN", "0", "COUNT", "x"),
    new ReplyError(
      "ERR value is not an integer or out of range",
    ),
  );
});

Deno.test("the routing view is Codis's", async () => {
  await using stage = await Stage.start();
  await using client = await stage.client();
  const [first, second] = stage.servers.map(({ port }) => `127.0.0.1:${port}`);
  assertEquals(await client.send("SLOTSMAPPING", "5"), ["5", first!, "", []]);
  const all = await client.send("SLOTSMAPPING") as Reply[];
  assertEquals(all.length, 1024);
  assertEquals(all[1023], ["1023", second!, "", []]);
  assertEquals(
    await client.send("SLOTSMAPPING", "1024"),
    new ReplyError("ERR parse slotnum '1024' failed, out of range"),
  );
  assertEquals(await client.send("SLOTSHASHKEY", "a", "b", "c"), [579, 1017, 879]);
  assertEquals(
    await client.send("SLOTSINFO", "1.2.3.4:5"),
    new ReplyError("ERR backend server '1.2.3.4:5' not found"),
  );
});

Deno.test("INFO tells of the product", async () => {
  await using stage = await Stage.start();
  await using client = await stage.client();
  await client.send("GET", "k");
  const info = await client.send("INFO", "all") as string;
  for (
    const line of [
      "redis_version:7.0.15",
      "connected_clients:1",
      "product:test",
      "epoch:1",
      "workers:1",
      "cmdstat_get:calls=1",
    ]
  ) assert(info.split("\r\n").includes(line), `${line} in ${info}`);
  assertEquals(await client.send("CONFIG", "RESETSTAT"), "OK");
});

/** One random command on a few keys of client `name`, which no other client uses. */
function randomCommand(random: SeededRandom, name: string): Argument[] {
  const key = () => `${name}:${random.below(20)}`;
  const value = () => random.below(1000);
  return random.pick<() => Argument[]>([
    () => ["SET", key(), value()],
    () => ["SET", key(), value()],
    () => ["GET", key()],
    () => ["APPEND", key(), value()],
    () => ["MSET", ...range(1 + random.below(5)).flatMap(() => [key(), value()])],
    () => ["MGET", ...range(1 + random.below(6)).map(key)],
    () => ["DEL", ...range(1 + random.below(3)).map(key)],
    () => ["EXISTS", ...range(1 + random.below(4)).map(key)],
    () => ["ECHO", value()],
    () => ["PING"],
    () => ["STRLEN", key()],
    () => ["CLIENT", "GETNAME"],
    () => ["HELLO", "9"],
    () => ["NOSUCH"],
  ])();
}

testBoth("pipelines of all kinds of commands are answered in order", async (transport) => {
  const random = new SeededRandom(Number(Deno.env.get("SEED")) || undefined);
  await using stage = await Stage.start(transport);
  const clients = await Promise.all(range(8).map(() => stage.client()));
  const directs = await Promise.all(range(8).map(() => stage.direct()));
  await Promise.all(
    range(8).map(async (index) => {
      const client = clients[index]!;
      const direct = directs[index]!;
      for (let left = 1250; left > 0;) {
        const batch = range(Math.min(left, 1 + random.below(200)))
          .map(() => randomCommand(random, `c${index}`));
        left -= batch.length;
        const [expected, actual] = await Promise.all([
          direct.pipeline(batch),
          client.pipeline(batch),
        ]);
        assertEquals(actual, expected, `seed ${random.seed}`);
      }
    }),
  );
  await Promise.all([...clients, ...directs].map((client) => client.close()));
});

Deno.test("a change of the protocol does not overtake what was sent before", async () => {
  await using stage = await Stage.start();
  await using client = await stage.client();
  const keys = range(20).map((index) => `key:${index}`);
  const commands = range(300).flatMap((round): Argument[][] => [
    ["MSET", ...keys.flatMap((key) => [key, round])],
    ["HELLO", 2 + round % 2],
    ["MGET", ...keys],
    ["HGETALL", "nosuch"],
  ]);
  const replies = await client.pipeline(commands);
  replies.forEach((reply, at) => {
    if (at % 4 === 2) assertEquals(reply, keys.map(() => String(Math.floor(at / 4))));
    else assert(!isError(reply));
  });
});

/** A key whose slot is at server `index` of two. */
function keyAt(index: number): string {
  return range(100).map((number) => `on:${number}`).find((key) =>
    Math.floor(slotOfText(key) / 512) === index
  )!;
}

/** Makes a server take requests and answer none of them for a time. */
async function pause(server: RedisServer, durationMs: number): Promise<void> {
  await using client = await RespClient.connect({ port: server.port });
  assertEquals(await client.send("CLIENT", "PAUSE", durationMs, "ALL"), "OK");
}

testBoth("a client that leaves in the middle of a split disturbs nobody", async (transport) => {
  await using stage = await Stage.start(transport);
  await using other = await stage.client();
  const [first, second] = [keyAt(0), keyAt(1)];
  await pause(stage.servers[1]!, 500);
  for (const command of ["MSET", "MGET", "DEL"]) {
    const leaver = await stage.client();
    const lost = leaver.send(
      command,
      first,
      second,
      ...(command === "MSET" ? [first, second] : []),
    );
    lost.catch(() => {});
    const left = command === "DEL" ? 0 : 1;
    await eventually(async () => assertEquals(await other.send("EXISTS", first), left));
    await leaver.close();
  }
  await other.send("SET", second, "x");
  assertEquals(await other.send("MGET", second, first), ["x", null]);
  await eventually(async () => {
    const info = await other.send("INFO", "codis") as string;
    assert(info.includes("unanswered_requests:0\r\n"), info);
  });
});

testBoth("a server that dies in the middle of a split fails its part only", async (transport) => {
  await using stage = await Stage.start(transport);
  await using client = await stage.client();
  const [first, second] = [keyAt(0), keyAt(1)];
  await client.send("MSET", first, "1", second, "2");
  await pause(stage.servers[1]!, 60_000);
  const replies = client.pipeline([["MSET", first, "3", second, "4"], ["MGET", second, first]]);
  await using direct = await RespClient.connect({ port: stage.servers[0]!.port });
  await eventually(async () => assertEquals(await direct.send("GET", first), "3"));
  await stage.stop(stage.servers[1]!);
  const address = `127.0.0.1:${stage.servers[1]!.port}`;
  const lost =
    `ERR connection to server ${address} lost (gone); the command may have been executed`;
  const texts = (await replies as ReplyError[])
    .map(({ message }) => message.replace(/\((?:end|reset)\)/, "(gone)"));
  assertEquals(texts, [`ERR 1 of 2 parts failed, the others were executed: ${lost}`, lost]);
  assertEquals(await client.send("GET", first), "3");
  assertEquals(await client.send("MSET", first, "5", `{${first}}x`, "6"), "OK");
  const refused = await client.send("MSET", first, "7", second, "8") as ReplyError;
  assert(/^ERR /.test(refused.message), refused.message);
  assertEquals(await client.send("PING"), "PONG");
});
