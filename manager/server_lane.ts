/**
 * The leader's conversation with one server: who are you, hold these slots so, what have you moved.
 *
 * Invariant: at most one exchange is under way, so a server hears of slots in the order in which the
 * leader decided.
 *
 * @module
 */

import { formatAddress, parseAddress } from "../core/address.ts";
import { ControlClient, type Credentials } from "../core/control_client.ts";
import type { Reply } from "../core/resp/decode_reply.ts";
import type { SlotEvent, Verdict } from "../core/topology/slot_machine.ts";
import {
  BOOT_COMMAND,
  type BootAnswer,
  fenceCommand,
  readBoot,
  readFence,
  readReceipts,
  receiptCommand,
  type ReceiptEffect,
  receiptEvent,
  type ReceiptRow,
  standsAsAsked,
} from "./server_wire.ts";
import type { ServerEffect } from "./slot_board.ts";
import type { Endpoint, FenceEffect } from "../core/topology/slot_fences.ts";
import { pause, Wake } from "./wake.ts";

/** How often an idle server is asked who it is, milliseconds. */
const BOOT_INTERVAL_MS = 1000;

/** Pauses between questions for receipts: the first, and the longest, milliseconds. */
const POLL_MS = { min: 2, max: 50 };

/** Pauses after a refusal or a lost connection: the first, and the longest, milliseconds. */
const RETRY_MS = { min: 50, max: 2000 };

/** Which server it is. */
export interface LanePlace {
  readonly group: number;
  readonly server: string;
  /** `host:port`. */
  readonly addr: string;
}

/** Who the lane works for. */
export interface LaneHost {
  readonly credentials: Credentials | undefined;
  /** What the server is to be sent now. */
  dueAt(server: string): ServerEffect[];
  /** Where servers find each other; the host is numeric as soon as it is known. */
  addrOf(peer: Endpoint): string;
  /** Takes in news of slots. */
  hear(slots: readonly number[], event: SlotEvent): Verdict;
  /** Takes in who answers at the server's address. */
  onBoot(place: LanePlace, boot: string): void;
  /** Takes in what a source counted. */
  onCounted(rows: readonly ReceiptRow[]): void;
  /** Something was heard that may make other things due. */
  onProgress(): void;
}

/** What is known of the server. */
export interface LaneStatus {
  readonly reachable: boolean;
  /** Its address with a numeric host; null before the first connection. */
  readonly numericAddr: string | null;
  /** The last answer to `SLOTSBOOT`; null before the first. */
  readonly boot: BootAnswer | null;
  /** Why it does not do what it is told; null if it does. */
  readonly problem: string | null;
}

