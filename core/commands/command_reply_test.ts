import { assertEquals } from "@std/assert";
import { commandCountReply, commandInfoReply, commandListReply } from "./command_reply.ts";
import { commandGetKeysReply } from "./get_keys_reply.ts";
import { COMMAND_COUNT, commandId } from "./table.ts";

const encoder = new TextEncoder();

Deno.test("only served commands are counted, listed and described", () => {
  const isServed = (id: number): boolean => id === commandId("get") || id === commandId("object");
  assertEquals(commandCountReply(), COMMAND_COUNT);
  assertEquals(commandCountReply(isServed), 2);
  assertEquals(commandListReply({ by: "aclcat", category: "read" }, isServed), [
    "object|encoding",
    "object|freq",
    "object|idletime",
    "object|refcount",
    "get",
  ]);
  assertEquals(commandInfoReply(["set", "client|list"], isServed), [null, null]);
});

Deno.test("GETKEYS answers with the request's own bytes", () => {
  const key = Uint8Array.of(0, 255, 13, 10);
  assertEquals(commandGetKeysReply([encoder.encode("GET"), key]), [key]);
});

Deno.test("GETKEYS refuses what is no request with keys", () => {
  const answer = (...words: string[]) => commandGetKeysReply(words.map((it) => encoder.encode(it)));
  const error = (text: string) => ({ kind: "error" as const, text });
  assertEquals(answer(), error("ERR Invalid command specified"));
  assertEquals(answer("client", "nosuch"), error("ERR Invalid command specified"));
  assertEquals(answer("ping"), error("ERR The command has no key arguments"));
  assertEquals(answer("get"), error("ERR Invalid number of arguments specified for command"));
  assertEquals(answer("zunion", "0", "a"), error("ERR Invalid arguments specified for command"));
});
