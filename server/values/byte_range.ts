/**
 * Where a piece of a value lies: in the arena, in the request, or as digits in a scratch area of its own.
 *
 * Invariant: nothing is copied but numbers, which are spelled into the range's own scratch.
 *
 * @module
 */

import { decimalLengthOf, writeDecimal } from "../decimal_bytes.ts";

/** Room for the longest 64-bit integer. */
const DIGITS_MAX = 20;

const latin1 = new TextDecoder("latin1");
const encoder = new TextEncoder();

/** `bytes[start, end)`; holds until the range is set again or what it refers to changes. */
export class ByteRange {
  /** Where the piece lies. */
  bytes: Uint8Array = new Uint8Array(0);
  /** Its first byte. */
  start = 0;
  /** Behind its last byte. */
  end = 0;
  #digits: Uint8Array | undefined;

  /** Makes it `bytes[start, end)`. */
  set(bytes: Uint8Array, start: number, end: number): void {
    this.bytes = bytes;
    this.start = start;
    this.end = end;
  }

  /** Makes it the spelling of a safe integer. */
  setInteger(value: number): void {
    const digits = this.#digits ??= new Uint8Array(DIGITS_MAX);
    const length = decimalLengthOf(value);
    writeDecimal(digits, 0, length, value);
    this.set(digits, 0, length);
  }

  /** Makes it the spelling of an integer of 64 bits. */
  setBigInteger(value: bigint): void {
    const digits = this.#digits ??= new Uint8Array(DIGITS_MAX);
    this.set(digits, 0, encoder.encodeInto(String(value), digits).written);
  }

  /** Makes it a copy of text, one byte a character (Latin-1). */
  setText(text: string): void {
    const bytes = new Uint8Array(text.length);
    for (let at = 0; at < text.length; at++) bytes[at] = text.charCodeAt(at);
    this.set(bytes, 0, bytes.length);
  }

  /** How many bytes. */
  get length(): number {
    return this.end - this.start;
  }

  /** As text, one character a byte. */
  text(): string {
    return latin1.decode(this.bytes.subarray(this.start, this.end));
  }

  /** Makes it a copy of what it is, so that it holds whatever happens to the original. */
  own(): void {
    this.set(this.bytes.slice(this.start, this.end), 0, this.length);
  }
}

/** Below 0, 0 or above: the order of two pieces by their bytes, a prefix first. */
export function compareBytes(
  a: Uint8Array,
  aStart: number,
  aEnd: number,
  b: Uint8Array,
  bStart: number,
  bEnd: number,
): number {
  const common = Math.min(aEnd - aStart, bEnd - bStart);
  for (let i = 0; i < common; i++) {
    const difference = a[aStart + i]! - b[bStart + i]!;
    if (difference !== 0) return difference;
  }
  return aEnd - aStart - (bEnd - bStart);
}
