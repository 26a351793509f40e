/**
 * What each kind of reply becomes, and the way back from a request.
 *
 * @module
 */

import { assertEquals, assertThrows } from "@std/assert";
import { decodeReplies, decodeReply, type Reply } from "./decode_reply.ts";
import { encodeRequest } from "./encode_request.ts";

const bytesOf = (text: string) => new TextEncoder().encode(text);

const CASES: [string, Reply][] = [
  ["+OK\r\n", "OK"],
  ["-WRONGTYPE Operation\r\n", { error: "WRONGTYPE Operation" }],
  [":-12\r\n", -12],
  [":9223372036854775807\r\n", 9223372036854775807n],
  ["$3\r\na\r\n\r\n", bytesOf("a\r\n")],
  ["$-1\r\n", null],
  ["*-1\r\n", null],
  ["_\r\n", null],
  ["*0\r\n", []],
  ["*3\r\n:1\r\n*2\r\n*0\r\n+a\r\n$-1\r\n", [1, [[], "a"], null]],
  ["#t\r\n", true],
  ["#f\r\n", false],
  [",3.5\r\n", 3.5],
  [",-inf\r\n", -Infinity],
  [",nan\r\n", NaN],
  ["(-123456789012345678901\r\n", -123456789012345678901n],
  ["!7\r\nERR bad\r\n", { error: "ERR bad" }],
  ["=8\r\ntxt:some\r\n", { format: "txt", text: "some" }],
  ["%2\r\n+a\r\n:1\r\n+b\r\n%0\r\n", new Map<Reply, Reply>([["a", 1], ["b", new Map()]])],
  ["~2\r\n+a\r\n:1\r\n", new Set<Reply>(["a", 1])],
  [">2\r\n+message\r\n:1\r\n", { push: ["message", 1] }],
  ["|1\r\n+ttl\r\n:1\r\n*2\r\n|0\r\n+a\r\n:2\r\n", ["a", 2]],
];

for (const [text, expected] of CASES) {
  Deno.test(`decodeReply() decodes ${JSON.stringify(text)}`, () => {
    assertEquals(decodeReply(bytesOf(text)), expected);
    assertEquals(decodeReply(bytesOf(`x${text}+OK\r\n`), 1), expected);
  });
}

Deno.test("decodeReplies() decodes one reply after the other", () => {
  const replies = decodeReplies(bytesOf(CASES.map(([text]) => text).join("")));

  assertEquals(replies, CASES.map(([, expected]) => expected));
});

Deno.test("decodeReply() tells a part of a reply and invalid bytes apart", () => {
  const decode = (text: string) => () => decodeReply(bytesOf(text));

  assertThrows(decode("*2\r\n:1\r\n"), Error, "only a part of a reply in 8 bytes");
  assertThrows(decode("x\r\n"), Error, "unknown reply type byte 120");
  assertThrows(decode(":abc\r\n"), Error, '"abc" is no integer');
});

Deno.test("decodeReply() decodes 100 000 nested arrays", () => {
  let reply = decodeReply(bytesOf("*1\r\n".repeat(100_000) + ":1\r\n"));
  let depth = 0;
  for (; Array.isArray(reply); reply = reply[0]!) depth++;

  assertEquals([depth, reply], [100_000, 1]);
});

Deno.test("encodeRequest() encodes strings as UTF-8, bytes as they are and numbers as decimals", () => {
  const request = encodeRequest(["SET", "é", Uint8Array.of(0x61, 0x0d), -12, ""]);

  assertEquals(
    request,
    bytesOf("*5\r\n$3\r\nSET\r\n$2\r\né\r\n$2\r\na\r\r\n$3\r\n-12\r\n$0\r\n\r\n"),
  );
});
