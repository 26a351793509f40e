/**
 * Our programs as their users meet them: flags, exit codes, signals, passwords, ports, lost servers.
 *
 * @module
 */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { eventually } from "./support/eventually.ts";
import {
  freePort,
  runToEnd,
  type StartedProgram,
  startProgram,
  startProxyProgram,
  startServerProgram,
} from "./support/programs.ts";
import { startRedisServer } from "./support/redis_server.ts";
import { ReplyError, RespClient } from "./support/resp_client.ts";

const PROGRAMS = ["start", "server", "proxy", "manager"];
/** Processes started at a time. */
const AT_ONCE = 4;

async function inBatches<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  for (let at = 0; at < items.length; at += AT_ONCE) {
    await Promise.all(items.slice(at, at + AT_ONCE).map(work));
  }
}

function send(port: number, ...words: string[]): Promise<unknown> {
  return exchange(port, [words]).then(([reply]) => reply);
}

/** Sends commands on a connection of their own; errors come as their text. */
async function exchange(port: number, commands: readonly string[][]): Promise<unknown[]> {
  await using client = await RespClient.connect({ port });
  const replies = await client.pipeline(commands);
  return replies.map((reply) => reply instanceof ReplyError ? reply.message : reply);
}

Deno.test("every program tells its flags and its version", async () => {
  const questions = PROGRAMS.flatMap((program) => [[program, "--help"], [program, "--version"]]);
  await inBatches([...questions, ["--help"], ["--version"]], async (args) => {
    const { code, stdout, stderr } = await runToEnd(args);
    assertEquals([code, stderr], [0, ""], args.join(" "));
    const wanted = args.at(-1) === "--version" ? /^codis \d+\.\d+\.\d+\n?$/ : /codis[^]*--/;
    assert(wanted.test(stdout), `${args.join(" ")} printed:\n${stdout}`);
  });
});

/** Command lines, and what standard error must name. */
const WRONG_USAGE: readonly [string[], string][] = [
  [[], "a program is missing"],
  [["serve"], 'unknown program "serve"'],
  [["server", "--prot", "7000"], "--prot"],
  [["server", "now"], 'unknown word "now"'],
  [["server", "--port", "many"], '--port is "many"'],
  [["server", "--port"], "--port needs a value"],
  [["server", "--slots", "some"], '--slots is "some"'],
  [["server", "--bind", "0.0.0.0", "--port", "0"], "0.0.0.0:0"],
  [["proxy", "--listen", "here"], 'Cannot read address "here"'],
  [["proxy", "--listen", "0.0.0.0:0"], "--requirepass"],
  [["server", "--transport", "udp"], '--transport is "udp"'],
  [["proxy", "--workers", "0"], '--workers is "0"'],
  [["proxy", "--log-level", "loud"], '--log-level is "loud"'],
  [["start", "--memory", "--data", "dir"], "--memory and --data"],
  [["manager", "frobnicate"], "frobnicate"],
  [["manager", "--colour", "red"], "--colour"],
];

Deno.test("wrong usage ends with code 2 and names what is wrong", async () => {
  await inBatches(WRONG_USAGE, async ([args, named]) => {
    const { code, stdout, stderr } = await runToEnd(args);
    assertStringIncludes(stderr, named);
    assertEquals([code, stdout], [2, ""], args.join(" "));
  });
});

Deno.test("without --allow-ffi it takes the portable transport, says so, and serves", async () => {
  const permissions = ["--allow-net", "--allow-read", "--allow-env"];
  const ports = ["--proxy-port", "0", "--manager-port", "0", "--server-ports", "0,0"];
  await using program = await startProgram(["start", "--memory", ...ports], permissions);
  assertStringIncludes(program.stderr, 'transport=portable reason="--allow-ffi was not given"');
  await eventually(async () => {
    assertEquals(await exchange(program.port, [["SET", "a", "1"], ["MGET", "a", "b"]]), [
      "OK",
      ["1", null],
    ]);
  });
  program.signal("SIGTERM");
  const { code, stderr } = await program.ended;
  assertEquals(code, 0, stderr);
  const native = await runToEnd(["server", "--port", "0", "--transport", "native"], permissions);
  assertEquals([native.code, native.stdout], [2, ""]);
  assertStringIncludes(
    native.stderr,
    "--transport native cannot be had: --allow-ffi was not given",
  );
});

