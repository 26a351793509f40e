/**
 * What hostile, broken and slow clients can do to our server and our proxy: nothing to others.
 *
 * After each scene another client must be served as if nothing had happened, by the same process. What
 * a client that sends no RESP is told is compared with redis-server.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { eventually } from "./support/eventually.ts";
import { type StartedProgram, startProxyProgram, startServerProgram } from "./support/programs.ts";
import { bytesOf, textOf } from "./support/raw_client.ts";
import { type RedisServer, startRedisServer } from "./support/redis_server.ts";
import { RespClient } from "./support/resp_client.ts";

const MIB = 2 ** 20;
/** Nobody is silent for so long who means to answer. */
const SILENCE_MS = 10_000;

/** Where a scene plays. */
interface Stage {
  readonly port: number;
  /** Every process of ours behind the port. */
  readonly programs: readonly StartedProgram[];
  readonly redis: RedisServer;
}

type Scene = (stage: Stage) => Promise<void>;

const SCENES: Readonly<Record<string, Scene>> = {
  "malformed requests get Redis's answers": malformedRequests,
  "a web page cannot make a browser send commands": requestsOfBrowsers,
  "announced lengths cost no memory": hugeAnnouncements,
  "a pipeline of 100 000 requests is answered in order": deepPipeline,
  "a client that never reads is throttled, not served from memory": slowReader,
  "a client that ends its side gets the answers it is owed": halfClose,
  "clients that vanish in the middle of a request leave nothing behind": vanishingClients,
};

for (const transport of ["native", "portable"]) {
  const flags = ["--transport", transport];

  Deno.test(`bad input does the server with the ${transport} transport no harm`, async (test) => {
    await using redis = await startRedisServer();
    await using server = await startServerProgram(flags);
    await playAll(test, { port: server.port, programs: [server], redis });
  });

  Deno.test(`bad input does the proxy with the ${transport} transport no harm`, async (test) => {
    await using redis = await startRedisServer();
    await using one = await startServerProgram(flags);
    await using two = await startServerProgram(flags);
    await using proxy = await startProxyProgram([one.port, two.port], flags);
    await playAll(test, { port: proxy.port, programs: [proxy, one, two], redis });
  });
}

async function playAll(test: Deno.TestContext, stage: Stage): Promise<void> {
  await requireService(stage);
  for (const [name, scene] of Object.entries(SCENES)) {
    await test.step(name, async () => {
      await scene(stage);
      await requireService(stage);
      await eventually(async () => assertEquals(await clientCount(stage), 1, "clients left"));
    });
  }
}

/** Writes and reads keys of several slots as an ordinary client. */
async function requireService({ port }: Stage): Promise<void> {
  await using client = await RespClient.connect({ port });
  for (let n = 0; n < 20; n++) {
    assertEquals(
      await client.pipeline([["SET", `service:${n}`, n], ["GET", `service:${n}`]]),
      ["OK", `${n}`],
    );
  }
}

/** The clients that the program knows of, this one included. */
async function clientCount({ port }: Stage): Promise<number> {
  await using client = await RespClient.connect({ port });
  return String(await client.send("CLIENT", "LIST")).trim().split("\n").length;
}

/** The memory of all processes together. */
async function residentBytes({ programs }: Stage): Promise<number> {
  const each = await Promise.all(programs.map((program) => program.residentBytes()));
  return each.reduce((sum, bytes) => sum + bytes, 0);
}

async function connect(port: number): Promise<Deno.TcpConn> {
  return await Deno.connect({ hostname: "127.0.0.1", port });
}

async function write(connection: Deno.Conn, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) at += await connection.write(bytes.subarray(at));
}

/** Everything that arrives until the other side closes; a reset counts as an end. */
async function readToEnd(connection: Deno.Conn): Promise<string> {
  const chunk = new Uint8Array(65536);
  let text = "";
  try {
    for (let size; (size = await connection.read(chunk)) !== null;) {
      text += textOf(chunk.subarray(0, size));
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.ConnectionReset)) throw error;
  }
  return text;
}

/** Sends `bytes` and returns all that a server says until it closes. */
async function answerTo(port: number, bytes: Uint8Array): Promise<string> {
  const connection = await connect(port);
  let silent = false;
  const timer = setTimeout(() => {
    silent = true;
    connection.close();
  }, SILENCE_MS);
  try {
    const [, answer] = await Promise.all([
      // A server that has said enough closes while there is more to send.
      write(connection, bytes).catch(() => {}),
      readToEnd(connection),
    ]);
    return answer;
  } catch (error) {
    throw silent ? new Error(`port ${port} did not close`, { cause: error }) : error;
  } finally {
    clearTimeout(timer);
    if (!silent) connection.close();
  }
}

/** Each ends with a protocol error, or by the QUIT appended. */
const MALFORMED: readonly string[] = [
  "*1\r\n+PING\r\n",
  "*abc\r\n",
  "*-1\r\n",
  "*0\r\n\r\n\n",
  "*2147483648\r\n",
  "*99999999999999999999\r\n",
  "*1\r\n$-1\r\n",
  "*2\r\n$3\r\nGET\r\n$-1\r\n",
  "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n*1\r\n$1\r\nv\r\n",
  "*2\r\n$3\r\nGET\r\n$x\r\n",
  "*2\r\n$3\r\nSET\r\n$536870913\r\n",
  "*2\r\n$3\r\nGET\r\n$99999999999999999999\r\n",
  "*1\r\n$4\r\nPINGxx*1\r\n$4\r\nPING\r\n",
  "*1\r\n$4\r\nPING\r\n*1\r\n!oops\r\n*1\r\n$4\r\nPING\r\n",
  'SET k "unbalanced\r\n',
  "PING\n",
  "*\r\n",
  "$4\r\nPING\r\n",
  "\r\n",
  `PING${" ".repeat(70_000)}\r\n`,
  `*${"1".repeat(70_000)}`,
  `*1\r\n$${"1".repeat(70_000)}`,
  "\0".repeat(70_000),
];

