/**
 * Holds the command table against a real redis-server: every row, every word of documentation, every
 * key of thousands of requests.
 *
 * Invariant: the server is asked, never a copy of its answers.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { type Argument, parseArguments } from "../core/commands/argument_syntax.ts";
import { COMMAND_DOCS } from "../core/commands/command_docs.ts";
import { findCommand, findSubcommand } from "../core/commands/command_index.ts";
import {
  commandDocsReply,
  commandInfoReply,
  commandListReply,
  type CommandReply,
} from "../core/commands/command_reply.ts";
import {
  commandGetKeysAndFlagsReply,
  commandGetKeysReply,
} from "../core/commands/get_keys_reply.ts";
import { CODIS_SLOT_COMMANDS, SLOT_PROTOCOL_COMMANDS } from "../core/commands/slots.ts";
import { type Command, COMMANDS } from "../core/commands/table.ts";
import { commandsPage } from "./support/commands_page.ts";
import { startRedisServer } from "./support/redis_server.ts";
import { type Reply, ReplyError, RespClient } from "./support/resp_client.ts";
import { SeededRandom } from "./support/seeded_random.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

const ours = new Set([
  ...Object.keys(CODIS_SLOT_COMMANDS),
  ...Object.keys(SLOT_PROTOCOL_COMMANDS),
]);
const redisCommands = COMMANDS.filter((command) => !ours.has(command.name));

Deno.test("the table has Redis's commands and subcommands, ours, and no other", async () => {
  await using redis = await startRedisServer();
  await using client = await RespClient.connect({ port: redis.port });
  const rows = await client.send("COMMAND") as [string, ...Reply[]][];
  const names = rows.flatMap((row) => [row[0], ...(row[9] as [string][]).map(([name]) => name)]);
  assertEquals(redisCommands.map((command) => command.name).sort(), names.sort());
});

Deno.test("COMMAND INFO answers Redis's bytes for every command", async () => {
  await using redis = await startRedisServer();
  for (const command of redisCommands) {
    if (command.subcommandIds.length > 0) continue;
    assertEquals(
      printed(commandInfoReply([command.name])),
      await rawReply(redis.port, ["COMMAND", "INFO", command.name]),
    );
  }
});

Deno.test("COMMAND INFO and COMMAND answer Redis's values for containers too", async () => {
  await using redis = await startRedisServer();
  await using client = await RespClient.connect({ port: redis.port });
  const isRedis = (id: number): boolean => !ours.has(COMMANDS[id]!.name);
  assertEquals(
    sortedRows(decoded(commandInfoReply([], isRedis))),
    sortedRows(await client.send("COMMAND")),
  );
  assertEquals(commandInfoReply(["nosuch", "GET|", "client|nosuch"]), [null, null, null]);
});

Deno.test("COMMAND DOCS answers Redis's bytes for every command", async () => {
  await using redis = await startRedisServer();
  for (const command of redisCommands) {
    if (command.subcommandIds.length > 0) continue;
    assertEquals(
      printed(commandDocsReply([command.name])),
      await rawReply(redis.port, ["COMMAND", "DOCS", command.name]),
    );
  }
});

Deno.test("COMMAND DOCS documents the subcommands of a container", async () => {
  await using redis = await startRedisServer();
  await using client = await RespClient.connect({ port: redis.port });
  for (const command of redisCommands.filter(({ subcommandIds }) => subcommandIds.length > 0)) {
    const expected = await client.send("COMMAND", "DOCS", command.name);
    const actual = decoded(commandDocsReply([command.name]));
    assertEquals(sortedSubcommands(actual), sortedSubcommands(expected));
  }
});

Deno.test("COMMAND LIST filters as Redis does", async () => {
  await using redis = await startRedisServer();
  await using client = await RespClient.connect({ port: redis.port });
  const isRedis = (id: number): boolean => !ours.has(COMMANDS[id]!.name);
  const asked = (...filter: string[]) => client.send("COMMAND", "LIST", ...filter);
  assertEquals(sorted(commandListReply(undefined, isRedis)), sorted(await asked()));
  assertEquals(
    decoded(commandListReply({ by: "module", name: "x" })),
    await asked("FILTERBY", "MODULE", "x"),
  );
  for (const category of ["geo", "GEO", "dangerous", "connection", "@geo", "nosuch"]) {
    assertEquals(
      sorted(commandListReply({ by: "aclcat", category }, isRedis)),
      sorted(await asked("FILTERBY", "ACLCAT", category)),
    );
  }
  const matches = (name: string): boolean => name.startsWith("x");
  assertEquals(
    sorted(commandListReply({ by: "pattern", matches }, isRedis)),
    sorted(await asked("FILTERBY", "PATTERN", "x*")),
  );
});

Deno.test("each documented name is a row of the table", () => {
  const names = new Set(COMMANDS.map((command) => command.name));
  assertEquals(Object.keys(COMMAND_DOCS).filter((name) => !names.has(name)), []);
});

Deno.test("every name is found in any case, and nothing next to it", () => {
  const names = new Set(COMMANDS.map((command) => command.name));
  for (const command of COMMANDS) {
    for (const text of [command.name, command.name.toUpperCase(), mixedCase(command.name)]) {
      assertEquals(found(text), command.id, text);
    }
    for (const near of nearMisses(command.name)) {
      if (!names.has(near.toLowerCase())) assertEquals(found(near), -1, near);
    }
  }
});

Deno.test("keys are found, and used, as COMMAND GETKEYS and GETKEYSANDFLAGS say", async () => {
  await using redis = await startRedisServer();
  await using client = await RespClient.connect({ port: redis.port });
  const random = new SeededRandom(Number(Deno.env.get("SEED") ?? Date.now() % 2 ** 31));
  const requests = redisCommands.flatMap((command) =>
    Array.from({ length: command.keys ? 100 : 3 }, () => requestOf(command, random))
  );
  const ask = (subcommand: string) =>
    client.pipeline(requests.map((words) => ["COMMAND", subcommand, ...words]));
  const replies = await ask("GETKEYS");
  const repliesWithFlags = await ask("GETKEYSANDFLAGS");
  let keyCount = 0;
  requests.forEach((words, index) => {
    const request = words.map((word) => encoder.encode(word));
    const actual = decoded(commandGetKeysReply(request));
    if (Array.isArray(actual)) keyCount += actual.length;
    const where = `SEED=${random.seed}: ${words.join(" ")}`;
    assertEquals(actual, replies[index]!, where);
    assertEquals(decoded(commandGetKeysAndFlagsReply(request)), repliesWithFlags[index]!, where);
  });
  assert(keyCount > requests.length, "most requests name keys");
});

Deno.test("docs/commands.md is what the table says", async () => {
  const page = await Deno.readTextFile(new URL("../docs/commands.md", import.meta.url));
  assertEquals(page, commandsPage());
});

/** The bytes of one reply in RESP3. */
async function rawReply(port: number, words: readonly string[]): Promise<string> {
  using connection = await Deno.connect({ port });
  const requests = ["HELLO 3", "ECHO begin", words.join(" "), "QUIT", ""].join("\r\n");
  await connection.write(encoder.encode(requests));
  const text = await new Response(connection.readable).text();
  const begin = "$5\r\nbegin\r\n";
  return text.slice(text.indexOf(begin) + begin.length, text.lastIndexOf("+OK\r\n"));
}

