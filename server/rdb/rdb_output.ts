/**
 * Bytes of the RDB format being written: a buffer that grows, with the format's lengths and strings.
 *
 * Invariant: the same string is always written as the same bytes, those that redis-server writes with
 * `rdbcompression yes`.
 *
 * @module
 */

import { decimalOf } from "../../core/resp/decimal.ts";
import { compressLzf } from "./lzf.ts";

/** A buffer larger than this is not kept for the next use. */
const KEPT_BYTES = 1 << 20;
/** Strings up to this length may be an integer of 32 bits. */
const INTEGER_CHARACTERS_MAX = 11;
/** Strings up to this length are not compressed by redis-server. */
const PLAIN_BYTES_MAX = 20;
/** What compression must save at least. */
const SAVED_BYTES_MIN = 4;
/** A type byte and two lengths of five bytes each. */
const STRING_HEADER_BYTES = 11;

const INTEGER_8 = 0xc0;
const INTEGER_16 = 0xc1;
const INTEGER_32 = 0xc2;
const COMPRESSED = 0xc3;

/** Appends to {@linkcode RdbOutput.bytes}. */
export class RdbOutput {
  /** What was written, up to {@linkcode RdbOutput.length}; another array once it has grown. */
  bytes: Uint8Array = new Uint8Array(1024);
  /** How many bytes were written. */
  length = 0;
  readonly #plainBytesMax: number;

  /** Strings of up to `plainBytesMax` bytes are not compressed. */
  constructor(plainBytesMax: number = PLAIN_BYTES_MAX) {
    this.#plainBytesMax = plainBytesMax;
  }

  /** Forgets what was written. */
  clear(): void {
    this.length = 0;
    if (this.bytes.length > KEPT_BYTES) this.bytes = new Uint8Array(1024);
  }

  /** Makes sure that `byteCount` more bytes fit. */
  reserve(byteCount: number): void {
    const needed = this.length + byteCount;
    if (needed <= this.bytes.length) return;
    const grown = new Uint8Array(Math.max(needed, 2 * this.bytes.length));
    grown.set(this.bytes.subarray(0, this.length));
    this.bytes = grown;
  }

  /** Writes one byte. */
  byte(value: number): void {
    this.reserve(1);
    this.bytes[this.length++] = value;
  }

  /** Writes a length or count, less than 2^32. */
  size(value: number): void {
    this.reserve(5);
    const { bytes } = this;
    if (value < 64) {
      bytes[this.length++] = value;
    } else if (value < 16384) {
      bytes[this.length++] = 0x40 | (value >>> 8);
      bytes[this.length++] = value;
    } else {
      bytes[this.length++] = 0x80;
      for (let shift = 24; shift >= 0; shift -= 8) bytes[this.length++] = value >>> shift;
    }
  }

  /** Writes `source[start, end)` as a string in its shortest form: integer, compressed or plain. */
  string(source: Uint8Array, start: number, end: number): void {
    const length = end - start;
    if (length <= INTEGER_CHARACTERS_MAX) {
      const value = decimalOf(source, start, end);
      if (value === (value | 0)) return this.#integer(value);
    }
    if (length > this.#plainBytesMax && this.#compressed(source, start, end)) return;
    this.size(length);
    this.raw(source, start, end);
  }

  /** Writes `source[start, end)` as it is. */
  raw(source: Uint8Array, start: number, end: number): void {
    const length = end - start;
    this.reserve(length);
    const { bytes } = this;
    if (length > 64) bytes.set(source.subarray(start, end), this.length);
    else for (let i = 0; i < length; i++) bytes[this.length + i] = source[start + i]!;
    this.length += length;
  }

  #integer(value: number): void {
    this.reserve(5);
    const width = value === value << 24 >> 24 ? 1 : value === value << 16 >> 16 ? 2 : 4;
    this.bytes[this.length++] = width === 1 ? INTEGER_8 : width === 2 ? INTEGER_16 : INTEGER_32;
    for (let i = 0; i < width; i++) this.bytes[this.length++] = value >>> (8 * i);
  }

  #compressed(source: Uint8Array, start: number, end: number): boolean {
    const length = end - start;
    this.reserve(STRING_HEADER_BYTES + length);
    const at = this.length + STRING_HEADER_BYTES;
    const limit = at + length - SAVED_BYTES_MIN;
    const size = compressLzf(source, start, end, this.bytes, at, limit);
    if (size === 0) return false;
    // The header's own length depends on `size`: only now is known where the payload begins.
    this.bytes[this.length++] = COMPRESSED;
    this.size(size);
    this.size(length);
    this.bytes.copyWithin(this.length, at, at + size);
    this.length += size;
    return true;
  }
}
