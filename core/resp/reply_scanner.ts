/**
 * Finds where a reply ends, so that it can be forwarded without being decoded. RESP2 and RESP3.
 *
 * Two integers hold all there is to know about an unfinished reply: how far it was understood and
 * how many elements are still to come. There is no recursion, so nesting costs nothing, and a reply
 * that arrives in pieces is scanned once. One scanner belongs to one upstream connection.
 *
 * @module
 */

import { decimalOf } from "./decimal.ts";

/** `scan` needs more bytes. */
export const REPLY_INCOMPLETE: -1 = -1;
/** `scan` found bytes that are no reply: the connection cannot be used any more. */
export const REPLY_ERROR: -2 = -2;

/** The maxima of one reply. */
export interface ReplyLimits {
  /** The longest bulk string. @default 512 MiB */
  bulkBytesMax?: number;
  /** The longest line: simple string, error, number. @default 1 MiB */
  lineBytesMax?: number;
  /** How many elements may be announced and not yet seen. @default 2^30 */
  pendingMax?: number;
}

const CR = 0x0d;
const LF = 0x0a;
const PLUS = 0x2b;
const COLON = 0x3a;
const DOLLAR = 0x24;
const ASTERISK = 0x2a;
const ZERO = 0x30;
const NINE = 0x39;
const QUESTION = 0x3f;

/** What follows a type's line: nothing, a payload, or so many elements per announced one. */
const LINE = 1;
const BULK = 2;
const AGGREGATE = 3;
const MAP = 4;
const ATTRIBUTE = 5;

const KINDS = kindsByMarker();

function kindsByMarker(): Uint8Array {
  const kinds = new Uint8Array(256);
  for (const marker of "+-:_#,(") kinds[marker.charCodeAt(0)] = LINE;
  for (const marker of "$=!") kinds[marker.charCodeAt(0)] = BULK;
  for (const marker of "*~>") kinds[marker.charCodeAt(0)] = AGGREGATE;
  kinds["%".charCodeAt(0)] = MAP;
  kinds["|".charCodeAt(0)] = ATTRIBUTE;
  return kinds;
}

/** Scans the replies of one connection, one per finished call of `scan`. */
export class ReplyScanner {
  /** How much of the unfinished reply was understood, counted from its first byte. */
  relativePosition = 0;
  /** How many elements of the unfinished reply are still to come; 0 between replies. */
  pending = 0;
  /** What was wrong, after `REPLY_ERROR`. */
  error = "";

  readonly #bulkBytesMax: number;
  readonly #lineBytesMax: number;
  readonly #pendingMax: number;
  /** Before this offset, counted as `relativePosition`, the line there does not end. */
  #searched = 0;

  /** Makes a scanner with the default maxima, or those given. */
  constructor(limits: ReplyLimits = {}) {
    this.#bulkBytesMax = limits.bulkBytesMax ?? 512 * 1024 * 1024;
    this.#lineBytesMax = limits.lineBytesMax ?? 1024 * 1024;
    this.#pendingMax = limits.pendingMax ?? 2 ** 30;
  }

  /**
   * Returns the offset behind the first reply in `bytes[start, end)`, or a negative code.
   *
   * After `REPLY_INCOMPLETE` the scanner remembers how far it got: the next call must pass the same
   * reply from its first byte on, wherever that lies now, with more bytes behind it. Attributes
   * belong to the reply they precede; a push (`>`) is a reply of its own.
   */
  scan(bytes: Uint8Array, start: number, end: number): number {
    if (start >= end) return REPLY_INCOMPLETE;
    let position = start;
    if (this.pending === 0) {
      position = this.#scanShort(bytes, start, end);
      if (position > 0) return position;
      this.pending = 1;
    }
    position = start + this.relativePosition;
    do {
      let next = this.#scanShort(bytes, position, end);
      if (next > 0) this.pending--;
      else next = this.#scanElement(bytes, position, end, start);
      if (next < 0) {
        if (next === REPLY_ERROR) this.reset();
        else this.relativePosition = position - start;
        return next;
      }
      position = next;
    } while (this.pending > 0);
    this.reset();
    return position;
  }

  /** Forgets the unfinished reply; call it when the connection is replaced. */
  reset(): void {
    this.relativePosition = 0;
    this.pending = 0;
    this.#searched = 0;
  }