/** The id of a name as a request would be looked up. */
function found(name: string): number {
  const [word = "", subword] = name.split("|");
  const bytes = encoder.encode(`*${word}*${subword ?? ""}*`);
  const end = 1 + word.length;
  const id = findCommand(bytes, 1, end);
  if (subword === undefined || id < 0) return id;
  return findSubcommand(id, bytes, end + 1, bytes.length - 1);
}

function mixedCase(name: string): string {
  return name.replaceAll(/../g, (pair) => pair[0]! + pair[1]!.toUpperCase());
}

/** Names that differ by a byte; also by the bit that tells upper from lower case. */
function* nearMisses(name: string): Generator<string> {
  for (let at = 0; at < name.length; at++) {
    if (name[at] === "|") continue;
    const [before, after] = [name.slice(0, at), name.slice(at + 1)];
    yield before + after;
    yield `${before}?${after}`;
    const flipped = String.fromCharCode(name.charCodeAt(at) ^ 0x20);
    if (!/[A-Z|]/.test(flipped)) yield before + flipped + after;
  }
  yield `${name}x`;
  yield `${name} `;
}

/** A request that follows the command's syntax, or fails to in one place. */
function requestOf(command: Command, random: SeededRandom): string[] {
  const syntax = parseArguments(COMMAND_DOCS[command.name]?.syntax ?? "");
  const words = [...command.name.split("|"), ...syntax.flatMap(wordsOf())];
  const mishap = random.below(12);
  if (mishap === 0 && words.length > 2) words.splice(2 + random.below(words.length - 2), 1);
  if (mishap === 1) words.push("extra");
  // Redis wants two words after GETKEYS: the shortest requests cannot be asked.
  while (words.length < 2) words.push("extra");
  return words;

  function wordsOf(): (argument: Argument) => string[] {
    let announced = 0;
    return (argument) => {
      if (argument.flags.includes("optional") && random.below(2) === 0) return [];
      const token = argument.token === undefined ? [] : [argument.token];
      if (argument.name === "numkeys") {
        announced = 1 + random.below(3);
        return [random.below(8) === 0 ? random.pick(STRANGE_NUMBERS) : `${announced}`];
      }
      const repeats = !argument.flags.includes("multiple")
        ? 1
        : argument.type === "key" && announced > 0
        ? announced
        : 1 + random.below(3);
      const values = Array.from({ length: repeats }, () => valueOf(argument));
      if (argument.flags.includes("multiple_token")) {
        return values.flatMap((value) => [...token, ...value]);
      }
      return [...token, ...values.flat()];
    };
  }

  function valueOf({ type, parts, name }: Argument): string[] {
    if (type === "pure-token") return [];
    if (type === "oneof") return wordsOf()(random.pick(parts));
    if (type === "block") return parts.flatMap(wordsOf());
    if (type === "integer" || type === "double") return [`${random.below(5)}`];
    return [random.below(8) === 0 ? random.pick(STRANGE_WORDS) : `${name}${random.below(9)}`];
  }
}

