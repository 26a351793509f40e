/**
 * Lists: one listpack in the record, or several as nodes of a directory.
 *
 * Both forms are edited as nodes: a packed list is the one node at index 0. Which node an element goes to, and when nodes
 * are split and joined, follows Redis's quicklist, so that both servers dump the same bytes.
 *
 * Invariant: no node is empty, and a list without elements is no key.
 *
 * @module
 */

import { copyBytes } from "../keyspace/copy_bytes.ts";
import type { Database } from "../keyspace/database.ts";
import type { Records } from "../keyspace/record.ts";
import type { ValueType } from "../keyspace/value_type.ts";
import { EntryImage } from "./entry_image.ts";
import { ListDirectory } from "./list_directory.ts";
import { mayJoin, takesElement } from "./list_fill.ts";
import {
  entryAt,
  LISTPACK_END,
  LISTPACK_HEADER_BYTES,
  listpackBytes,
  nextEntry,
  writeListpackHeader,
} from "./listpack.ts";
import { nodeOfElement, nodeOfEntries } from "./list_node.ts";
import { createPacked, packedCount, splice } from "./packed_value.ts";
import { becomeSpread, headerOf, separateSpread } from "./spread_value.ts";
import type { ValueLimits } from "./value_limits.ts";
import type { ValueMemory } from "./value_memory.ts";
import { LIST, PACKED, SPREAD } from "./value_tags.ts";

/** A node that grows gets a quarter more, up to this size: most never need a larger cell. */
const GROWN_BYTES_MAX = 8192;
/** Bytes of entries that a new list has room for. */
const FIRST_BYTES = 17;
/** Cells up to this size are never exchanged for a smaller one. */
const SMALL_CELL = 64;

/** What can be done with lists. The list that {@linkcode Lists.open} was given last is the one worked on. */
export class Lists implements ValueType {
  readonly tag = LIST;
  readonly name = "list";
  readonly #memory: ValueMemory;
  readonly #limits: ValueLimits;
  readonly #directory: ListDirectory;
  readonly #image = new EntryImage();
  #database!: Database;
  #ref = 0;
  /** The directory, or 0 of a packed list. */
  #header = 0;

  /** Lists whose nodes are filled as `limits` say. */
  constructor(memory: ValueMemory, limits: ValueLimits) {
    this.#memory = memory;
    this.#limits = limits;
    this.#directory = new ListDirectory(memory);
  }

  encodingName(): string {
    return "quicklist";
  }

  release(records: Records, ref: number): void {
    if (records.encoding(ref) === SPREAD) this.#directory.release(headerOf(records, ref));
  }

  memoryUsage(records: Records, ref: number): number {
    if (records.encoding(ref) === PACKED) return 0;
    return this.#directory.memoryUsage(headerOf(records, ref));
  }

