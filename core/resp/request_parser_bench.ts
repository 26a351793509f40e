/**
 * How long it takes to find a request; each iteration parses the same 1000 pipelined requests.
 *
 * @module
 */

import { encodeRequest } from "./encode_request.ts";
import { REQUEST_READY, RequestParser } from "./request_parser.ts";

const PIPELINE = 1000;
const KEY = "key:000000000042";

function repeated(request: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(request.length * PIPELINE);
  for (let index = 0; index < PIPELINE; index++) bytes.set(request, index * request.length);
  return bytes;
}

function parseAll(parser: RequestParser, bytes: Uint8Array): void {
  let position = 0;
  while (parser.parse(bytes, position, bytes.length) === REQUEST_READY) position = parser.consumed;
  if (position !== bytes.length) throw new Error(`Parsed ${position} of ${bytes.length} bytes`);
}

const cases: [string, Uint8Array][] = [
  ["GET, 16-byte key", encodeRequest(["GET", KEY])],
  ["SET, 16-byte key, 64-byte value", encodeRequest(["SET", KEY, "v".repeat(64)])],
  ["SET, 16-byte key, 16 KiB value", encodeRequest(["SET", KEY, "v".repeat(16384)])],
  ["MSET of 10 keys", encodeRequest(["MSET", ...Array(20).fill(KEY)])],
  ["PING, inline", new TextEncoder().encode("PING\r\n")],
];

for (const [name, request] of cases) {
  const parser = new RequestParser();
  const bytes = repeated(request);
  Deno.bench(`${name} (x ${PIPELINE})`, { group: "RequestParser" }, () => parseAll(parser, bytes));
}
