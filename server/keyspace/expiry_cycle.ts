/**
 * The active expiry: walks the slots that have keys with an expiry and removes those that are past it.
 *
 * Invariant: it touches only records whose index entry says that they have an expiry, and at most its budget of entries
 * per step, give or take one home.
 *
 * @module
 */
import { SLOT_COUNT } from "../../core/slots.ts";
import type { Database } from "./database.ts";
import { REF_MASK, SCAN_END } from "./slot_index.ts";

/** Remembers how far the walk has come. */
export class ExpiryCycle {
  readonly #databases: readonly (Database | undefined)[];
  readonly #entries: number[] = [];
  #database = 0;
  #slot = 0;
  #cursor = 0;

  /** A walk over the databases that exist when it comes to them. */
  constructor(databases: readonly (Database | undefined)[]) {
    this.#databases = databases;
  }

  /** Looks at up to `budget` entries, from where the last step ended, and returns how many keys it removed. */
  step(budget: number): number {
    let removed = 0;
    // Once round and not further: without keys to look at, a step ends too.
    for (let turns = 0; budget > 0 && turns <= this.#databases.length;) {
      const database = this.#databases[this.#database];
      if (database !== undefined && database.volatileCount > 0 && this.#seekSlot(database)) {
        this.#entries.length = 0;
        this.#cursor = database.scanEntries(this.#slot, this.#cursor, budget, this.#entries);
        budget -= Math.max(this.#entries.length, 1);
        removed += this.#expireAmong(database);
        if (this.#cursor === SCAN_END) this.#goTo(this.#database, this.#slot + 1);
      } else {
        this.#goTo((this.#database + 1) % this.#databases.length, 0);
        turns++;
      }
    }
    return removed;
  }

  #goTo(database: number, slot: number): void {
    this.#database = database;
    this.#slot = slot;
    this.#cursor = 0;
  }

  #seekSlot(database: Database): boolean {
    const from = this.#slot;
    while (this.#slot < SLOT_COUNT && database.slotVolatile[this.#slot] === 0) this.#slot++;
    if (this.#slot !== from) this.#cursor = 0;
    return this.#slot < SLOT_COUNT;
  }

  #expireAmong(database: Database): number {
    let removed = 0;
    for (const entry of this.#entries) {
      if (entry >= 0 || !database.isExpired(entry & REF_MASK)) continue;
      database.expire(entry & REF_MASK);
      removed++;
    }
    return removed;
  }
}
