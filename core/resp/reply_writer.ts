/**
 * Writes replies into a connection's output, in RESP2 or RESP3 as the client chose with HELLO. The
 * frames are those of Redis 7.0's `addReply…` family.
 *
 * The output belongs to someone else: `grow` is called when a reply does not fit and must put the
 * writer where it does. Every method leaves `position` behind a whole frame.
 *
 * @module
 */

import { MemoryCopier } from "../memory_copier.ts";
import { formatDouble } from "./format_double.ts";

/** Makes room: sets `bytes`, `position` and `limit` so that `byteCount` more bytes fit. */
export type ReplyGrow = (writer: ReplyWriter, byteCount: number) => void;

/** Up to this size a byte loop beats everything else. */
const COPY_INSIDE_BYTES = 24;
/** Up to this size a byte loop beats `set(subarray)`. */
const COPY_SET_BYTES = 48;
/** A type byte, a sign, 16 digits, CR LF: no header is longer. */
const HEADER_BYTES = 20;

const NO_BYTES = new Uint8Array(0);
const CR = 0x0d;
const LF = 0x0a;
const ZERO = 0x30;

const encoder = new TextEncoder();

/** Appends replies to `bytes` from `position` on. */
export class ReplyWriter {
  /** The output region. */
  bytes: Uint8Array;
  /** Where the next byte goes. */
  position = 0;
  /** Behind the last byte that may be written. */
  limit: number;
  /** The protocol version of the client being answered. */
  protocol: 2 | 3 = 2;

  readonly #grow: ReplyGrow;
  /** Copies inside of the array it was made for, which is nearly always `bytes`. */
  #copier = new MemoryCopier(NO_BYTES);
  #copierBytes: Uint8Array = NO_BYTES;

  /** Makes a writer that asks `grow` for room, or without it one that owns a growing buffer. */
  constructor(grow: ReplyGrow = growOwnBuffer) {
    this.#grow = grow;
    this.bytes = new Uint8Array(grow === growOwnBuffer ? 1024 : 0);
    this.limit = this.bytes.length;
  }

  /** Makes sure that `byteCount` more bytes fit. */
  reserve(byteCount: number): void {
    if (this.position + byteCount > this.limit) this.#grow(this, byteCount);
  }

  /** Writes `+OK`. */
  ok(): void {
    this.reserve(5);
    const { bytes, position } = this;
    bytes[position] = 0x2b;
    bytes[position + 1] = 0x4f;
    bytes[position + 2] = 0x4b;
    bytes[position + 3] = CR;
    bytes[position + 4] = LF;
    this.position = position + 5;
  }

  /** Writes a frame made beforehand, as it is. */
  frame(constant: Uint8Array): void {
    this.reserve(constant.length);
    this.#append(constant, 0, constant.length);
  }

  /** Writes a simple string; see `error` for the text. */
  simple(text: string): void {
    this.#line(0x2b, text);
  }

  /**
   * Writes an error; `text` starts with its code (`ERR …`, `WRONGTYPE …`).
   *
   * Each character is one byte (Latin-1), as errors quote what the client sent. Line breaks become
   * blanks, as in Redis.
   */
  error(text: string): void {
    this.#line(0x2d, text);
  }

  /** Writes an integer; up to 2^53 in either direction. */
  integer(value: number): void {
    this.reserve(HEADER_BYTES);
    this.#header(0x3a, value);
  }

  /** Writes an integer of up to 64 bits. */
  bigInteger(value: bigint): void {
    this.#line(0x3a, String(value));
  }

  /** Writes `bytes[start, end)` as a bulk string; the range may lie in the output region itself. */
  bulk(bytes: Uint8Array, start: number, end: number): void {
    const length = end - start;
    this.reserve(HEADER_BYTES + length + 2);
    this.#header(0x24, length);
    this.#append(bytes, start, end);
    this.#lineEnd();
  }

  /** Writes a string as a bulk string in UTF-8. */
  bulkText(text: string): void {
    // A character takes three bytes at most: a pair of surrogates takes four for two.
    this.reserve(HEADER_BYTES + 3 * text.length + 2);
    if (!isAscii(text)) {
      const payload = encoder.encode(text);
      this.bulk(payload, 0, payload.length);
      return;
    }
    this.#header(0x24, text.length);
    this.#appendLatin1(text);
    this.#lineEnd();
  }

  /** Writes a string whose characters are bytes (Latin-1) as a bulk string. */
  bulkLatin1(text: string): void {
    this.reserve(HEADER_BYTES + text.length + 2);
    this.#header(0x24, text.length);
    this.#appendLatin1(text);
    this.#lineEnd();
  }

  /** Writes only `$<length>`; the caller appends the payload and a line end. */
  bulkHeader(length: number): void {
    this.reserve(HEADER_BYTES);
    this.#header(0x24, length);
  }

  /** Writes "no value" where a string was asked for. */
  nil(): void {
    this.#nil(0x24);
  }

  /** Writes "no value" where an array was asked for. */
  nilArray(): void {
    this.#nil(0x2a);
  }

  /** Announces an array of `count` replies. */
  array(count: number): void {
    this.#aggregate(0x2a, count);
  }

