/**
 * CRC-32 as in zlib and IEEE 802.3 (reflected polynomial 0xEDB88320): the hash behind the slots.
 *
 * @module
 */

/** Four tables of 256: the second to fourth take a byte one to three places further. */
const TABLES = makeTables();

function makeTables(): Int32Array {
  const tables = new Int32Array(4 * 256);
  for (let byte = 0; byte < 256; byte++) {
    let value = byte;
    for (let bit = 0; bit < 8; bit++) value = (value >>> 1) ^ (value & 1 ? 0xedb88320 : 0);
    tables[byte] = value;
  }
  for (let at = 256; at < tables.length; at++) {
    const before = tables[at - 256]!;
    tables[at] = (before >>> 8) ^ tables[before & 0xff]!;
  }
  return tables;
}

/**
 * Returns the CRC-32 of `bytes[start, end)` as a signed 32-bit integer.
 *
 * Signed, because every such value is a small integer to V8; `>>> 0` makes it zlib's figure.
 */
export function crc32(bytes: Uint8Array, start: number, end: number): number {
  let crc = -1;
  let position = start;
  for (const whole = end - 3; position < whole; position += 4) {
    crc ^= bytes[position]! | (bytes[position + 1]! << 8) | (bytes[position + 2]! << 16) |
      (bytes[position + 3]! << 24);
    crc = TABLES[768 + (crc & 0xff)]! ^ TABLES[512 + ((crc >>> 8) & 0xff)]! ^
      TABLES[256 + ((crc >>> 16) & 0xff)]! ^ TABLES[crc >>> 24]!;
  }
  for (; position < end; position++) {
    crc = (crc >>> 8) ^ TABLES[(crc ^ bytes[position]!) & 0xff]!;
  }
  return ~crc;
}
