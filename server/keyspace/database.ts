/**
 * The keys of one SELECT number: find, create, remove, grow, expire.
 *
 * A reference stays valid until its key is written or removed; every method that may move a record returns the new one.
 * Byte ranges are (bytes, start, end) triples, so that nothing on the path of a request allocates.
 *
 * Invariant: an index entry is negative exactly when its record has an expiry, and the counts are those of the index.
 *
 * @module
 */
import { crc32 } from "../../core/crc32.ts";
import { type EmptyTag, findTag, SLOT_COUNT, tag } from "../../core/slots.ts";
import type { Arena } from "./arena.ts";
import type { Clock } from "./clock.ts";
import { copyBytes } from "./copy_bytes.ts";
import { Families } from "./families.ts";
import type { Reclaimer } from "./reclaimer.ts";
import { HAS_EXPIRY, HAS_LINKS, kindOf, type Records, STRING, valueOffsetOf } from "./record.ts";
import { REF_MASK, SlotIndex } from "./slot_index.ts";
import type { Values } from "../values/values.ts";
import type { ValueType } from "./value_type.ts";

/** As `expireAtMs`: the key keeps the expiry it has. */
export const KEEP_EXPIRY = -1;
/** As `expireAtMs`: the key does not expire. */
export const NO_EXPIRY = 0;

/** Cells up to this size are overwritten in place however small the new value. */
const SMALL_CELL = 64;
/** What a key takes of the index, on average. */
const ENTRY_BYTES = 13;
/** A value that grows gets a quarter more than it needs, but never more than this. */
const MAX_RESERVE = 1 << 20;

/** What the databases of one keyspace share. */
export interface DatabaseContext {
  readonly arena: Arena;
  readonly records: Records;
  readonly clock: Clock;
  readonly reclaimer: Reclaimer;
  /** Set for slots whose keys no client may see. */
  readonly hiddenSlots: Uint8Array;
  /** By type tag. */
  readonly types: readonly (ValueType | undefined)[];
  /** What can be done with values of each type. */
  readonly values: Values;
  readonly emptyTag: EmptyTag;
  /** False on a replica, where only the master decides that a key is gone. */
  expiresOnAccess: boolean;
  /** Called before an expired key is removed. */
  onExpired: (database: Database, ref: number) => void;
}

/** One database. */
export class Database {
  /** Its SELECT number; changes when two databases are swapped. */
  number: number;
  /** Keys, those past their expiry and not yet removed included. */
  keyCount = 0;
  /** Keys with an expiry. */
  volatileCount = 0;
  /** Keys per slot. */
  readonly slotKeys: Int32Array = new Int32Array(SLOT_COUNT);
  /** Keys with an expiry per slot. */
  readonly slotVolatile: Int32Array = new Int32Array(SLOT_COUNT);
  /** The tag families; {@linkcode Families.first} and {@linkcode Families.next} are for callers. */
  readonly families: Families;
  /** Reads and writes the fields of a record. */
  readonly records: Records;
  /** What can be done with values other than strings. */
  readonly values: Values;
  readonly #context: DatabaseContext;
  readonly #arena: Arena;
  readonly #index: SlotIndex;
  /** The key looked for last, where its tag is, and what was found. */
  #key: Uint8Array;
  #start = 0;
  #end = 0;
  #tagged = false;
  #tagStart = 0;
  #tagEnd = 0;
  #tagHash = 0;
  #hash = 0;
  #slot = 0;
  #found = 0;
  /** The key was looked at by {@linkcode Database.slotOf} and by nobody since. */
  #isIdentified = false;

