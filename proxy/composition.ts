/**
 * A client's request while the proxy answers it from several replies.
 *
 * Invariant: `open` is the number of parts that have no reply and were not replaced; at 0 the whole is
 * answered.
 *
 * @module
 */

import type { ReplyWriter } from "../core/resp/reply_writer.ts";
import { NONE } from "./pending_requests.ts";
import type { Upstream } from "./upstream.ts";

/** One request that a server gets for the client's. */
export interface Part {
  /** The slots of its keys; empty if it names no key. */
  readonly slots: readonly number[];
  /** Its number among the pending requests while it has no reply. */
  request: number;
  /** A copy of its reply. */
  reply: Uint8Array | undefined;
}

/** A part of `slots` that was not sent yet. */
export function newPart(slots: readonly number[]): Part {
  return { slots, request: NONE, reply: undefined };
}

/** How the replies become one. `replies` has a place for each part, empty for one that was replaced. */
export type Merge = (composition: Composition, writer: ReplyWriter) => void;

/** A request made of parts. */
export class Composition {
  /** Id of the command. */
  readonly id: number;
  readonly parts: Part[];
  /** `pass`: there is one part, and its reply is the whole reply. */
  merge: Merge | "pass";
  /** For a split command that answers by key: which part each key is in. */
  partOfKey: Uint16Array | undefined = undefined;
  /** Servers to ask one after the other while the reply is nil, the last first. */
  others: Upstream[] = [];
  /** What to ask them. */
  question: Uint8Array = new Uint8Array(0);
  /** Parts that a reply is awaited for. */
  open: number;
  /** Bytes of the replies copied so far. */
  replyBytes = 0;

  constructor(id: number, parts: Part[], merge: Merge | "pass") {
    this.id = id;
    this.parts = parts;
    this.merge = merge;
    this.open = parts.length;
  }

  /** The parts' replies in order. */
  get replies(): (Uint8Array | undefined)[] {
    return this.parts.map((part) => part.reply);
  }

  /** Whether the reply of a part with keys of `slot` is still awaited. */
  awaits(slot: number): boolean {
    return this.parts.some((part) => part.request !== NONE && part.slots.includes(slot));
  }
}
