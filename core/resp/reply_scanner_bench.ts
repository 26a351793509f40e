/**
 * How long it takes to find the end of a reply; each iteration scans 1000 replies back to back.
 *
 * @module
 */

import { ReplyScanner } from "./reply_scanner.ts";

const PIPELINE = 1000;

function bulk(length: number): string {
  return `$${length}\r\n${"v".repeat(length)}\r\n`;
}

function scanAll(scanner: ReplyScanner, bytes: Uint8Array): void {
  let position = 0;
  for (let index = 0; index < PIPELINE; index++) {
    position = scanner.scan(bytes, position, bytes.length);
  }
  if (position !== bytes.length) throw new Error(`Scanned ${position} of ${bytes.length} bytes`);
}

const cases: [string, string][] = [
  ["+OK", "+OK\r\n"],
  ["integer", ":1\r\n"],
  ["long integer", ":1234567\r\n"],
  ["bulk, 64 bytes", bulk(64)],
  ["bulk, 16 KiB", bulk(16384)],
  ["array of 10 bulks", `*10\r\n${bulk(64).repeat(10)}`],
];

for (const [name, reply] of cases) {
  const scanner = new ReplyScanner();
  const bytes = new TextEncoder().encode(reply.repeat(PIPELINE));
  Deno.bench(`${name} (x ${PIPELINE})`, { group: "ReplyScanner" }, () => scanAll(scanner, bytes));
}
