/**
 * One `SCAN` over all keys of a stock server, for all slots at once that it has to purge or to give away.
 *
 * A key that is there from the beginning of a scan to its end is returned by it; nobody adds keys of
 * these slots meanwhile. So a slot all of whose keys were dealt with in one whole scan has none left.
 *
 * Invariant: a slot counts as done only if the scan was whole and nothing about it failed.
 *
 * @module
 */

import { type ControlClient, type ControlCommand, isErrorReply } from "../core/control_client.ts";
import type { Reply } from "../core/resp/decode_reply.ts";
import type { EmptyTag } from "../core/slots.ts";
import type { StockLogin } from "../core/stock_users.ts";
import {
  migrateCommand,
  migrateOutcome,
  type PagePlan,
  planPage,
  readPage,
  type SlotKey,
  type SlotOrder,
} from "./stock_page.ts";

/** Keys that the server is asked for at a time. */
const KEYS_PER_PAGE = 1000;

/** What a pass works with. */
export interface StockPassOptions {
  /** Logged in as the leader's user. */
  readonly client: ControlClient;
  /** The same user, for `MIGRATE` to log in with at the target. */
  readonly login: StockLogin;
  readonly emptyTag: EmptyTag;
  readonly signal: AbortSignal;
  /** By slot. */
  readonly orders: ReadonlyMap<number, SlotOrder>;
  /** Whether a slot's order still stands; asked before each page. */
  stands(slot: number): boolean;
  /** Keys are about to go to `to`, of which nothing is known until {@linkcode onKnown}. */
  onSending(to: string): void;
  /** The fate of all keys sent to `to` is known. */
  onKnown(to: string): void;
}

/** What a pass did. */
export interface StockPassResult {
  /** The slots without keys now, and how many of each were moved. */
  readonly moved: ReadonlyMap<number, number>;
  /** Why slots are missing there; null if none is. */
  readonly problem: string | null;
}

/** Goes over all keys once. @throws {ControlConnectionError} if the connection ends. */
export async function runStockPass(options: StockPassOptions): Promise<StockPassResult> {
  return await new StockPass(options).run();
}

class StockPass {
  readonly #options: StockPassOptions;
  readonly #orders: Map<number, SlotOrder>;
  readonly #moved = new Map<number, number>();
  /** Where it is not known what became of keys: nothing more is sent there. */
  readonly #doubtful = new Set<string>();
  #problem: string | null = null;

  constructor(options: StockPassOptions) {
    this.#options = options;
    this.#orders = new Map(options.orders);
  }

  async run(): Promise<StockPassResult> {
    let cursor = "0";
    do {
      const page = readPage(await this.#call(["SCAN", cursor, "COUNT", KEYS_PER_PAGE]));
      cursor = page.cursor;
      for (const slot of this.#orders.keys()) {
        if (!this.#options.stands(slot)) this.#orders.delete(slot);
      }
      if (this.#orders.size === 0) break;
      await this.#deal(planPage(page.keys, this.#orders, this.#options.emptyTag));
    } while (cursor !== "0");
    const done = [...this.#orders.keys()].map((slot) =>
      [slot, this.#moved.get(slot) ?? 0] as const
    );
    return { moved: new Map(done), problem: this.#problem };
  }

  async #deal({ purged, moves }: PagePlan): Promise<void> {
    if (purged.length > 0) {
      const reply = await this.#call(["UNLINK", ...purged]);
      if (isErrorReply(reply)) this.#giveUp(purgedSlots(this.#orders), reply.error);
    }
    // One after the other: the source does nothing else while it waits for a target.
    for (const { to, keys } of moves) await this.#move(to, keys);
  }

  async #move(to: string, keys: readonly SlotKey[]): Promise<void> {
    if (this.#doubtful.has(to)) return;
    this.#options.onSending(to);
    const command = migrateCommand(to, keys.map(({ key }) => key), this.#options.login);
    const outcome = migrateOutcome(await this.#call(command));
    if (outcome.kind === "doubt") return this.#doubt(to, outcome.why);
    this.#options.onKnown(to);
    if (outcome.kind === "moved") {
      for (const { slot } of keys) this.#moved.set(slot, (this.#moved.get(slot) ?? 0) + 1);
    } else if (outcome.kind === "refused") {
      this.#giveUp(keys.map(({ slot }) => slot), outcome.why);
    } else if (outcome.kind === "busy") await this.#onBusy(to, keys);
  }

  /** The target's copy is the newer one. Which key of a batch it is about, the answer does not say. */
  async #onBusy(to: string, keys: readonly SlotKey[]): Promise<void> {
    if (keys.length > 1) {
      for (const key of keys) await this.#move(to, [key]);
      return;
    }
    const reply = await this.#call(["UNLINK", keys[0]!.key]);
    if (isErrorReply(reply)) this.#giveUp([keys[0]!.slot], reply.error);
  }

  #doubt(to: string, why: string): void {
    this.#doubtful.add(to);
    const slots = [...this.#orders].flatMap(([slot, order]) =>
      order !== "purge" && order.to === to ? [slot] : []
    );
    this.#giveUp(slots, why);
  }

  /** The slots have keys left; others go on. */
  #giveUp(slots: readonly number[], why: string): void {
    this.#problem = why;
    for (const slot of slots) this.#orders.delete(slot);
  }

  async #call(command: ControlCommand): Promise<Reply> {
    return await this.#options.client.call(command, this.#options.signal);
  }
}

function purgedSlots(orders: ReadonlyMap<number, SlotOrder>): number[] {
  return [...orders].flatMap(([slot, order]) => order === "purge" ? [slot] : []);
}
