/**
 * Redis's rules for words and quotes.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { InlineRequest } from "./inline_request.ts";

const CASES: [string, string | undefined][] = [
  ["", "*0\r\n"],
  [" \t\v\f\r ", "*0\r\n"],
  ["a", "*1\r\n$1\r\na\r\n"],
  [" a  bc\td\re ", "*4\r\n$1\r\na\r\n$2\r\nbc\r\n$1\r\nd\r\n$1\r\ne\r\n"],
  ["a\vb \vc", "*2\r\n$3\r\na\vb\r\n$1\r\nc\r\n"],
  [`"" ''`, "*2\r\n$0\r\n\r\n$0\r\n\r\n"],
  [`"a b" 'c "d'`, `*2\r\n$3\r\na b\r\n$4\r\nc "d\r\n`],
  [`a"b" c'd'`, "*2\r\n$2\r\nab\r\n$2\r\ncd\r\n"],
  [`"\\x41\\xfF\\n\\r\\t\\b\\a\\q\\"\\\\"`, '*1\r\n$10\r\nA\xff\n\r\t\b\x07q"\\\r\n'],
  [`"\\x4" "\\xzz"`, "*2\r\n$2\r\nx4\r\n$3\r\nxzz\r\n"],
  [`'it\\'s \\x41\\n'`, "*1\r\n$11\r\nit's \\x41\\n\r\n"],
  [`\\x41`, "*1\r\n$4\r\n\\x41\r\n"],
  [`"a`, undefined],
  [`"a\\"`, undefined],
  [`"a\\`, undefined],
  [`'a`, undefined],
  [`"a"b`, undefined],
  [`'a'b`, undefined],
  [`a"b"c`, undefined],
];

for (const [line, expected] of CASES) {
  Deno.test(`InlineRequest splits ${JSON.stringify(line)}`, () => {
    const inline = new InlineRequest();
    const bytes = Uint8Array.from(line, (character) => character.charCodeAt(0));

    const count = inline.split(bytes, 0, bytes.length);
    const end = count < 0 ? -1 : inline.encode(new Int32Array(2 * count));
    const encoded = end < 0 ? undefined : String.fromCharCode(...inline.bytes.subarray(0, end));
    assertEquals(encoded, expected);
  });
}
