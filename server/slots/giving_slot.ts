/**
 * One slot that this server gives away: which keys go next, and which transfers are without an answer.
 *
 * Invariant: a key is in at most one transfer, and it is in the set of units in transit exactly as long
 * as its transfer has no answer. Numbers begin at 1 with each slot epoch and have no gaps.
 *
 * @module
 */

import { type EmptyTag, findTag, tag } from "../../core/slots.ts";
import type { Database } from "../keyspace/database.ts";
import { FAMILY, HAS_LINKS } from "../keyspace/record.ts";
import { REF_MASK } from "../keyspace/slot_index.ts";
import type { FencePeer } from "./fence_decision.ts";
import { hash, type HashSet } from "./hash_set.ts";
import { SlotWalk } from "./slot_walk.ts";
import { type Transfer, type TransferWriter, unitOf } from "./transfer.ts";

/** What all slots of a source share. */
export interface GivingContext {
  readonly database: Database;
  readonly emptyTag: EmptyTag;
  readonly writer: TransferWriter;
  /** What moves together, as hashes, while it is in a transfer. */
  readonly inTransit: HashSet;
}

/** A message with so many bytes of values is full. */
const MESSAGE_BYTES = 1 << 16;

/** A slot in the state `giving`, or one that was and still has transfers in doubt. */
export class GivingSlot {
  readonly slot: number;
  slotEpoch = 0;
  peer: FencePeer;
  /** False after the other server refused: the keys stay, and serve, until the next fence. */
  pumping = false;
  /** Transfers without an answer, in the order of their numbers. */
  readonly outstanding: Transfer[] = [];
  /** Nothing of it is sent before (reactor milliseconds): the other server was not ready. */
  notBeforeMs = 0;
  /** Refusals in a row. */
  refusals = 0;
  readonly #context: GivingContext;
  #seq = 0;
  readonly #walk = new SlotWalk();
  #valueBytes = 0;
  readonly #entries: number[] = [];
  readonly #refs: number[] = [];

  constructor(slot: number, peer: FencePeer, context: GivingContext) {
    this.slot = slot;
    this.peer = peer;
    this.#context = context;
  }

  /** Begins, or begins again, at a newer epoch. */
  enter(slotEpoch: number, peer: FencePeer): void {
    this.slotEpoch = slotEpoch;
    this.peer = peer;
    this.pumping = true;
    this.notBeforeMs = 0;
    this.refusals = 0;
    this.#seq = 0;
    this.#walk.restart(this.#context.database.slotKeys[this.slot]!);
  }

  /** Nothing new can be sent until some transfer is answered, or at all. */
  get isExhausted(): boolean {
    if (!this.pumping) return true;
    if (this.#context.database.slotKeys[this.slot] === 0) return true;
    return this.#walk.isDone && this.outstanding.length > 0;
  }

  /** A transfer of about `keyCount` keys that are not in transit; undefined if this look found none. */
  next(keyCount: number): Transfer | undefined {
    const { database } = this.#context;
    const entries = this.#entries;
    const refs = this.#refs;
    entries.length = 0;
    refs.length = 0;
    // A second walk finds what a refused transfer left behind the first.
    if (this.#walk.isDone) this.#walk.restart(database.slotKeys[this.slot]!);
    this.#valueBytes = 0;
    const behind = database.scanEntries(this.slot, this.#walk.cursor, keyCount, entries);
    let expired = 0;
    let looked = 0;
    for (; looked < entries.length && this.#valueBytes < MESSAGE_BYTES; looked++) {
      const entry = entries[looked]!;
      const ref = entry & REF_MASK;
      if (database.records.type(ref) === FAMILY) continue;
      if (entry < 0 && database.isExpired(ref)) entries[expired++] = ref;
      else this.#collect(ref);
    }
    // Otherwise the next look comes by here again, and passes over what is in transit then.
    if (looked === entries.length) this.#walk.passed(behind);
    const transfer = refs.length === 0 ? undefined : this.#write();
    for (let i = 0; i < expired; i++) database.expire(entries[i]!);
    return transfer;
  }

  /** A transfer of the key `ref` and all that moves with it; undefined if that is in transit. */
  pull(ref: number): Transfer | undefined {
    this.#refs.length = 0;
    this.#collect(ref);
    return this.#refs.length === 0 ? undefined : this.#write();
  }

  /** A transfer without keys: at its turn the other server empties the slot. */
  empty(): Transfer {
    this.#refs.length = 0;
    return this.#write();
  }

  /** Takes an answered transfer out; its keys are live again, or are to be deleted now. */
  resolve(transfer: Transfer): void {
    this.outstanding.splice(this.outstanding.indexOf(transfer), 1);
    const { frame, keys } = transfer;
    for (let i = 0; i < keys.length; i += 2) {
      unitOf(frame, keys[i]!, keys[i + 1]!, this.#context.emptyTag);
      this.#context.inTransit.delete(hash.low, hash.high);
    }
  }

  /** Deletes the keys of a transfer that the other server has. */
  deleteKeys({ frame, keys }: Transfer): void {
    const { database } = this.#context;
    for (let i = 0; i < keys.length; i += 2) {
      const ref = database.find(frame, keys[i]!, keys[i + 1]!);
      if (ref !== 0) database.remove(ref);
    }
  }

  /** Adds a key, with its family, to the refs of the transfer being made, if it is not in another. */
  #collect(ref: number): void {
    const { database, emptyTag, inTransit } = this.#context;
    const { records } = database;
    const bytes = records.bytes(ref);
    const start = records.keyStart(ref);
    const end = start + records.keyLength(ref);
    unitOf(bytes, start, end, emptyTag);
    if (inTransit.has(hash.low, hash.high)) return;
    inTransit.add(hash.low, hash.high);
    if ((records.kind(ref) & HAS_LINKS) === 0) return this.#add(ref);
    findTag(bytes, start, end, emptyTag);
    const { families } = database;
    let member = families.first(this.slot, bytes, tag.start, tag.end);
    for (; member !== 0; member = families.next(member)) {
      if (!database.isExpired(member)) this.#add(member);
    }
  }

  #add(ref: number): void {
    this.#refs.push(ref);
    this.#valueBytes += this.#context.database.records.valueLength(ref);
  }

  #write(): Transfer {
    const { slot, slotEpoch } = this;
    const name = { slot, slotEpoch, seq: ++this.#seq };
    const transfer = this.#context.writer.write(name, this.#refs);
    this.outstanding.push(transfer);
    return transfer;
  }
}
