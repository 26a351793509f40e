/**
 * A request's arguments as text, for the commands that the proxy answers by itself.
 *
 * Text has one character per byte (Latin-1), so that what is quoted in a reply is what was sent.
 * Invariant: nothing here is used for requests that are forwarded.
 *
 * @module
 */

import { decimalOf } from "../core/resp/decimal.ts";
import type { RequestParser } from "../core/resp/request_parser.ts";

/** `String.fromCharCode` takes its characters on the stack. */
const CHUNK_BYTES = 4096;

/** The arguments of the request that a parser holds; valid until it parses the next. */
export class RequestArguments {
  readonly #parser: RequestParser;

  constructor(parser: RequestParser) {
    this.#parser = parser;
  }

  /** How many there are, the command's name included. */
  get count(): number {
    return this.#parser.argumentCount;
  }

  /** Argument `index` as text. */
  text(index: number): string {
    const { bytes, args } = this.#parser;
    return latin1Of(bytes, args[2 * index]!, args[2 * index + 1]!);
  }

  /** Argument `index` as text in lower case. */
  word(index: number): string {
    return this.text(index).toLowerCase();
  }

  /** A copy of argument `index`. */
  bytes(index: number): Uint8Array {
    const { bytes, args } = this.#parser;
    return bytes.slice(args[2 * index]!, args[2 * index + 1]!);
  }

  /** Argument `index` as an integer; NaN if it is none. */
  integer(index: number): number {
    const { bytes, args } = this.#parser;
    return decimalOf(bytes, args[2 * index]!, args[2 * index + 1]!);
  }

  /** The arguments from `first` on as text. */
  textsFrom(first: number): string[] {
    const texts: string[] = [];
    for (let index = first; index < this.count; index++) texts.push(this.text(index));
    return texts;
  }
}

/** The bytes `[start, end)`, one character each. */
export function latin1Of(bytes: Uint8Array, start: number, end: number): string {
  let text = "";
  for (let at = start; at < end; at += CHUNK_BYTES) {
    text += String.fromCharCode(...bytes.subarray(at, Math.min(at + CHUNK_BYTES, end)));
  }
  return text;
}
