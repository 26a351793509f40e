/**
 * The giving side of a migration: sends keys until the slot is empty, a little in each turn.
 *
 * Invariant: a key that is in transit is neither read nor written here until the other server answered
 * for it; a timeout, a lost connection or another start of that server is no answer.
 *
 * @module
 */

import { type EmptyTag, SLOT_COUNT } from "../../core/slots.ts";
import type { Reactor, TimerId } from "../../core/transport/reactor.ts";
import type { Keyspace } from "../keyspace/keyspace.ts";
import type { PeerLinks } from "../peer_links.ts";
import type { FencePeer } from "./fence_decision.ts";
import { type GivingContext, GivingSlot } from "./giving_slot.ts";
import { hash, HashSet } from "./hash_set.ts";
import { type Transfer, TransferWriter, unitOf } from "./transfer.ts";
import { effectOfAnswer, type TransferAnswer } from "./transfer_decision.ts";
import type { TransferTally } from "./transfer_tally.ts";
import { TransferStream } from "./transfer_stream.ts";

/** What a move may take. */
export interface TransferLimits {
  /** 0: as much as there is. */
  readonly bytesPerSecond: number;
  /** Keys without a tag in one message; they are busy together. */
  readonly keysPerMessage: number;
}

/** The limits of a server that was told none. */
const TRANSFER_LIMITS: TransferLimits = { bytesPerSecond: 0, keysPerMessage: 16 };

/** Time that a turn may spend on sending: clients wait for it. */
const SLICE_MS = 0.25;
const RETRY_DELAY_MS_MIN = 2;
const RETRY_DELAY_MS_MAX = 100;
const COLON = 0x3a;
const latin1 = new TextDecoder("latin1");

/** Slots that this server gives away. */
export class TransferSource {
  readonly #reactor: Reactor;
  readonly #peers: PeerLinks;
  readonly #tally: TransferTally;
  readonly #context: GivingContext;
  readonly #givers: (GivingSlot | undefined)[] = new Array(SLOT_COUNT).fill(undefined);
  readonly #streams = new Map<string, TransferStream>();
  /** Who waits for the answer to a transfer that empties a slot. */
  readonly #emptied = new Map<Transfer, (isEmpty: boolean) => void>();
  #limits = TRANSFER_LIMITS;
  #timer: TimerId = -1;
  #timerAtMs = Infinity;
  #allowance = 0;
  #allowanceAtMs = 0;

