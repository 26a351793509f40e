/**
 * Sorted sets: packed as a listpack of members and scores in turn, in order; or spread over a table of elements, to find
 * a member, and a tree of the same elements, to find a rank.
 *
 * ```
 * header of a spread one: table · root of the tree · bytes of the tree's nodes in units of 8
 * ```
 *
 * Every range is a range of ranks: where one begins and ends by score or by text is counted first.
 *
 * Invariant: table and tree have the same elements; a sorted set without members is no key.
 *
 * @module
 */

import { copyBytes } from "../keyspace/copy_bytes.ts";
import type { Database } from "../keyspace/database.ts";
import type { Records } from "../keyspace/record.ts";
import type { ValueType } from "../keyspace/value_type.ts";
import { ByteRange } from "./byte_range.ts";
import { integerOfScore, scoreText } from "./double_text.ts";
import { ElementTable } from "./element_table.ts";
import { EntryImage } from "./entry_image.ts";
import { LISTPACK_END, LISTPACK_HEADER_BYTES, nextEntry, readEntry } from "./listpack.ts";
import { OrderTree } from "./order_tree.ts";
import {
  createPacked,
  findEntry,
  NOT_FOUND,
  packedCount,
  packedOffset,
  removeEntries,
  splice,
} from "./packed_value.ts";
import { type Bound, MemberBound } from "./score_bound.ts";
import { packedScore } from "./packed_score.ts";
import { SCORED_MEMBER_OFFSET, scoreOf, setScore } from "./scored_element.ts";
import { becomeSpread, headerOf, separateSpread } from "./spread_value.ts";
import type { ValueLimits } from "./value_limits.ts";
import type { ValueMemory } from "./value_memory.ts";
import { PACKED, SORTED_SET, SPREAD } from "./value_tags.ts";

const HEADER_BYTES = 16;
const TABLE = 0;
/** Word of the header of a spread one: the root of its tree. */
export const ROOT = 1;
const TREE_UNITS = 2;
/** Bytes of entries that a new listpack has room for. */
const FIRST_BYTES = 25;
/** Up to so many members are freed at once. */
const FREED_AT_ONCE = 64;

/** What can be done with sorted sets. */
export class SortedSets implements ValueType {
  readonly tag = SORTED_SET;
  readonly name = "zset";
  /** The tables of the sorted sets that are spread. */
  readonly table: ElementTable;
  /** Their trees. */
  readonly tree: OrderTree;
  readonly #memory: ValueMemory;
  readonly #limits: ValueLimits;
  readonly #image = new EntryImage();
  readonly #scoreImage = new EntryImage();
  readonly #range = new ByteRange();
  readonly #scoreRange = new ByteRange();
  readonly #bound = new MemberBound();

  /** Sorted sets that stay packed up to `limits`. */
  constructor(memory: ValueMemory, limits: ValueLimits) {
    this.#memory = memory;
    this.#limits = limits;
    this.table = new ElementTable(memory, SCORED_MEMBER_OFFSET);
    this.tree = new OrderTree(memory);
  }

  encodingName(records: Records, ref: number): string {
    return records.encoding(ref) === PACKED ? "listpack" : "skiplist";
  }

  release(records: Records, ref: number): void {
    if (records.encoding(ref) === SPREAD) this.#release(headerOf(records, ref));
  }

