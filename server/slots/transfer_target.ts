/**
 * The receiving side of a migration: applies transfers once, and knows which keys are this server's.
 *
 * No transfer can meet a value that a client wrote here. A client's command runs here only behind a
 * token of exactly this slot epoch, which the source gives only when it has none of the keys and none in
 * transit; and at that epoch it never makes a key again. So whatever the source sends of a key it sends
 * before the first token for it, and what was sent is applied before, too: until the answer the key was
 * in transit. Only a transfer applied for a source that then restarted could still meet its key, and
 * those keys are what the source reads as claimed before it gives again. Should it happen all the same,
 * what is here is newer and stays.
 *
 * Invariant: a transfer is applied whole or not at all, in the order of its number, once.
 *
 * @module
 */

import { SLOT_COUNT } from "../../core/slots.ts";
import { type Call, CommandError, ERROR } from "../call.ts";
import type { Keyspace } from "../keyspace/keyspace.ts";
import { scanSlot } from "../keyspace/scan.ts";
import { SCAN_END } from "../keyspace/slot_index.ts";
import { isOutOfMemory } from "../memory_limit.ts";
import { isDumpPayload, restoreValue } from "../rdb/dump_payload.ts";
import type { FenceTable } from "./fence_table.ts";
import { hash, hashOf, HashSet } from "./hash_set.ts";
import { judgeTransfer } from "./transfer_decision.ts";
import { addHalves, digestOf, type TransferTally } from "./transfer_tally.ts";

/** Where the keys begin in a `SLOTSRESTORE-SEQ`. */
const FIRST_KEY = 4;

/** Slots that are, or were lately, imported. */
export class TransferTarget {
  /** Whoever asks for ever new names must not fill the memory: so many at most, of all slots. */
  askedMax = 0;
  readonly #keyspace: Keyspace;
  readonly #table: FenceTable;
  readonly #tally: TransferTally;
  /** Keys that are this server's whatever the other side loads from its disk; by slot. */
  readonly #claims: (HashSet | undefined)[] = new Array(SLOT_COUNT).fill(undefined);
  /** Claims of keys that were only asked for, by slot, and of all slots. */
  readonly #asked = new Int32Array(SLOT_COUNT);
  #askedTotal = 0;
  #claimBytes = 0;
  /** The highest number applied, by slot and epoch. */
  readonly #applied: (Map<number, number> | undefined)[] = new Array(SLOT_COUNT).fill(undefined);
  readonly #restored: number[] = [];
  readonly #sum = new Uint32Array(2);

  constructor(keyspace: Keyspace, table: FenceTable, tally: TransferTally) {
    this.#keyspace = keyspace;
    this.#table = table;
    this.#tally = tally;
  }

  /** Bytes of all claims. They count as used memory. */
  get claimBytes(): number {
    return this.#claimBytes;
  }