// No "01" or "1x": there GETKEYS finds keys by a laxer reading than the command's own, which fails.
const STRANGE_NUMBERS = ["0", "-1", "99", "x", "", "3000000000"];
const STRANGE_WORDS = ["store", "STORE", "Keys", "streams", "by", "GET", "limit", "auth2", ""];

/** A reply as the test client sees it. */
function decoded(reply: CommandReply): Reply {
  if (reply === null || typeof reply === "number" || typeof reply === "string") return reply;
  if (reply instanceof Uint8Array) return decoder.decode(reply);
  if (isList(reply)) return reply.map(decoded);
  if (reply.kind === "status") return reply.text;
  if (reply.kind === "error") return new ReplyError(reply.text);
  return (reply.kind === "map" ? reply.entries.flat() : reply.items).map(decoded);
}

/** A reply in RESP3. */
function printed(reply: CommandReply): string {
  if (reply === null) return "_\r\n";
  if (typeof reply === "number") return `:${reply}\r\n`;
  if (typeof reply === "string") return `$${encoder.encode(reply).length}\r\n${reply}\r\n`;
  if (reply instanceof Uint8Array) return printed(decoder.decode(reply));
  if (isList(reply)) return `*${reply.length}\r\n${reply.map(printed).join("")}`;
  if (reply.kind === "status") return `+${reply.text}\r\n`;
  if (reply.kind === "error") return `-${reply.text}\r\n`;
  if (reply.kind === "set") return `~${reply.items.length}\r\n${reply.items.map(printed).join("")}`;
  return `%${reply.entries.length}\r\n${reply.entries.flat().map(printed).join("")}`;
}

function isList(reply: CommandReply): reply is readonly CommandReply[] {
  return Array.isArray(reply);
}

/** `COMMAND INFO` rows by name, their subcommands too: Redis leaves both orders open. */
function sortedRows(rows: Reply): Reply {
  return (rows as Reply[][])
    .map((row) => [...row.slice(0, 9), (row[9] as Reply[]).length > 0 ? sortedRows(row[9]!) : []])
    .sort((one, other) => String(one[0]) < String(other[0]) ? -1 : 1);
}

/** The one entry of a `COMMAND DOCS` reply with its subcommands as sorted texts. */
function sortedSubcommands(reply: Reply): Reply {
  const [name, fields] = reply as [string, Reply[]];
  const at = fields.indexOf("subcommands") + 1;
  const entries = fields[at] as Reply[];
  const texts = entries.flatMap((entry, index) =>
    index % 2 === 0 ? [JSON.stringify([entry, entries[index + 1]])] : []
  );
  return [name, [...fields.slice(0, at), texts.sort(), ...fields.slice(at + 1)]];
}

function sorted(reply: CommandReply | Reply): string[] {
  return [...(reply as string[])].sort();
}