  memoryUsage(records: Records, ref: number): number {
    if (records.encoding(ref) === PACKED) return 0;
    const header = headerOf(records, ref);
    const treeBytes = this.#field(header, TREE_UNITS) * 8;
    return HEADER_BYTES + treeBytes + this.table.memoryUsage(this.#field(header, TABLE));
  }

  separate(records: Records, _source: number, target: number): boolean {
    return separateSpread(records, target, (header) => this.#copy(header));
  }

  /** How many members there are. */
  count(records: Records, ref: number): number {
    if (records.encoding(ref) === PACKED) return packedCount(records, ref) >>> 1;
    return this.table.count(this.tableOf(records, ref));
  }

  /** The table of a spread one. */
  tableOf(records: Records, ref: number): number {
    return this.#field(headerOf(records, ref), TABLE);
  }

  /** The root of the tree of a spread one. */
  rootOf(records: Records, ref: number): number {
    return this.#field(headerOf(records, ref), ROOT);
  }

  /** The score of a member, or NaN. */
  score(records: Records, ref: number, bytes: Uint8Array, start: number, end: number): number {
    if (records.encoding(ref) !== PACKED) {
      const element = this.table.find(this.tableOf(records, ref), bytes, start, end);
      return element === 0 ? NaN : this.scoreOfElement(element);
    }
    this.#image.set(bytes, start, end);
    const offset = findEntry(records, ref, this.#image, 2);
    if (offset === NOT_FOUND) return NaN;
    const own = records.bytes(ref);
    return packedScore(own, nextEntry(own, records.valueStart(ref) + offset));
  }

  /** The score of an element of a table. */
  scoreOfElement(element: number): number {
    return scoreOf(this.#memory.words(element), this.#memory.wordOf(element));
  }

  /** How many members lie before a bound. */
  countBefore(records: Records, ref: number, bound: Bound): number {
    if (records.encoding(ref) !== PACKED) {
      return this.tree.countBefore(this.rootOf(records, ref), bound);
    }
    const bytes = records.bytes(ref);
    const range = this.#range;
    let before = 0;
    for (let p = records.valueStart(ref) + LISTPACK_HEADER_BYTES; bytes[p] !== LISTPACK_END;) {
      const score = nextEntry(bytes, p);
      readEntry(bytes, p, range);
      if (!bound.isBefore(packedScore(bytes, score), range.bytes, range.start, range.end)) break;
      before++;
      p = nextEntry(bytes, score);
    }
    return before;
  }

  /** The rank of a member that is there with this score. */
  rank(
    records: Records,
    ref: number,
    score: number,
    bytes: Uint8Array,
    start: number,
    end: number,
  ): number {
    this.#bound.score = score;
    this.#bound.member.set(bytes, start, end);
    return this.countBefore(records, ref, this.#bound);
  }

  /**
   * Gives a member a score, whether it is there or not; without a sorted set (`ref` 0) makes one for the key that
   * `database` looked for last. `old` is the score that the member has, NaN for none. Returns the record.
   *
   * @throws {OutOfMemory}
   */
  set(
    database: Database,
    ref: number,
    score: number,
    bytes: Uint8Array,
    start: number,
    end: number,
    old: number,
  ): number {
    const { records } = database;
    const { sortedSetEntries, sortedSetBytes } = this.#limits;
    if (ref === 0) ref = createPacked(database, SORTED_SET, PACKED, FIRST_BYTES);
    if (records.encoding(ref) === PACKED) {
      const isNew = Number.isNaN(old);
      const fits = !isNew || (end - start <= sortedSetBytes &&
        this.count(records, ref) < sortedSetEntries);
      if (fits) return this.#setPacked(database, ref, score, bytes, start, end, isNew);
      ref = this.spread(database, ref);
    }
    this.#setSpread(records, ref, score, bytes, start, end, old);
    return ref;
  }

  /** Removes a member. Returns the record, or {@linkcode NOT_FOUND}; the caller removes a key without members. */
  delete(database: Database, ref: number, bytes: Uint8Array, start: number, end: number): number {
    const { records } = database;
    if (records.encoding(ref) === PACKED) {
      this.#image.set(bytes, start, end);
      const offset = findEntry(records, ref, this.#image, 2);
      return offset === NOT_FOUND ? NOT_FOUND : removeEntries(database, ref, offset, 2);
    }
    const element = this.table.find(this.tableOf(records, ref), bytes, start, end);
    if (element === 0) return NOT_FOUND;
    const rank = this.rank(records, ref, this.scoreOfElement(element), bytes, start, end);
    this.#removeRank(headerOf(records, ref), rank);
    this.table.remove();
    return ref;
  }

  /** Removes `count` members from a rank on. Returns the record; the caller removes a key without members. */
  deleteRange(database: Database, ref: number, rank: number, count: number): number {
    const { records } = database;
    if (count <= 0) return ref;
    if (records.encoding(ref) === PACKED) {
      return removeEntries(database, ref, packedOffset(records, ref, rank * 2), count * 2);
    }
    const header = headerOf(records, ref);
    const table = this.#field(header, TABLE);
    const range = this.#range;
    for (let i = 0; i < count; i++) {
      const element = this.tree.at(this.#field(header, ROOT), rank);
      this.#removeRank(header, rank);
      this.table.member(element, range);
      this.table.find(table, range.bytes, range.start, range.end);
      this.table.remove();
    }
    return ref;
  }

  /** Spreads a packed sorted set. Returns the record. @throws {OutOfMemory} */
  spread(database: Database, ref: number): number {
    const { records } = database;
    const header = this.#create();
    const bytes = records.bytes(ref);
    const member = this.#range;
    try {
      let p = records.valueStart(ref) + LISTPACK_HEADER_BYTES;
      for (let rank = 0; bytes[p] !== LISTPACK_END; rank++) {
        readEntry(bytes, p, member);
        p = nextEntry(bytes, p);
        this.#addElement(header, packedScore(bytes, p), rank, member);
        p = nextEntry(bytes, p);
      }
    } catch (error) {
      this.#release(header);
      throw error;
    }
    return becomeSpread(database, ref, header);
  }

  #setPacked(
    database: Database,
    ref: number,
    score: number,
    bytes: Uint8Array,
    start: number,
    end: number,
    isNew: boolean,
  ): number {
    const { records } = database;
    if (!isNew) {
      this.#image.set(bytes, start, end);
      ref = removeEntries(database, ref, findEntry(records, ref, this.#image, 2), 2);
    }
    const rank = this.rank(records, ref, score, bytes, start, end);
    const offset = packedOffset(records, ref, rank * 2);
    const member = this.#image;
    member.set(bytes, start, end);
    const scoreImage = this.#imageOf(score);
    ref = splice(database, ref, offset, offset, member.size + scoreImage.size, 2);
    const at = records.valueStart(ref) + offset;
    member.write(records.bytes(ref), at);
    scoreImage.write(records.bytes(ref), at + member.size);
    return ref;
  }

  #imageOf(score: number): EntryImage {
    const range = this.#scoreRange;
    const integer = Number.isSafeInteger(score) ? undefined : integerOfScore(score);
    if (Number.isSafeInteger(score)) range.setInteger(score);
    else if (integer !== undefined) range.setBigInteger(integer);
    else range.setText(scoreText(score));
    this.#scoreImage.setRange(range);
    return this.#scoreImage;
  }

  #setSpread(
    records: Records,
    ref: number,
    score: number,
    bytes: Uint8Array,
    start: number,
    end: number,
    old: number,
  ): void {
    const header = headerOf(records, ref);
    const rank = this.rank(records, ref, score, bytes, start, end);
    if (Number.isNaN(old)) {
      this.#range.set(bytes, start, end);
      return this.#addElement(header, score, rank, this.#range);
    }
    const element = this.table.find(this.#field(header, TABLE), bytes, start, end);
    const words = this.#memory.words(element);
    const w = this.#memory.wordOf(element);
    const before = this.rank(records, ref, old, bytes, start, end);
    // Of a member that stays between its neighbours only the score changes.
    if (rank !== before && rank !== before + 1) {
      this.#insertRank(header, rank, element, score);
      this.#removeRank(header, rank <= before ? before + 1 : before);
    } else this.tree.setScore(this.#field(header, ROOT), before, score);
    setScore(words, w, score);
  }

  /** Adds a member that is not there at its rank. */
  #addElement(header: number, score: number, rank: number, member: ByteRange): void {
    const { bytes, start, end } = member;
    const memory = this.#memory;
    const element = memory.allocate(SCORED_MEMBER_OFFSET + end - start);
    const w = memory.wordOf(element);
    memory.words(element)[w] = end - start;
    setScore(memory.words(element), w, score);
    copyBytes(memory.bytes(element), w * 4 + SCORED_MEMBER_OFFSET, bytes, start, end);
    this.table.find(this.#field(header, TABLE), bytes, start, end);
    this.table.insert(element);
    try {
      this.#insertRank(header, rank, element, score);
    } catch (error) {
      this.table.find(this.#field(header, TABLE), bytes, start, end);
      this.table.remove();
      throw error;
    }
  }

  #create(): number {
    const header = this.#memory.allocate(HEADER_BYTES);
    const words = this.#memory.words(header);
    const w = this.#memory.wordOf(header);
    words.fill(0, w, w + HEADER_BYTES / 4);
    try {
      words[w + TABLE] = this.table.create();
      this.tree.create();
      this.#noteRoot(header);
    } catch (error) {
      if (words[w + TABLE] !== 0) this.table.release(words[w + TABLE]!);
      this.#memory.arena.free(header);
      throw error;
    }
    return header;
  }

  #release(header: number): void {
    const table = this.#field(header, TABLE);
    const isSmall = this.table.count(table) <= FREED_AT_ONCE;
    const nodes = this.tree.nodes(this.#field(header, ROOT));
    if (isSmall) { for (const node of nodes) this.#memory.arena.free(node); }
    else this.#memory.freeLater(nodes);
    this.table.release(table);
    this.#memory.arena.free(header);
  }

  #copy(header: number): number {
    const copy = this.#create();
    const root = this.#field(header, ROOT);
    const count = this.tree.count(root);
    try {
      for (let rank = 0; rank < count; rank++) {
        const element = this.tree.at(root, rank);
        this.table.member(element, this.#range);
        this.#addElement(copy, this.scoreOfElement(element), rank, this.#range);
      }
    } catch (error) {
      this.#release(copy);
      throw error;
    }
    return copy;
  }

  #insertRank(header: number, rank: number, element: number, score: number): void {
    try {
      this.tree.insert(this.#field(header, ROOT), rank, element, score);
    } finally {
      this.#noteRoot(header);
    }
  }

  #removeRank(header: number, rank: number): void {
    this.tree.remove(this.#field(header, ROOT), rank);
    this.#noteRoot(header);
  }

  /** Keeps what the tree became with the last change. */
  #noteRoot(header: number): void {
    const words = this.#memory.words(header);
    const w = this.#memory.wordOf(header);
    words[w + ROOT] = this.tree.root;
    words[w + TREE_UNITS] = words[w + TREE_UNITS]! + this.tree.addedBytes / 8;
  }

  #field(header: number, field: number): number {
    return this.#memory.words(header)[this.#memory.wordOf(header) + field]!;
  }
}
