/**
 * The layout of a key with its value in the arena, and nothing else: who points to it is not known here.
 *
 * ```
 * word 0   key length 16 · access 8 · type 4 · has-expiry 1 · has-links 1 · encoding 2
 * word 1   value length in bytes
 *          expiry, 2 words (0 = none)            if has-expiry
 *          next and previous of the tag family   if has-links
 *          key length                            if it does not fit 16 bits
 *          key, padded to 4; value
 * ```
 *
 * Invariant: the value starts at a multiple of 4, so a value that is a structure can keep references as words.
 *
 * @module
 */
import type { Arena } from "./arena.ts";
import { readMoment, writeMoment } from "./clock.ts";
import { copyBytes } from "./copy_bytes.ts";

/** The type tag of strings; the value is the string. */
export const STRING = 0;
/** The type tag of the record that a tag family hangs on: its key is the tag, and no client ever sees it. */
export const FAMILY = 15;
/** Header bit: an expiry field follows. */
export const HAS_EXPIRY = 1 << 28;
/** Header bit: family links follow. */
export const HAS_LINKS = 1 << 29;

const LONG_KEY = 0xffff;
const ACCESS_SHIFT = 16;
const TYPE_SHIFT = 24;
const ENCODING_SHIFT = 30;
const FAMILY_TYPE = FAMILY << TYPE_SHIFT;

/** The part of a header that says what the value is. */
export function kindOf(type: number, encoding: number): number {
  return (type << TYPE_SHIFT) | (encoding << ENCODING_SHIFT);
}

/** Bytes of a record before its value. */
export function valueOffsetOf(kind: number, keyLength: number): number {
  return (keyOffsetOf(kind, keyLength) + keyLength + 3) & ~3;
}

function keyOffsetOf(kind: number, keyLength: number): number {
  const fields = 2 + ((kind >>> 27) & 2) + ((kind >>> 28) & 2);
  return (keyLength >= LONG_KEY ? fields + 1 : fields) << 2;
}

/** Reads and writes the fields of records; `ref` is always one made by {@linkcode Records.format}. */
export class Records {
  /** Where the records lie. */
  readonly arena: Arena;

  /** Records in `arena`. */
  constructor(arena: Arena) {
    this.arena = arena;
  }

  /** Writes header and lengths into fresh memory; links and expiry become 0, key and value are the caller's to write. */
  format(ref: number, kind: number, keyLength: number, valueLength: number): void {
    const words = this.words(ref);
    const w = this.wordOf(ref);
    const long = keyLength >= LONG_KEY;
    words[w] = kind | (long ? LONG_KEY : keyLength);
    words[w + 1] = valueLength;
    const fields = w + (keyOffsetOf(kind, keyLength) >>> 2);
    for (let at = w + 2; at < fields; at++) words[at] = 0;
    if (long) words[fields - 1] = keyLength;
  }

  /** The segment of a record as bytes: what offsets given here are in. */
  bytes(ref: number): Uint8Array {
    return this.arena.bytes[ref >>> this.arena.segmentShift]!;
  }

  /** The segment of a record as words. */
  words(ref: number): Int32Array {
    return this.arena.words[ref >>> this.arena.segmentShift]!;
  }

  /** Index of a record's first word. */
  wordOf(ref: number): number {
    return (ref & this.arena.segmentMask) << 1;
  }

  /** The header without its length and access fields: type, encoding and the `HAS_` bits. */
  kind(ref: number): number {
    return this.words(ref)[this.wordOf(ref)]! & (-1 << TYPE_SHIFT);
  }

  /** Type tag. */
  type(ref: number): number {
    return (this.words(ref)[this.wordOf(ref)]! >>> TYPE_SHIFT) & 15;
  }

  /** Encoding, meaningful to the type. */
  encoding(ref: number): number {
    return this.words(ref)[this.wordOf(ref)]! >>> ENCODING_SHIFT;
  }

  /** Changes the encoding; the value's bytes are the caller's to change with it. */
  setEncoding(ref: number, encoding: number): void {
    const words = this.words(ref);
    const w = this.wordOf(ref);
    words[w] = (words[w]! & 0x3fffffff) | (encoding << ENCODING_SHIFT);
  }

  /** The access byte: clock or counter of the eviction policy. */
  access(ref: number): number {
    return (this.words(ref)[this.wordOf(ref)]! >>> ACCESS_SHIFT) & 255;
  }

  /** Sets the access byte, 0–255. */
  setAccess(ref: number, access: number): void {
    const words = this.words(ref);
    const w = this.wordOf(ref);
    words[w] = (words[w]! & ~(255 << ACCESS_SHIFT)) | (access << ACCESS_SHIFT);
  }

