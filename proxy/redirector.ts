/**
 * Requests that cannot be at a server now: their slot changes hands, or a server refused them.
 *
 * A refusal (`-SLOTASK`, `-SLOTBUSY`, `-SLOTSTALE`) means "not executed", so the request is sent again
 * where it belongs. On a slot that moves, requests of one client go one at a time. On any other slot a
 * refusal closes the slot: everything for it waits, in the order it was first sent, until nothing of it
 * is at a server; the server keeps refusing the slot on that connection until it reads the
 * `SLOTSROUTE` that the next attempt starts with. So no request overtakes an older one of its client.
 *
 * Invariant: a held request is answered exactly once: by a server, or with an error after the redirect
 * timeout.
 *
 * @module
 */

import type { Reactor } from "../core/transport/reactor.ts";
import type { Delivery } from "./delivery.ts";
import type { Forwarder } from "./forwarder.ts";
import { KIND_COMPOSED, NONE, type PendingRequests } from "./pending_requests.ts";
import { type HeldRequest, HeldSlot } from "./held_slot.ts";
import {
  announcedEpochOf,
  askingFrame,
  parseRefusal,
  planAfterRefusal,
  type Refusal,
  routeFrame,
} from "./refusal.ts";
import type { Session } from "./session.ts";
import {
  MODE_DIRECT,
  MODE_GATED,
  MODE_MIGRATING,
  MODE_OFFLINE,
  type SlotTable,
} from "./slot_table.ts";
import type { Upstream } from "./upstream.ts";

/** Limits of {@linkcode Redirector}. */
export interface RedirectLimits {
  /** A held request is answered with an error after this time. */
  readonly redirectTimeoutMs: number;
  /** Bytes held by all slots of a worker together. */
  readonly heldBytesMax: number;
}

/** What the redirector needs from those around it. */
export interface RedirectorContext {
  readonly upstreamOf: (address: string, protocol: 2 | 3) => Upstream;
  /** The RESP version of a request's client. */
  readonly protocolOf: (request: number) => 2 | 3;
  /** Answers a request with an error of the proxy's own. */
  readonly fail: (request: number, text: string) => void;
  /** A server knows `epoch`, or refuses what the routes say: get the newest topology. */
  readonly wantTopology: (epoch: number) => void;
  /** The composed request `request` still waits for a part on `slot`. */
  readonly hasOpenPart: (request: number, slot: number) => boolean;
  /** A part spanning several slots was refused: it is to be sent again slot by slot. */
  readonly onPartRefused: (request: number, bytes: Uint8Array) => boolean;
  /** Has a request's keys brought to the slot's new owner, then executed there; false: not now. */
  readonly bring: (request: number, slot: number, bytes: Uint8Array) => boolean;
  /** Passes a reply on that only looked like a refusal. */
  readonly pass: (request: number, bytes: Uint8Array, start: number, end: number) => void;
}

/** Never seen: it completes a request whose client has left. */
export const CLIENT_GONE = "ERR the client is gone";
const RETRY_DELAY_MS_MIN = 1;
const RETRY_DELAY_MS_MAX = 64;

/** Keeps and re-sends requests of slots in motion. */
export class Redirector {
  /** Requests sent again after a refusal, since the start. */
  redirected = 0;
  readonly #reactor: Reactor;
  readonly #pending: PendingRequests;
  readonly #delivery: Delivery;
  readonly #slots: SlotTable;
  readonly #forwarder: Forwarder;
  readonly #context: RedirectorContext;
  readonly #limits: RedirectLimits;
  readonly #held = new Map<number, HeldSlot>();
  #heldBytes = 0;

  constructor(
    parts: {
      reactor: Reactor;
      pending: PendingRequests;
      delivery: Delivery;
      slots: SlotTable;
      forwarder: Forwarder;
    },
    context: RedirectorContext,
    limits: RedirectLimits,
  ) {
    this.#reactor = parts.reactor;
    this.#pending = parts.pending;
    this.#delivery = parts.delivery;
    this.#slots = parts.slots;
    this.#forwarder = parts.forwarder;
    this.#context = context;
    this.#limits = limits;
  }

