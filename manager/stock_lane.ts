/**
 * The leader's work at one stock server: purging slots and giving their keys away.
 *
 * Every session begins by shutting out the users of older leaders, and what an earlier session of this
 * leader left unread (PROTOCOL rule 30); then it makes sure that it still leads. A leader that was
 * replaced meanwhile is shut out by its successor in the same way, so no command of it can come late.
 *
 * Invariant: nothing is begun while it is not known what became of keys sent before.
 *
 * @module
 */

import { parseAddress } from "../core/address.ts";
import { ControlClient, type Credentials } from "../core/control_client.ts";
import type { EmptyTag } from "../core/slots.ts";
import { StockAdmin } from "../core/stock_admin.ts";
import { MANAGER_RIGHTS, type StockLogin, stockUserOf } from "../core/stock_users.ts";
import type { DumpEffect, DumpEvent } from "../core/topology/dump_machine.ts";
import type { LanePlace, LaneStatus } from "./server_lane.ts";
import type { SlotOrder } from "./stock_page.ts";
import { runStockPass } from "./stock_pass.ts";
import { pause, Wake } from "./wake.ts";

/** How often an idle server is asked whether it is there, milliseconds. */
const PING_INTERVAL_MS = 1000;

/** Pauses after a failure: the first, and the longest, milliseconds. */
const RETRY_MS = { min: 50, max: 2000 };

/** Who the lane works for. */
export interface StockLaneHost {
  /** The server user that may use `ACL`. */
  readonly credentials: Credentials | undefined;
  /** This leader's user at every stock server. */
  readonly login: StockLogin;
  readonly leaderEpoch: number;
  readonly emptyTag: EmptyTag;
  /** Grows whenever commands of an older leader were found; see {@linkcode StockLane.clearedAt}. */
  readonly strangers: number;
  /** What is to be done at the server now. */
  dueAt(server: string): DumpEffect[];
  /** Takes in news of slots. */
  hear(slots: readonly number[], event: DumpEvent): void;
  /** Whether nothing that an older leader sent to the server can be executed any more. */
  isClear(server: string): boolean;
  /** An older leader's user was found and shut out. */
  onStranger(): void;
  /** @throws {NotLeaderError} if another manager leads. */
  confirmLead(signal: AbortSignal): Promise<void>;
  /** Something was done that may make other things due. */
  onProgress(): void;
}

/** The loop over one stock server. */
export class StockLane {
  readonly place: LanePlace;
  readonly #host: StockLaneHost;
  readonly #wake = new Wake();
  /** Servers that may still get keys of a `MIGRATE` that has ended here. */
  readonly #doubtful = new Set<string>();
  #orders: ReadonlySet<string> | null = null;
  #clearedAt = -1;
  #status: LaneStatus = { reachable: false, numericAddr: null, boot: null, problem: null };

  constructor(place: LanePlace, host: StockLaneHost) {
    this.place = place;
    this.#host = host;
  }

  /** What is known of the server. */
  get status(): LaneStatus {
    return this.#status;
  }

  /** The host's count of strangers when whatever they had sent here was last thrown away; -1: never. */
  get clearedAt(): number {
    return this.#clearedAt;
  }

  /** Says that something may be due here. */
  notify(): void {
    this.#orders = null;
    this.#wake.notify();
  }

  /** Works until `signal` aborts. */
  async run(signal: AbortSignal): Promise<void> {
    let retryMs = RETRY_MS.min;
    while (!signal.aborted) {
      try {
        await this.#session(signal, () => retryMs = RETRY_MS.min);
      } catch (error) {
        if (signal.aborted) return;
        this.#clearedAt = -1;
        this.#status = { ...this.#status, reachable: false, problem: (error as Error).message };
        this.#host.onProgress();
        await pause(signal, retryMs).catch(() => {});
        retryMs = Math.min(retryMs * 2, RETRY_MS.max);
      }
    }
  }

