/**
 * The published check value, and every length around the four-byte step.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { crc32 } from "./crc32.ts";

/** Takes bit after bit, as the polynomial is defined. */
function crc32ByBits(bytes: Uint8Array): number {
  let crc = -1;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc;
}

Deno.test("crc32() has the check value of CRC-32/ISO-HDLC", () => {
  const bytes = new TextEncoder().encode("x123456789x");

  assertEquals(crc32(bytes, 1, 10) >>> 0, 0xcbf43926);
  assertEquals(crc32(bytes, 1, 1), 0);
});

Deno.test("crc32() equals the definition at every length and offset", () => {
  const bytes = Uint8Array.from({ length: 64 }, (_, index) => (index * 151 + 200) & 0xff);
  for (let start = 0; start < 5; start++) {
    for (let end = start; end <= bytes.length; end++) {
      assertEquals(crc32(bytes, start, end), crc32ByBits(bytes.subarray(start, end)));
    }
  }
});
