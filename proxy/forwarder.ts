/**
 * Sends requests to servers and takes their replies back.
 *
 * Requests that lie side by side in a client's bytes and go to one server are copied as one run.
 *
 * Invariant: a request counts on its slots from the moment it is queued at an upstream until its reply,
 * its refusal or its loss is handled.
 *
 * @module
 */

import { SLOT_COUNT } from "../core/slots.ts";
import type { Delivery } from "./delivery.ts";
import {
  KIND_FORWARDED,
  KIND_INTERNAL,
  KIND_PART,
  NONE,
  type PendingRequests,
} from "./pending_requests.ts";
import type { Session } from "./session.ts";
import { MODE_DIRECT, type SlotTable } from "./slot_table.ts";
import type { Upstream, UpstreamOwner } from "./upstream.ts";

const MINUS = 0x2d;
const LETTER_S = 0x53;
const LETTER_L = 0x4c;
const LETTER_O = 0x4f;

/** What the forwarder leaves to others. */
export interface ForwarderEvents {
  /** A server refused to execute `request` because of the state of a slot; its bytes are at `sentAt`. */
  onRefused(request: number, bytes: Uint8Array, start: number, end: number, sentAt: number): void;
  /** A part of a split request was answered. */
  onPart(request: number, bytes: Uint8Array, start: number, end: number): void;
  /** A request of the proxy's own was answered. */
  onInternal(
    upstream: Upstream,
    request: number,
    bytes: Uint8Array,
    start: number,
    end: number,
  ): void;
  /** A request of `slot` came back from a server, and something may wait for that. */
  onAnswered(slot: number): void;
  /** A request was lost with its connection. */
  onLost(upstream: Upstream, request: number, reason: string): void;
  /** A connection is being made. */
  onConnecting(upstream: Upstream): void;
  /** Clients that had to wait may be read again. */
  onRoom(): void;
  /** All replies of a read were handled. */
  onReplies(): void;
}

/** Moves requests out and replies in. */
export class Forwarder implements UpstreamOwner {
  /** Set once by the worker that composes the parts. */
  events!: ForwarderEvents;
  readonly #pending: PendingRequests;
  readonly #delivery: Delivery;
  readonly #slots: SlotTable;
  /** Slots of which {@linkcode ForwarderEvents.onAnswered} is to be told, each once. */
  readonly #answered: number[] = [];
  readonly #isAnswered: Uint8Array = new Uint8Array(SLOT_COUNT);
  #runUpstream: Upstream | undefined = undefined;
  #runBytes: Uint8Array = new Uint8Array(0);
  #runStart = 0;
  #runEnd = 0;

  constructor(pending: PendingRequests, delivery: Delivery, slots: SlotTable) {
    this.#pending = pending;
    this.#delivery = delivery;
    this.#slots = slots;
  }

  /**
   * Queues a new request of `session` at `upstream`, which must be ready. False: the proxy is full.
   * Call {@linkcode flush} before `bytes` changes.
   */
  forward(
    session: Session,
    upstream: Upstream,
    slot: number,
    bytes: Uint8Array,
    start: number,
    end: number,
  ): boolean {
    const request = this.#pending.take(session.connection, KIND_FORWARDED);
    if (request === NONE) return false;
    this.#delivery.enqueue(session, request);
    this.#pending.slot[request] = slot;
    this.#slots.inFlight[slot]!++;
    this.send(request, upstream, bytes, start, end);
    return true;
  }

  /** Sends the bytes of `request` to `upstream`, which must be ready. */
  send(request: number, upstream: Upstream, bytes: Uint8Array, start: number, end: number): void {
    this.#pending.requestBytes[request] = end - start;
    upstream.push(request);
    if (this.#runUpstream === upstream && this.#runEnd === start && this.#runBytes === bytes) {
      this.#runEnd = end;
      return;
    }
    this.flush();
    this.#runUpstream = upstream;
    this.#runBytes = bytes;
    this.#runStart = start;
    this.#runEnd = end;
  }

  /** Takes a request off `slot`; its sender calls it for those that it counted on several slots. */
  release(slot: number): void {
    this.#slots.inFlight[slot]!--;
    if (this.#slots.mode[slot] !== MODE_DIRECT) this.#noteAnswer(slot);
  }

  /** Sends a request of the proxy's own to `upstream`, which must be ready. */
  sendInternal(upstream: Upstream, frame: Uint8Array, purpose = 0): void {
    const request = this.#pending.take(NONE, KIND_INTERNAL);
    this.#pending.part[request] = purpose;
    this.send(request, upstream, frame, 0, frame.length);
    this.flush();
  }

  /** Hands the current run to its upstream. */
  flush(): void {
    const upstream = this.#runUpstream;
    if (upstream === undefined) return;
    this.#runUpstream = undefined;
    upstream.append(this.#runBytes, this.#runStart, this.#runEnd);
  }

  onReply(
    upstream: Upstream,
    request: number,
    bytes: Uint8Array,
    start: number,
    end: number,
    sentAt: number,
  ): void {
    const pending = this.#pending;
    const slot = pending.slot[request]!;
    if (slot !== NONE) this.release(slot);
    if (bytes[start] === MINUS && isRefusal(bytes, start)) {
      this.events.onRefused(request, bytes, start, end, sentAt);
      return;
    }
    const kind = pending.kind[request]!;
    if (kind === KIND_FORWARDED) this.#delivery.deliver(request, bytes, start, end);
    else if (kind === KIND_PART) this.events.onPart(request, bytes, start, end);
    else this.events.onInternal(upstream, request, bytes, start, end);
  }

  onReplies(_upstream: Upstream): void {
    this.#delivery.flush();
    for (let i = 0; i < this.#answered.length; i++) {
      const slot = this.#answered[i]!;
      this.#isAnswered[slot] = 0;
      this.events.onAnswered(slot);
    }
    this.#answered.length = 0;
    this.events.onReplies();
  }

  onLost(upstream: Upstream, request: number, reason: string): void {
    const slot = this.#pending.slot[request]!;
    if (slot !== NONE) this.release(slot);
    this.events.onLost(upstream, request, reason);
  }

  onConnecting(upstream: Upstream): void {
    this.events.onConnecting(upstream);
  }

  onRoom(_upstream: Upstream): void {
    this.events.onRoom();
  }

  #noteAnswer(slot: number): void {
    if (this.#isAnswered[slot] === 1) return;
    this.#isAnswered[slot] = 1;
    this.#answered.push(slot);
  }
}

/** True for `-SLOT…`: the replies by which a server says that it did not execute a command. */
function isRefusal(bytes: Uint8Array, start: number): boolean {
  return bytes[start + 1] === LETTER_S && bytes[start + 2] === LETTER_L &&
    bytes[start + 3] === LETTER_O && bytes[start + 4] === 0x54;
}
