/**
 * The network of the protocol's model world: a bag of messages that may arrive in any order, late,
 * twice or never, and the seeded randomness that decides.
 *
 * @module
 */

import type { FenceEffect, FenceState } from "../../core/topology/slot_fences.ts";
import type { Testimony } from "../../core/topology/slot_machine.ts";
import type { Receipt } from "../../core/topology/topology.ts";

/** What a client wants of a key. */
export interface Command {
  readonly operation: "get" | "set" | "del";
  readonly key: string;
  /** The token of a refusal; null for a plain command. */
  readonly asking: number | null;
}

/** How a server answers a command. */
export type CommandReply =
  | { readonly kind: "value"; readonly value: number }
  | { readonly kind: "ask" | "busy" | "stale"; readonly slotEpoch: number };

/** What travels. */
export type Body =
  | { readonly kind: "command"; readonly command: Command; readonly attempt: number }
  | { readonly kind: "reply"; readonly reply: CommandReply; readonly attempt: number }
  | { readonly kind: "fence"; readonly fence: FenceEffect }
  | { readonly kind: "fenced"; readonly by: Testimony; readonly state: FenceState }
  | { readonly kind: "in-doubt"; readonly by: Testimony; readonly count: number }
  | { readonly kind: "wrong-boot"; readonly group: number; readonly boot: string }
  | { readonly kind: "outranked"; readonly leaderEpoch: number; readonly slotEpoch: number }
  | { readonly kind: "ask-receipt"; readonly slotEpoch: number }
  | {
    readonly kind: "receipt";
    readonly by: Testimony;
    readonly empty: boolean;
    readonly inDoubt: number;
    readonly receipt: Receipt;
  }
  | {
    readonly kind: "restore";
    readonly key: string;
    readonly value: number;
    readonly slotEpoch: number;
    readonly seq: number;
  }
  | {
    readonly kind: "restored" | "refused";
    readonly slotEpoch: number;
    readonly seq: number;
    readonly byBoot: string;
  };

/** One message. */
export interface Message {
  readonly from: string;
  readonly to: string;
  /** The process it was sent to: lost if another has taken its place. Null: any. */
  readonly toBoot: string | null;
  readonly body: Body;
}

/** Messages under way. */
export class ModelNet {
  readonly #random: Random;
  readonly #messages: Message[] = [];

  /** `random` decides what arrives next. */
  constructor(random: Random) {
    this.#random = random;
  }

  /** How many are under way. */
  get count(): number {
    return this.#messages.length;
  }

  /** Sends. */
  send(message: Message): void {
    this.#messages.push(message);
  }

  /** Takes out any message; undefined if none is under way. */
  take(): Message | undefined {
    if (this.#messages.length === 0) return undefined;
    return this.#messages.splice(this.#random.below(this.#messages.length), 1)[0];
  }

  /** Makes any message arrive twice; commands travel on a stream, which does not repeat. */
  duplicate(): void {
    const message = this.#messages[this.#random.below(this.#messages.length)];
    if (message === undefined) return;
    if (message.body.kind !== "command" && message.body.kind !== "reply") this.send(message);
  }
}

/** Numbers that a seed decides (mulberry32). */
export class Random {
  #state: number;

  /** Starts at `seed`. */
  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** Returns an integer of 0 to `limit - 1`. */
  below(limit: number): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor(((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296 * limit);
  }

  /** Returns one of `items`. */
  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)]!;
  }
}