  constructor(
    parts: {
      reactor: Reactor;
      peers: PeerLinks;
      keyspace: Keyspace;
      emptyTag: EmptyTag;
      tally: TransferTally;
    },
  ) {
    this.#reactor = parts.reactor;
    this.#peers = parts.peers;
    this.#tally = parts.tally;
    const { keyspace } = parts;
    this.#context = {
      get database() {
        return keyspace.database(0);
      },
      emptyTag: parts.emptyTag,
      writer: new TransferWriter(keyspace.records),
      inTransit: new HashSet(),
    };
  }

  /** What moves may take; limits that are set know nothing of what moved before. */
  get limits(): TransferLimits {
    return this.#limits;
  }
  set limits(limits: TransferLimits) {
    this.#limits = limits;
    this.#allowance = 0;
  }

  /** Gives a slot to `peer`, from now on under this epoch. */
  give(slot: number, slotEpoch: number, peer: FencePeer): void {
    let giver = this.#givers[slot];
    if (giver === undefined) {
      this.#givers[slot] = giver = new GivingSlot(slot, peer, this.#context);
      this.#streamTo(peer).givers.push(giver);
    } else this.#moveTo(giver, peer);
    giver.enter(slotEpoch, peer);
    this.#pumpIn(0);
  }

  /** The slot is given no more; nothing of it may be in doubt. */
  stop(slot: number): void {
    const giver = this.#givers[slot];
    if (giver === undefined) return;
    this.#givers[slot] = undefined;
    this.#leave(giver);
  }

  /** The slot is to be held: what is in doubt is resolved, nothing more is sent. */
  settle(slot: number, peer: FencePeer | null): void {
    const giver = this.#givers[slot];
    if (giver === undefined) return;
    giver.pumping = false;
    if (peer !== null) this.#moveTo(giver, peer);
    this.#pumpIn(0);
  }

  /** The other server of a slot was seen to have started again: what its predecessor says is void. */
  peerStarted(slot: number, boot: string): void {
    const giver = this.#givers[slot];
    if (giver !== undefined) this.#moveTo(giver, { addr: giver.peer.addr, boot });
  }

  /**
   * Empties the slots that are being given where they go, too: what went there, or is on the way, is no
   * less this server's to empty. Numbered behind all that was sent, so nothing comes after it. Calls
   * `done` once all have answered, with the slots that were refused. Some slot must be given.
   */
  empty(done: (refused: readonly number[]) => void): void {
    const given = this.#givers.filter((giver) => giver !== undefined);
    const refused: number[] = [];
    let waiting = given.length;
    for (const giver of given) {
      this.#emptied.set(giver.empty(), (isEmpty) => {
        if (!isEmpty) refused.push(giver.slot);
        if (--waiting === 0) done(refused);
      });
    }
    this.#pumpIn(0);
  }

  /** Whether any slot is being given. */
  get isGiving(): boolean {
    return this.#streams.size > 0;
  }

  /** Transfers of a slot without an answer. */
  inDoubt(slot: number): number {
    return this.#givers[slot]?.outstanding.length ?? 0;
  }

  /** Whether the key `bytes[start, end)` of a slot is on its way. */
  isInTransit(slot: number, bytes: Uint8Array, start: number, end: number): boolean {
    if (this.inDoubt(slot) === 0) return false;
    unitOf(bytes, start, end, this.#context.emptyTag);
    return this.#context.inTransit.has(hash.low, hash.high);
  }

  /** Sends a key, with its family, before its turn: a command needs it where its other keys are. */
  pull(slot: number, ref: number): void {
    const giver = this.#givers[slot];
    if (giver === undefined || !giver.pumping || giver.notBeforeMs > this.#reactor.nowMs) return;
    const stream = this.#streamTo(giver.peer);
    if (!stream.isOpen) return;
    const transfer = giver.pull(ref);
    if (transfer !== undefined) stream.send(giver, transfer);
  }

  #streamTo(peer: FencePeer): TransferStream {
    const name = `${peer.addr} ${peer.boot}`;
    let stream = this.#streams.get(name);
    if (stream === undefined) {
      stream = new TransferStream(peer, {
        reactor: this.#reactor,
        peers: this.#peers,
        listener: {
          onReply: (giver, transfer, bytes, start, end) =>
            this.#onReply(giver, transfer, bytes, start, end),
          onReady: (delayMs) => this.#pumpIn(delayMs),
        },
      });
      this.#streams.set(name, stream);
    }
    return stream;
  }

  /** Sends what follows, and what is in doubt again, to another start of the other server. */
  #moveTo(giver: GivingSlot, peer: FencePeer): void {
    if (giver.peer.addr === peer.addr && giver.peer.boot === peer.boot) return;
    this.#leave(giver);
    giver.peer = peer;
    for (const transfer of giver.outstanding) {
      transfer.attempt++;
      transfer.sent = false;
    }
    this.#streamTo(peer).givers.push(giver);
    this.#pumpIn(0);
  }

  #leave(giver: GivingSlot): void {
    const name = `${giver.peer.addr} ${giver.peer.boot}`;
    const { givers } = this.#streams.get(name)!;
    givers.splice(givers.indexOf(giver), 1);
    if (givers.length === 0) this.#streams.delete(name);
  }

  #onReply(
    giver: GivingSlot,
    transfer: Transfer,
    bytes: Uint8Array,
    start: number,
    end: number,
  ): void {
    const answer = answerIn(bytes, start, end);
    const effect = effectOfAnswer(answer, transfer.slotEpoch === giver.slotEpoch);
    if (effect.keys !== "in-transit") {
      giver.resolve(transfer);
      if (effect.keys === "delete") giver.deleteKeys(transfer);
      if (answer === "done") giver.refusals = 0;
      if (effect.stops) giver.pumping = false;
      const { keys, sum } = transfer;
      if (effect.counts) this.#tally.add(giver.slot, keys.length / 2, sum[0]!, sum[1]!);
      this.#endEmpty(transfer, answer === "done");
      return this.#pumpIn(0);
    }
    // Not there yet, short of memory, loading: whatever it is, the outcome is that nothing happened.
    const delayMs = Math.min(RETRY_DELAY_MS_MIN * 2 ** giver.refusals, RETRY_DELAY_MS_MAX);
    if (giver.notBeforeMs <= this.#reactor.nowMs) {
      giver.notBeforeMs = this.#reactor.nowMs + delayMs;
      giver.refusals++;
    }
    this.#pumpIn(delayMs);
  }

  #endEmpty(transfer: Transfer, isEmpty: boolean): void {
    const done = this.#emptied.get(transfer);
    this.#emptied.delete(transfer);
    done?.(isEmpty);
  }

  #pumpIn(delayMs: number): void {
    const atMs = this.#reactor.nowMs + delayMs;
    if (atMs >= this.#timerAtMs) return;
    this.#reactor.clearTimer(this.#timer);
    this.#timerAtMs = atMs;
    this.#timer = this.#reactor.setTimer(delayMs, () => {
      this.#timerAtMs = Infinity;
      this.#pump();
    });
  }

  #pump(): void {
    this.#refillAllowance();
    const deadlineMs = performance.now() + SLICE_MS;
    for (const stream of this.#streams.values()) this.#pumpStream(stream, deadlineMs);
  }

  #pumpStream(stream: TransferStream, deadlineMs: number): void {
    const { givers } = stream;
    if (!givers.some(hasWork) || !stream.isOpen) return;
    for (const giver of givers) this.#repeat(stream, giver);
    for (let idle = 0; idle < givers.length && !stream.isFull;) {
      const giver = givers[0]!;
      if (giver.notBeforeMs > this.#reactor.nowMs || giver.isExhausted) {
        idle++;
        rotate(givers);
        continue;
      }
      if (this.#limits.bytesPerSecond > 0 && this.#allowance <= 0) return this.#pumpIn(10);
      if (performance.now() > deadlineMs) return this.#pumpIn(0);
      idle = 0;
      const transfer = giver.next(this.#limits.keysPerMessage);
      rotate(givers);
      if (transfer === undefined) continue;
      this.#allowance -= transfer.frame.length;
      stream.send(giver, transfer);
    }
  }

  /** Sends again what has no answer and is not under way, in the order of its numbers. */
  #repeat(stream: TransferStream, giver: GivingSlot): void {
    const waitMs = giver.notBeforeMs - this.#reactor.nowMs;
    for (const transfer of giver.outstanding) {
      if (transfer.sent) continue;
      if (waitMs > 0) return this.#pumpIn(waitMs);
      stream.send(giver, transfer);
    }
  }

  #refillAllowance(): void {
    const { bytesPerSecond } = this.#limits;
    const { nowMs } = this.#reactor;
    const earned = (nowMs - this.#allowanceAtMs) * bytesPerSecond / 1000;
    // Never more than a tenth of a second ahead.
    this.#allowance = Math.min(this.#allowance + earned, bytesPerSecond / 10);
    this.#allowanceAtMs = nowMs;
  }
}

function answerIn(bytes: Uint8Array, start: number, end: number): TransferAnswer {
  if (bytes[start] === COLON) return "done";
  const word = latin1.decode(bytes.subarray(start, Math.min(end, start + 11)));
  return word === "-SLOTSTALE " ? "never" : "later";
}

function hasWork(giver: GivingSlot): boolean {
  return !giver.isExhausted || giver.outstanding.some((transfer) => !transfer.sent);
}

/** The first goes to the end, so that all slots move at the same pace. */
function rotate(givers: GivingSlot[]): void {
  givers.push(givers.shift()!);
}