  /** Requests held now. */
  get heldCount(): number {
    let count = 0;
    for (const held of this.#held.values()) count += held.count;
    return count;
  }

  /** Bytes of the requests held now. */
  get heldBytes(): number {
    return this.#heldBytes;
  }

  /** Slots that have held requests. */
  get heldSlots(): number[] {
    return [...this.#held.keys()];
  }

  /**
   * Takes a new request, already in its session's queue, of a slot that is not simply direct. It is
   * sent at once if its turn is now.
   */
  admit(request: number, slot: number, bytes: Uint8Array, start: number, end: number): void {
    if (this.#heldBytes + end - start > this.#limits.heldBytesMax) {
      this.#context.fail(request, `TRYAGAIN slot ${slot} is moving and too much waits for it`);
      return;
    }
    this.#pending.slot[request] = slot;
    const held = this.#heldOf(slot);
    const entry = this.#keep(request, bytes.slice(start, end), 0);
    if (this.#slots.mode[slot] !== MODE_MIGRATING || this.#mustWait(request, slot, held)) {
      held.admitted.push(entry);
      return;
    }
    this.#resend(slot, held, entry);
    this.#forwarder.flush();
    if (held.count === 0) this.#held.delete(slot);
  }

  /** A server refused `request`; `[start, end)` of `bytes` is the refusal, its bytes lie at `sentAt`. */
  onRefused(request: number, bytes: Uint8Array, start: number, end: number, sentAt: number): void {
    const refusal = parseRefusal(bytes, start, end);
    if (refusal === undefined) {
      this.#context.pass(request, bytes, start, end);
      return;
    }
    const length = this.#pending.requestBytes[request]!;
    const copy = this.#reactor.memory.slice(sentAt, sentAt + length);
    this.redirected++;
    if (this.#pending.sessionOf(request) === NONE) {
      this.#context.fail(request, CLIENT_GONE);
      return;
    }
    const slot = this.#pending.slot[request]!;
    if (slot === NONE) {
      this.#context.wantTopology(refusal.epoch);
      if (this.#context.onPartRefused(request, copy)) return;
      this.#context.pass(request, bytes, start, end);
      return;
    }
    const attempt = Math.min(this.#pending.attempts[request]! + 1, 255);
    this.#pending.attempts[request] = attempt;
    if (this.#slots.mode[slot] === MODE_MIGRATING) {
      this.#redirect(request, slot, copy, refusal);
      return;
    }
    this.#slots.close(slot);
    this.#context.wantTopology(refusal.epoch);
    this.#holdRefused(slot, request, copy);
  }

  /**
   * Takes a part, made of a refused one that had several slots, as if it had been refused itself: it
   * goes before what the session sent later. `bytes` must stay as they are.
   */
  takeRefused(request: number, slot: number, bytes: Uint8Array): void {
    this.#pending.slot[request] = slot;
    this.#pending.attempts[request] = 1;
    this.#slots.close(slot);
    this.#holdRefused(slot, request, bytes);
  }

  /** Takes back a request whose keys could not be brought to their new owner; it is tried again. */
  takeBack(request: number, slot: number, bytes: Uint8Array): void {
    this.#pending.attempts[request] = Math.min(this.#pending.attempts[request]! + 1, 255);
    this.#holdRefused(slot, request, bytes);
  }

  /** Sends what may go now, in order. A route that `isNew` ends all pauses. */
  pump(slot: number, isNew = false): void {
    const ignoresPauses = this.#slots.settle(slot) || isNew;
    const held = this.#held.get(slot);
    if (held === undefined) return;
    const nowMs = ignoresPauses ? Infinity : this.#reactor.nowMs;
    if (this.#slots.mode[slot] === MODE_GATED) this.#reopen(slot, held, nowMs);
    const mode = this.#slots.mode[slot]!;
    if (mode !== MODE_GATED) {
      if (mode === MODE_MIGRATING) this.#sendInTurn(slot, held, nowMs);
      else this.#sendAll(slot, held, mode);
      this.#forwarder.flush();
      if (held.count === 0) this.#held.delete(slot);
      // What arrives next must not overtake what is still held.
      else if (mode === MODE_DIRECT) this.#slots.close(slot);
    }
    this.#pumpAt(slot, held, held.nextPauseEndMs(nowMs));
  }

  /** Answers requests held for too long, and sends those whose pause is over. */
  tick(): void {
    const oldest = this.#reactor.nowMs - this.#limits.redirectTimeoutMs;
    const isLate = ({ request }: HeldRequest) => this.#pending.heldSinceMs[request]! < oldest;
    for (const [slot, held] of this.#held) {
      for (const entry of held.takeLate(isLate)) {
        this.#fail(entry, `TRYAGAIN slot ${slot} has been changing hands for too long`);
      }
      this.pump(slot);
    }
    this.#delivery.flush();
  }

  /** Sends everything to the one owner; from the first that cannot go now, the rest stays. */
  #sendAll(slot: number, held: HeldSlot, mode: number): void {
    for (const entry of held.takeAll()) {
      if (this.#sessionOf(entry.request) === undefined) this.#fail(entry, CLIENT_GONE);
      else if (mode === MODE_OFFLINE) this.#fail(entry, offlineText(slot));
      else if (held.count > 0) held.admitted.push(entry);
      else this.#resend(slot, held, entry);
    }
  }

  /** Sends at most one request of each client. */
  #sendInTurn(slot: number, held: HeldSlot, nowMs: number): void {
    const passed = new Set<Session>();
    for (const entry of held.takeAll()) {
      const { request, notBeforeMs } = entry;
      const session = this.#sessionOf(request);
      if (session === undefined) this.#fail(entry, CLIENT_GONE);
      else if (
        passed.has(session) || notBeforeMs > nowMs || this.#isBehind(request, session, slot)
      ) {
        held.admitted.push(entry);
      } else this.#resend(slot, held, entry);
      // Those of a client are held in its order: where the first waits, all do.
      if (session !== undefined) passed.add(session);
    }
  }

  /** True if a new request on a moving slot has to wait for an older one of its session. */
  #mustWait(request: number, slot: number, held: HeldSlot): boolean {
    const session = this.#sessionOf(request);
    if (session === undefined) return false;
    const newest = held.admitted.at(-1);
    if (newest !== undefined && this.#sessionOf(newest.request) === session) return true;
    return this.#isBehind(request, session, slot);
  }

  /** True if an older request of `session` on `slot` has no answer yet. */
  #isBehind(request: number, session: Session, slot: number): boolean {
    const pending = this.#pending;
    const own = pending.owner[request]!;
    for (let older = session.first; older !== NONE; older = pending.next[older]!) {
      if (older === request || older === own) return false;
      if (pending.replyStart[older] !== NONE) continue;
      if (pending.slot[older] === slot) return true;
      if (pending.kind[older] === KIND_COMPOSED && this.#context.hasOpenPart(older, slot)) {
        return true;
      }
    }
    return false;
  }

  /** A refusal on a slot that moves. */
  #redirect(request: number, slot: number, copy: Uint8Array, refusal: Refusal): void {
    const { askAt, mustAnnounce } = planAfterRefusal(refusal, this.#slots.route[slot]!);
    if (mustAnnounce) this.#forgetAnnounced(slot);
    if (refusal.kind === "stale" && this.#slots.goAhead(slot)) {
      this.#holdRefused(slot, request, copy);
      this.pump(slot, true);
      return;
    }
    if (askAt !== undefined) {
      const target = this.#context.upstreamOf(askAt, this.#context.protocolOf(request));
      if (target.ready()) {
        this.#forwarder.sendInternal(target, askingFrame(slot, refusal.epoch));
        this.#slots.inFlight[slot]!++;
        this.#forwarder.send(request, target, copy, 0, copy.length);
        this.#forwarder.flush();
        return;
      }
    }
    if (refusal.kind !== "busy") this.#context.wantTopology(refusal.epoch);
    this.#holdRefused(slot, request, copy);
  }

  #holdRefused(slot: number, request: number, bytes: Uint8Array): void {
    const notBeforeMs = this.#reactor.nowMs + retryDelayMs(this.#pending.attempts[request]!);
    const held = this.#heldOf(slot);
    held.refused.push(this.#keep(request, bytes, notBeforeMs));
    this.#pumpAt(slot, held, notBeforeMs);
  }

  /** Has the slot looked at when a pause ends; what ends earlier or by an answer has its own cause. */
  #pumpAt(slot: number, held: HeldSlot, atMs: number): void {
    if (atMs >= held.timerAtMs) return;
    held.timerAtMs = atMs;
    this.#reactor.setTimer(atMs - this.#reactor.nowMs, () => {
      if (held.timerAtMs !== atMs) return;
      held.timerAtMs = Infinity;
      this.pump(slot);
    });
  }