  separate(records: Records, _source: number, target: number): boolean {
    return separateSpread(records, target, (header) => this.#directory.copy(header));
  }

  /** Works on the list of `ref`, a record of `database`; 0: one to be made for the key that was looked for last. */
  open(database: Database, ref: number): void {
    this.#database = database;
    this.#ref = ref;
    this.#header = ref === 0 || database.records.encoding(ref) === PACKED
      ? 0
      : headerOf(database.records, ref);
  }

  /** How many elements it has. */
  get count(): number {
    if (this.#header !== 0) return this.#directory.elements(this.#header);
    return this.#ref === 0 ? 0 : packedCount(this.#database.records, this.#ref);
  }

  /** How many nodes it has. */
  get nodes(): number {
    if (this.#header !== 0) return this.#directory.nodes(this.#header);
    return this.#ref === 0 ? 0 : 1;
  }

  /** The record, which changes with the list. */
  get ref(): number {
    return this.#ref;
  }

  /** After {@linkcode Lists.locate}: how many elements lie before the one looked for in its node. */
  local = 0;

  /** The node with the element number `element`, which there is. */
  locate(element: number): number {
    if (this.#header === 0) {
      this.local = element;
      return 0;
    }
    const node = this.#directory.locate(this.#header, element);
    this.local = this.#directory.local;
    return node;
  }

  /** Where the listpack of a node lies. */
  bytesOf(node: number): Uint8Array {
    if (this.#header === 0) return this.#database.records.bytes(this.#ref);
    return this.#memory.bytes(this.#directory.node(this.#header, node));
  }

  /** Where the listpack of a node begins. */
  startOf(node: number): number {
    if (this.#header === 0) return this.#database.records.valueStart(this.#ref);
    return this.#memory.wordOf(this.#directory.node(this.#header, node)) * 4;
  }

  /** How many elements a node has. */
  elementsOf(node: number): number {
    return this.#header === 0 ? this.count : this.#directory.elementsOf(this.#header, node);
  }

  /** Offset in its listpack of the element number `local` of a node. */
  offsetOf(node: number, local: number): number {
    const start = this.startOf(node);
    return entryAt(this.bytesOf(node), start, this.elementsOf(node), local) - start;
  }

  /** Adds an element at one end. @throws {OutOfMemory} */
  push(bytes: Uint8Array, start: number, end: number, atHead: boolean): void {
    const image = this.#image;
    image.set(bytes, start, end);
    if (this.#ref === 0) {
      this.#ref = createPacked(
        this.#database,
        LIST,
        PACKED,
        Math.max(FIRST_BYTES, image.size),
      );
    }
    const node = atHead || this.#header === 0 ? 0 : this.nodes - 1;
    if (this.#header !== 0 && this.#pushInside(node, atHead)) return;
    if (this.count === 0 || this.#takes(node, image.length)) {
      const offset = atHead ? LISTPACK_HEADER_BYTES : this.#endOf(node);
      return this.#insertInto(node, offset, image);
    }
    this.#spread();
    this.#addNode(atHead ? 0 : this.nodes, image);
  }

  /** Adds an element beside the one number `local` of a node. @throws {OutOfMemory} */
  insert(
    node: number,
    local: number,
    bytes: Uint8Array,
    start: number,
    end: number,
    isAfter: boolean,
  ): void {
    const image = this.#image;
    image.set(bytes, start, end);
    const { length } = image;
    if (this.#takes(node, length)) {
      return this.#insertInto(node, this.offsetOf(node, isAfter ? local + 1 : local), image);
    }
    this.#spread();
    const isAtEnd = local === (isAfter ? this.elementsOf(node) - 1 : 0);
    const beside = isAfter ? node + 1 : node - 1;
    if (!isAtEnd) return this.#splitInsert(node, isAfter ? local + 1 : local, isAfter);
    if (beside >= 0 && beside < this.nodes && this.#takes(beside, length)) {
      const offset = isAfter ? LISTPACK_HEADER_BYTES : this.#endOf(beside);
      return this.#insertInto(beside, offset, image);
    }
    this.#addNode(isAfter ? node + 1 : node, image);
  }

  /** Replaces an element. @throws {OutOfMemory} */
  replace(node: number, local: number, bytes: Uint8Array, start: number, end: number): void {
    const image = this.#image;
    image.set(bytes, start, end);
    const offset = this.offsetOf(node, local);
    const own = this.startOf(node);
    const next = nextEntry(this.bytesOf(node), own + offset) - own;
    if (next - offset !== image.size) this.#splice(node, offset, next, image.size, 0);
    image.write(this.bytesOf(node), this.startOf(node) + offset);
  }

  /** Removes `count` elements from number `from` on; the caller removes a list without elements. */
  deleteRange(from: number, count: number): void {
    if (count <= 0) return;
    let node = this.locate(from);
    let { local } = this;
    while (count > 0) {
      const elements = this.elementsOf(node);
      const removed = Math.min(count, elements - local);
      count -= removed;
      if (removed === elements && this.#header !== 0) this.#directory.remove(this.#header, node);
      else this.#deleteFrom(node++, local, removed);
      local = 0;
    }
  }

  /** Removes the element at an offset in its node; the node goes with its last. */
  deleteEntry(node: number, offset: number): void {
    if (this.#header !== 0 && this.elementsOf(node) === 1) {
      return this.#directory.remove(this.#header, node);
    }
    const start = this.startOf(node);
    const end = nextEntry(this.bytesOf(node), start + offset) - start;
    this.#splice(node, offset, end, 0, -1);
  }

  /** Adds a whole listpack as the last node; the list must be new or spread. @throws {OutOfMemory} */
  appendNode(bytes: Uint8Array, start: number, end: number, elements: number): void {
    if (this.#ref === 0) {
      this.#ref = createPacked(this.#database, LIST, PACKED, end - start);
      const { records } = this.#database;
      records.setValueLength(this.#ref, end - start);
      copyBytes(records.bytes(this.#ref), records.valueStart(this.#ref), bytes, start, end);
      return;
    }
    this.#spread();
    const from = start + LISTPACK_HEADER_BYTES;
    const cell = nodeOfEntries(this.#memory, bytes, from, end - 1, elements);
    this.#enter(this.nodes, cell, elements);
  }

  /** Adds the image at one end of a node if neither that nor its cell is full: what most pushes come to. */
  #pushInside(node: number, atHead: boolean): boolean {
    const image = this.#image;
    const directory = this.#directory;
    const cell = directory.node(this.#header, node);
    const bytes = this.#memory.bytes(cell);
    const start = this.#memory.wordOf(cell) * 4;
    const length = listpackBytes(bytes, start);
    const grown = length + image.size;
    if (grown > this.#memory.arena.capacityOf(cell)) return false;
    const elements = directory.elementsOf(this.#header, node);
    if (!takesElement(this.#limits.listNode, length, elements, image.length)) return false;
    const first = start + LISTPACK_HEADER_BYTES;
    if (atHead) bytes.copyWithin(first + image.size, first, start + length);
    else bytes[start + grown - 1] = LISTPACK_END;
    image.write(bytes, atHead ? first : start + length - 1);
    writeListpackHeader(bytes, start, grown, elements + 1);
    directory.countOne(this.#header, node);
    return true;
  }

  #takes(node: number, length: number): boolean {
    const byteCount = listpackBytes(this.bytesOf(node), this.startOf(node));
    return takesElement(this.#limits.listNode, byteCount, this.elementsOf(node), length);
  }

  #endOf(node: number): number {
    return listpackBytes(this.bytesOf(node), this.startOf(node)) - 1;
  }

  #insertInto(node: number, offset: number, image: EntryImage): void {
    this.#splice(node, offset, offset, image.size, 1);
    image.write(this.bytesOf(node), this.startOf(node) + offset);
  }

  #deleteFrom(node: number, local: number, count: number): void {
    const offset = this.offsetOf(node, local);
    const elements = this.elementsOf(node);
    let end = this.#endOf(node);
    if (local + count < elements) {
      const start = this.startOf(node);
      const bytes = this.bytesOf(node);
      let p = start + offset;
      for (let i = 0; i < count; i++) p = nextEntry(bytes, p);
      end = p - start;
    }
    this.#splice(node, offset, end, 0, -count);
  }

  /** Makes the bytes from `offset` to `end` of a node `added` bytes long, and its elements `count` more. */
  #splice(node: number, offset: number, end: number, added: number, count: number): void {
    if (this.#header === 0) {
      this.#ref = splice(this.#database, this.#ref, offset, end, added, count);
      return;
    }
    const { arena } = this.#memory;
    const cell = this.#directory.node(this.#header, node);
    const bytes = this.#memory.bytes(cell);
    const start = this.#memory.wordOf(cell) * 4;
    const length = listpackBytes(bytes, start);
    const newLength = length + added - (end - offset);
    const elements = this.elementsOf(node) + count;
    const capacity = arena.capacityOf(cell);
    let target = cell;
    if (newLength > capacity || (newLength * 4 < capacity && capacity > SMALL_CELL)) {
      const reserve = newLength > capacity
        ? Math.min(newLength + (newLength >>> 2), GROWN_BYTES_MAX)
        : 0;
      target = this.#memory.allocate(Math.max(newLength, reserve));
    }
    const to = this.#memory.wordOf(target) * 4;
    const own = this.#memory.bytes(target);
    copyBytes(own, to + offset + added, bytes, start + end, start + length);
    if (target !== cell) copyBytes(own, to, bytes, start, start + offset);
    writeListpackHeader(own, to, newLength, elements);
    this.#directory.set(this.#header, node, target, elements, capacity);
    if (target !== cell) arena.free(cell);
  }

  /** Gives a packed list a directory with its one node. */
  #spread(): void {
    if (this.#header !== 0) return;
    const { records } = this.#database;
    const bytes = records.bytes(this.#ref);
    const start = records.valueStart(this.#ref);
    const elements = this.count;
    const first = start + LISTPACK_HEADER_BYTES;
    const end = start + records.valueLength(this.#ref) - 1;
    const cell = nodeOfEntries(this.#memory, bytes, first, end, elements);
    let header;
    try {
      header = this.#directory.create();
    } catch (error) {
      this.#memory.arena.free(cell);
      throw error;
    }
    this.#directory.insert(header, 0, cell, elements);
    this.#ref = becomeSpread(this.#database, this.#ref, header);
    this.#header = header;
  }

  /** Adds a node with one element. */
  #addNode(index: number, image: EntryImage): void {
    this.#enter(index, nodeOfElement(this.#memory, image), 1);
  }

  #enter(index: number, cell: number, elements: number): void {
    try {
      this.#directory.insert(this.#header, index, cell, elements);
    } catch (error) {
      this.#memory.arena.free(cell);
      throw error;
    }
  }

  /** Splits a full node before its element number `local` and adds an element there, on the side away from the pivot. */
  #splitInsert(node: number, local: number, isAfter: boolean): void {
    const image = this.#image;
    const offset = this.offsetOf(node, local);
    const bytes = this.bytesOf(node);
    const start = this.startOf(node);
    const end = this.#endOf(node);
    const moved = this.elementsOf(node) - local;
    const cell = nodeOfEntries(this.#memory, bytes, start + offset, start + end, moved);
    this.#enter(node + 1, cell, moved);
    this.#splice(node, offset, end, 0, -moved);
    if (isAfter) this.#insertInto(node + 1, LISTPACK_HEADER_BYTES, image);
    else this.#insertInto(node, this.#endOf(node), image);
    this.#joinAround(isAfter ? node : node + 1);
  }

  /** Joins the neighbours of a node that was split, and the node with them, where they have become small enough. */
  #joinAround(center: number): void {
    if (this.#mayJoin(center - 2)) {
      this.#join(center - 2);
      center--;
    }
    if (this.#mayJoin(center + 1)) this.#join(center + 1);
    if (this.#mayJoin(center - 1)) this.#join(--center);
    if (this.#mayJoin(center)) this.#join(center);
  }

  #mayJoin(node: number): boolean {
    if (node < 0 || node + 1 >= this.nodes) return false;
    const byteCount = this.#endOf(node) + this.#endOf(node + 1) + 2;
    const elements = this.elementsOf(node) + this.elementsOf(node + 1);
    return mayJoin(this.#limits.listNode, byteCount, elements);
  }

  /** Appends the node behind `node` to it. */
  #join(node: number): void {
    const end = this.#endOf(node);
    const added = this.#endOf(node + 1) - LISTPACK_HEADER_BYTES;
    this.#splice(node, end, end, added, this.elementsOf(node + 1));
    const from = this.startOf(node + 1) + LISTPACK_HEADER_BYTES;
    const at = this.startOf(node) + end;
    copyBytes(this.bytesOf(node), at, this.bytesOf(node + 1), from, from + added);
    this.#directory.remove(this.#header, node + 1);
  }
}