  /** Byte offset of the key. */
  keyStart(ref: number): number {
    const w = this.wordOf(ref);
    const header = this.words(ref)[w]!;
    return (w << 2) + keyOffsetOf(header, header & LONG_KEY);
  }

  /** Length of the key in bytes. */
  keyLength(ref: number): number {
    const words = this.words(ref);
    const w = this.wordOf(ref);
    const length = words[w]! & LONG_KEY;
    if (length !== LONG_KEY) return length;
    return words[w + (keyOffsetOf(words[w]!, LONG_KEY) >>> 2) - 1]!;
  }

  /** Byte offset of the value. */
  valueStart(ref: number): number {
    const w = this.wordOf(ref);
    return (w << 2) + valueOffsetOf(this.words(ref)[w]!, this.keyLength(ref));
  }

  /** Length of the value in bytes. */
  valueLength(ref: number): number {
    return this.words(ref)[this.wordOf(ref) + 1]!;
  }

  /** Sets the length of a value that has the room ({@linkcode Records.room}). */
  setValueLength(ref: number, valueLength: number): void {
    this.words(ref)[this.wordOf(ref) + 1] = valueLength;
  }

  /** Bytes the value can have without the record moving. */
  room(ref: number): number {
    return this.arena.capacityOf(ref) - valueOffsetOf(this.kind(ref), this.keyLength(ref));
  }

  /** When the key expires, in milliseconds since the epoch; 0 when it does not. */
  expireAtMs(ref: number): number {
    const words = this.words(ref);
    const w = this.wordOf(ref);
    return (words[w]! & HAS_EXPIRY) === 0 ? 0 : readMoment(words, w + 2);
  }

  /** Sets the expiry of a record that has the field. */
  writeExpiry(ref: number, expireAtMs: number): void {
    writeMoment(this.words(ref), this.wordOf(ref) + 2, expireAtMs);
  }

  /** Bytes of the whole record, without the rest of its cell. */
  size(ref: number): number {
    return valueOffsetOf(this.kind(ref), this.keyLength(ref)) + this.valueLength(ref);
  }

  /**
   * Makes `target` what `ref` is, and with an expiry field if `kind` has one; key and value move along as far as
   * `valueLength`. `target` is fresh memory, or `ref` itself when it has the room. A new expiry field is not written.
   */
  move(ref: number, target: number, kind: number, valueLength: number): void {
    const from = this.words(ref);
    const f = this.wordOf(ref);
    const to = this.words(target);
    const t = this.wordOf(target);
    const header = from[f]!;
    const fieldsFrom = f + 2;
    const fieldsTo = t + 2 + (((kind & ~header) >>> 27) & 2);
    const kept = Math.min(valueLength, from[f + 1]!);
    const end = f * 4 + valueOffsetOf(header, this.keyLength(ref)) + kept;
    copyBytes(this.bytes(target), fieldsTo * 4, this.bytes(ref), fieldsFrom * 4, end);
    to[t] = kind | (header & ~(-1 << TYPE_SHIFT));
    to[t + 1] = valueLength;
  }

  /** Index of the word with the next of the family; the previous is in the one after it. */
  linkWord(ref: number): number {
    const w = this.wordOf(ref);
    return w + 2 + ((this.words(ref)[w]! >>> 27) & 2);
  }

  /** Whether this is a client's key with exactly these bytes. */
  holdsKey(ref: number, key: Uint8Array, start: number, end: number): boolean {
    return this.#holds(ref, false, key, start, end);
  }

  /** Whether this is the record of the family with exactly this tag. */
  holdsTag(ref: number, key: Uint8Array, start: number, end: number): boolean {
    return this.#holds(ref, true, key, start, end);
  }

  #holds(ref: number, family: boolean, key: Uint8Array, start: number, end: number): boolean {
    const { arena } = this;
    const segment = ref >>> arena.segmentShift;
    const w = (ref & arena.segmentMask) << 1;
    const header = arena.words[segment]![w]!;
    let length = header & LONG_KEY;
    if (length === LONG_KEY) length = this.keyLength(ref);
    if (length !== end - start || ((header & FAMILY_TYPE) === FAMILY_TYPE) !== family) return false;
    const bytes = arena.bytes[segment]!;
    let at = (w << 2) + keyOffsetOf(header, length);
    for (let i = start; i < end; i++) {
      if (bytes[at++] !== key[i]) return false;
    }
    return true;
  }
}