  /** An empty database. */
  constructor(number: number, context: DatabaseContext) {
    this.number = number;
    this.#context = context;
    this.#arena = context.arena;
    this.records = context.records;
    this.values = context.values;
    this.#key = context.arena.bytes[0]!;
    this.#index = new SlotIndex(context.arena);
    this.families = new Families(context.records, this.#index, (bytes) => this.#allocate(bytes));
  }

  /** The slot of a key; to look for the same key right afterwards costs no second hash. */
  slotOf(key: Uint8Array, start: number, end: number): number {
    this.#identify(key, start, end);
    this.#isIdentified = true;
    return this.#slot;
  }

  /** Takes {@linkcode Database.slotOf} back: another key may lie where that one lay. */
  forgetKey(): void {
    this.#isIdentified = false;
  }

  /** Whether no client may see the keys of a slot. */
  isHidden(slot: number): boolean {
    return this.#context.hiddenSlots[slot] !== 0;
  }

  /** The slot of the key looked for last. */
  get slot(): number {
    return this.#slot;
  }

  /** The record of a key, or 0. A key past its expiry is removed, and not found. */
  find(key: Uint8Array, start: number, end: number): number {
    if (
      this.#isIdentified && start === this.#start && end === this.#end && key === this.#key
    ) this.#isIdentified = false;
    else this.#identify(key, start, end);
    const index = this.#index;
    let entry = index.first(this.#slot, this.#hash);
    while (entry !== 0) {
      const ref = entry & REF_MASK;
      if (this.records.holdsKey(ref, key, start, end)) {
        this.#found = ref;
        return entry < 0 && this.#expireOnAccess(ref) ? 0 : ref;
      }
      entry = index.next();
    }
    return 0;
  }

  /** Sets a string; returns its record, or 0 when memory is short, in which case nothing has changed. */
  setString(
    key: Uint8Array,
    keyStart: number,
    keyEnd: number,
    value: Uint8Array,
    valueStart: number,
    valueEnd: number,
    expireAtMs: number,
  ): number {
    this.find(key, keyStart, keyEnd);
    return this.putString(value, valueStart, valueEnd, expireAtMs);
  }

  /** {@linkcode Database.setString} for the key of the last {@linkcode Database.find}. The value must not lie in its record. */
  putString(value: Uint8Array, start: number, end: number, expireAtMs: number): number {
    const ref = this.create(kindOf(STRING, 0), end - start, expireAtMs);
    if (ref === 0) return 0;
    copyBytes(this.records.bytes(ref), this.records.valueStart(ref), value, start, end);
    return ref;
  }

  /**
   * Makes a record for the key of the last {@linkcode Database.find}, in place of what it had; the caller writes the
   * `valueLength` bytes of the value. `kind` is from {@linkcode kindOf}. Returns 0 when memory is short, in which case
   * nothing has changed.
   */
  create(kind: number, valueLength: number, expireAtMs: number): number {
    const old = this.#found;
    if (this.#tagged) kind |= HAS_LINKS;
    if (old === 0) return this.#add(kind, valueLength, Math.max(expireAtMs, NO_EXPIRY));
    const moment = expireAtMs === KEEP_EXPIRY ? this.records.expireAtMs(old) : expireAtMs;
    return this.#overwrite(old, kind, valueLength, moment);
  }

  /** Whether looking for the key of `ref` leads to `slot` and to `ref`. */
  holds(slot: number, ref: number): boolean {
    this.#found = 0;
    this.#focus(ref);
    return this.#slot === slot && this.#index.first(slot, this.#hash) !== 0 &&
      this.#index.locate(slot, this.#hash, ref);
  }

  /** Removes a key and its value. */
  remove(ref: number): void {
    this.#release(ref);
    this.forget(ref);
  }

  /** Takes a key out of index and family and frees its record, but not what its value refers to. */
  forget(ref: number): void {
    this.#focus(ref);
    const slot = this.#slot;
    const wasVolatile = this.#index.entry < 0;
    this.#index.remove(slot, this.#hash);
    if ((this.records.kind(ref) & HAS_LINKS) !== 0) this.families.leave(ref, slot);
    this.#arena.free(ref);
    this.#found = 0;
    this.#count(slot, -1, wasVolatile ? -1 : 0);
  }

  /**
   * Changes the length of a value, keeping its bytes up to the shorter one; growing values get room to grow further.
   * Bytes beyond the old length are unspecified. Returns 0 when memory is short, in which case nothing has changed.
   */
  resizeValue(ref: number, valueLength: number): number {
    const records = this.records;
    const size = records.size(ref) - records.valueLength(ref) + valueLength;
    const capacity = this.#arena.capacityOf(ref);
    if (size <= capacity && (size * 4 >= capacity || capacity <= SMALL_CELL)) {
      records.setValueLength(ref, valueLength);
      return ref;
    }
    const kind = records.kind(ref);
    const reserve = size > capacity ? Math.min(size >>> 2, MAX_RESERVE) : 0;
    return this.#relocate(ref, kind, valueLength, size + reserve) ||
      this.#relocate(ref, kind, valueLength, size);
  }

  /** Sets when a key expires; {@linkcode NO_EXPIRY} makes it stay. Returns 0 when memory is short. */
  setExpiry(ref: number, expireAtMs: number): number {
    const records = this.records;
    let kind = records.kind(ref);
    if ((kind & HAS_EXPIRY) === 0) {
      if (expireAtMs === NO_EXPIRY) return ref;
      kind |= HAS_EXPIRY;
      const size = records.size(ref) + 8;
      const valueLength = records.valueLength(ref);
      if (size <= this.#arena.capacityOf(ref)) records.move(ref, ref, kind, valueLength);
      else ref = this.#relocate(ref, kind, valueLength, size);
      if (ref === 0) return 0;
    }
    records.writeExpiry(ref, expireAtMs);
    this.#focus(ref);
    this.#setEntry(ref, expireAtMs !== NO_EXPIRY);
    return ref;
  }

  /** Whether a key is past its expiry. */
  isExpired(ref: number): boolean {
    const records = this.records;
    const w = records.wordOf(ref);
    const words = records.words(ref);
    if ((words[w]! & HAS_EXPIRY) === 0 || (words[w + 2]! | words[w + 3]!) === 0) return false;
    return this.#context.clock.hasPassed(words, w + 2);
  }

  /** Removes a key that is past its expiry, telling {@linkcode DatabaseContext.onExpired} first. */
  expire(ref: number): void {
    this.#context.onExpired(this, ref);
    this.remove(ref);
  }

  /** What can be done with the value of a key. */
  typeOf(ref: number): ValueType {
    return this.#context.types[this.records.type(ref)]!;
  }

  /** Bytes that a key takes: record, index entry, and what its value refers to. */
  memoryUsage(ref: number): number {
    return this.#arena.capacityOf(ref) + ENTRY_BYTES +
      this.typeOf(ref).memoryUsage(this.records, ref);
  }

  /** {@linkcode SlotIndex.scan}: entries as they are, negative for keys with an expiry, those of families among them. */
  scanEntries(slot: number, cursor: number, count: number, entries: number[]): number {
    return this.#index.scan(slot, cursor, count, entries);
  }

  /** Empties a slot at once; its memory comes back with the steps of the reclaimer. Returns how many keys it had. */
  dropSlot(slot: number): number {
    const dropped = this.slotKeys[slot]!;
    this.#context.reclaimer.add(this.#index.detach(slot));
    this.keyCount -= dropped;
    this.volatileCount -= this.slotVolatile[slot]!;
    this.slotKeys[slot] = 0;
    this.slotVolatile[slot] = 0;
    this.#found = 0;
    return dropped;
  }

  /** Empties all slots that clients may see at once, as {@linkcode Database.dropSlot}. */
  flush(): void {
    for (let slot = 0; slot < SLOT_COUNT; slot++) if (!this.isHidden(slot)) this.dropSlot(slot);
  }

  /** Hash, slot and tag of a key into the fields that the next insertion uses. */
  #identify(key: Uint8Array, start: number, end: number): void {
    this.#key = key;
    this.#start = start;
    this.#end = end;
    this.#found = 0;
    this.#isIdentified = false;
    const hash = crc32(key, start, end);
    this.#hash = hash;
    this.#tagged = findTag(key, start, end, this.#context.emptyTag);
    if (!this.#tagged) {
      this.#slot = hash & (SLOT_COUNT - 1);
      return;
    }
    this.#tagStart = tag.start;
    this.#tagEnd = tag.end;
    this.#tagHash = crc32(key, tag.start, tag.end);
    this.#slot = this.#tagHash & (SLOT_COUNT - 1);
  }

  /** Makes `ref` what was found last. */
  #focus(ref: number): void {
    if (ref !== this.#found) {
      const start = this.records.keyStart(ref);
      this.#identify(this.records.bytes(ref), start, start + this.records.keyLength(ref));
      this.#found = ref;
    }
    this.#index.locate(this.#slot, this.#hash, ref);
  }

  #expireOnAccess(ref: number): boolean {
    if (!this.#context.expiresOnAccess || !this.isExpired(ref)) return false;
    const key = this.#key;
    const start = this.#start;
    const end = this.#end;
    this.expire(ref);
    // What onExpired did may have made another key the last one looked for.
    this.#identify(key, start, end);
    return true;
  }

  #add(kind: number, valueLength: number, expireAtMs: number): number {
    const records = this.records;
    const keyLength = this.#end - this.#start;
    if (expireAtMs !== NO_EXPIRY) kind |= HAS_EXPIRY;
    const ref = this.#allocate(valueOffsetOf(kind, keyLength) + valueLength);
    if (ref === 0) return 0;
    records.format(ref, kind, keyLength, valueLength);
    copyBytes(records.bytes(ref), records.keyStart(ref), this.#key, this.#start, this.#end);
    if (expireAtMs !== NO_EXPIRY) records.writeExpiry(ref, expireAtMs);
    if (!this.#enter(ref, expireAtMs === NO_EXPIRY ? ref : ref | ~REF_MASK)) {
      this.#arena.free(ref);
      return 0;
    }
    this.#count(this.#slot, 1, expireAtMs === NO_EXPIRY ? 0 : 1);
    this.#found = ref;
    return ref;
  }

  /** Puts a new record into its family, if it has a tag, and into the index; false when memory is short. */
  #enter(ref: number, entry: number): boolean {
    const slot = this.#slot;
    if (!this.#tagged) return this.#index.insert(slot, this.#hash, entry);
    const hash = this.#tagHash;
    const joined = this.families.join(ref, slot, hash, this.#key, this.#tagStart, this.#tagEnd);
    if (!joined || this.#index.insert(slot, this.#hash, entry)) return joined;
    this.families.leave(ref, slot);
    return false;
  }

  #overwrite(old: number, kind: number, valueLength: number, expireAtMs: number): number {
    const records = this.records;
    if (expireAtMs !== NO_EXPIRY) kind |= HAS_EXPIRY;
    // An expiry field that is there stays, unused, when the record can stay.
    const inPlace = kind | (records.kind(old) & HAS_EXPIRY);
    const keyLength = this.#end - this.#start;
    const size = valueOffsetOf(inPlace, keyLength) + valueLength;
    const capacity = this.#arena.capacityOf(old);
    let ref = old;
    if (size <= capacity && (size * 2 >= capacity || capacity <= SMALL_CELL)) {
      this.#release(old);
      kind = inPlace;
      if (records.kind(old) !== kind) records.move(old, old, kind, 0);
      records.setValueLength(old, valueLength);
    } else {
      ref = this.#allocate(valueOffsetOf(kind, keyLength) + valueLength);
      if (ref === 0) return 0;
      this.#release(old);
      records.format(ref, kind, keyLength, valueLength);
      records.setAccess(ref, records.access(old));
      copyBytes(records.bytes(ref), records.keyStart(ref), this.#key, this.#start, this.#end);
      if (this.#tagged) this.families.replace(old, ref);
    }
    if ((kind & HAS_EXPIRY) !== 0) records.writeExpiry(ref, expireAtMs);
    this.#index.locate(this.#slot, this.#hash, old);
    this.#setEntry(ref, expireAtMs !== NO_EXPIRY);
    if (ref !== old) this.#arena.free(old);
    return ref;
  }

  #release(ref: number): void {
    // Strings are most of what there is, and have nothing to let go.
    if (this.records.type(ref) !== STRING) this.typeOf(ref).release(this.records, ref);
  }

  /** Takes a record with all it refers to elsewhere; returns 0 when memory is short. */
  #relocate(ref: number, kind: number, valueLength: number, byteCount: number): number {
    const fresh = this.#allocate(byteCount);
    if (fresh === 0) return 0;
    this.#focus(ref);
    this.records.move(ref, fresh, kind, valueLength);
    if ((kind & HAS_LINKS) !== 0) this.families.replace(ref, fresh);
    this.#index.replace((this.#index.entry & ~REF_MASK) | fresh);
    this.#found = fresh;
    this.#arena.free(ref);
    return fresh;
  }

  /** Writes the entry found last, whose key may have gained or lost its expiry. */
  #setEntry(ref: number, isVolatile: boolean): void {
    const wasVolatile = this.#index.entry < 0;
    this.#index.replace(isVolatile ? ref | ~REF_MASK : ref);
    this.#found = ref;
    if (wasVolatile !== isVolatile) this.#count(this.#slot, 0, isVolatile ? 1 : -1);
  }

  #count(slot: number, keys: number, volatileKeys: number): void {
    this.keyCount += keys;
    this.slotKeys[slot] = this.slotKeys[slot]! + keys;
    if (volatileKeys === 0) return;
    this.volatileCount += volatileKeys;
    this.slotVolatile[slot] = this.slotVolatile[slot]! + volatileKeys;
  }

  /** Allocates; short memory first takes what dropped slots still hold. */
  #allocate(byteCount: number): number {
    let ref = this.#arena.allocate(byteCount);
    while (ref === 0 && this.#context.reclaimer.isBusy) {
      this.#context.reclaimer.step(4096);
      ref = this.#arena.allocate(byteCount);
    }
    return ref;
  }
}
