/**
 * Replies whole, in pieces, invalid, at their limits, nested deeply and at random.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { SeededRandom } from "../../tests/support/seeded_random.ts";
import { REPLY_ERROR, REPLY_INCOMPLETE, type ReplyLimits, ReplyScanner } from "./reply_scanner.ts";

function bytesOf(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

interface Outcome {
  replies: string[];
  error?: string;
  /** Input behind the last whole reply. */
  rest: string;
}

/** Scans `input` as it arrives in pieces that end at `cuts`, each at another offset. */
function scanPieces(input: string, cuts: number[], limits?: ReplyLimits): Outcome {
  const scanner = new ReplyScanner(limits);
  const replies: string[] = [];
  let pending = "";
  let from = 0;
  for (const cut of [...cuts, input.length]) {
    pending += input.slice(from, cut);
    from = cut;
    const offset = cut % 5;
    const bytes = bytesOf("$".repeat(offset) + pending + "\r\n");
    for (let position = offset;;) {
      const replyEnd = scanner.scan(bytes, position, bytes.length - 2);
      if (replyEnd === REPLY_ERROR) {
        const rest = pending.slice(position - offset);
        return { replies, error: scanner.error.replace("Protocol error in a reply: ", ""), rest };
      }
      if (replyEnd === REPLY_INCOMPLETE) {
        pending = pending.slice(position - offset);
        break;
      }
      replies.push(pending.slice(position - offset, replyEnd - offset));
      position = replyEnd;
    }
  }
  return { replies, rest: pending };
}

const everyByte = (input: string) => Array.from({ length: input.length }, (_, index) => index + 1);

const REPLIES: [string, string][] = [
  ["+OK", "+OK\r\n"],
  ["an empty simple string", "+\r\n"],
  ["simple strings of other lengths", "+A\r\n"],
  ["an error", "-ERR unknown command\r\n"],
  ["a one-digit integer", ":7\r\n"],
  ["an integer", ":-1234567\r\n"],
  ["an empty bulk", "$0\r\n\r\n"],
  ["a bulk", "$5\r\na\r\nb\0\r\n"],
  ["a bulk of 100 bytes", `$100\r\n${"v".repeat(100)}\r\n`],
  ["a bulk of 1000 bytes", `$1000\r\n${"v".repeat(1000)}\r\n`],
  ["a null bulk", "$-1\r\n"],
  ["a null array", "*-1\r\n"],
  ["an empty array", "*0\r\n"],
  ["a nested array", "*2\r\n*2\r\n:1\r\n$1\r\na\r\n*0\r\n"],
  ["a null", "_\r\n"],
  ["a boolean", "#t\r\n"],
  ["a double", ",3.1\r\n"],
  ["a big number", "(123456789012345678901234567890\r\n"],
  ["a bulk error", "!7\r\nERR bad\r\n"],
  ["a verbatim text", "=8\r\ntxt:some\r\n"],
  ["a map", "%2\r\n+a\r\n:1\r\n+b\r\n*1\r\n:2\r\n"],
  ["a set", "~2\r\n+a\r\n+b\r\n"],
  ["a push", ">3\r\n+message\r\n$1\r\nc\r\n$1\r\nm\r\n"],
  ["an attribute with its reply", "|1\r\n+ttl\r\n:3600\r\n*2\r\n+a\r\n|1\r\n+x\r\n:1\r\n+b\r\n"],
];

for (const [name, reply] of REPLIES) {
  Deno.test(`ReplyScanner finds the end of ${name}, whole and byte by byte`, () => {
    assertEquals(scanPieces(reply, []), { replies: [reply], rest: "" });
    assertEquals(scanPieces(reply, everyByte(reply)), { replies: [reply], rest: "" });
  });
}

Deno.test("ReplyScanner separates replies that arrive together", () => {
  const replies = REPLIES.map(([, reply]) => reply);
  const input = replies.join("");

  assertEquals(scanPieces(input, []), { replies, rest: "" });
  assertEquals(scanPieces(input + "*2\r\n:1\r\n", []), { replies, rest: "*2\r\n:1\r\n" });
});

const INVALID: [string, string][] = [
  ["GET a\r\n", "unknown reply type byte 71"],
  ["\r\n", "unknown reply type byte 13"],
  ["*1\r\nx\r\n", "unknown reply type byte 120"],
  ["$a\r\n", "invalid length"],
  ["$\r\n\r\n", "invalid length"],
  ["$-2\r\n", "invalid length"],
  ["$01\r\na\r\n", "invalid length"],
  ["*-2\r\n", "invalid length"],
  ["%-1\r\n", "invalid length"],
  ["~-1\r\n", "invalid length"],
  ["=-1\r\n", "invalid length"],
  ["$?\r\n;4\r\nabcd\r\n;0\r\n", "streamed replies are not supported"],
  ["*?\r\n:1\r\n.\r\n", "streamed replies are not supported"],
  ["$1\r\nab\r\n", "no line end behind a bulk string"],
  ["$0\r\n+OK\r\n", "no line end behind a bulk string"],
  ["+O\rK\r\n", "no line feed behind a carriage return"],
  ["+OK\rX", "no line feed behind a carriage return"],
  ["*1000000000000\r\n", "too many elements"],
  ["$536870913\r\n", "too long bulk string"],
];

for (const [input, error] of INVALID) {
  Deno.test(`ReplyScanner refuses ${JSON.stringify(input)}: ${error}`, () => {
    assertEquals(scanPieces(":1\r\n" + input, []), { replies: [":1\r\n"], error, rest: input });
    const { error: foundByteByByte } = scanPieces(input, everyByte(input));
    assertEquals(foundByteByByte, error);
  });
}

