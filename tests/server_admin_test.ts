/**
 * The server's own commands beside redis-server: the same bytes must come back from both.
 *
 * @module
 */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { encodeRequest } from "../core/resp/encode_request.ts";
import { ReplyScanner } from "../core/resp/reply_scanner.ts";
import { startRedisServer } from "./support/redis_server.ts";
import { ReplyError, RespClient } from "./support/resp_client.ts";
import { startServerWorker } from "./support/server_worker.ts";

const latin1 = new TextDecoder("latin1");

/** Sends a session of commands at once, then QUIT, and returns each reply as it was on the wire. */
async function converse(port: number, commands: readonly string[]): Promise<string[]> {
  using connection = await Deno.connect({ hostname: "127.0.0.1", port });
  const requests = [...commands, "QUIT"].map((command) =>
    latin1.decode(encodeRequest(command.split(" ").map(unquoted)))
  );
  const bytes = Uint8Array.from(requests.join(""), (character) => character.charCodeAt(0));
  for (let sent = 0; sent < bytes.length;) sent += await connection.write(bytes.subarray(sent));
  const received: number[] = [];
  const chunk = new Uint8Array(65536);
  for (;;) {
    const count = await connection.read(chunk);
    if (count === null) break;
    for (const byte of chunk.subarray(0, count)) received.push(byte);
  }
  return framesOf(Uint8Array.from(received));
}

/** `_` stands for a blank inside an argument, `''` for an empty one. */
function unquoted(word: string): string {
  return word === "''" ? "" : word.replaceAll("_", " ");
}

function framesOf(bytes: Uint8Array): string[] {
  const scanner = new ReplyScanner();
  const frames: string[] = [];
  for (let at = 0; at < bytes.length;) {
    const end = scanner.scan(bytes, at, bytes.length);
    assert(end > at, scanner.error);
    frames.push(latin1.decode(bytes.subarray(at, end)));
    at = end;
  }
  return frames;
}

