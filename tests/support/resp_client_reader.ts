/**
 * Decodes replies of RESP2 and RESP3 for the tests, with no code in common with the product: a
 * fault in the product's own codec must not hide in the tools that look for it. Invariant: replies
 * come out in the order in which their bytes came in, each exactly once.
 *
 * @module
 */

/** An error reply, as a value: a test compares it like any other reply. */
export class ReplyError {
  /** The whole text after the `-`, code included. */
  readonly message: string;

  /** Wraps the text of an error reply. */
  constructor(message: string) {
    this.message = message;
  }
}

/** One decoded reply. A map comes as a flat array of keys and values, a set or a push as an array. */
export type Reply = string | number | boolean | null | ReplyError | readonly Reply[];

const INCOMPLETE = Symbol("incomplete");
type Parsed = Reply | typeof INCOMPLETE;

const CR = 13;
const decoder = new TextDecoder();

/** Turns a stream of bytes into replies. */
export class ReplyReader {
  #buffer = new Uint8Array(65536);
  #start = 0;
  #end = 0;
  #at = 0;

  /** Adds bytes as they arrived; they are copied. */
  push(bytes: Uint8Array): void {
    if (this.#start === this.#end) {
      this.#start = this.#end = 0;
    }
    if (this.#end + bytes.length > this.#buffer.length) this.#makeRoom(bytes.length);
    this.#buffer.set(bytes, this.#end);
    this.#end += bytes.length;
  }

  /**
   * The next complete reply, or `undefined` while its bytes are not all there.
   *
   * @throws {SyntaxError} If the bytes are not RESP.
   */
  next(): Reply | undefined {
    this.#at = this.#start;
    const parsed = this.#parse();
    if (parsed === INCOMPLETE) return undefined;
    this.#start = this.#at;
    return parsed;
  }

  #makeRoom(size: number): void {
    const held = this.#end - this.#start;
    let target = this.#buffer;
    if (held + size > target.length) target = new Uint8Array((held + size) * 2);
    target.set(this.#buffer.subarray(this.#start, this.#end));
    this.#buffer = target;
    this.#start = 0;
    this.#end = held;
  }

  #parse(): Parsed {
    const line = this.#line();
    if (line === undefined) return INCOMPLETE;
    const type = line[0];
    const rest = line.slice(1);
    switch (type) {
      case "+":
      case "(":
        return rest;
      case "-":
        return new ReplyError(rest);
      case ":":
      case ",":
        return Number(rest.replace(/^(-?)inf$/, "$1Infinity"));
      case "_":
        return null;
      case "#":
        return rest === "t";
      case "$":
        return this.#bulk(Number(rest));
      case "=":
        return withoutFormat(this.#bulk(Number(rest)));
      case "!":
        return asError(this.#bulk(Number(rest)));
      case "*":
      case "~":
      case ">":
        return this.#array(Number(rest));
      case "%":
        return this.#array(Number(rest) * 2);
      default:
        throw new SyntaxError(`Cannot decode a reply: unknown type in ${JSON.stringify(line)}`);
    }
  }

  #line(): string | undefined {
    const cr = this.#buffer.indexOf(CR, this.#at);
    if (cr < 0 || cr + 1 >= this.#end) return undefined;
    const line = decoder.decode(this.#buffer.subarray(this.#at, cr));
    this.#at = cr + 2;
    return line;
  }

  #bulk(length: number): string | null | typeof INCOMPLETE {
    if (length < 0) return null;
    const from = this.#at;
    if (from + length + 2 > this.#end) return INCOMPLETE;
    this.#at = from + length + 2;
    return decoder.decode(this.#buffer.subarray(from, from + length));
  }

  #array(length: number): Parsed {
    if (length < 0) return null;
    const items: Reply[] = [];
    for (let i = 0; i < length; i++) {
      const item = this.#parse();
      if (item === INCOMPLETE) return INCOMPLETE;
      items.push(item);
    }
    return items;
  }
}

function withoutFormat(bulk: string | null | typeof INCOMPLETE): Parsed {
  return typeof bulk === "string" ? bulk.slice(4) : bulk;
}

function asError(bulk: string | null | typeof INCOMPLETE): Parsed {
  return typeof bulk === "string" ? new ReplyError(bulk) : bulk;
}
