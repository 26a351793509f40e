/**
 * One string as it looks in a listpack: to be searched for, and to be written.
 *
 * Invariant: only the head is copied; the content of a longer string stays where it is until it is written.
 *
 * @module
 */

import { decimalOf } from "../../core/resp/decimal.ts";
import { copyBytes } from "../keyspace/copy_bytes.ts";
import type { ByteRange } from "./byte_range.ts";
import { lengthBytes, writeLength } from "./listpack.ts";

/** Longer strings are no integers of 64 bits. */
const INTEGER_CHARACTERS_MAX = 20;
const INT64_BYTES = 9;

/** The listpack entry of one string. */
export class EntryImage {
  /** Bytes that it takes in a listpack. */
  size = 0;
  /** Bytes of the string. */
  length = 0;
  readonly #head = new Uint8Array(INT64_BYTES);
  #headLength = 0;
  #content: Uint8Array = this.#head;
  #start = 0;
  #end = 0;
  #entryBytes = 0;

  /** Makes it the entry of `bytes[start, end)`, which must stay as it is until the image is written. */
  set(bytes: Uint8Array, start: number, end: number): void {
    this.length = end - start;
    if (this.length <= INTEGER_CHARACTERS_MAX) {
      const value = decimalOf(bytes, start, end);
      if (!Number.isNaN(value)) return this.#setNumber(value, bytes, start, end);
    }
    this.#setText(bytes, start, end);
  }

  /** Makes it the entry of what a range refers to. */
  setRange(range: ByteRange): void {
    this.set(range.bytes, range.start, range.end);
  }

  /** Whether the entry at `p` is this one. */
  equals(bytes: Uint8Array, p: number): boolean {
    const head = this.#head;
    const headLength = this.#headLength;
    for (let i = 0; i < headLength; i++) if (bytes[p + i] !== head[i]) return false;
    const content = this.#content;
    let at = p + headLength;
    for (let i = this.#start; i < this.#end; i++) if (bytes[at++] !== content[i]) return false;
    return true;
  }

  /** Writes the entry at `at`, where {@linkcode EntryImage.size} bytes are free. */
  write(bytes: Uint8Array, at: number): void {
    const head = this.#head;
    const headLength = this.#headLength;
    for (let i = 0; i < headLength; i++) bytes[at + i] = head[i]!;
    if (this.#end > this.#start) {
      copyBytes(bytes, at + headLength, this.#content, this.#start, this.#end);
    }
    writeLength(bytes, at + this.#entryBytes, this.#entryBytes);
  }

  #setText(bytes: Uint8Array, start: number, end: number): void {
    const head = this.#head;
    const length = end - start;
    if (length < 64) {
      head[0] = 0x80 | length;
      this.#headLength = 1;
    } else if (length < 4096) {
      head[0] = 0xe0 | (length >>> 8);
      head[1] = length;
      this.#headLength = 2;
    } else {
      head[0] = 0xf0;
      this.#writeBinary(length, 4);
      this.#headLength = 5;
    }
    this.#content = bytes;
    this.#start = start;
    this.#end = end;
    this.#measure();
  }

  #setNumber(value: number, bytes: Uint8Array, start: number, end: number): void {
    const head = this.#head;
    this.#start = this.#end = 0;
    if (value >= 0 && value <= 127) {
      head[0] = value;
      this.#headLength = 1;
    } else if (value >= -4096 && value <= 4095) {
      head[0] = 0xc0 | ((value >> 8) & 31);
      head[1] = value;
      this.#headLength = 2;
    } else if (value === (value | 0)) {
      const width = value === value << 16 >> 16 ? 2 : value === value << 8 >> 8 ? 3 : 4;
      head[0] = 0xef + width;
      this.#writeBinary(value, width);
      this.#headLength = 1 + width;
    } else this.#setLong(value, bytes, start, end);
    this.#measure();
  }

  #setLong(value: number, bytes: Uint8Array, start: number, end: number): void {
    let low = value | 0;
    let high = Math.floor(value / 2 ** 32);
    if (!Number.isSafeInteger(value)) {
      const exact = BigInt(String.fromCharCode(...bytes.subarray(start, end)));
      low = Number(BigInt.asIntN(32, exact));
      high = Number(exact >> 32n);
    }
    this.#head[0] = 0xf4;
    this.#writeBinary(low, 4);
    for (let i = 0; i < 4; i++) this.#head[5 + i] = high >>> (8 * i);
    this.#headLength = INT64_BYTES;
  }

  #writeBinary(value: number, width: number): void {
    for (let i = 0; i < width; i++) this.#head[1 + i] = value >>> (8 * i);
  }

  #measure(): void {
    this.#entryBytes = this.#headLength + this.#end - this.#start;
    this.size = this.#entryBytes + lengthBytes(this.#entryBytes);
  }
}
