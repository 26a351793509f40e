/**
 * CRC-64 as Redis puts it behind RDB files and DUMP payloads (Jones, reflected polynomial 0x95AC9329AC4BC9B5).
 *
 * Invariant: a checksum never becomes a BigInt; it is two 32-bit halves in {@linkcode crc64Of}'s result.
 *
 * @module
 */

/** Bytes of a checksum. */
export const CRC64_BYTES = 8;

const POLYNOMIAL_LOW = 0xac4bc9b5 | 0;
const POLYNOMIAL_HIGH = 0x95ac9329 | 0;

/** Eight tables of 256 each: the second to eighth take a byte one to seven places further. */
const LOW = new Int32Array(8 * 256);
const HIGH = new Int32Array(8 * 256);
fillTables();

function fillTables(): void {
  for (let byte = 0; byte < 256; byte++) {
    let low = byte;
    let high = 0;
    for (let bit = 0; bit < 8; bit++) {
      const odd = low & 1;
      low = (low >>> 1) | (high << 31);
      high >>>= 1;
      if (odd === 0) continue;
      low ^= POLYNOMIAL_LOW;
      high ^= POLYNOMIAL_HIGH;
    }
    LOW[byte] = low;
    HIGH[byte] = high;
  }
  for (let at = 256; at < LOW.length; at++) {
    const low = LOW[at - 256]!;
    const high = HIGH[at - 256]!;
    LOW[at] = ((low >>> 8) | (high << 24)) ^ LOW[low & 255]!;
    HIGH[at] = (high >>> 8) ^ HIGH[low & 255]!;
  }
}

/** The checksum computed last, as signed halves; one object, so that computing allocates nothing. */
export const crc64: { low: number; high: number } = { low: 0, high: 0 };

/** Puts the CRC-64 of `bytes[start, end)` into {@linkcode crc64}. */
export function crc64Of(bytes: Uint8Array, start: number, end: number): void {
  let low = 0;
  let high = 0;
  let at = start;
  for (const whole = end - 7; at < whole; at += 8) {
    low ^= wordAt(bytes, at);
    high ^= wordAt(bytes, at + 4);
    const a = 1792 + (low & 255);
    const b = 1536 + ((low >>> 8) & 255);
    const c = 1280 + ((low >>> 16) & 255);
    const d = 1024 + (low >>> 24);
    const e = 768 + (high & 255);
    const f = 512 + ((high >>> 8) & 255);
    const g = 256 + ((high >>> 16) & 255);
    const h = high >>> 24;
    low = LOW[a]! ^ LOW[b]! ^ LOW[c]! ^ LOW[d]! ^ LOW[e]! ^ LOW[f]! ^ LOW[g]! ^ LOW[h]!;
    high = HIGH[a]! ^ HIGH[b]! ^ HIGH[c]! ^ HIGH[d]! ^ HIGH[e]! ^ HIGH[f]! ^ HIGH[g]! ^ HIGH[h]!;
  }
  for (; at < end; at++) {
    const index = (low ^ bytes[at]!) & 255;
    low = ((low >>> 8) | (high << 24)) ^ LOW[index]!;
    high = (high >>> 8) ^ HIGH[index]!;
  }
  crc64.low = low;
  crc64.high = high;
}

/** Writes the CRC-64 of `bytes[start, at)` at `at`, least significant byte first. */
export function appendCrc64(bytes: Uint8Array, start: number, at: number): void {
  crc64Of(bytes, start, at);
  for (let i = 0; i < 4; i++) {
    bytes[at + i] = crc64.low >>> (i * 8);
    bytes[at + 4 + i] = crc64.high >>> (i * 8);
  }
}

/** Whether the last eight bytes of `bytes[start, end)` are the CRC-64 of those before them. */
export function endsWithCrc64(bytes: Uint8Array, start: number, end: number): boolean {
  const at = end - CRC64_BYTES;
  crc64Of(bytes, start, at);
  return wordAt(bytes, at) === crc64.low && wordAt(bytes, at + 4) === crc64.high;
}

function wordAt(bytes: Uint8Array, at: number): number {
  return bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
}