  /** Announces a map of `count` pairs; in RESP2 an array of twice as many. */
  map(count: number): void {
    if (this.protocol === 2) this.#aggregate(0x2a, 2 * count);
    else this.#aggregate(0x25, count);
  }

  /** Announces a set of `count` members; in RESP2 an array. */
  set(count: number): void {
    this.#aggregate(this.protocol === 2 ? 0x2a : 0x7e, count);
  }

  /** Announces a push of `count` replies; in RESP2 an array. */
  push(count: number): void {
    this.#aggregate(this.protocol === 2 ? 0x2a : 0x3e, count);
  }

  /** Writes a double with 17 digits; in RESP2 as a bulk string. */
  double(value: number): void {
    const text = formatDouble(value);
    if (this.protocol === 2) this.bulkLatin1(text);
    else this.#line(0x2c, text);
  }

  /** Writes a boolean; in RESP2 1 or 0. */
  boolean(value: boolean): void {
    if (this.protocol === 2) this.integer(value ? 1 : 0);
    else this.#line(0x23, value ? "t" : "f");
  }

  /** Writes text with its three-letter format, such as `txt`; in RESP2 as a bulk string. */
  verbatim(text: string, format: string): void {
    if (this.protocol === 2) {
      this.bulkText(text);
      return;
    }
    const payload = encoder.encode(`${format}:${text}`);
    this.reserve(HEADER_BYTES + payload.length + 2);
    this.#header(0x3d, payload.length);
    this.#append(payload, 0, payload.length);
    this.#lineEnd();
  }

  /** Writes an integer of any size; in RESP2 as a bulk string. */
  bigNumber(value: bigint): void {
    if (this.protocol === 2) this.bulkLatin1(String(value));
    else this.#line(0x28, String(value));
  }

  #nil(marker: number): void {
    this.reserve(5);
    const { bytes } = this;
    let { position } = this;
    if (this.protocol === 2) {
      bytes[position++] = marker;
      bytes[position++] = 0x2d;
      bytes[position++] = 0x31;
    } else {
      bytes[position++] = 0x5f;
    }
    bytes[position] = CR;
    bytes[position + 1] = LF;
    this.position = position + 2;
  }

  #aggregate(marker: number, count: number): void {
    this.reserve(HEADER_BYTES);
    this.#header(marker, count);
  }

  #line(marker: number, text: string): void {
    this.reserve(text.length + 3);
    this.bytes[this.position++] = marker;
    for (let at = 0; at < text.length; at++) {
      const code = text.charCodeAt(at);
      this.bytes[this.position++] = code === CR || code === LF ? 0x20 : code;
    }
    this.#lineEnd();
  }

  /** Writes a type byte, a decimal and a line end; the room has been reserved. */
  #header(marker: number, value: number): void {
    const { bytes } = this;
    let { position } = this;
    bytes[position++] = marker;
    if (value < 0) {
      bytes[position++] = 0x2d;
      value = -value;
    }
    let digitCount = 1;
    for (let bound = 10; value >= bound; bound *= 10) digitCount++;
    const end = position + digitCount;
    for (let at = end - 1; at >= position; at--) {
      const rest = Math.floor(value / 10);
      // The digit first: `ZERO + value` may be beyond 2^53.
      bytes[at] = ZERO + (value - rest * 10);
      value = rest;
    }
    bytes[end] = CR;
    bytes[end + 1] = LF;
    this.position = end + 2;
  }

  #lineEnd(): void {
    this.bytes[this.position] = CR;
    this.bytes[this.position + 1] = LF;
    this.position += 2;
  }

  #append(source: Uint8Array, start: number, end: number): void {
    const { bytes, position } = this;
    const length = end - start;
    this.position = position + length;
    if (source === bytes && length > COPY_INSIDE_BYTES && isApart(position, start, end)) {
      if (this.#copierBytes !== bytes) this.#useCopier(bytes);
      this.#copier.copy(position, start, end);
    } else if (length > COPY_SET_BYTES) {
      bytes.set(source.subarray(start, end), position);
    } else {
      for (let at = 0; at < length; at++) bytes[position + at] = source[start + at]!;
    }
  }

  #useCopier(bytes: Uint8Array): void {
    this.#copierBytes = bytes;
    this.#copier = new MemoryCopier(bytes);
  }

  #appendLatin1(text: string): void {
    const { bytes, position } = this;
    for (let at = 0; at < text.length; at++) bytes[position + at] = text.charCodeAt(at);
    this.position = position + text.length;
  }
}

function growOwnBuffer(writer: ReplyWriter, byteCount: number): void {
  const grown = new Uint8Array(Math.max(2 * writer.bytes.length, writer.position + byteCount));
  grown.set(writer.bytes.subarray(0, writer.position));
  writer.bytes = grown;
  writer.limit = grown.length;
}

/** Whether a copy of `[start, end)` to `to` cannot meet its own source. */
function isApart(to: number, start: number, end: number): boolean {
  return to >= end || to + end - start <= start;
}

function isAscii(text: string): boolean {
  for (let at = 0; at < text.length; at++) if (text.charCodeAt(at) > 0x7f) return false;
  return true;
}
