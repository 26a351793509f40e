/**
 * Turns replies into JavaScript values: for tests, the command line and the dashboard. The hot paths
 * forward bytes and never come here.
 *
 * Iterative, so that nesting cannot exhaust the stack.
 *
 * @module
 */

import { ReplyScanner } from "./reply_scanner.ts";

/** An error as a value. */
export interface ErrorReply {
  /** The exact text, its code first: `WRONGTYPE Operation against …`. */
  error: string;
}

/** Text with its format, such as `txt` or `mkd`. */
export interface VerbatimText {
  /** Three letters. */
  format: string;
  /** The text behind them. */
  text: string;
}

/** What a server sent unasked, such as a published message. */
export interface Push {
  /** Its elements, the kind of push first. */
  push: Reply[];
}

/**
 * A decoded reply.
 *
 * Simple strings are strings, bulk strings bytes; integers beyond 2^53 and big numbers are bigints;
 * doubles are numbers; each kind of null is `null`; an error is a value, never thrown.
 */
export type Reply =
  | string
  | number
  | bigint
  | boolean
  | null
  | Uint8Array
  | ErrorReply
  | VerbatimText
  | Push
  | Reply[]
  | Map<Reply, Reply>
  | Set<Reply>;

/** An aggregate whose elements are still being read. */
interface OpenAggregate {
  marker: string;
  elements: Reply[];
  count: number;
}

const decoder = new TextDecoder();

/**
 * Decodes the first reply in `bytes[start, end)`; attributes are dropped.
 *
 * @throws {Error} if the range holds no whole reply, or an invalid one
 */
export function decodeReply(bytes: Uint8Array, start = 0, end: number = bytes.length): Reply {
  endOfReply(bytes, start, end);
  return decodeWhole(bytes, start);
}

/**
 * Decodes all the replies in `bytes`; attributes are dropped.
 *
 * @throws {Error} if the bytes are not a sequence of whole, valid replies
 */
export function decodeReplies(bytes: Uint8Array): Reply[] {
  const replies: Reply[] = [];
  let position = 0;
  while (position < bytes.length) {
    const replyEnd = endOfReply(bytes, position, bytes.length);
    replies.push(decodeWhole(bytes, position));
    position = replyEnd;
  }
  return replies;
}

function endOfReply(bytes: Uint8Array, start: number, end: number): number {
  const scanner = new ReplyScanner();
  const replyEnd = scanner.scan(bytes, start, end);
  if (replyEnd >= 0) return replyEnd;
  const found = scanner.error || `only a part of a reply in ${end - start} bytes`;
  throw new Error(`Cannot decode a reply: ${found}`);
}

/** Decodes the reply at `start`, of which the scanner found that it is whole. */
function decodeWhole(bytes: Uint8Array, start: number): Reply {
  const root: OpenAggregate = { marker: "*", elements: [], count: 1 };
  const open = [root];
  let position = start;
  while (root.elements.length === 0) {
    const lineEnd = bytes.indexOf(0x0d, position);
    const marker = String.fromCharCode(bytes[position]!);
    const line = decoder.decode(bytes.subarray(position + 1, lineEnd));
    position = lineEnd + 2;
    if ("*~>%|".includes(marker) && line !== "-1") {
      const count = marker === "%" || marker === "|" ? 2 * Number(line) : Number(line);
      open.push({ marker, elements: [], count });
    } else if ("$=!".includes(marker) && line !== "-1") {
      const payloadEnd = position + Number(line);
      open.at(-1)!.elements.push(bulkOf(marker, bytes.slice(position, payloadEnd)));
      position = payloadEnd + 2;
    } else {
      open.at(-1)!.elements.push(lineValueOf(marker, line));
    }
    closeFull(open);
  }
  return root.elements[0]!;
}

/** Moves each aggregate that has all its elements into the one around it. */
function closeFull(open: OpenAggregate[]): void {
  for (;;) {
    const last = open.at(-1)!;
    if (open.length === 1 || last.elements.length < last.count) return;
    open.pop();
    // An attribute describes the reply behind it and is no element.
    if (last.marker !== "|") open.at(-1)!.elements.push(aggregateOf(last));
  }
}

function aggregateOf({ marker, elements }: OpenAggregate): Reply {
  switch (marker) {
    case "~":
      return new Set(elements);
    case ">":
      return { push: elements };
    case "%": {
      const map = new Map<Reply, Reply>();
      for (let at = 0; at < elements.length; at += 2) map.set(elements[at]!, elements[at + 1]!);
      return map;
    }
    default:
      return elements;
  }
}

function bulkOf(marker: string, payload: Uint8Array): Reply {
  if (marker === "$") return payload;
  const text = decoder.decode(payload);
  return marker === "!" ? { error: text } : { format: text.slice(0, 3), text: text.slice(4) };
}

function lineValueOf(marker: string, line: string): Reply {
  switch (marker) {
    case "+":
      return line;
    case "-":
      return { error: line };
    case ":":
      return integerOf(line);
    case "(":
      return BigInt(line);
    case ",":
      return doubleOf(line);
    case "#":
      return line === "t";
    default:
      return null;
  }
}

function integerOf(line: string): number | bigint {
  if (!/^[+-]?\d+$/.test(line)) throw new Error(`Cannot decode a reply: "${line}" is no integer`);
  const value = Number(line);
  return Number.isSafeInteger(value) ? value : BigInt(line);
}

function doubleOf(line: string): number {
  if (line === "inf") return Infinity;
  if (line === "-inf") return -Infinity;
  return Number(line);
}
