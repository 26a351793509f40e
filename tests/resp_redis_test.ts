/**
 * The codec against a real redis-server: the same bytes are requests to both, and refused with the
 * same words; doubles are written alike.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { decodeReplies, type Reply } from "../core/resp/decode_reply.ts";
import { encodeRequest } from "../core/resp/encode_request.ts";
import { formatDouble } from "../core/resp/format_double.ts";
import { REQUEST_ERROR, REQUEST_READY, RequestParser } from "../core/resp/request_parser.ts";
import { startRedisServer } from "./support/redis_server.ts";

/** Behind the input under test, this request ends the conversation. */
const QUIT = "*1\r\n$4\r\nQUIT\r\n";

function bytesOf(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

/** Sends `input` and returns all that comes back until the server closes. */
async function converse(port: number, input: Uint8Array): Promise<Uint8Array> {
  using connection = await Deno.connect({ hostname: "127.0.0.1", port });
  for (let sent = 0; sent < input.length;) sent += await connection.write(input.subarray(sent));
  const received: number[] = [];
  const chunk = new Uint8Array(65536);
  for (;;) {
    const count = await connection.read(chunk);
    if (count === null) return Uint8Array.from(received);
    for (const byte of chunk.subarray(0, count)) received.push(byte);
  }
}

/** What our parser makes of `input`, as Redis replies to ECHO, PING and QUIT. */
function expectedReplies(input: Uint8Array, authenticated: boolean): Reply[] {
  const parser = new RequestParser();
  parser.authenticated = authenticated;
  const replies: Reply[] = [];
  let position = 0;
  for (;;) {
    const status = parser.parse(input, position, input.length);
    position = parser.consumed;
    if (status === REQUEST_ERROR) return [...replies, { error: `ERR ${parser.error}` }];
    if (status !== REQUEST_READY) return replies;
    const { args, bytes, argumentCount } = parser;
    const payload = bytes.slice(args[2 * argumentCount - 2], args[2 * argumentCount - 1]);
    if (argumentCount > 1) replies.push(payload);
    else replies.push(new TextDecoder().decode(payload) === "QUIT" ? "OK" : "PONG");
  }
}

const INPUTS = [
  ...["*abc", "*", "*+1", "*01", "*-0", "* 1", "*2147483648", "*9223372036854775808", "*1a"],
  ...["*1\r\n$-1", "*1\r\n$-2", "*1\r\n$04", "*1\r\n$abc", "*1\r\n$", "*1\r\n$536870913"],
  ...["*1\r\nx4", "*1\r\n", "*1\r\n:4", '*1\r\n"', "*1\r\n\n", "*2\r\n$4\r\nECHO\r\n*1"],
  ...['PING "a', "PING 'a", 'PING "a"b', "PING 'a'b", 'PING a"b"c', 'PING "a\\"'],
  ...["*-9223372036854775808\r\n*-1\r\n*0\r\n\r\n  \r\nPING", "PING\nPING\r", " PING "],
  ...['ECHO "\\x41\\xfF\\n\\r\\t\\b\\a\\q\\"\\xzz\\x4"', "ECHO 'it\\'s \\x41'", `ECHO a"b c"`],
  ...["ECHO \v\fa\vb", "ECHO ''", 'ECHO ""', "ECHO\ra", "ECHO \xc3\xa9"],
  ...["*2\rX$4\rZECHOxx$1\rYaxx\r", "*2\r\n$4\r\nECHO\r\n$5\r\n\r\n\0*$\r\n"],
];

/** One byte more than allowed: had they more, closing would reset the connection. */
const TOO_LONG = ["*" + "1".repeat(65536), "*1\r\n$" + "1".repeat(65536), "A".repeat(65537)];

Deno.test("RequestParser takes and refuses what redis-server does, word for word", async () => {
  await using redis = await startRedisServer();
  for (const text of [...INPUTS.map((input) => `${input}\r\n${QUIT}`), ...TOO_LONG]) {
    const input = bytesOf(text);
    const replies = decodeReplies(await converse(redis.port, input));

    assertEquals(replies, expectedReplies(input, true), JSON.stringify(text.slice(0, 60)));
  }
});

Deno.test("RequestParser refuses a stranger's requests as redis-server does", async () => {
  await using redis = await startRedisServer(["--requirepass", "secret"]);
  const inputs = ["*11", "*2147483648", "*1\r\n$16385", "*1\r\n$999999999", "*1\r\n$x"];
  for (const text of [...inputs, "*10\r\n$x", "*2\r\n$4\r\nECHO\r\n$16384\r\n"]) {
    const input = bytesOf(
      text.endsWith("\n") ? text + "v".repeat(16384) + "\r\n" + QUIT : `${text}\r\n`,
    );
    const replies = decodeReplies(await converse(redis.port, input));
    const expected = text.endsWith("\n")
      ? [{ error: "NOAUTH Authentication required." }, "OK"]
      : expectedReplies(input, false);

    assertEquals(replies, expected, JSON.stringify(text));
  }
});

Deno.test("formatDouble() writes the digits that redis-server writes", async () => {
  await using redis = await startRedisServer();
  const values = [0, 0.1, 3.1, 1e-5, 1e16, 1e17, 1e300, 5e-324, 2 ** 53 + 2, 123 + 2 ** -15];
  const noise = new DataView(crypto.getRandomValues(new Uint8Array(8000)).buffer);
  for (let at = 0; at < 8000; at += 8) values.push(noise.getFloat64(at));
  for (let at = 0; at < 8000; at += 8) values.push(noise.getInt32(at) / 2 ** noise.getUint8(at));
  const finite = values.filter((value) => Number.isFinite(value));
  const requests = finite.flatMap((value) => [
    encodeRequest(["ZADD", "scores", value, "member"]),
    encodeRequest(["ZSCORE", "scores", "member"]),
  ]);
  const input = await new Blob([...requests, bytesOf(QUIT)] as BlobPart[]).bytes();
  const replies = decodeReplies(await converse(redis.port, input));

  const scores = replies.filter((reply) => reply instanceof Uint8Array);
  const texts = scores.map((score) => new TextDecoder().decode(score));
  assertEquals(texts, finite.map(formatDouble));
});