const SESSIONS: readonly (readonly string[])[] = [
  ["PING", "PING x", "PING x y", "ECHO hello", "ECHO", "ECHO a b", "FOO", "FOO a_b c", "''"],
  ["SELECT 1", "SELECT 15", "SELECT 16", "SELECT -1", "SELECT abc", "SELECT 99999999999", "SELECT"],
  ["AUTH", "AUTH a", "AUTH a b", "AUTH default b", "AUTH a b c", "PING"],
  ["HELLO 4", "HELLO 1", "HELLO abc", "HELLO 2 foo", "HELLO 2 auth x", "HELLO 2 setname"],
  ["HELLO 2 setname a_b", "CLIENT GETNAME"],
  [
    "CLIENT GETNAME",
    "CLIENT SETNAME bob",
    "CLIENT GETNAME",
    "CLIENT SETNAME a_b",
    "CLIENT GETNAME",
  ],
  ["CLIENT", "CLIENT foo", "CLIENT ID x", "CLIENT GETREDIR", "CLIENT TRACKINGINFO"],
  ["CLIENT SETINFO lib-name x", "CLIENT CACHING yes", "CLIENT NO-EVICT on", "CLIENT NO-EVICT foo"],
  ["CLIENT KILL foo", "CLIENT KILL ID 0", "CLIENT KILL ID abc", "CLIENT KILL TYPE foo"],
  ["CLIENT KILL USER foo", "CLIENT KILL SKIPME maybe", "CLIENT KILL ID 5 ADDR", "CLIENT KILL A B"],
  ["CLIENT KILL ID 999999", "CLIENT KILL ADDR 1.2.3.4:5", "CLIENT KILL TYPE replica SKIPME no"],
  ["CLIENT KILL ADDR 1.2.3.4:5 LADDR 1.2.3.4:5 USER default"],
  ["CLIENT LIST TYPE foo", "CLIENT LIST ID abc", "CLIENT LIST ID 999999", "CLIENT LIST foo"],
  ["CLIENT LIST TYPE master", "CLIENT LIST TYPE pubsub", "CLIENT LIST ID"],
  ["CLIENT REPLY foo", "CLIENT REPLY ON", "PING"],
  ["CLIENT REPLY OFF", "PING", "CLIENT REPLY ON", "ECHO a"],
  ["CLIENT REPLY SKIP", "PING", "ECHO b"],
  ["CLIENT REPLY SKIP", "CLIENT REPLY SKIP", "PING", "ECHO c"],
  ["CLIENT REPLY SKIP", "CLIENT REPLY OFF", "PING", "CLIENT REPLY SKIP", "CLIENT REPLY ON"],
  ["CLIENT REPLY SKIP", "CLIENT REPLY ON", "ECHO d"],
  ["CLIENT REPLY OFF", "RESET", "ECHO e"],
  ["CLIENT REPLY SKIP", "GET", "ECHO f"],
  ["CLIENT REPLY SKIP", "NOSUCH", "ECHO g", "CLIENT REPLY SKIP", "CLIENT NOSUCH", "ECHO h"],
  ["CLIENT REPLY OFF", "GET", "NOSUCH", "SELECT 99", "CLIENT REPLY ON", "ECHO i"],
  ["CLIENT SETNAME bob", "SELECT 3", "RESET", "CLIENT GETNAME", "RESET x"],
  ["TIME x", "ROLE", "ROLE x", "MEMORY", "MEMORY foo", "MEMORY USAGE nokey", "MEMORY USAGE"],
  ["MEMORY USAGE k SAMPLES -1", "MEMORY USAGE k foo", "MEMORY USAGE k SAMPLES", "SHUTDOWN foo"],
  ["SHUTDOWN ABORT", "SHUTDOWN SAVE NOSAVE"],
  ["COMMAND foo", "COMMAND COUNT x", "COMMAND LIST FILTERBY foo bar", "COMMAND LIST foo"],
  ["COMMAND LIST FILTERBY aclcat foo", "COMMAND LIST FILTERBY module foo"],
  ["COMMAND GETKEYS get", "COMMAND GETKEYS get a", "COMMAND GETKEYS mset a 1 b 2"],
  ["COMMAND GETKEYS foo bar", "COMMAND GETKEYS ping x", "COMMAND INFO get", "COMMAND DOCS get"],
  ["COMMAND INFO nosuch", "COMMAND DOCS nosuch", "COMMAND INFO set nosuch get"],
  ["CONFIG", "CONFIG foo", "CONFIG HELP", "CONFIG GET", "CONFIG REWRITE", "CONFIG GET nosuch"],
  ["CONFIG SET foo bar", "CONFIG SET maxmemory abc", "CONFIG SET maxmemory 1mb timeout x"],
  ["CONFIG SET maxclients 0", "CONFIG SET timeout -1", "CONFIG SET timeout 5 timeout 6"],
  ["CONFIG SET timeout 5 foo", "CONFIG SET timeout 5 foo 6", "CONFIG GET timeout"],
  ["CONFIG SET maxmemory -5", "CONFIG SET maxmemory 10q", "CONFIG SET maxclients 4294967296"],
  ["CONFIG SET databases 5", "CONFIG SET TIMEOUT 7", "CONFIG GET Timeout", "CONFIG SET timeout 0"],
  [
    "CONFIG SET maxmemory 1GB",
    "CONFIG GET maxmemory",
    "CONFIG SET maxmemory 1k",
    "CONFIG GET maxmemory",
  ],
  ["CONFIG SET maxmemory 0", "CONFIG GET save", "CONFIG GET appendonly", "CONFIG GET tim[e]ou?"],
  ["CONFIG RESETSTAT", "CONFIG SET maxmemory-policy"],
  ["SLOWLOG", "SLOWLOG foo", "SLOWLOG HELP", "SLOWLOG GET", "SLOWLOG LEN", "SLOWLOG RESET"],
  ["SLOWLOG GET -2", "SLOWLOG GET abc", "SLOWLOG GET 0", "SLOWLOG GET 1 2", "SLOWLOG LEN x"],
  ["CONFIG SET slowlog-log-slower-than -5", "CONFIG SET slowlog-max-len -1"],
];

Deno.test("connection and administration answer as redis-server, byte for byte", async (t) => {
  await using redis = await startRedisServer();
  await using server = await startServerWorker();
  for (const protocol of [2, 3]) {
    for (const session of SESSIONS) {
      await t.step(`RESP${protocol}: ${session.join(" · ")}`, async () => {
        // The reply to HELLO names the connection: it is looked at elsewhere.
        const commands = [`HELLO ${protocol}`, ...session];
        const expected = (await converse(redis.port, commands)).slice(1);
        assertEquals((await converse(server.port, commands)).slice(1), expected);
      });
    }
  }
});

