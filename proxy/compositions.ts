/**
 * The requests of one worker that are answered from several replies: sends their parts, collects the
 * replies, answers the client.
 *
 * A part of one slot counts on it like any forwarded request. A part of several slots counts on each
 * of them from here, and if the server refuses it, it goes on as one part for each slot.
 *
 * Invariant: each part ends exactly once, by a reply or by being replaced, and the whole is answered
 * when the last one has ended, whether or not its client is still there.
 *
 * @module
 */

import {
  FLAG_WRITE,
  flagsOf,
  REPLY_CONCAT,
  replyPolicyOf,
} from "../core/commands/command_index.ts";
import { ReplyWriter } from "../core/resp/reply_writer.ts";
import { RequestParser } from "../core/resp/request_parser.ts";
import { type Composition, newPart, type Part } from "./composition.ts";
import type { Delivery } from "./delivery.ts";
import { errorFrame } from "./dispatcher.ts";
import type { Forwarder } from "./forwarder.ts";
import { mergeReplies } from "./merge_replies.ts";
import { KIND_COMPOSED, KIND_PART, NONE, type PendingRequests } from "./pending_requests.ts";
import type { Redirector } from "./redirector.ts";
import type { Session } from "./session.ts";
import type { SlotTable } from "./slot_table.ts";
import { PartEncoder, planSplit } from "./split.ts";
import type { Upstream } from "./upstream.ts";

/** What the compositions work with. */
export interface CompositionsParts {
  readonly pending: PendingRequests;
  readonly delivery: Delivery;
  readonly slots: SlotTable;
  readonly forwarder: Forwarder;
  readonly redirector: Redirector;
}

/** Limits of {@linkcode Compositions}. */
export interface CompositionsOptions {
  /** Bytes of one request's replies that may wait for the last of them. */
  readonly replyBytesMax: number;
}

const DOLLAR = 0x24;
const UNDERSCORE = 0x5f;
const MINUS = 0x2d;
/** A buffer that grew beyond this is not kept. */
const WRITER_BYTES_KEPT = 1 << 20;
const FULL = errorFrame("ERR the proxy has too many unanswered requests; not executed");

/** Merges by the command's reply policy. */
export function mergeByPolicy(composition: Composition, writer: ReplyWriter): void {
  mergeReplies(replyPolicyOf[composition.id]!, {
    replies: composition.replies,
    partOfKey: composition.partOfKey,
    isWrite: (flagsOf[composition.id]! & FLAG_WRITE) !== 0,
  }, writer);
}

/** Merges by appending the elements of all, whatever the command's reply policy says. */
export function mergeElements(composition: Composition, writer: ReplyWriter): void {
  mergeReplies(REPLY_CONCAT, { replies: composition.replies, isWrite: false }, writer);
}

/** Requests made of parts, by request number. */
export class Compositions {
  readonly #pending: PendingRequests;
  readonly #delivery: Delivery;
  readonly #slots: SlotTable;
  readonly #forwarder: Forwarder;
  readonly #redirector: Redirector;
  readonly #options: CompositionsOptions;
  readonly #live = new Map<number, Composition>();
  readonly #parser = new RequestParser();
  readonly #encoder = new PartEncoder();
  #writer = new ReplyWriter();

  constructor(parts: CompositionsParts, options: CompositionsOptions) {
    this.#pending = parts.pending;
    this.#delivery = parts.delivery;
    this.#slots = parts.slots;
    this.#forwarder = parts.forwarder;
    this.#redirector = parts.redirector;
    this.#options = options;
  }

  /** Requests not answered yet. */
  get count(): number {
    return this.#live.size;
  }

