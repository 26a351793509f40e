/**
 * Bytes of the RDB format being read, from a range that may hold anything.
 *
 * Invariant: nothing behind the end is read, and nothing is allocated for a length that the bytes do not bear out.
 *
 * @module
 */

import { decompressLzf, lengthOfLzf } from "./lzf.ts";

/** What {@linkcode RdbInput.byte} and {@linkcode RdbInput.size} return when the bytes end or make no sense. */
export const RDB_INVALID = -1;

/** A buffer larger than this is not kept for the next string. */
const KEPT_BYTES = 1 << 20;

const encoder = new TextEncoder();

/** Reads forward over `bytes`. */
export class RdbInput {
  /** The bytes being read. */
  bytes: Uint8Array = new Uint8Array(0);
  /** Where the next byte is read. */
  position = 0;
  /** Behind the last byte. */
  end = 0;
  /** After a {@linkcode RdbInput.size} that names a special encoding: which; otherwise -1. */
  encoding = -1;
  /** Where the string read last is; holds until the next one is read. */
  text: Uint8Array = this.bytes;
  /** Its first byte in {@linkcode RdbInput.text}. */
  textStart = 0;
  /** Behind its last byte. */
  textEnd = 0;
  #scratch = new Uint8Array(64);

  /** Starts at the first byte of `bytes[start, end)`. */
  open(bytes: Uint8Array, start: number, end: number): void {
    this.bytes = bytes;
    this.position = start;
    this.end = end;
  }

  /** Reads one byte. */
  byte(): number {
    return this.position < this.end ? this.bytes[this.position++]! : RDB_INVALID;
  }

  /** Reads a length or count; a special encoding sets {@linkcode RdbInput.encoding} and returns 0. */
  size(): number {
    this.encoding = -1;
    const first = this.byte();
    switch (first >> 6) {
      case 0:
        return first;
      case 1: {
        const second = this.byte();
        return second < 0 ? RDB_INVALID : ((first & 63) << 8) | second;
      }
      case 2:
        if (first === 0x80) return this.#bigEndian(4);
        return first === 0x81 ? this.#bigEndian(8) : RDB_INVALID;
      case 3:
        this.encoding = first & 63;
        return 0;
      default:
        return RDB_INVALID;
    }
  }

  /** Reads a string of any form into {@linkcode RdbInput.text}; false when there is none. */
  string(): boolean {
    const length = this.size();
    if (length === RDB_INVALID) return false;
    switch (this.encoding) {
      case -1:
        if (length > this.end - this.position) return false;
        this.#found(this.bytes, this.position, this.position + length);
        this.position += length;
        return true;
      case 0:
      case 1:
      case 2:
        return this.#integer(1 << this.encoding);
      case 3:
        return this.#compressed();
      default:
        return false;
    }
  }

  #integer(width: number): boolean {
    if (width > this.end - this.position) return false;
    let value = 0;
    for (let i = 0; i < width; i++) value |= this.bytes[this.position++]! << (8 * i);
    const unused = 32 - 8 * width;
    const { written } = encoder.encodeInto(String(value << unused >> unused), this.#scratch);
    this.#found(this.#scratch, 0, written);
    return true;
  }

  #compressed(): boolean {
    const size = this.size();
    if (size === RDB_INVALID || this.encoding !== -1) return false;
    const length = this.size();
    if (length === RDB_INVALID || this.encoding !== -1) return false;
    const start = this.position;
    if (size > this.end - start || lengthOfLzf(this.bytes, start, start + size) !== length) {
      return false;
    }
    if (this.#scratch.length < length || this.#scratch.length > KEPT_BYTES) {
      this.#scratch = new Uint8Array(Math.max(length, 64));
    }
    decompressLzf(this.bytes, start, start + size, this.#scratch);
    this.position = start + size;
    this.#found(this.#scratch, 0, length);
    return true;
  }

  #found(bytes: Uint8Array, start: number, end: number): void {
    this.text = bytes;
    this.textStart = start;
    this.textEnd = end;
  }

  #bigEndian(width: number): number {
    if (width > this.end - this.position) return RDB_INVALID;
    let value = 0;
    for (let i = 0; i < width; i++) value = value * 256 + this.bytes[this.position++]!;
    return value;
  }
}