Deno.test("HELLO tells the server, the protocol and the connection", async () => {
  await using server = await startServerWorker();
  await using client = await RespClient.connect(server);
  const id = await client.send("CLIENT", "ID");
  const facts = ["server", "redis", "version", "7.0.15", "proto", 3, "id", id];
  const roles = ["mode", "standalone", "role", "master", "modules", []];
  assertEquals(await client.send("HELLO", "3", "SETNAME", "bob"), [...facts, ...roles]);
  assertEquals(await client.send("CLIENT", "GETNAME"), "bob");
});

Deno.test("a password is asked for, as redis-server asks", async () => {
  await using redis = await startRedisServer(["--requirepass", "secret"]);
  await using server = await startServerWorker({ requirePassword: "secret" });
  const sessions = [
    ["PING", "GET a", "FOO", "HELLO 2", "HELLO 3 AUTH default wrong", "AUTH wrong", "PING"],
    ["AUTH secret", "PING", "RESET", "PING"],
    ["AUTH other secret", "AUTH default secret", "PING", "AUTH wrong", "PING"],
    ["AUTH secret", "CONFIG GET requirepass"],
  ];
  for (const session of sessions) {
    assertEquals(await converse(server.port, session), await converse(redis.port, session));
  }
});

Deno.test("CONFIG SET requirepass binds clients that come later", async () => {
  await using server = await startServerWorker();
  await using early = await RespClient.connect(server);
  assertEquals(await early.send("CONFIG", "SET", "requirepass", "secret"), "OK");
  assertEquals(await early.send("PING"), "PONG");
  await using late = await RespClient.connect(server);
  assertEquals(await late.send("PING"), new ReplyError("NOAUTH Authentication required."));
  assertEquals(await early.send("CONFIG", "SET", "requirepass", ""), "OK");
  assertEquals(await late.send("PING"), "PONG");
});

Deno.test("the slow log keeps what redis-server keeps", async () => {
  await using redis = await startRedisServer();
  await using server = await startServerWorker();
  const logs: unknown[] = [];
  for (const { port } of [redis, server]) {
    await using client = await RespClient.connect({ port });
    await client.send("CLIENT", "SETNAME", "bob");
    assertEquals(await client.send("CONFIG", "SET", "slowlog-log-slower-than", 0), "OK");
    await client.send("SET", "k", "x".repeat(200));
    await client.send("MGET", ...Array.from({ length: 40 }, (_, i) => `k${i}`));
    await client.send("SET", "k", "v", "NOSUCH");
    const entries = await client.send("SLOWLOG", "GET", -1) as unknown[][];
    const [id, atSeconds, micros] = entries[0] as number[];
    assert(Math.abs(atSeconds! - Date.now() / 1000) < 60 && micros! >= 0, `${entries[0]}`);
    assertEquals(entries.map((entry) => entry[0]), entries.map((_, i) => id! - i));
    assertMatch(entries[0]![4] as string, /^127\.0\.0\.1:\d+$/);
    // redis-server times the command that turns the log on, too.
    logs.push(entries.slice(0, 3).map(([, , , words, , name]) => [words, name]));
    assertEquals((await client.send("SLOWLOG", "GET", 1) as unknown[]).length, 1);
    await client.send("CONFIG", "SET", "slowlog-max-len", 2);
    await client.pipeline([["PING"], ["PING"], ["PING"]]);
    assertEquals(await client.send("SLOWLOG", "LEN"), 2);
    await client.send("CONFIG", "SET", "slowlog-log-slower-than", -1);
    assertEquals(await client.send("SLOWLOG", "RESET"), "OK");
    assertEquals(await client.send("SLOWLOG", "GET"), []);
  }
  assertEquals(logs[1], logs[0]);
});

Deno.test("CLIENT LIST has a line for each client with Redis's fields", async () => {
  await using redis = await startRedisServer();
  await using server = await startServerWorker();
  const fields: string[][] = [];
  for (const { port } of [redis, server]) {
    await using client = await RespClient.connect({ port });
    await using _other = await RespClient.connect({ port });
    await client.send("CLIENT", "SETNAME", "bob");
    await client.send("SELECT", "2");
    const [mine, ...others] = (await client.send("CLIENT", "LIST") as string).trim().split("\n");
    assertEquals(others.length, 1);
    assertMatch(
      mine!,
      / name=bob .* flags=N db=2 .* cmd=client\|list user=default redir=-1 resp=2$/,
    );
    assertMatch(await client.send("CLIENT", "INFO") as string, / name=bob .* cmd=client\|info /);
    fields.push(mine!.split(" ").map((field) => field.split("=")[0]!));
  }
  assertEquals(fields[1], fields[0]);
});

