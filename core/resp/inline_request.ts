/**
 * Inline commands: the lines a person types into telnet, split into words as Redis splits them (its
 * `sdssplitargs`) and re-encoded as a RESP array, so that everything behind the parser sees one form.
 *
 * The buffers are reused from line to line: what `encode` returned is valid until the next line.
 *
 * @module
 */

const DOUBLE_QUOTE = 0x22;
const SINGLE_QUOTE = 0x27;
const BACKSLASH = 0x5c;

/** The longest header of one word: `$`, ten digits, CR LF, and the CR LF behind the word. */
const WORD_OVERHEAD_BYTES = 15;

/** Splits one line and holds its words until the next one. */
export class InlineRequest {
  /** The line as a RESP array, from 0 to the end that `encode` returned. */
  bytes: Uint8Array = new Uint8Array(256);
  #words: Uint8Array = new Uint8Array(128);
  #wordsLength = 0;
  #ends: number[] = [];

  /**
   * Splits the line `bytes[start, end)`, given without its line feed, and returns how many words it
   * has, or -1 if its quotes are unbalanced.
   */
  split(bytes: Uint8Array, start: number, end: number): number {
    // A word is never longer than what spelled it, so the line's length is room enough.
    if (this.#words.length < end - start) this.#words = new Uint8Array(2 * (end - start));
    this.#wordsLength = 0;
    this.#ends.length = 0;
    let position = start;
    for (;;) {
      while (position < end && isSpace(bytes[position]!)) position++;
      if (position >= end) return this.#ends.length;
      position = this.#readWord(bytes, position, end);
      if (position < 0) return -1;
      this.#ends.push(this.#wordsLength);
    }
  }

  /**
   * Whether the first word is `POST` or `Host:`: a web page makes its browser send commands in the
   * body of a request. Redis closes such connections, too.
   */
  get isHttp(): boolean {
    const size = this.#ends[0]!;
    if (size !== 4 && size !== 5) return false;
    const word = String.fromCharCode(...this.#words.subarray(0, size)).toLowerCase();
    return word === "post" || word === "host:";
  }

  /**
   * Writes the words as a RESP array into `this.bytes` and their ranges into `args`, which must have
   * room for two numbers per word; returns the array's end.
   */
  encode(args: Int32Array): number {
    const count = this.#ends.length;
    const room = 16 + this.#wordsLength + count * WORD_OVERHEAD_BYTES;
    if (this.bytes.length < room) this.bytes = new Uint8Array(2 * room);
    let position = this.#writeHeader(0, 0x2a, count);
    let wordStart = 0;
    for (let index = 0; index < count; index++) {
      const wordEnd = this.#ends[index]!;
      position = this.#writeHeader(position, 0x24, wordEnd - wordStart);
      args[2 * index] = position;
      for (let at = wordStart; at < wordEnd; at++) this.bytes[position++] = this.#words[at]!;
      args[2 * index + 1] = position;
      this.bytes[position++] = 0x0d;
      this.bytes[position++] = 0x0a;
      wordStart = wordEnd;
    }
    return position;
  }

  #writeHeader(position: number, marker: number, value: number): number {
    const digits = String(value);
    this.bytes[position++] = marker;
    for (let at = 0; at < digits.length; at++) this.bytes[position++] = digits.charCodeAt(at);
    this.bytes[position++] = 0x0d;
    this.bytes[position++] = 0x0a;
    return position;
  }

  /** Appends one word and returns the offset behind it, or -1 if its quotes are unbalanced. */
  #readWord(bytes: Uint8Array, position: number, end: number): number {
    while (position < end) {
      const byte = bytes[position]!;
      // A quote may open in the middle of a word, but must close at the end of one.
      if (byte === DOUBLE_QUOTE) return this.#readDoubleQuoted(bytes, position + 1, end);
      if (byte === SINGLE_QUOTE) return this.#readSingleQuoted(bytes, position + 1, end);
      // Vertical tab and form feed separate words only in front of one: Redis does the same.
      if (byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09) break;
      this.#words[this.#wordsLength++] = byte;
      position++;
    }
    return position;
  }

  #readDoubleQuoted(bytes: Uint8Array, position: number, end: number): number {
    while (position < end) {
      const byte = bytes[position]!;
      if (byte === DOUBLE_QUOTE) return closesWord(bytes, position + 1, end);
      if (byte !== BACKSLASH || position + 1 >= end) {
        this.#words[this.#wordsLength++] = byte;
        position++;
        continue;
      }
      const high = position + 3 < end ? hexDigitOf(bytes[position + 2]!) : -1;
      const low = high >= 0 ? hexDigitOf(bytes[position + 3]!) : -1;
      if (bytes[position + 1] === 0x78 && low >= 0) {
        this.#words[this.#wordsLength++] = high * 16 + low;
        position += 4;
      } else {
        this.#words[this.#wordsLength++] = unescaped(bytes[position + 1]!);
        position += 2;
      }
    }
    return -1;
  }

  #readSingleQuoted(bytes: Uint8Array, position: number, end: number): number {
    while (position < end) {
      let byte = bytes[position]!;
      if (byte === SINGLE_QUOTE) return closesWord(bytes, position + 1, end);
      if (byte === BACKSLASH && position + 1 < end && bytes[position + 1] === SINGLE_QUOTE) {
        byte = SINGLE_QUOTE;
        position++;
      }
      this.#words[this.#wordsLength++] = byte;
      position++;
    }
    return -1;
  }
}

function closesWord(bytes: Uint8Array, position: number, end: number): number {
  return position >= end || isSpace(bytes[position]!) ? position : -1;
}

function isSpace(byte: number): boolean {
  return byte === 0x20 || (byte >= 0x09 && byte <= 0x0d);
}

function hexDigitOf(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const lower = byte | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x61 + 10 : -1;
}

function unescaped(byte: number): number {
  switch (byte) {
    case 0x6e:
      return 0x0a;
    case 0x72:
      return 0x0d;
    case 0x74:
      return 0x09;
    case 0x62:
      return 0x08;
    case 0x61:
      return 0x07;
    default:
      return byte;
  }
}
