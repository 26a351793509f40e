/**
 * The way to one start of one other server, for all slots that go there.
 *
 * A link is used only after `SLOTSIMPORT` showed which process answers on it: the answers of another
 * start say nothing (it may have lost what its predecessor confirmed).
 *
 * Invariant: every sending ends in exactly one of `onReply` and `onLost`.
 *
 * @module
 */

import { parseAddress } from "../../core/address.ts";
import { encodeRequest } from "../../core/resp/encode_request.ts";
import type { Reactor } from "../../core/transport/reactor.ts";
import type { PeerLink } from "../peer_link.ts";
import type { PeerLinks } from "../peer_links.ts";
import type { FencePeer } from "./fence_decision.ts";
import type { GivingSlot } from "./giving_slot.ts";
import type { Transfer } from "./transfer.ts";

/** Keys on the way at a time: clients that ask for them wait. */
const WINDOW_KEYS = 512;
const WINDOW_BYTES = 1 << 18;
const REPLY_TIMEOUT_MS = 5000;
const REOPEN_DELAY_MS = 50;
const PLUS = 0x2b;

/** What a stream tells its owner. */
export interface StreamListener {
  /** The reply `[start, end)` to a transfer that was not sent again since. */
  onReply(
    giver: GivingSlot,
    transfer: Transfer,
    bytes: Uint8Array,
    start: number,
    end: number,
  ): void;
  /** The stream can take more, now or after `delayMs`. */
  onReady(delayMs: number): void;
}

/** Transfers to one start of one server. */
export class TransferStream {
  /** The slots that go there, next first. */
  readonly givers: GivingSlot[] = [];
  readonly #peer: FencePeer;
  readonly #reactor: Reactor;
  readonly #peers: PeerLinks;
  readonly #listener: StreamListener;
  #link: PeerLink | undefined;
  #isVerified = false;
  #notBeforeMs = 0;
  #keys = 0;
  #bytes = 0;

  constructor(
    peer: FencePeer,
    parts: { reactor: Reactor; peers: PeerLinks; listener: StreamListener },
  ) {
    this.#peer = peer;
    this.#reactor = parts.reactor;
    this.#peers = parts.peers;
    this.#listener = parts.listener;
  }

  /** Whether a transfer may be sent; otherwise the first steps to it are taken. */
  get isOpen(): boolean {
    if (this.#isVerified && this.#link!.isOpen) return true;
    if (this.#link === undefined || !this.#link.isOpen) this.#open();
    return false;
  }

  /** Enough is on the way. */
  get isFull(): boolean {
    return this.#keys >= WINDOW_KEYS || this.#bytes >= WINDOW_BYTES;
  }

  /** Sends a transfer, for the first time or again. The stream must be open. */
  send(giver: GivingSlot, transfer: Transfer): void {
    const attempt = ++transfer.attempt;
    const keyCount = transfer.keys.length / 2;
    const byteCount = transfer.frame.length;
    transfer.sent = true;
    this.#keys += keyCount;
    this.#bytes += byteCount;
    this.#link!.send(transfer.frame, {
      timeoutMs: REPLY_TIMEOUT_MS,
      onReply: (bytes, start, end) => {
        this.#keys -= keyCount;
        this.#bytes -= byteCount;
        if (transfer.attempt !== attempt) return;
        transfer.sent = false;
        this.#listener.onReply(giver, transfer, bytes, start, end);
      },
      onLost: () => {
        this.#keys -= keyCount;
        this.#bytes -= byteCount;
        this.#isVerified = false;
        if (transfer.attempt === attempt) transfer.sent = false;
        this.#listener.onReady(REOPEN_DELAY_MS);
      },
    });
  }

  /** Asks whether the process behind the link is the one that is meant. */
  #open(): void {
    const giver = this.givers[0];
    const { nowMs } = this.#reactor;
    if (giver === undefined) return;
    if (nowMs < this.#notBeforeMs) return this.#listener.onReady(this.#notBeforeMs - nowMs);
    this.#notBeforeMs = nowMs + REOPEN_DELAY_MS;
    this.#isVerified = false;
    const link = this.#peers.open(parseAddress(this.#peer.addr), 0);
    this.#link = link;
    link.send(encodeRequest(["SLOTSIMPORT", giver.slotEpoch, this.#peer.boot, giver.slot]), {
      timeoutMs: REPLY_TIMEOUT_MS,
      onReply: (bytes, start) => {
        this.#isVerified = bytes[start] === PLUS;
        if (!this.#isVerified) this.#link = undefined;
        this.#listener.onReady(this.#isVerified ? 0 : REOPEN_DELAY_MS);
      },
      onLost: () => this.#listener.onReady(REOPEN_DELAY_MS),
    });
  }
}