  /** Finds the end of `+OK`, a one-digit integer or a bulk up to 999 bytes; 0 for all else. */
  #scanShort(bytes: Uint8Array, start: number, end: number): number {
    // Long enough for each of the three, except an integer alone in the buffer.
    if (start + 5 > end) return 0;
    const marker = bytes[start];
    if (marker === DOLLAR) {
      let length = bytes[start + 1]! - ZERO;
      if (length < 0 || length > 9) return 0;
      let cursor = start + 2;
      let byte = bytes[cursor]!;
      if (byte !== CR) {
        if (length === 0 || byte < ZERO || byte > NINE) return 0;
        length = length * 10 + byte - ZERO;
        byte = bytes[++cursor]!;
        if (byte >= ZERO && byte <= NINE) {
          length = length * 10 + byte - ZERO;
          byte = bytes[++cursor]!;
        }
      }
      const replyEnd = cursor + length + 4;
      return byte === CR && length <= this.#bulkBytesMax && replyEnd <= end &&
          bytes[cursor + 1] === LF && bytes[replyEnd - 2] === CR && bytes[replyEnd - 1] === LF
        ? replyEnd
        : 0;
    }
    if (marker === PLUS) {
      return bytes[start + 3] === CR && bytes[start + 4] === LF && bytes[start + 1]! > CR &&
          bytes[start + 2]! > CR
        ? start + 5
        : 0;
    }
    return marker === COLON && bytes[start + 1]! > CR && bytes[start + 2] === CR &&
        bytes[start + 3] === LF
      ? start + 4
      : 0;
  }

  /** Returns the offset behind one element, or behind an aggregate's header, or a negative code. */
  #scanElement(bytes: Uint8Array, position: number, end: number, start: number): number {
    if (position >= end) return REPLY_INCOMPLETE;
    const marker = bytes[position]!;
    const kind = KINDS[marker]!;
    if (kind === 0) return this.#fail(`unknown reply type byte ${marker}`);
    const lineEnd = this.#findLineEnd(bytes, position, end, start);
    if (lineEnd < 0) return lineEnd;
    if (kind === LINE) {
      this.pending--;
      return lineEnd + 2;
    }
    if (bytes[position + 1] === QUESTION) return this.#fail("streamed replies are not supported");

    const length = decimalOf(bytes, position + 1, lineEnd);
    if (length === -1 && (marker === DOLLAR || marker === ASTERISK)) {
      this.pending--;
      return lineEnd + 2;
    }
    if (!(length >= 0)) return this.#fail("invalid length");
    if (kind === BULK) return this.#skipPayload(bytes, lineEnd + 2, end, length);
    const added = kind === AGGREGATE ? length - 1 : kind === MAP ? 2 * length - 1 : 2 * length;
    if (this.pending + added > this.#pendingMax) return this.#fail("too many elements");
    this.pending += added;
    return lineEnd + 2;
  }

  #skipPayload(bytes: Uint8Array, payload: number, end: number, length: number): number {
    if (length > this.#bulkBytesMax) return this.#fail("too long bulk string");
    const payloadEnd = payload + length;
    if (payloadEnd + 2 > end) return REPLY_INCOMPLETE;
    if (bytes[payloadEnd] !== CR || bytes[payloadEnd + 1] !== LF) {
      return this.#fail("no line end behind a bulk string");
    }
    this.pending--;
    return payloadEnd + 2;
  }

  /** Returns where the line at `position` ends, its line feed having arrived, or a negative code. */
  #findLineEnd(bytes: Uint8Array, position: number, end: number, start: number): number {
    let cursor = Math.max(position + 1, start + this.#searched);
    while (cursor < end && bytes[cursor] !== CR) cursor++;
    this.#searched = cursor - start;
    if (cursor - position > this.#lineBytesMax) return this.#fail("too long line");
    if (cursor + 1 >= end) return REPLY_INCOMPLETE;
    return bytes[cursor + 1] === LF ? cursor : this.#fail("no line feed behind a carriage return");
  }

  #fail(reason: string): number {
    this.error = `Protocol error in a reply: ${reason}`;
    return REPLY_ERROR;
  }
}