  /**
   * A command that is to run here names this key: it is not the source's any more. False, and not
   * claimed, if {@linkcode askedMax} were asked for that never came.
   */
  claim(slot: number, bytes: Uint8Array, start: number, end: number): boolean {
    hashOf(bytes, start, end);
    if (this.#claims[slot]?.has(hash.low, hash.high) === true) return true;
    if (this.#askedTotal >= this.askedMax) return false;
    this.#asked[slot]!++;
    this.#askedTotal++;
    this.#add(slot);
    return true;
  }

  /** What was claimed in another direction is not claimed now. */
  forgetClaims(slot: number): void {
    this.#claimBytes -= this.#claims[slot]?.byteCount ?? 0;
    this.#claims[slot] = undefined;
    this.#askedTotal -= this.#asked[slot]!;
    this.#asked[slot] = 0;
  }

  /** Claims the key that was hashed last. */
  #add(slot: number): void {
    let claims = this.#claims[slot];
    if (claims === undefined) {
      this.#claims[slot] = claims = new HashSet();
      this.#claimBytes += claims.byteCount;
    }
    const before = claims.byteCount;
    claims.add(hash.low, hash.high);
    this.#claimBytes += claims.byteCount - before;
  }

  /** The slot was emptied: no transfer of before has taken effect. */
  forgetTransfers(slot: number): void {
    this.#applied[slot] = undefined;
  }

  /** The keys claimed and those present, which this process would serve, as hashes; some twice. */
  claimsOf(slot: number): Int32Array {
    const pairs: number[] = [];
    this.#claims[slot]?.forEach((low, high) => pairs.push(low, high));
    if (this.#table.slotEpoch[slot] === 0) return Int32Array.from(pairs);
    const { records } = this.#keyspace;
    const refs: number[] = [];
    for (let at = 0; at < SCAN_END;) {
      at = scanSlot(this.#keyspace.database(0), slot, at, 1024, refs);
    }
    for (const ref of refs) {
      const start = records.keyStart(ref);
      hashOf(records.bytes(ref), start, start + records.keyLength(ref));
      pairs.push(hash.low, hash.high);
    }
    return Int32Array.from(pairs);
  }

  /** Answers `SLOTSRESTORE-SEQ slot slotEpoch seq [key expireAtMs payload …]`; without a key it empties the slot. */
  restore(call: Call): void {
    const slot = slotArgument(call, 1);
    const slotEpoch = call.integer(2);
    const seq = call.integer(3);
    const current = this.#table.slotEpoch[slot]!;
    const applied = this.#applied[slot]?.get(slotEpoch) ?? 0;
    const verdict = judgeTransfer({ slotEpoch, seq }, {
      state: this.#table.state[slot]!,
      slotEpoch: current,
      applied,
    });
    if (verdict === "again") return call.reply.integer(seq);
    if (verdict === "not-yet") throw new CommandError(`SLOTNOTYET ${slot} ${current}`);
    if (verdict === "stale") throw new CommandError(`SLOTSTALE ${slot} ${current}`);
    if (call.argumentCount === FIRST_KEY) this.#keyspace.database(0).dropSlot(slot);
    else this.#take(call, slot);
    (this.#applied[slot] ??= new Map()).set(slotEpoch, seq);
    call.reply.integer(seq);
  }

  #take(call: Call, slot: number): void {
    // Not before: a source learns also from a full server what it has, and what it will never take.
    if (isOutOfMemory(call)) throw new CommandError(ERROR.outOfMemory);
    this.#check(call, slot);
    this.#apply(call);
    this.#count(call, slot);
  }

  #check(call: Call, slot: number): void {
    const { bytes, argumentCount } = call;
    const database = this.#keyspace.database(0);
    if ((argumentCount - FIRST_KEY) % 3 !== 0) throw new CommandError(ERROR.syntax);
    for (let i = FIRST_KEY; i < argumentCount; i += 3) {
      database.find(bytes, call.start(i), call.end(i));
      if (database.slot !== slot) {
        throw new CommandError(`ERR a key of slot ${database.slot} was sent as one of ${slot}`);
      }
      call.integer(i + 1);
      if (!isDumpPayload(bytes, call.start(i + 2), call.end(i + 2))) {
        throw new CommandError("ERR DUMP payload version or checksum are wrong");
      }
    }
  }

  #apply(call: Call): void {
    const { bytes, argumentCount } = call;
    const database = this.#keyspace.database(0);
    const restored = this.#restored;
    restored.length = 0;
    for (let i = FIRST_KEY; i < argumentCount; i += 3) {
      if (database.find(bytes, call.start(i), call.end(i)) !== 0) continue;
      const expireAtMs = call.integer(i + 1);
      const ref = restoreValue(database, bytes, call.start(i + 2), call.end(i + 2), expireAtMs);
      if (ref <= 0) {
        // A family that is here in part would be a ghost if the slot turned back now.
        for (const undone of restored) database.remove(undone);
        throw new CommandError(ref === 0 ? ERROR.outOfMemory : "ERR Bad data format");
      }
      restored.push(ref);
    }
  }

  #count(call: Call, slot: number): void {
    const { bytes, argumentCount } = call;
    const sum = this.#sum.fill(0);
    for (let i = FIRST_KEY; i < argumentCount; i += 3) {
      const start = call.start(i);
      const end = call.end(i);
      hashOf(bytes, start, end);
      this.#add(slot);
      digestOf(bytes, start, end, bytes, call.end(i + 2), call.integer(i + 1));
      addHalves(sum, 0, hash.low, hash.high);
    }
    this.#tally.add(slot, (argumentCount - FIRST_KEY) / 3, sum[0]!, sum[1]!);
  }
}

/** Argument `index` as a slot. @throws {CommandError} if it is none. */
export function slotArgument(call: Call, index: number): number {
  const slot = call.integer(index);
  if (slot < 0 || slot >= SLOT_COUNT) {
    throw new CommandError(`ERR invalid slot number ${slot}, wanted 0 to ${SLOT_COUNT - 1}`);
  }
  return slot;
}
