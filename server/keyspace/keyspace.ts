/**
 * Everything a server stores: its databases, over one arena outside the V8 heap.
 *
 * Invariant: nothing that belongs to a key is on the V8 heap, so neither garbage collection nor start-up grows with keys.
 *
 * @module
 */
import { EMPTY_TAG_DEFAULT, type EmptyTag, SLOT_COUNT } from "../../core/slots.ts";
import { Arena } from "./arena.ts";
import { Clock, TICK_MS } from "./clock.ts";
import { Database, type DatabaseContext } from "./database.ts";
import { ExpiryCycle } from "./expiry_cycle.ts";
import type { PagePoolOptions } from "./page_pool.ts";
import { Reclaimer } from "./reclaimer.ts";
import { Records, STRING } from "./record.ts";
import { inlineType, type ValueType } from "./value_type.ts";
import { Values } from "../values/values.ts";

/** How a keyspace is made. */
export interface KeyspaceOptions extends PagePoolOptions {
  /** How many databases SELECT may name. Default 16. */
  readonly databases?: number;
  /** What an empty tag means. */
  readonly emptyTag?: EmptyTag;
  /** Called before a key past its expiry is removed, on access or by the cycle. */
  readonly onExpired?: (database: Database, ref: number) => void;
}

/** The databases of one server. */
export class Keyspace {
  /** Where everything lies. */
  readonly arena: Arena;
  /** Reads the fields of a record that a database returned. */
  readonly records: Records;
  /** Set for slots whose keys no client may see: walks and counts leave them out, a flush keeps them. */
  readonly hiddenSlots: Uint8Array = new Uint8Array(SLOT_COUNT);
  /** What can be done with values other than strings, and the bounds of their packed forms. */
  readonly values: Values;
  /** How many databases there may be. */
  readonly databaseCount: number;
  readonly #databases: (Database | undefined)[];
  readonly #types: (ValueType | undefined)[];
  readonly #context: DatabaseContext;
  readonly #cycle: ExpiryCycle;

  /** An empty keyspace. */
  constructor(options: KeyspaceOptions = {}) {
    this.arena = new Arena(options);
    this.records = new Records(this.arena);
    this.databaseCount = options.databases ?? 16;
    this.#databases = new Array(this.databaseCount).fill(undefined);
    this.#types = new Array(16).fill(undefined);
    this.#types[STRING] = inlineType("string");
    const reclaimer = new Reclaimer(this.records, this.#types);
    this.values = new Values(this.arena, reclaimer);
    for (const type of this.values.all) this.#types[type.tag] = type;
    this.#context = {
      arena: this.arena,
      records: this.records,
      clock: new Clock(),
      reclaimer,
      hiddenSlots: this.hiddenSlots,
      types: this.#types,
      values: this.values,
      emptyTag: options.emptyTag ?? EMPTY_TAG_DEFAULT,
      expiresOnAccess: true,
      onExpired: options.onExpired ?? (() => {}),
    };
    this.values.scratch = new Database(-1, this.#context);
    this.#cycle = new ExpiryCycle(this.#databases);
  }

  /** The time that expiry is judged by; set it once per turn. Until then nothing expires. */
  get nowMs(): number {
    return this.#context.clock.nowMs;
  }
  set nowMs(nowMs: number) {
    this.#context.clock.set(nowMs);
  }

  /** Remembers in the record's access byte that a client used it now. */
  touch(ref: number): void {
    this.records.setAccess(ref, this.#context.clock.tick);
  }

  /** Milliseconds since {@linkcode Keyspace.touch}, rounded down to {@linkcode TICK_MS}, modulo 256 of them. */
  idleMs(ref: number): number {
    return ((this.#context.clock.tick - this.records.access(ref)) & 255) * TICK_MS;
  }

  /** Whether finding an expired key removes it; off on a replica, which waits for its master's DEL. */
  get expiresOnAccess(): boolean {
    return this.#context.expiresOnAccess;
  }
  set expiresOnAccess(expires: boolean) {
    this.#context.expiresOnAccess = expires;
  }

  /** Teaches the keyspace a type, before the first key of it. `type` is 5–14. */
  registerType(type: number, operations: ValueType): void {
    this.#types[type] = operations;
  }

  /** The database of a number below {@linkcode Keyspace.databaseCount}; made when first asked for. */
  database(number: number): Database {
    let database = this.#databases[number];
    if (database === undefined) {
      database = new Database(number, this.#context);
      this.#databases[number] = database;
    }
    return database;
  }

  /** The databases made so far, by number. */
  get databases(): readonly (Database | undefined)[] {
    return this.#databases;
  }

  /** Exchanges the contents of two databases. */
  swap(first: number, second: number): void {
    const a = this.database(first);
    const b = this.database(second);
    this.#databases[first] = b;
    this.#databases[second] = a;
    b.number = first;
    a.number = second;
  }

  /** Empties all databases at once; their memory comes back with {@linkcode Keyspace.reclaimStep}. */
  flush(): void {
    for (const database of this.#databases) database?.flush();
  }

  /** Whether memory of dropped slots waits to be freed. */
  get isReclaiming(): boolean {
    return this.#context.reclaimer.isBusy;
  }

  /** Frees part of what dropped slots held, looking at up to `budget` index places; false when nothing is left. */
  reclaimStep(budget: number): boolean {
    this.#context.reclaimer.step(budget);
    return this.isReclaiming;
  }

  /** One step of the active expiry over up to `budget` keys; returns how many it removed. */
  expireStep(budget: number): number {
    return this.#cycle.step(budget);
  }
}
