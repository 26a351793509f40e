/**
 * Requests whole, in pieces, invalid, at their limits and at random.
 *
 * @module
 */

import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import { SeededRandom } from "../../tests/support/seeded_random.ts";
import { encodeRequest } from "./encode_request.ts";
import {
  type PartialRequest,
  REQUEST_ERROR,
  REQUEST_INCOMPLETE,
  REQUEST_READY,
  type RequestLimits,
  RequestParser,
} from "./request_parser.ts";

function bytesOf(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

function textOf(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
}

function argumentsOf(parser: RequestParser): string[] {
  return Array.from(
    { length: parser.argumentCount },
    (_, index) =>
      textOf(parser.bytes.subarray(parser.args[2 * index]!, parser.args[2 * index + 1]!)),
  );
}

interface Outcome {
  requests: string[][];
  error?: string;
  /** Input behind the last request. */
  rest: string;
}

/** Parses `input` as it stands. */
function parseAll(input: string, limits?: RequestLimits, authenticated = true): Outcome {
  const parser = new RequestParser(limits);
  parser.authenticated = authenticated;
  const bytes = bytesOf(input);
  const requests: string[][] = [];
  let position = 0;
  for (;;) {
    const status = parser.parse(bytes, position, bytes.length);
    position = parser.consumed;
    if (status === REQUEST_READY) requests.push(argumentsOf(parser));
    else {
      const rest = input.slice(position);
      return status === REQUEST_ERROR
        ? { requests, error: parser.error, rest }
        : { requests, rest };
    }
  }
}

/**
 * Parses `input` as it arrives in pieces that end at `cuts`: each at another offset of another
 * buffer, suspended when `suspends` says so.
 */
function parseInPieces(
  input: string,
  cuts: number[],
  suspends: (parser: RequestParser) => boolean,
): Outcome {
  const parser = new RequestParser();
  const requests: string[][] = [];
  let partial: PartialRequest | undefined;
  let pending = "";
  let from = 0;
  for (const cut of [...cuts, input.length]) {
    pending += input.slice(from, cut);
    from = cut;
    const offset = cut % 7;
    const bytes = bytesOf("*".repeat(offset) + pending + "\r\n");
    const end = offset + pending.length;
    let position = offset;
    for (;;) {
      if (partial) parser.resume(partial);
      partial = undefined;
      const status = parser.parse(bytes, position, end);
      position = parser.consumed;
      if (status === REQUEST_READY) requests.push(argumentsOf(parser));
      else if (status === REQUEST_INCOMPLETE) break;
      else return { requests, error: parser.error, rest: pending.slice(position - offset) };
    }
    if (position < end && suspends(parser)) partial = parser.suspend();
    pending = pending.slice(position - offset);
  }
  return { requests, rest: pending };
}

/** Cuts `input` behind every byte, or behind every 41st if it is long. */
function everyByte(input: string): number[] {
  const step = input.length > 1000 ? 41 : 1;
  return Array.from({ length: Math.floor(input.length / step) }, (_, index) => (index + 1) * step);
}

const VALID: [string, string, string[][]][] = [
  ["an array", "*2\r\n$3\r\nGET\r\n$1\r\na\r\n", [["GET", "a"]]],
  ["an empty argument", "*2\r\n$4\r\nECHO\r\n$0\r\n\r\n", [["ECHO", ""]]],
  ["binary arguments", "*2\r\n$4\r\nECHO\r\n$5\r\n\r\n\0\xff*\r\n", [["ECHO", "\r\n\0\xff*"]]],
  ["two requests", "*1\r\n$4\r\nPING\r\n*1\r\n$4\r\nTIME\r\n", [["PING"], ["TIME"]]],
  ["ten arguments", `*10\r\n${"$1\r\nx\r\n".repeat(10)}`, [Array(10).fill("x")]],
  ["lengths of 1 to 5 digits", lengths([9, 10, 99, 100, 999, 1000, 10000]), [
    [9, 10, 99, 100, 999, 1000, 10000].map((length) => "v".repeat(length)),
  ]],
  ["an array between empty ones", "*0\r\n*-1\r\n*-5\r\n*1\r\n$4\r\nPING\r\n*0\r\n", [["PING"]]],
  ["an inline command", "SET a  b\r\n", [["SET", "a", "b"]]],
  ["an inline command without CR", "PING\nTIME\n", [["PING"], ["TIME"]]],
  ["an inline command between empty lines", "\r\n\n  \r\nPING\r\n\r\n", [["PING"]]],
  ["inline quotes", `ECHO "a b\\x41\\n" 'it\\'s'\r\n`, [["ECHO", "a bA\n", "it's"]]],
  ["an inline command and an array", "PING\r\n*1\r\n$4\r\nTIME\r\n", [["PING"], ["TIME"]]],
  ["what Redis skips unseen", "*1\rX$4\rZPINGxx*1\r\n$4\r\nTIME\r\n", [["PING"], ["TIME"]]],
];

function lengths(values: number[]): string {
  return textOf(encodeRequest(values.map((length) => "v".repeat(length))));
}

for (const [name, input, requests] of VALID) {
  Deno.test(`RequestParser takes ${name}`, () => {
    assertEquals(parseAll(input), { requests, rest: "" });
  });
  Deno.test(`RequestParser takes ${name} byte by byte, suspended each time or never`, () => {
    assertEquals(parseInPieces(input, everyByte(input), () => true), { requests, rest: "" });
    assertEquals(parseInPieces(input, everyByte(input), () => false), { requests, rest: "" });
  });
}

const INVALID: [string, string][] = [
  ["*abc\r\n", "invalid multibulk length"],
  ["*\r\n", "invalid multibulk length"],
  ["*+1\r\n", "invalid multibulk length"],
  ["*01\r\n", "invalid multibulk length"],
  ["*-0\r\n", "invalid multibulk length"],
  ["* 1\r\n", "invalid multibulk length"],
  ["*2147483648\r\n", "invalid multibulk length"],
  ["*99999999999999999999\r\n", "invalid multibulk length"],
  ["*1\r\n$-1\r\n", "invalid bulk length"],
  ["*1\r\n$04\r\n", "invalid bulk length"],
  ["*1\r\n$abc\r\n", "invalid bulk length"],
  ["*1\r\n$\r\n", "invalid bulk length"],
  ["*1\r\n$536870913\r\n", "invalid bulk length"],
  ["*1\r\nx4\r\n", "expected '$', got 'x'"],
  ["*1\r\n\r\n", "expected '$', got ' '"],
  ["*1\r\n\xff\r\n", "expected '$', got '\xff'"],
  ["*2\r\n$3\r\nGET\r\n:1\r\n", "expected '$', got ':'"],
  ["*2\r\n$3\r\nGET\r\n*1\r\n", "expected '$', got '*'"],
  ['PING "a\r\n', "unbalanced quotes in request"],
  ['PING "a"b\r\n', "unbalanced quotes in request"],
  ["POST / HTTP/1.1\r\n", "this is not HTTP"],
  ["hOST: here\r\n", "this is not HTTP"],
  ["*" + "1".repeat(65536), "too big mbulk count string"],
  ["*1\r\n$" + "1".repeat(65536), "too big bulk count string"],
  ["A".repeat(65537), "too big inline request"],
  ["A\0\n" + "A".repeat(65534), "too big inline request"],
];

for (const [input, reason] of INVALID) {
  const shown = JSON.stringify(input.length > 40 ? `${input.slice(0, 20)}…` : input);
  Deno.test(`RequestParser refuses ${shown}: ${reason}`, () => {
    const expected = { requests: [], error: `Protocol error: ${reason}`, rest: input };
    assertEquals(parseAll(input), expected);
    const behind = parseAll("*1\r\n$4\r\nPING\r\n" + input);
    assertEquals(behind, { ...expected, requests: [["PING"]] });
    if (input.length > 40) return;
    assertEquals(parseInPieces(input, everyByte(input), () => true), expected);
  });
}

Deno.test("RequestParser waits, as Redis does, for what is not certainly wrong", () => {
  const inputs = ["*1\r\nx", "*1\r\n$4\r", "*1\r", "*1\r\n\0\r\n", "PI\0NG\r\n", "*2147483647\r\n"];
  inputs.push("*" + "1".repeat(65535), "A".repeat(65536), "*1\r\n$536870912\r\n");
  for (const input of inputs) assertEquals(parseAll(input), { requests: [], rest: input });
});

Deno.test("RequestParser keeps the limits it was given, to the byte", () => {
  const limits = { bulkBytesMax: 20, argumentCountMax: 11, inlineBytesMax: 30 };
  const ofLength = (length: number) => `*1\r\n$${length}\r\n${"v".repeat(length)}\r\n`;
  const ofCount = (count: number) => `*${count}\r\n${"$1\r\nx\r\n".repeat(count)}`;

  assertEquals(parseAll(ofLength(20), limits).error, undefined);
  assertEquals(parseAll(ofLength(21), limits).error, "Protocol error: invalid bulk length");
  assertEquals(parseAll(ofLength(6), { bulkBytesMax: 5 }).error?.slice(16), "invalid bulk length");
  assertEquals(parseAll(ofCount(11), limits).error, undefined);
  assertEquals(parseAll(ofCount(12), limits).error, "Protocol error: invalid multibulk length");
  assertEquals(
    parseAll(ofCount(6), { argumentCountMax: 5 }).error,
    "Protocol error: invalid multibulk length",
  );
  assertEquals(parseAll("A".repeat(30), limits).error, undefined);
  assertEquals(parseAll("A".repeat(31), limits).error, "Protocol error: too big inline request");
});

Deno.test("RequestParser takes little from a client that has not authenticated", () => {
  const refused = (input: string) => parseAll(input, undefined, false).error;

  assertEquals(refused("*10\r\n"), undefined);
  assertEquals(refused("*11\r\n"), "Protocol error: unauthenticated multibulk length");
  assertEquals(refused("*2147483648\r\n"), "Protocol error: invalid multibulk length");
  assertEquals(refused("*1\r\n$16384\r\n"), undefined);
  assertEquals(refused("*1\r\n$16385\r\n"), "Protocol error: unauthenticated bulk length");
  assertEquals(refused("*1\r\n$999999999\r\n"), "Protocol error: invalid bulk length");
  assertEquals(refused(`PING ${"A".repeat(30000)}\r\n`), undefined);
});

Deno.test("RequestParser shows where the request lies, an inline one as an array", () => {
  const parser = new RequestParser();
  const input = bytesOf("\r\n*1\r\n$4\r\nPING\r\nECHO 'a b'\r\n");

  assertEquals(parser.parse(input, 0, input.length), REQUEST_READY);
  assertEquals([parser.requestStart, parser.requestEnd, parser.consumed], [2, 16, 16]);
  assertEquals(parser.parse(input, parser.consumed, input.length), REQUEST_READY);
  assertEquals(parser.consumed, input.length);
  const forwarded = parser.bytes.subarray(parser.requestStart, parser.requestEnd);
  assertEquals(textOf(forwarded), "*2\r\n$4\r\nECHO\r\n$3\r\na b\r\n");
});

Deno.test("RequestParser allocates nothing for an announced number of arguments", () => {
  const parser = new RequestParser();
  const before = parser.args.length;
  const input = bytesOf("*2147483647\r\n$2\r\nOK\r\n");

  assertEquals(parser.parse(input, 0, input.length), REQUEST_INCOMPLETE);
  assertEquals(parser.args.length, before);
});

Deno.test("RequestParser finds suspending worth it only after much work", () => {
  const worth = (input: string) => {
    const parser = new RequestParser();
    parser.parse(bytesOf(input), 0, input.length);
    return parser.worthSuspending;
  };

  assertEquals(worth(`*2\r\n$3\r\nGET\r\n$100000\r\n${"v".repeat(90000)}`), false);
  assertEquals(worth("*100\r\n" + "$1\r\nx\r\n".repeat(20)), false);
  assertEquals(worth("*100\r\n" + "$1\r\nx\r\n".repeat(50)), true);
  assertEquals(worth("A".repeat(2000)), true);
});

Deno.test("RequestParser serves other clients between the pieces of a suspended request", () => {
  const parser = new RequestParser();
  const long = bytesOf(`*100\r\n${"$1\r\nx\r\n".repeat(100)}`);
  const short = bytesOf("*1\r\n$4\r\nPING\r\n");

  assertEquals(parser.parse(long, 0, 500), REQUEST_INCOMPLETE);
  const partial = parser.suspend();
  assertEquals(parser.parse(short, 0, short.length), REQUEST_READY);
  assertEquals(argumentsOf(parser), ["PING"]);
  parser.resume(partial);
  assertEquals(parser.parse(long, 0, 600), REQUEST_INCOMPLETE);
  assertStrictEquals(parser.suspend(), partial);
  assertEquals(parser.parse(short, 0, short.length), REQUEST_READY);
  parser.resume(partial);
  assertEquals(parser.parse(long, 0, long.length), REQUEST_READY);
  assertEquals(argumentsOf(parser), Array(100).fill("x"));
});

Deno.test("RequestParser takes 200 000 arguments in as many pieces", () => {
  const count = 200_000;
  const piece = "$1\r\nx\r\n";
  const header = `*${count}\r\n`;
  const input = bytesOf(header + piece.repeat(count));
  const parser = new RequestParser();
  let status = parser.parse(input, 0, header.length);
  for (let index = 1; index <= count; index++) {
    parser.resume(parser.suspend());
    status = parser.parse(input, 0, header.length + index * piece.length);
  }

  assertEquals(status, REQUEST_READY);
  assertEquals(parser.argumentCount, count);
  assertEquals(parser.args[2 * count - 1], input.length - 2);
});

Deno.test("RequestParser skips 100 000 empty requests without growing the stack", () => {
  const input = "*0\r\n\r\n".repeat(100_000) + "PING\r\n";

  assertEquals(parseAll(input), { requests: [["PING"]], rest: "" });
});

Deno.test("RequestParser finds random requests again, however they were cut", () => {
  const random = new SeededRandom();
  for (let round = 0; round < 100; round++) {
    const requests: string[][] = Array.from(
      { length: 1 + random.below(4) },
      () =>
        Array.from(
          { length: 1 + random.below(random.pick([3, 60])) },
          () => textOf(random.bytes(random.below(random.pick([3, 40, 1200])))),
        ),
    );
    const input = requests.map((request) => textOf(encodeRequest(request.map(bytesOf)))).join("");
    const cuts = Array.from({ length: random.below(30) }, () => random.below(input.length));
    cuts.sort((a, b) => a - b);

    const outcome = parseInPieces(
      input,
      cuts,
      random.pick([
        () => true,
        () => false,
        (parser: RequestParser) => parser.worthSuspending,
      ]),
    );
    assertEquals(outcome, { requests, rest: "" }, `seed ${random.seed}, round ${round}`);
  }
});

Deno.test("RequestParser neither throws at random bytes nor reads outside their range", () => {
  const random = new SeededRandom();
  const alphabet = bytesOf("*$$0011239-x\r\r\n\n\n \"'\\\0");
  for (let round = 0; round < 10_000; round++) {
    const input = random.bytes(random.below(40), random.pick([undefined, alphabet, alphabet]));
    const results = ["\r\n$1\r\n1", "\0\xff9999999", '"00000000'].map((surroundings) => {
      const bytes = bytesOf(surroundings + textOf(input) + surroundings);
      const parser = new RequestParser();
      const start = surroundings.length;
      const status = parser.parse(bytes, start, start + input.length);
      const args = status === REQUEST_READY ? argumentsOf(parser) : [];
      return { status, args, error: parser.error, consumed: parser.consumed - start };
    });
    const message = `seed ${random.seed}, round ${round}`;
    assert(results[0]!.consumed >= 0 && results[0]!.consumed <= input.length, message);
    assertEquals(results[1], results[0], message);
    assertEquals(results[2], results[0], message);
  }
});
