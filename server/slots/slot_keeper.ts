/**
 * What a server does about its slots: obeys fences, remembers them, gives and takes.
 *
 * Invariant: `+OK` to a fence is answered after the journal has it, and then no command that the fence
 * forbids runs any more.
 *
 * @module
 */

import type { EmptyTag } from "../../core/slots.ts";
import { SLOT_COUNT } from "../../core/slots.ts";
import type { ReplyWriter } from "../../core/resp/reply_writer.ts";
import type { SlotGate } from "../data_server.ts";
import type { Keyspace } from "../keyspace/keyspace.ts";
import { scanSlot } from "../keyspace/scan.ts";
import { SCAN_END } from "../keyspace/slot_index.ts";
import type { ServerState } from "../server_state.ts";
import type { Session } from "../session.ts";
import { readClaims } from "./claims_reader.ts";
import type { ClaimsNeeded, FenceOrder } from "./fence_decision.ts";
import type { FenceJournal } from "./fence_journal.ts";
import { FenceJournalError, type FenceRecord } from "./fence_record.ts";
import { FenceTable, OWN } from "./fence_table.ts";
import { hash, hashOf, type HashSet } from "./hash_set.ts";
import { decideOrder, type SlotEntering } from "./order_decision.ts";
import { FenceGate } from "./slot_gate.ts";
import { TransferSource } from "./transfer_source.ts";
import { TransferTally } from "./transfer_tally.ts";
import { TransferTarget } from "./transfer_target.ts";

/** How an order ended: obeyed, refused with a text, or in need of other servers' claims first. */
type FenceOutcome =
  | { readonly kind: "obeyed" }
  | { readonly kind: "refused"; readonly text: string }
  | { readonly kind: "claims-needed"; readonly slots: ReadonlyMap<number, ClaimsNeeded> };

/** What a keeper is made of. */
export interface SlotKeeperParts {
  readonly state: ServerState;
  readonly keyspace: Keyspace;
  readonly emptyTag: EmptyTag;
  readonly journal: FenceJournal;
  /** Random for each start. */
  readonly boot: string;
  /** What decides as long as no leader manages the slots. */
  readonly standalone: SlotGate;
}

/** The slots of one server. */
export class SlotKeeper {
  readonly table: FenceTable;
  readonly tally: TransferTally = new TransferTally();
  readonly source: TransferSource;
  readonly target: TransferTarget;
  readonly gate: FenceGate;
  readonly #state: ServerState;
  readonly #keyspace: Keyspace;
  readonly #journal: FenceJournal;

  constructor(parts: SlotKeeperParts) {
    const { state, keyspace, emptyTag, journal, standalone } = parts;
    this.#state = state;
    this.#keyspace = keyspace;
    this.#journal = journal;
    this.table = new FenceTable(parts.boot, journal.memory);
    this.target = new TransferTarget(keyspace, this.table, this.tally);
    const { reactor, peers, transit } = state;
    this.source = new TransferSource({ reactor, peers, keyspace, emptyTag, tally: this.tally });
    const { table, source, target } = this;
    this.gate = new FenceGate({ table, source, target, transit, standalone });
    this.#hideClosed();
  }

  /** Identifies this start. */
  get boot(): string {
    return this.table.boot;
  }

  /** Whether leaders decide on the slots. */
  get mode(): "standalone" | "managed" {
    return this.table.managed ? "managed" : "standalone";
  }

  /** The highest leader that was obeyed. */
  get leaderEpoch(): number {
    return this.table.leaderEpoch;
  }