/** The loop over one server. */
export class ServerLane {
  readonly place: LanePlace;
  readonly #host: LaneHost;
  readonly #wake = new Wake();
  /** Slots that held up a fence they shared: they are fenced one by one until that is done. */
  readonly #alone = new Set<number>();
  #status: LaneStatus = {
    reachable: false,
    numericAddr: null,
    boot: null,
    problem: null,
  };

  constructor(place: LanePlace, host: LaneHost) {
    this.place = place;
    this.#host = host;
  }

  /** What is known of the server. */
  get status(): LaneStatus {
    return this.#status;
  }

  /** Says that something may be due here. */
  notify(): void {
    this.#wake.notify();
  }

  /** Talks to the server until `signal` aborts. */
  async run(signal: AbortSignal): Promise<void> {
    let retryMs = RETRY_MS.min;
    while (!signal.aborted) {
      try {
        using client = await ControlClient.connect(parseAddress(this.place.addr), {
          credentials: this.#host.credentials,
          signal,
        });
        this.#status = { ...this.#status, numericAddr: formatAddress(client.remote) };
        await this.#serve(client, signal, () => retryMs = RETRY_MS.min);
      } catch (error) {
        if (signal.aborted) return;
        this.#status = { ...this.#status, reachable: false, problem: (error as Error).message };
        this.#host.onProgress();
        await pause(signal, retryMs).catch(() => {});
        retryMs = Math.min(retryMs * 2, RETRY_MS.max);
      }
    }
  }

  async #serve(client: ControlClient, signal: AbortSignal, onAnswer: () => void): Promise<void> {
    let askedAtMs = -Infinity;
    let pauseMs = POLL_MS.min;
    for (;;) {
      const idleMs = askedAtMs + BOOT_INTERVAL_MS - performance.now();
      if (idleMs <= 0) {
        await this.#askBoot(client, signal);
        onAnswer();
        askedAtMs = performance.now();
      }
      const due = this.#host.dueAt(this.place.server).flatMap((effect) => this.#parted(effect));
      if (due.length === 0) {
        await this.#wake.wait(signal, Math.max(1, idleMs));
        pauseMs = POLL_MS.min;
        continue;
      }
      const { progress, problem } = await this.#exchange(client, due, signal);
      this.#status = { ...this.#status, problem };
      if (progress) {
        this.#host.onProgress();
        pauseMs = POLL_MS.min;
      } else {
        await this.#wake.wait(signal, pauseMs);
        pauseMs = Math.min(pauseMs * 2, problem === null ? POLL_MS.max : RETRY_MS.max);
      }
    }
  }

  async #askBoot(client: ControlClient, signal: AbortSignal): Promise<void> {
    const boot = readBoot(await client.call(BOOT_COMMAND, signal));
    const { reachable, problem } = this.#status;
    const told = reachable ? problem : null;
    this.#status = { ...this.#status, reachable: true, boot, problem: told };
    this.#host.onBoot(this.place, boot.boot);
    if (!reachable) this.#host.onProgress();
  }

  async #exchange(
    client: ControlClient,
    due: readonly ServerEffect[],
    signal: AbortSignal,
  ): Promise<{ progress: boolean; problem: string | null }> {
    const commands = due.map((effect) =>
      effect.kind === "fence"
        ? fenceCommand(effect, effect.peer && this.#host.addrOf(effect.peer))
        : receiptCommand(effect)
    );
    const replies = await client.pipeline(commands, signal);
    let progress = false;
    let problem: string | null = null;
    due.forEach((effect, index) => {
      const reply = replies[index]!;
      const heard = effect.kind === "fence"
        ? this.#onFence(effect, reply)
        : this.#onReceipts(effect, reply);
      progress ||= heard === "progress";
      if (heard !== "progress" && heard !== "waiting") problem = heard.problem;
    });
    return { progress, problem };
  }

  /** All slots of a fence are obeyed or none, so one that is not ready must not hold up the others. */
  #parted(effect: ServerEffect): ServerEffect[] {
    if (effect.kind !== "fence") return [effect];
    const together = effect.slots.filter((slot) => !this.#alone.has(slot));
    const parts = effect.slots.filter((slot) => this.#alone.has(slot)).map((slot) => [slot]);
    if (together.length > 0) parts.unshift(together);
    return parts.map((slots) => ({ ...effect, slots }));
  }

  #onFence(effect: FenceEffect, reply: Reply): Heard {
    const answer = readFence(effect, reply);
    if (answer.kind === "not-yet") {
      this.#part(effect);
      return { problem: answer.why };
    }
    if (answer.kind === "restarted") {
      this.#host.onBoot(this.place, answer.boot);
      return "waiting";
    }
    const { slots, event } = answer;
    const verdict = this.#host.hear(slots, event);
    if (verdict.kind === "refused") return { problem: verdict.why };
    if (event.kind === "outranked") {
      return { problem: `it obeys leader epoch ${event.leaderEpoch}` };
    }
    if (event.kind === "in-doubt") {
      this.#part(effect);
      return "waiting";
    }
    for (const slot of slots) this.#alone.delete(slot);
    return "progress";
  }

  #part({ slots }: FenceEffect): void {
    for (const slot of slots) this.#alone.add(slot);
  }

  #onReceipts(effect: ReceiptEffect, reply: Reply): Heard {
    const answer = readReceipts(reply);
    if (answer.boot !== effect.at.boot) {
      this.#host.onBoot(this.place, answer.boot);
      return "waiting";
    }
    if (effect.side === "source") this.#host.onCounted(answer.rows);
    let heard: Heard = "waiting";
    for (const row of answer.rows) {
      // A source that is not done yet is asked again; there is nothing to decide on it.
      const settles = effect.side === "target" || (row.keys === 0 && row.inDoubt === 0);
      if (!settles || !standsAsAsked(effect, row)) continue;
      const verdict = this.#host.hear([row.slot], receiptEvent(effect.at, answer, row));
      if (verdict.kind === "refused") heard = { problem: verdict.why };
      if (verdict.kind === "accepted" && heard === "waiting") heard = "progress";
    }
    return heard;
  }
}

type Heard = "progress" | "waiting" | { readonly problem: string };