async function malformedRequests({ port, redis }: Stage): Promise<void> {
  for (const text of MALFORMED) {
    const bytes = bytesOf(`${text}QUIT\r\n`);
    const name = JSON.stringify(text.slice(0, 80));
    const wanted = await answerTo(redis.port, bytes);
    const answer = await answerTo(port, bytes).catch((error) => `${name}: ${error.message}`);
    assertEquals(answer, wanted, name);
  }
}

async function requestsOfBrowsers({ port }: Stage): Promise<void> {
  const rest = " / HTTP/1.1\r\nHost: localhost\r\n\r\nSET browser 1\r\nQUIT\r\n";
  const refusal = "-ERR Protocol error: this is not HTTP\r\n";
  assertEquals(await answerTo(port, bytesOf(`POST${rest}`)), refusal);
  assertEquals(await answerTo(port, bytesOf(`post${rest}`)), refusal);
  assertEquals(
    await answerTo(port, bytesOf(`GET${rest}`)),
    `-ERR wrong number of arguments for 'get' command\r\n${refusal}`,
  );
  await using client = await RespClient.connect({ port });
  assertEquals(await client.send("EXISTS", "browser"), 0);
}

async function hugeAnnouncements(stage: Stage): Promise<void> {
  const announcements = [
    "*2147483647\r\n$3\r\nDEL\r\n",
    "*1048576\r\n$3\r\nDEL\r\n$1\r\nk\r\n",
    "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$536870912\r\nbegun",
    "*2\r\n$536870912\r\n",
  ];
  const before = await residentBytes(stage);
  const connections: Deno.TcpConn[] = [];
  try {
    for (let n = 0; n < 200; n++) {
      const connection = await connect(stage.port);
      connections.push(connection);
      await write(connection, bytesOf(announcements[n % announcements.length]!));
    }
    await requireService(stage);
    assertGrowth(await residentBytes(stage) - before, 48 * MIB);
  } finally {
    for (const connection of connections) connection.close();
  }
}

function assertGrowth(bytes: number, limit: number): void {
  assert(bytes < limit, `${Math.round(bytes / MIB)} MiB more memory, wanted below ${limit / MIB}`);
}

async function deepPipeline(stage: Stage): Promise<void> {
  const depth = 100_000;
  const before = await residentBytes(stage);
  using connection = await connect(stage.port);
  let request = "";
  let wanted = "";
  for (let n = 0; n < depth; n++) {
    const key = `deep:${n % 1000}`;
    const number = String(Math.floor(n / 1000) + 1);
    request += `*2\r\n$4\r\nINCR\r\n$${key.length}\r\n${key}\r\n`;
    wanted += `:${number}\r\n`;
  }
  const bytes = bytesOf(`${request}*1\r\n$4\r\nQUIT\r\n`);
  const [, answer] = await Promise.all([write(connection, bytes), readToEnd(connection)]);
  assert(answer === `${wanted}+OK\r\n`, `wrong or missing replies among ${answer.length} bytes`);
  assertGrowth(await residentBytes(stage) - before, 128 * MIB);
}

async function slowReader(stage: Stage): Promise<void> {
  const valueBytes = 100_000;
  const requests = 4000;
  const { port } = stage;
  const setting = await RespClient.connect({ port });
  await setting.send("SET", "slow", "x".repeat(valueBytes));
  await setting.close();
  const before = await residentBytes(stage);
  using slow = await connect(port);
  const sending = write(slow, bytesOf("*2\r\n$3\r\nGET\r\n$4\r\nslow\r\n".repeat(requests)));
  sending.catch(() => {});
  for (let round = 0; round < 10; round++) await requireService(stage);
  assertGrowth(await residentBytes(stage) - before, 320 * MIB);
  // It gets everything once it reads.
  const chunk = new Uint8Array(MIB);
  const wanted = requests * (`$${valueBytes}\r\n`.length + valueBytes + 2);
  let received = 0;
  while (received < wanted) {
    const size = await slow.read(chunk);
    assert(size !== null, `closed after ${received} of ${wanted} bytes`);
    received += size;
  }
  await sending;
}

async function halfClose({ port }: Stage): Promise<void> {
  using setting = await connect(port);
  await write(setting, bytesOf("SET half 1\r\nSET closed 2\r\nGET half\r\nGET closed\r\nGET no"));
  await setting.closeWrite();
  assertEquals(await readToEnd(setting), "+OK\r\n+OK\r\n$1\r\n1\r\n$1\r\n2\r\n");
  using silent = await connect(port);
  await silent.closeWrite();
  assertEquals(await readToEnd(silent), "");
}

async function vanishingClients(stage: Stage): Promise<void> {
  const { port } = stage;
  const beginnings = [
    "*3\r\n$3\r\nSET\r\n$6\r\nvanish",
    `*3\r\n$3\r\nSET\r\n$6\r\nvanish\r\n$1000000\r\n${"v".repeat(500_000)}`,
    "GET service:1\r\n".repeat(1000) + "GET serv",
    "*2\r\n$3\r\nGET\r\n",
    "*",
  ];
  const before = await residentBytes(stage);
  for (let n = 0; n < 100; n++) {
    const connection = await connect(port);
    await write(connection, bytesOf(beginnings[n % beginnings.length]!));
    connection.close();
  }
  await requireService(stage);
  assertGrowth(await residentBytes(stage) - before, 96 * MIB);
  await using client = await RespClient.connect({ port });
  assertEquals(await client.send("EXISTS", "vanish"), 0);
}