  async #session(signal: AbortSignal, onProgress: () => void): Promise<void> {
    const { login } = this.#host;
    await this.#takeOver(signal);
    using client = await ControlClient.connect(parseAddress(this.place.addr), {
      credentials: login,
      signal,
    });
    await this.#host.confirmLead(signal);
    this.#status = { ...this.#status, reachable: true, problem: null };
    this.#host.onProgress();
    let pauseMs = RETRY_MS.min;
    for (;;) {
      await this.#clear(signal);
      await this.#resolve(signal);
      const due = this.#host.dueAt(this.place.server).filter((effect) => this.#mayBegin(effect));
      if (due.length === 0) {
        await this.#wake.wait(signal, PING_INTERVAL_MS);
        await client.call(["PING"], signal);
        continue;
      }
      const problem = await this.#perform(client, due, signal);
      this.#status = { ...this.#status, problem };
      this.#host.onProgress();
      if (problem === null) {
        onProgress();
        pauseMs = RETRY_MS.min;
      } else {
        await this.#wake.wait(signal, pauseMs);
        pauseMs = Math.min(pauseMs * 2, RETRY_MS.max);
      }
    }
  }

  /** Leaves this leader's user as the only one of a leader, without a connection. */
  async #takeOver(signal: AbortSignal): Promise<void> {
    const { login, leaderEpoch } = this.#host;
    using admin = await this.#admin(this.place.addr, signal);
    const older = admin.users.names.filter((name) => {
      const user = stockUserOf(name);
      return user?.kind === "manager" && user.leaderEpoch < leaderEpoch;
    });
    await admin.shutOut(older);
    if (older.length > 0) this.#host.onStranger();
    const { strangers } = this.#host;
    if (admin.users.names.includes(login.user)) await admin.kill(login.user);
    await admin.make(login, MANAGER_RIGHTS);
    this.#clearedAt = strangers;
  }

  /** An older leader's `MIGRATE` elsewhere may have sent keys here just before it was shut out there. */
  async #clear(signal: AbortSignal): Promise<void> {
    const { strangers } = this.#host;
    if (this.#clearedAt === strangers) return;
    using admin = await this.#admin(this.place.addr, signal);
    await admin.killUnknown();
    this.#clearedAt = strangers;
    this.#host.onProgress();
  }

  /** Throws away what targets have not read of a `MIGRATE` that had no answer from them. */
  async #resolve(signal: AbortSignal): Promise<void> {
    for (const addr of this.#doubtful) {
      using admin = await this.#admin(addr, signal);
      await admin.kill(this.#host.login.user);
      this.#doubtful.delete(addr);
    }
  }

  /** A sweep waits until the target is rid of what older leaders sent. */
  #mayBegin({ at, to }: DumpEffect): boolean {
    return this.#host.isClear(at.server) && (to === null || this.#host.isClear(to.server));
  }

  /** Does what is due. Returns why some of it was not done. */
  async #perform(
    client: ControlClient,
    due: readonly DumpEffect[],
    signal: AbortSignal,
  ): Promise<string | null> {
    const { emptyTag, login } = this.#host;
    // Reaching this place is all there is to settle: the fate of every earlier key is known.
    for (const effect of due) if (effect.task === "settle") this.#report(effect, effect.slots, 0);
    const tasks = due.filter(({ task }) => task !== "settle");
    const effectOf = new Map<number, DumpEffect>();
    for (const effect of tasks) for (const slot of effect.slots) effectOf.set(slot, effect);
    if (effectOf.size === 0) return null;
    const orders = new Map<number, SlotOrder>();
    for (const [slot, { to }] of effectOf) {
      orders.set(slot, to === null ? "purge" : { to: to.addr });
    }
    const { moved, problem } = await runStockPass({
      client,
      login,
      emptyTag,
      signal,
      orders,
      stands: (slot) => this.#standing().has(orderKey(slot, effectOf.get(slot)!)),
      onSending: (to) => this.#doubtful.add(to),
      onKnown: (to) => this.#doubtful.delete(to),
    });
    for (const [slot, count] of moved) this.#report(effectOf.get(slot)!, [slot], count);
    return problem;
  }

  /** The orders of now; a pass asks for each slot, so they are kept until something changes. */
  #standing(): ReadonlySet<string> {
    return this.#orders ??= new Set(
      this.#host.dueAt(this.place.server).flatMap((effect) =>
        effect.slots.map((slot) => orderKey(slot, effect))
      ),
    );
  }

  #report(effect: DumpEffect, slots: readonly number[], moved: number): void {
    const { task, at, slotEpoch, leaderEpoch } = effect;
    const by = { group: at.group, server: at.server, slotEpoch, leaderEpoch };
    this.#host.hear(slots, { kind: "dumped", task, by, moved });
  }

  #admin(addr: string, signal: AbortSignal): Promise<StockAdmin> {
    return StockAdmin.connect({ addr, credentials: this.#host.credentials, signal });
  }
}

function orderKey(slot: number, { task, slotEpoch, leaderEpoch }: DumpEffect): string {
  return `${slot} ${task} ${slotEpoch} ${leaderEpoch}`;
}