Deno.test("without --allow-net the portable transport names what is missing", async () => {
  const args = ["server", "--port", "0", "--transport", "portable"];
  const { code, stderr } = await runToEnd(args, ["--allow-read", "--allow-env"]);
  assertEquals(code, 1);
  assertStringIncludes(stderr, "cannot listen on 127.0.0.1:0: it needs --allow-net=127.0.0.1:0");
});

Deno.test("the transport that was asked for is taken and told", async () => {
  for (const transport of ["native", "portable"]) {
    await using server = await startServerProgram(["--transport", transport]);
    assertStringIncludes(server.stderr, `event=transport transport=${transport}\n`);
    assertEquals(await send(server.port, "PING"), "PONG");
  }
});

Deno.test("others are let in when the user says so", async () => {
  const anywhere = ["--protected-mode", "no"];
  await using server = await startServerProgram(["--bind", "0.0.0.0", ...anywhere]);
  await using proxy = await startProxyProgram(
    [server.port],
    ["--listen", "0.0.0.0:0", ...anywhere],
  );
  assertEquals(await send(proxy.port, "SET", "key", "value"), "OK");
});

Deno.test("a port in use ends with code 1 and names the address", async () => {
  using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = taken.addr;
  await using server = await startServerProgram();
  const startProxy = async (...flags: string[]) => {
    await using proxy = await startProxyProgram([server.port], flags);
    throw new Error(`it started: ${proxy.readyLine}`);
  };
  const messageOf = (started: Promise<unknown>) => started.then(String, (error) => error.message);
  const listen = ["--listen", `127.0.0.1:${port}`];
  const messages = await Promise.all([
    messageOf(startProgram(["server", "--port", `${port}`])),
    messageOf(startProxy(...listen)),
    messageOf(startProxy(...listen, "--workers", "2")),
    messageOf(startProxy("--admin", `127.0.0.1:${port}`)),
  ]);
  for (const message of messages) {
    assertStringIncludes(message, "ended with code 1");
    assertStringIncludes(message, `127.0.0.1:${port}`);
  }
});

Deno.test("told to end, the server sends what it owes", async () => {
  await using server = await startServerProgram();
  const valueBytes = 16 << 20;
  assertEquals(await send(server.port, "SET", "big", "x".repeat(valueBytes)), "OK");
  using client = await Deno.connect({ hostname: "127.0.0.1", port: server.port });
  await client.write(new TextEncoder().encode("GET big\r\n"));
  // The reply is more than sockets hold: the signal arrives while it is under way.
  const chunk = new Uint8Array(1 << 20);
  let received = await client.read(chunk) ?? 0;
  server.signal("SIGTERM");
  for (let size; (size = await client.read(chunk)) !== null;) received += size;
  assertEquals(received, `$${valueBytes}\r\n`.length + valueBytes + 2);
  assertEquals((await server.ended).code, 0);
});

/** A server that answers only when it is told to. */
function startSilentServer() {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const asked = Promise.withResolvers<void>();
  const answer = Promise.withResolvers<string>();
  const serving = (async () => {
    using connection = await listener.accept();
    await connection.read(new Uint8Array(1000));
    asked.resolve();
    await connection.write(new TextEncoder().encode(await answer.promise));
    await connection.read(new Uint8Array(1));
  })();
  const close = async () => {
    listener.close();
    await serving;
  };
  return {
    port: listener.addr.port,
    asked: asked.promise,
    answer: answer.resolve,
    [Symbol.asyncDispose]: close,
  };
}

Deno.test("told to end, the proxy waits for the answers of servers and takes one echo", async () => {
  await using server = startSilentServer();
  await using proxy = await startProxyProgram([server.port]);
  await using client = await RespClient.connect({ port: proxy.port });
  const reply = client.send("GET", "key");
  await server.asked;
  // Ctrl-C under a task runner arrives twice.
  proxy.signal("SIGTERM");
  await eventually(() => requireRefused(proxy.port));
  proxy.signal("SIGTERM");
  server.answer("$4\r\nlate\r\n");
  assertEquals(await reply, "late");
  assertEquals((await proxy.ended).code, 0);
});

/** Fails while the port still takes clients. */
async function requireRefused(port: number): Promise<void> {
  const connection = await Deno.connect({ hostname: "127.0.0.1", port }).catch(() => undefined);
  connection?.close();
  assertEquals(connection, undefined);
}