  /** Puts a composition into its session's queue; its parts are sent next. False: the proxy is full. */
  open(session: Session, composition: Composition): boolean {
    const owner = this.#pending.take(session.connection, KIND_COMPOSED);
    if (owner === NONE) return false;
    for (let index = 0; index < composition.parts.length; index++) {
      if (this.#takePart(owner, composition, index)) continue;
      for (const part of composition.parts.slice(0, index)) this.#pending.give(part.request);
      this.#pending.give(owner);
      return false;
    }
    this.#live.set(owner, composition);
    this.#delivery.enqueue(session, owner);
    return true;
  }

  /** Sends a part to `upstream`, which must be ready; `bytes` may change afterwards. */
  send(part: Part, upstream: Upstream, bytes: Uint8Array, start: number, end: number): void {
    if (part.slots.length === 1) this.#pending.slot[part.request] = part.slots[0]!;
    for (const slot of part.slots) this.#slots.inFlight[slot]!++;
    this.#forwarder.send(part.request, upstream, bytes, start, end);
    this.#forwarder.flush();
  }

  /** Sends a part of one slot when it is its turn; `bytes` may change afterwards. */
  admit(part: Part, bytes: Uint8Array, start: number, end: number): void {
    this.#forwarder.flush();
    this.#redirector.admit(part.request, part.slots[0]!, bytes, start, end);
  }

  /** The composed request `request` still waits for a part on `slot`. */
  awaits(request: number, slot: number): boolean {
    return this.#live.get(request)?.awaits(slot) ?? false;
  }

  /** A part got the reply `[start, end)`. */
  onPart(request: number, bytes: Uint8Array, start: number, end: number): void {
    const owner = this.#pending.owner[request]!;
    const composition = this.#live.get(owner)!;
    const part = composition.parts[this.#pending.part[request]!]!;
    if (part.slots.length > 1) this.#release(part);
    if (isNil(bytes, start) && this.#askNext(composition, part, request)) return;
    this.#endPart(part);
    composition.open--;
    if (composition.merge === "pass") {
      this.#live.delete(owner);
      this.#delivery.deliver(owner, bytes, start, end);
      this.#delivery.flush();
      return;
    }
    composition.replyBytes += end - start;
    part.reply = composition.replyBytes > this.#options.replyBytesMax
      ? errorFrame(`ERR the reply is larger than ${this.#options.replyBytesMax} bytes`)
      : bytes.slice(start, end);
    if (composition.open === 0) this.#finish(owner, composition);
  }

  /**
   * A server refused a part, whose request `bytes` holds. True if it had several slots: it goes on
   * slot by slot, each in the place of the refused one.
   */
  onPartRefused(request: number, bytes: Uint8Array): boolean {
    const { kind, owner, part: partIndex } = this.#pending;
    if (kind[request] !== KIND_PART) return false;
    const ownerOf = owner[request]!;
    const composition = this.#live.get(ownerOf)!;
    const index = partIndex[request]!;
    const part = composition.parts[index]!;
    if (part.slots.length < 2) return false;
    this.#release(part);
    this.#endPart(part);
    composition.open--;
    this.#replace(ownerOf, composition, index, bytes);
    if (composition.open === 0) this.#finish(ownerOf, composition);
    return true;
  }

  /** Makes one part for each slot of part `refused` and lets them wait in its place. */
  #replace(owner: number, composition: Composition, refused: number, bytes: Uint8Array): void {
    const parser = this.#parser;
    parser.parse(bytes, 0, bytes.length);
    const { emptyTag } = this.#slots;
    const plan = planSplit<Upstream>(composition.id, parser, emptyTag, () => undefined)!;
    const first = composition.parts.length;
    for (const { slots } of plan.groups) composition.parts.push(newPart(slots));
    composition.open += plan.groups.length;
    composition.merge = mergeByPolicy;
    movePartOfKey(composition, refused, first, plan.groupOfKey);
    plan.groups.forEach(({ slots }, group) => {
      const part = composition.parts[first + group]!;
      if (this.#takePart(owner, composition, first + group)) {
        this.#encoder.encode(composition.id, parser, plan, group);
        const copy = this.#encoder.bytes.slice(0, this.#encoder.length);
        this.#redirector.takeRefused(part.request, slots[0]!, copy);
      } else {
        part.reply = FULL;
        composition.open--;
      }
    });
  }

  #finish(owner: number, composition: Composition): void {
    this.#live.delete(owner);
    const writer = this.#writer;
    writer.position = 0;
    if (this.#pending.session[owner] !== NONE && composition.merge !== "pass") {
      composition.merge(composition, writer);
    }
    this.#delivery.deliver(owner, writer.bytes, 0, writer.position);
    this.#delivery.flush();
    if (writer.bytes.length > WRITER_BYTES_KEPT) this.#writer = new ReplyWriter();
  }

  /** Asks the next server that can be reached what `part` asked; false if there is none. */
  #askNext(composition: Composition, part: Part, request: number): boolean {
    if (this.#pending.sessionOf(request) === NONE) return false;
    for (let next = composition.others.pop(); next !== undefined; next = composition.others.pop()) {
      if (!next.ready()) continue;
      this.send(part, next, composition.question, 0, composition.question.length);
      return true;
    }
    return false;
  }

  #takePart(owner: number, composition: Composition, index: number): boolean {
    const request = this.#pending.take(NONE, KIND_PART);
    if (request === NONE) return false;
    composition.parts[index]!.request = request;
    this.#pending.owner[request] = owner;
    this.#pending.part[request] = index;
    return true;
  }

  #endPart(part: Part): void {
    this.#pending.give(part.request);
    part.request = NONE;
  }

  #release(part: Part): void {
    for (const slot of part.slots) this.#forwarder.release(slot);
  }
}

/** Points the keys of part `refused` to the parts from `first` on; `groupOfKey` has those keys only. */
function movePartOfKey(
  composition: Composition,
  refused: number,
  first: number,
  groupOfKey: Uint16Array,
): void {
  const { partOfKey } = composition;
  if (partOfKey === undefined) return;
  let moved = 0;
  for (let key = 0; key < partOfKey.length; key++) {
    if (partOfKey[key] === refused) partOfKey[key] = first + groupOfKey[moved++]!;
  }
}

function isNil(bytes: Uint8Array, start: number): boolean {
  return bytes[start] === UNDERSCORE ||
    (bytes[start] === DOLLAR && bytes[start + 1] === MINUS);
}