  /** Obeys or refuses an order and answers `session`, perhaps later. */
  fence(order: FenceOrder, session: Session, reply: ReplyWriter): void {
    const outcome = this.#obey(order, null);
    if (outcome.kind !== "claims-needed") return answer(reply, outcome);
    const finish = this.#state.park(session);
    const claims = new Map<number, HashSet>();
    let waiting = outcome.slots.size;
    for (const [slot, needed] of outcome.slots) {
      const slotEpoch = needed === "any" ? 0 : order.slotEpoch;
      const request = { peer: order.peer!, slot, slotEpoch, boot: this.table.boot };
      readClaims(this.#state.peers, request, (claimed) => {
        if (claimed !== undefined) claims.set(slot, claimed);
        if (--waiting > 0) return;
        const last = this.#obey(order, claims);
        finish((reply) => answer(reply, last));
      });
    }
  }

  /** Keys of a slot. */
  keysOf(slot: number): number {
    return this.#keyspace.database(0).slotKeys[slot]!;
  }

  /** Frees the journal. */
  close(): void {
    this.#journal.close();
  }

  #obey(order: FenceOrder, claims: ReadonlyMap<number, HashSet> | null): FenceOutcome {
    try {
      return this.#decide(order, claims);
    } catch (error) {
      if (error instanceof FenceJournalError) return refused(`ERR ${error.message}`);
      throw error;
    }
  }

  #decide(order: FenceOrder, claims: ReadonlyMap<number, HashSet> | null): FenceOutcome {
    const { table } = this;
    const decision = decideOrder(order, {
      boot: table.boot,
      leaderEpoch: table.leaderEpoch,
      standingOf: (slot) => table.standingOf(slot, this.keysOf(slot), this.source.inDoubt(slot)),
    }, claims);
    switch (decision.kind) {
      case "refuse":
        return refused(decision.text);
      case "settle":
        // The slots stay at their epoch: only the leader and the other server's start are news.
        this.#remember(order, new Map());
        for (const slot of order.slots) this.source.settle(slot, order.peer);
        return refused(decision.text);
      case "read-claims":
        return { kind: "claims-needed", slots: decision.slots };
      case "obey": {
        const wasManaged = table.managed;
        this.#remember(order, decision.entries);
        for (const [slot, entry] of decision.entries) {
          this.#enter(slot, order, entry, claims?.get(slot));
        }
        // What had one owner until now and has another is neither watched nor waited for here any more.
        const isNews = (slot: number) => !wasManaged || decision.entries.has(slot);
        const isGone = (slot: number) => isNews(slot) && table.state[slot] !== OWN;
        this.#state.watches.touchSlots(isGone);
        this.#state.blocked.leaveSlots(this.#state, isGone);
        return { kind: "obeyed" };
      }
    }
  }

  #remember(order: FenceOrder, entries: ReadonlyMap<number, SlotEntering>): void {
    const { leaderEpoch, slotEpoch, state } = order;
    const records = new Map<string, FenceRecord & { slots: number[] }>();
    for (const [slot, { role, purge }] of entries) {
      const key = `${role} ${purge}`;
      const known = records.get(key);
      if (known !== undefined) known.slots.push(slot);
      else {
        const purges = Number(purge);
        records.set(key, { leaderEpoch, slotEpoch, state, role, purges, slots: [slot] });
      }
    }
    if (records.size === 0 && leaderEpoch === this.table.leaderEpoch) return;
    if (records.size === 0) {
      const none = { leaderEpoch, slotEpoch, state, role: "none", purges: 0, slots: [] } as const;
      this.#journal.append([none]);
    } else this.#journal.append([...records.values()]);
    this.table.leaderEpoch = leaderEpoch;
    if (this.table.managed) return;
    this.table.managed = true;
    this.#hideClosed();
  }

  #enter(slot: number, order: FenceOrder, entry: SlotEntering, claims: HashSet | undefined): void {
    const { state, slotEpoch, peer } = order;
    if (entry.purge) this.#purge(slot);
    if (entry.forgetClaims) this.target.forgetClaims(slot);
    if (claims !== undefined) this.#dropClaimed(slot, claims);
    if (state !== "giving") this.source.stop(slot);
    this.table.enter(slot, { state, slotEpoch, role: entry.role });
    this.tally.reset(slot);
    if (state === "giving") this.source.give(slot, slotEpoch, peer!);
    this.#keyspace.hiddenSlots[slot] = Number(this.table.isClosed(slot));
  }

  #purge(slot: number): void {
    for (const database of this.#keyspace.databases) database?.dropSlot(slot);
    this.target.forgetTransfers(slot);
  }

  /** What the other server claims is its own, whatever this one's disk says. */
  #dropClaimed(slot: number, claims: HashSet): void {
    const database = this.#keyspace.database(0);
    const { records } = this.#keyspace;
    const refs: number[] = [];
    for (let at = 0; at < SCAN_END;) at = scanSlot(database, slot, at, 1024, refs);
    for (const ref of refs) {
      const start = records.keyStart(ref);
      hashOf(records.bytes(ref), start, start + records.keyLength(ref));
      if (claims.has(hash.low, hash.high)) database.remove(ref);
    }
  }

  #hideClosed(): void {
    const { hiddenSlots } = this.#keyspace;
    for (let slot = 0; slot < SLOT_COUNT; slot++) {
      hiddenSlots[slot] = Number(this.table.isClosed(slot));
    }
  }
}

function refused(text: string): FenceOutcome {
  return { kind: "refused", text };
}

function answer(reply: ReplyWriter, outcome: FenceOutcome): void {
  if (outcome.kind === "refused") reply.error(outcome.text);
  else reply.ok();
}