Deno.test("passwords are asked for as Redis asks, by the server and by the proxy", async () => {
  const password = ["--requirepass", "sesame"];
  await using redis = await startRedisServer(password);
  await using server = await startServerProgram(password);
  await using proxy = await startProxyProgram(
    [server.port],
    [...password, "--server-password", "sesame"],
  );
  const commands = [
    ["GET", "key"],
    ["AUTH", "wrong"],
    ["AUTH", "nobody", "sesame"],
    ["HELLO", "3"],
    ["HELLO", "2", "AUTH", "default", "wrong"],
    ["GET", "key"],
    ["AUTH", "sesame"],
    ["SET", "key", "value"],
    ["AUTH", "wrong"],
    ["GET", "key"],
    ["AUTH", "default", "sesame"],
  ];
  const wanted = await exchange(redis.port, commands);
  assertEquals(await exchange(server.port, commands), wanted, "server");
  assertEquals(await exchange(proxy.port, commands), wanted, "proxy");
});

Deno.test("a proxy with a wrong password for its servers says so and lives", async () => {
  await using server = await startServerProgram(["--requirepass", "sesame"]);
  await using proxy = await startProxyProgram([server.port], ["--server-password", "wrong"]);
  const [error, pong] = await exchange(proxy.port, [["GET", "key"], ["PING"]]);
  assertStringIncludes(String(error), `127.0.0.1:${server.port}`);
  assertEquals(pong, "PONG");
});

Deno.test("two workers serve one port", async () => {
  await using server = await startServerProgram();
  await using proxy = await startProxyProgram([server.port], ["--workers", "2"]);
  const clients = await Promise.all(
    Array.from({ length: 64 }, () => RespClient.connect({ port: proxy.port })),
  );
  try {
    const ids = await Promise.all(clients.map((client) => client.send("CLIENT", "ID")));
    const second = ids.filter((id) => Number(id) > 2 ** 40);
    assert(second.length > 0 && second.length < ids.length, `IDs ${ids.join(" ")}`);
    const counts = await Promise.all(clients.map((client) => client.send("INCR", "together")));
    assertEquals(counts.map(Number).sort((a, b) => a - b), clients.map((_, index) => index + 1));
  } finally {
    await Promise.all(clients.map((client) => client.close()));
  }
});

Deno.test("a topology file that is none ends with code 1 and says why", async () => {
  const directory = await Deno.makeTempDir({ prefix: "codis_topology_" });
  const resultOf = async (name: string, text: string) => {
    await Deno.writeTextFile(`${directory}/${name}`, text);
    return await runToEnd(["proxy", "--topology", `${directory}/${name}`]);
  };
  try {
    const results = await Promise.all([
      resultOf("cut.json", '{"schemaVersion":1,'),
      resultOf("other.json", '{"schemaVersion":1,"epoch":"new"}'),
      runToEnd(["proxy", "--topology", `${directory}/missing.json`]),
    ]);
    assertEquals(results.map(({ code }) => code), [1, 1, 1]);
    ["cut.json", "other.json", "missing.json"].forEach((name, index) =>
      assertStringIncludes(results[index]!.stderr, name)
    );
    assertStringIncludes(results[1]!.stderr, "epoch");
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});

Deno.test("a server that died and came back is used again", async () => {
  await using lasting = await startServerProgram();
  const port = freePort();
  const start = (): Promise<StartedProgram> => startProgram(["server", "--port", `${port}`]);
  await using dying = await start();
  await using proxy = await startProxyProgram([lasting.port, port]);
  const keys = Array.from({ length: 16 }, (_, index) => `${index}:key`);
  const writes = keys.map((key) => ["SET", key, "value"]);
  assertEquals(await exchange(proxy.port, writes), keys.map(() => "OK"));
  await using client = await RespClient.connect({ port: proxy.port });
  dying.signal("SIGKILL");
  await dying.ended;
  const during = await exchange(proxy.port, writes);
  const errors = during.filter((reply) => reply !== "OK");
  assert(errors.length > 0 && errors.length < keys.length, `replies: ${during.join("; ")}`);
  for (const error of errors) assertStringIncludes(String(error), `127.0.0.1:${port}`);
  await using _again = await start();
  await eventually(async () => {
    assertEquals(await client.pipeline(writes), keys.map(() => "OK"));
  });
});