Deno.test("ReplyScanner keeps the limits it was given, to the byte", () => {
  const limits = { bulkBytesMax: 5, lineBytesMax: 10, pendingMax: 4 };
  const errorOf = (input: string) => scanPieces(input, [], limits).error;

  assertEquals(errorOf("$5\r\nabcde\r\n"), undefined);
  assertEquals(errorOf("$6\r\nabcdef\r\n"), "too long bulk string");
  assertEquals(errorOf(`+${"a".repeat(9)}\r\n`), undefined);
  assertEquals(errorOf(`+${"a".repeat(10)}\r\n`), "too long line");
  assertEquals(errorOf(`+${"a".repeat(10)}`), "too long line");
  assertEquals(errorOf("*4\r\n"), undefined);
  assertEquals(errorOf("*5\r\n"), "too many elements");
  assertEquals(errorOf("%2\r\n"), undefined);
  assertEquals(errorOf("%3\r\n"), "too many elements");
  assertEquals(errorOf("*3\r\n*2\r\n"), undefined);
  assertEquals(errorOf("*3\r\n*3\r\n"), "too many elements");
});

Deno.test("ReplyScanner tells how far it is and starts anew after reset", () => {
  const scanner = new ReplyScanner();
  const bytes = bytesOf("*3\r\n:1\r\n$5\r\nab");

  assertEquals(scanner.scan(bytes, 0, 0), REPLY_INCOMPLETE);
  assertEquals([scanner.relativePosition, scanner.pending], [0, 0]);
  assertEquals(scanner.scan(bytes, 0, bytes.length), REPLY_INCOMPLETE);
  assertEquals([scanner.relativePosition, scanner.pending], [8, 2]);
  scanner.reset();
  assertEquals(scanner.scan(bytesOf("+OK\r\n"), 0, 5), 5);
});

Deno.test("ReplyScanner finds the end of 100 000 nested arrays", () => {
  const reply = bytesOf("*1\r\n".repeat(100_000) + ":1\r\n");

  assertEquals(new ReplyScanner().scan(reply, 0, reply.length), reply.length);
  assertEquals(new ReplyScanner().scan(reply, 0, reply.length - 1), REPLY_INCOMPLETE);
});

Deno.test("ReplyScanner takes 200 000 elements in as many pieces", () => {
  const header = "*200000\r\n";
  const reply = bytesOf(header + "$1\r\nx\r\n".repeat(200_000));
  const scanner = new ReplyScanner();
  for (let end = header.length; end < reply.length; end += 7) {
    assertEquals(scanner.scan(reply, 0, end), REPLY_INCOMPLETE);
  }

  assertEquals(scanner.scan(reply, 0, reply.length), reply.length);
});

/** Makes a reply of random types and depth. */
function randomReply(random: SeededRandom, depth: number): string {
  const payload = () => "\r\n$*".repeat(random.below(30)).slice(random.below(3));
  const elements = (count: number) =>
    Array.from({ length: count }, () => randomReply(random, depth - 1)).join("");
  const count = random.below(4);
  switch (random.below(depth > 0 ? 9 : 5)) {
    case 0:
      return `+${"a".repeat(random.below(20))}\r\n`;
    case 1:
      return `:${random.below(2 ** 31)}\r\n`;
    case 2:
    case 3: {
      const text = payload();
      return `${random.pick(["$", "=", "!"])}${text.length}\r\n${text}\r\n`;
    }
    case 4:
      return random.pick(["$-1\r\n", "*-1\r\n", "_\r\n", "#f\r\n"]);
    case 5:
      return `%${count}\r\n${elements(2 * count)}`;
    case 6:
      return `|${count}\r\n${elements(2 * count)}${elements(1)}`;
    default:
      return `${random.pick(["*", "~", ">"])}${count}\r\n${elements(count)}`;
  }
}

Deno.test("ReplyScanner finds random replies again, however they were cut", () => {
  const random = new SeededRandom();
  for (let round = 0; round < 300; round++) {
    const replies = Array.from({ length: 1 + random.below(4) }, () => randomReply(random, 4));
    const input = replies.join("");
    const cuts = Array.from({ length: random.below(20) }, () => random.below(input.length));
    cuts.sort((a, b) => a - b);

    const message = `seed ${random.seed}, round ${round}`;
    assertEquals(scanPieces(input, cuts), { replies, rest: "" }, message);
  }
});

Deno.test("ReplyScanner neither throws at random bytes nor reads outside their range", () => {
  const random = new SeededRandom();
  const alphabet = bytesOf("*$%|~>+-:_#(,=!?0011239\r\r\r\n\n\na");
  for (let round = 0; round < 10_000; round++) {
    const input = random.bytes(random.below(40), random.pick([undefined, alphabet, alphabet]));
    const results = ["\r\n$1\r\n1\r", "\n\xff9999999", "\r0000000"].map((surroundings) => {
      const bytes = bytesOf(surroundings + String.fromCharCode(...input) + surroundings);
      const scanner = new ReplyScanner();
      const start = surroundings.length;
      const replyEnd = scanner.scan(bytes, start, start + input.length);
      return { replyEnd: Math.max(replyEnd - start, -start), error: scanner.error };
    });
    const replyEnds = results.map(({ replyEnd, error }) => replyEnd > 0 ? replyEnd : error);
    const message = `seed ${random.seed}, round ${round}`;
    assertEquals(replyEnds, Array(3).fill(replyEnds[0]), message);
  }
});
