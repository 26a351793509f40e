import { assertEquals } from "@std/assert";
import {
  REPLY_ALL_OK,
  REPLY_CONCAT,
  REPLY_LOGICAL_AND,
  REPLY_MIN,
  REPLY_SPECIAL,
  REPLY_SUM,
} from "../core/commands/command_index.ts";
import { ReplyWriter } from "../core/resp/reply_writer.ts";
import { mergeReplies } from "./merge_replies.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

function merged(
  policy: number,
  replies: readonly (string | undefined)[],
  options: { partOfKey?: number[]; isWrite?: boolean } = {},
): string {
  const writer = new ReplyWriter();
  mergeReplies(policy, {
    replies: replies.map((text) => text === undefined ? undefined : encoder.encode(text)),
    partOfKey: options.partOfKey && Uint16Array.from(options.partOfKey),
    isWrite: options.isWrite ?? false,
  }, writer);
  return decoder.decode(writer.bytes.subarray(0, writer.position));
}

Deno.test("integers are added, or the least is taken", () => {
  assertEquals(merged(REPLY_SUM, [":1\r\n", ":20\r\n", ":300\r\n"]), ":321\r\n");
  assertEquals(merged(REPLY_MIN, [":3\r\n", ":2\r\n"]), ":2\r\n");
});

Deno.test("elements come in the order of the keys, nulls and odd bytes as they are", () => {
  assertEquals(
    merged(
      REPLY_CONCAT,
      ["*2\r\n$1\r\na\r\n$-1\r\n", "*1\r\n$4\r\n\r\n\r\n\r\n"],
      { partOfKey: [0, 1, 0] },
    ),
    "*3\r\n$1\r\na\r\n$4\r\n\r\n\r\n\r\n$-1\r\n",
  );
  assertEquals(
    merged(REPLY_CONCAT, ["*1\r\n_\r\n", "*1\r\n$1\r\nb\r\n"], { partOfKey: [1, 0] }),
    "*2\r\n$1\r\nb\r\n_\r\n",
  );
});

Deno.test("a replaced part has no say", () => {
  assertEquals(
    merged(REPLY_CONCAT, [undefined, "*1\r\n$1\r\nb\r\n"], { partOfKey: [1] }),
    "*1\r\n$1\r\nb\r\n",
  );
  assertEquals(merged(REPLY_SUM, [undefined, ":2\r\n"]), ":2\r\n");
});

Deno.test("without keys, elements of all servers follow each other", () => {
  assertEquals(
    merged(REPLY_CONCAT, ["*1\r\n$1\r\na\r\n", "*0\r\n", "*1\r\n$1\r\nb\r\n"]),
    "*2\r\n$1\r\na\r\n$1\r\nb\r\n",
  );
});

Deno.test("an element is 1 where all servers say 1", () => {
  assertEquals(
    merged(REPLY_LOGICAL_AND, ["*3\r\n:1\r\n:0\r\n:1\r\n", "*3\r\n:1\r\n:1\r\n:0\r\n"]),
    "*3\r\n:1\r\n:0\r\n:0\r\n",
  );
});

Deno.test("a read fails with the first error", () => {
  assertEquals(merged(REPLY_SUM, [":1\r\n", "-ERR a\r\n", "-ERR b\r\n"]), "-ERR a\r\n");
});

Deno.test("a write that failed in parts says so", () => {
  assertEquals(merged(REPLY_ALL_OK, ["+OK\r\n", "+OK\r\n"], { isWrite: true }), "+OK\r\n");
  assertEquals(
    merged(REPLY_ALL_OK, ["-OOM full\r\n", "+OK\r\n", "-ERR x\r\n"], { isWrite: true }),
    "-ERR 2 of 3 parts failed, the others were executed: OOM full\r\n",
  );
  assertEquals(
    merged(REPLY_ALL_OK, ["-OOM full\r\n", "-ERR x\r\n"], { isWrite: true }),
    "-OOM full\r\n",
  );
});

Deno.test("a reply of another type is an error, not a wrong answer", () => {
  const unexpected = "-ERR a server answered this command with an unexpected type\r\n";
  assertEquals(merged(REPLY_SUM, [":1\r\n", "+OK\r\n"]), unexpected);
  assertEquals(merged(REPLY_CONCAT, ["*1\r\n:1\r\n"], { partOfKey: [0, 0] }), unexpected);
  assertEquals(merged(REPLY_CONCAT, ["+OK\r\n"]), unexpected);
});

Deno.test("the one server that is busy answers for all", () => {
  assertEquals(merged(REPLY_SPECIAL, ["-NOTBUSY no\r\n", "+OK\r\n"]), "+OK\r\n");
  assertEquals(merged(REPLY_SPECIAL, ["-NOTBUSY no\r\n", "-NOTBUSY no\r\n"]), "-NOTBUSY no\r\n");
  const idle = "*2\r\n$14\r\nrunning_script\r\n$-1\r\n";
  const busy = "*2\r\n$14\r\nrunning_script\r\n*0\r\n";
  assertEquals(merged(REPLY_SPECIAL, [idle, busy]), busy);
  assertEquals(merged(REPLY_SPECIAL, [idle, idle]), idle);
});