Deno.test("CLIENT KILL ends those that all filters pass", async () => {
  await using server = await startServerWorker();
  await using client = await RespClient.connect(server);
  await using first = await RespClient.connect(server);
  await using second = await RespClient.connect(server);
  const id = await first.send("CLIENT", "ID") as number;
  const info = await second.send("CLIENT", "INFO") as string;
  const address = /addr=(\S+)/.exec(info)![1]!;
  assertEquals(await client.send("CLIENT", "KILL", "ID", id, "ADDR", address), 0);
  assertEquals(await client.send("CLIENT", "KILL", "ID", id), 1);
  assertEquals(await client.send("CLIENT", "KILL", address), "OK");
  assertEquals(await client.send("CLIENT", "KILL", "TYPE", "normal"), 0);
  assertEquals(await client.send("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "no"), 1);
  for (const killed of [client, first, second]) {
    assertEquals(await killed.send("PING").catch(() => "lost"), "lost");
  }
});

Deno.test("INFO has the fields that tools read, and the sections asked for", async () => {
  await using server = await startServerWorker();
  await using client = await RespClient.connect(server);
  await client.pipeline([["SET", "a", "1"], ["SELECT", "1"], ["SET", "b", "1"], ["FOO"]]);
  const text = await client.send("INFO") as string;
  for (const field of [/^redis_version:7\.0\.15\r$/m, /^loading:0\r$/m, /^role:master\r$/m]) {
    assertMatch(text, field);
  }
  assertMatch(text, /^used_memory:[1-9]\d+\r$/m);
  assertMatch(text, /^connected_clients:1\r$/m);
  assertMatch(text, /^errorstat_ERR:count=1\r$/m);
  assertMatch(
    text,
    /# Keyspace\r\ndb0:keys=1,expires=0,avg_ttl=0\r\ndb1:keys=1,expires=0,avg_ttl=0\r\n/,
  );
  assertEquals(text.includes("# Commandstats"), false);
  const some = await client.send("INFO", "cluster", "COMMANDSTATS", "nosuch") as string;
  assertMatch(some, /^# Commandstats\r\ncmdstat_(.*\r\n)+\r\n# Cluster\r\ncluster_enabled:0\r\n$/);
  assertEquals(await client.send("INFO", "nosuch"), "");
  const everything = await client.send("INFO", "everything") as string;
  assertEquals(everything.match(/^# \w+\r$/gm)!.length, 12);
  assertEquals(await client.send("CONFIG", "RESETSTAT"), "OK");
  assertMatch(await client.send("INFO", "stats") as string, /total_error_replies:0\r/);
});

Deno.test("COMMAND lists what is served and nothing else", async () => {
  await using server = await startServerWorker();
  await using client = await RespClient.connect(server);
  const infos = await client.send("COMMAND") as unknown[][];
  assertEquals(infos.length, await client.send("COMMAND", "COUNT"));
  const names = infos.map(([name]) => name);
  for (const name of ["get", "set", "client", "config", "slotsinfo"]) assert(names.includes(name));
  assertEquals(names.includes("monitor"), false);
  for (const name of names) {
    if (name === "shutdown" || name === "quit") continue;
    const reply = await client.send(name as string);
    if (!(reply instanceof ReplyError)) continue;
    assertEquals(/unknown/.test(reply.message), false, `${name}: ${reply.message}`);
  }
});

Deno.test("redis-cli talks to the server, help and all", async () => {
  await using server = await startServerWorker();
  const child = new Deno.Command("redis-cli", {
    args: ["-p", String(server.port), "-3"],
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  const lines = ["SET a 1", "GET a", "SELECT 1", "GET a", "CLIENT GETNAME", "CONFIG GET timeout"];
  await writer.write(new TextEncoder().encode(lines.join("\n") + "\n"));
  await writer.close();
  const { stdout, stderr } = await child.output();
  assertEquals(latin1.decode(stderr), "");
  assertEquals(latin1.decode(stdout), "OK\n1\nOK\n\n\ntimeout 0\n");
});

Deno.test("SHUTDOWN runs nothing behind it and asks the process to end", async () => {
  await using server = await startServerWorker();
  await using client = await RespClient.connect(server);
  const replies = client.pipeline([["SHUTDOWN", "NOSAVE"], ["SET", "a", "1"]]);
  const lost = replies.catch(() => "lost");
  await server.shutDown;
  await using other = await RespClient.connect(server);
  assertEquals(await other.send("GET", "a"), null);
  await client.close();
  assertEquals(await lost, "lost");
});
