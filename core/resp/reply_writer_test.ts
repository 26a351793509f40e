/**
 * Every kind of reply in both protocols, and how the writer asks for room.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { ReplyWriter } from "./reply_writer.ts";

function textOf(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
}

function written(protocol: 2 | 3, write: (writer: ReplyWriter) => void): string {
  const writer = new ReplyWriter();
  writer.protocol = protocol;
  write(writer);
  return textOf(writer.bytes.subarray(0, writer.position));
}

const PAYLOAD = new TextEncoder().encode("0123456789".repeat(20));

const CASES: [string, (writer: ReplyWriter) => void, string, string?][] = [
  ["ok", (writer) => writer.ok(), "+OK\r\n"],
  ["a frame", (writer) => writer.frame(PAYLOAD.subarray(0, 3)), "012"],
  ["a simple string", (writer) => writer.simple("QUEUED"), "+QUEUED\r\n"],
  ["an error", (writer) => writer.error("ERR a\r\nb \xff"), "-ERR a  b \xff\r\n"],
  ["integer 0", (writer) => writer.integer(0), ":0\r\n"],
  ["integer 9", (writer) => writer.integer(9), ":9\r\n"],
  ["integer 10", (writer) => writer.integer(10), ":10\r\n"],
  ["integer -1", (writer) => writer.integer(-1), ":-1\r\n"],
  ["integer 2^53", (writer) => writer.integer(2 ** 53), ":9007199254740992\r\n"],
  ["integer 2^53 - 1", (writer) => writer.integer(2 ** 53 - 1), ":9007199254740991\r\n"],
  ["integer -2^53", (writer) => writer.integer(-(2 ** 53)), ":-9007199254740992\r\n"],
  ["a big integer", (writer) => writer.bigInteger(-(2n ** 63n)), ":-9223372036854775808\r\n"],
  ["an empty bulk", (writer) => writer.bulk(PAYLOAD, 5, 5), "$0\r\n\r\n"],
  ["a small bulk", (writer) => writer.bulk(PAYLOAD, 2, 5), "$3\r\n234\r\n"],
  [
    "a long bulk",
    (writer) => writer.bulk(PAYLOAD, 1, 101),
    `$100\r\n${"1234567890".repeat(10)}\r\n`,
  ],
  ["ASCII text", (writer) => writer.bulkText("abc"), "$3\r\nabc\r\n"],
  ["other text", (writer) => writer.bulkText("é€"), "$5\r\n\xc3\xa9\xe2\x82\xac\r\n"],
  ["Latin-1", (writer) => writer.bulkLatin1("\xff\0"), "$2\r\n\xff\0\r\n"],
  ["a bulk header", (writer) => writer.bulkHeader(1234), "$1234\r\n"],
  ["nil", (writer) => writer.nil(), "$-1\r\n", "_\r\n"],
  ["a nil array", (writer) => writer.nilArray(), "*-1\r\n", "_\r\n"],
  ["an array", (writer) => writer.array(12), "*12\r\n"],
  ["a map", (writer) => writer.map(5), "*10\r\n", "%5\r\n"],
  ["a set", (writer) => writer.set(5), "*5\r\n", "~5\r\n"],
  ["a push", (writer) => writer.push(3), "*3\r\n", ">3\r\n"],
  [
    "a double",
    (writer) => writer.double(3.1),
    "$18\r\n3.1000000000000001\r\n",
    ",3.1000000000000001\r\n",
  ],
  ["an infinite double", (writer) => writer.double(-Infinity), "$4\r\n-inf\r\n", ",-inf\r\n"],
  ["true", (writer) => writer.boolean(true), ":1\r\n", "#t\r\n"],
  ["false", (writer) => writer.boolean(false), ":0\r\n", "#f\r\n"],
  [
    "verbatim text",
    (writer) => writer.verbatim("é", "txt"),
    "$2\r\n\xc3\xa9\r\n",
    "=6\r\ntxt:\xc3\xa9\r\n",
  ],
  ["a big number", (writer) => writer.bigNumber(-12n), "$3\r\n-12\r\n", "(-12\r\n"],
];

for (const [name, write, resp2, resp3 = resp2] of CASES) {
  Deno.test(`ReplyWriter writes ${name}`, () => {
    assertEquals(written(2, write), resp2);
    assertEquals(written(3, write), resp3);
  });
}

Deno.test("ReplyWriter copies within its own region, short and long", () => {
  const writer = new ReplyWriter();
  writer.frame(PAYLOAD);
  writer.bulk(writer.bytes, 1, 4);
  writer.bulk(writer.bytes, 0, 40);

  const text = textOf(writer.bytes.subarray(200, writer.position));
  assertEquals(text, `$3\r\n123\r\n$40\r\n${"0123456789".repeat(4)}\r\n`);
});

Deno.test("ReplyWriter grows its own buffer and keeps what it wrote", () => {
  const text = written(2, (writer) => {
    for (let index = 0; index < 1000; index++) writer.bulk(PAYLOAD, 0, 200);
  });

  assertEquals(text, `$200\r\n${"0123456789".repeat(20)}\r\n`.repeat(1000));
});

Deno.test("ReplyWriter asks for room before each frame that may not fit", () => {
  const regions: Uint8Array[] = [];
  const writer = new ReplyWriter((writer, byteCount) => {
    regions.push(writer.bytes.subarray(0, writer.position));
    writer.bytes = new Uint8Array(Math.max(64, byteCount));
    writer.position = 0;
    writer.limit = writer.bytes.length;
  });
  for (let index = 0; index < 300; index++) {
    writer.integer(index);
    writer.ok();
    writer.bulk(PAYLOAD, 0, index % 200);
  }
  regions.push(writer.bytes.subarray(0, writer.position));

  const joined = regions.map((region) => textOf(region)).join("");
  const text = (length: number) => "0123456789".repeat(20).slice(0, length);
  const expected = Array.from(
    { length: 300 },
    (_, index) => `:${index}\r\n+OK\r\n$${index % 200}\r\n${text(index % 200)}\r\n`,
  );
  assertEquals(joined, expected.join(""));
});
