import { assertEquals } from "@std/assert";
import {
  arityOf,
  findCommand,
  findSubcommand,
  firstKeyOf,
  FLAG_ALLOW_BUSY,
  FLAG_FAST,
  FLAG_READONLY,
  FLAG_WRITE,
  flagsOf,
  keyStepOf,
  lastKeyOf,
  nameOf,
  REPLY_ALL_OK,
  REPLY_SPECIAL,
  replyPolicyOf,
  REQUEST_SPLIT,
  REQUEST_UNSUPPORTED,
  requestPolicyOf,
} from "./command_index.ts";
import { commandId, COMMANDS } from "./table.ts";

const encoder = new TextEncoder();

/** Looks `name` up as it stands inside a request. */
function find(name: string): number {
  const bytes = encoder.encode(`$3\r\n${name}\r\n`);
  return findCommand(bytes, 4, bytes.length - 2);
}

Deno.test("a command is found in any case", () => {
  assertEquals(["get", "GET", "gEt"].map(find), Array(3).fill(commandId("get")));
  assertEquals(find("SORT_RO"), commandId("sort_ro"));
  assertEquals(find("SlotsRestore-Async"), commandId("slotsrestore-async"));
});

Deno.test("what only resembles a name is not found", () => {
  const strangers = [
    "",
    "g",
    "ge",
    "gett",
    "get ",
    "client|list",
    "list",
    "g\u0065\0",
    "sort\x7fro",
  ];
  assertEquals(strangers.map(find), strangers.map(() => -1));
  assertEquals(find("slotsrestore\rasync"), -1);
  assertEquals(find("x".repeat(1000)), -1);
});

Deno.test("a name is not looked for outside its range", () => {
  const bytes = encoder.encode("mget");
  assertEquals(findCommand(bytes, 1, 4), commandId("get"));
  assertEquals(findCommand(bytes, 2, 2), -1);
});

Deno.test("a subcommand is found under its own container only", () => {
  const list = encoder.encode("LiSt");
  assertEquals(findSubcommand(commandId("client"), list, 0, 4), commandId("client|list"));
  assertEquals(findSubcommand(commandId("object"), list, 0, 4), -1);
  assertEquals(findSubcommand(commandId("get"), list, 0, 4), -1);
});

Deno.test("the arrays say what the table says", () => {
  const mset = commandId("mset");
  assertEquals(nameOf[mset], "mset");
  assertEquals(arityOf[mset], -3);
  assertEquals([firstKeyOf[mset], lastKeyOf[mset], keyStepOf[mset]], [1, -1, 2]);
  assertEquals(requestPolicyOf[mset], REQUEST_SPLIT);
  assertEquals(replyPolicyOf[mset], REPLY_ALL_OK);
  const flags = flagsOf[mset]!;
  assertEquals(
    [flags & FLAG_WRITE, flags & FLAG_READONLY, flags & FLAG_FAST].map((bit) => bit !== 0),
    [true, false, false],
  );
  assertEquals(flagsOf[commandId("multi")]! & FLAG_ALLOW_BUSY, FLAG_ALLOW_BUSY);
  assertEquals(requestPolicyOf[commandId("shutdown")], REQUEST_UNSUPPORTED);
  assertEquals(replyPolicyOf[commandId("function|stats")], REPLY_SPECIAL);
});

Deno.test("ids of a container's subcommands are consecutive", () => {
  for (const { subcommandIds } of COMMANDS) {
    assertEquals(subcommandIds, subcommandIds.map((_, index) => subcommandIds[0]! + index));
  }
});