  /** Opens a slot that a refusal closed once nothing of it is at a server and its pause is over. */
  #reopen(slot: number, held: HeldSlot, nowMs: number): void {
    if (this.#slots.inFlight[slot]! > 0 || held.notBeforeMs > nowMs) return;
    this.#slots.open(slot);
    this.#forgetAnnounced(slot);
  }

  #forgetAnnounced(slot: number): void {
    this.#slots.server2[slot]?.announced.delete(slot);
    this.#slots.server3[slot]?.announced.delete(slot);
  }

  #resend(slot: number, held: HeldSlot, entry: HeldRequest): void {
    const route = this.#slots.route[slot]!;
    if (route.kind === "migrating" && route.method === "dump") {
      if (this.#context.bring(entry.request, slot, entry.bytes)) {
        this.#heldBytes -= entry.bytes.length;
      } else this.#keepForLater(slot, held, entry);
      return;
    }
    const servers = this.#context.protocolOf(entry.request) === 2
      ? this.#slots.server2
      : this.#slots.server3;
    const upstream = servers[slot]!;
    if (!upstream.ready()) {
      this.#keepForLater(slot, held, entry);
      return;
    }
    this.#heldBytes -= entry.bytes.length;
    this.#announce(slot, upstream);
    this.#slots.inFlight[slot]!++;
    this.#forwarder.send(entry.request, upstream, entry.bytes, 0, entry.bytes.length);
  }

  #keepForLater(slot: number, held: HeldSlot, entry: HeldRequest): void {
    held.admitted.push(entry);
    this.#pumpAt(slot, held, this.#reactor.nowMs + RETRY_DELAY_MS_MAX);
  }

  /** Tells the server, once a connection and epoch, that this proxy knows the slot's route. */
  #announce(slot: number, upstream: Upstream): void {
    if (upstream.isStock) return;
    const epoch = announcedEpochOf(this.#slots.route[slot]!);
    if (upstream.announced.get(slot) === epoch) return;
    this.#forwarder.sendInternal(upstream, routeFrame(slot, epoch));
    upstream.announced.set(slot, epoch);
  }

  #keep(request: number, bytes: Uint8Array, notBeforeMs: number): HeldRequest {
    const pending = this.#pending;
    if (pending.heldSinceMs[request] === 0) pending.heldSinceMs[request] = this.#reactor.nowMs;
    this.#heldBytes += bytes.length;
    return { request, bytes, notBeforeMs };
  }

  /** The session that waits for `request`; undefined once the client is gone. */
  #sessionOf(request: number): Session | undefined {
    const connection = this.#pending.sessionOf(request);
    return connection === NONE ? undefined : this.#delivery.sessions[connection];
  }

  #fail(entry: HeldRequest, text: string): void {
    this.#heldBytes -= entry.bytes.length;
    this.#context.fail(entry.request, text);
  }

  #heldOf(slot: number): HeldSlot {
    let held = this.#held.get(slot);
    if (held === undefined) this.#held.set(slot, held = new HeldSlot());
    return held;
  }
}

/** The reply on a slot that no group owns. */
export function offlineText(slot: number): string {
  return `CLUSTERDOWN slot ${slot} is not assigned to a group`;
}

/** The pause before a refused request is sent again: 1 ms doubling to 64 ms. */
function retryDelayMs(attempt: number): number {
  return Math.min(RETRY_DELAY_MS_MIN * 2 ** (attempt - 1), RETRY_DELAY_MS_MAX);
}
