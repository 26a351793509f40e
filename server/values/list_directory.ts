/**
 * The nodes of one big list, in order: where each is and how many elements it has, in one run of words.
 *
 * ```
 * header:     directory · first place in use · nodes · elements · bytes of the nodes' cells in units of 8
 * directory:  (node · elements) …
 * ```
 *
 * Chosen over links in the nodes: a list of five million short elements has some 7000 nodes, so finding an element by
 * its index reads 60 KB in order, not a cache line of each node; and a full node fills its cell to the last bytes.
 *
 * Invariant: the sums in the header are those of the places in use, which have room to move at both ends.
 *
 * @module
 */

import { copyBytes } from "../keyspace/copy_bytes.ts";
import type { Records } from "../keyspace/record.ts";
import { listpackBytes } from "./listpack.ts";
import type { ValueMemory } from "./value_memory.ts";

const HEADER_BYTES = 24;
const DIRECTORY = 0;
const FIRST = 1;
const NODES = 2;
const ELEMENTS = 3;
const CELL_UNITS = 4;

const PLACE_BYTES = 8;
const FIRST_PLACES = 8;
/** Lists up to so many nodes are freed at once. */
const FREED_AT_ONCE = 8;

/** Keeps the nodes of the lists of one keyspace. */
export class ListDirectory {
  /** After {@linkcode ListDirectory.locate}: how many elements lie before the one looked for in its node. */
  local = 0;
  readonly #memory: ValueMemory;

  /** Directories in `memory`. */
  constructor(memory: ValueMemory) {
    this.#memory = memory;
  }

  /** A list without nodes. @throws {OutOfMemory} */
  create(): number {
    const directory = this.#memory.allocate(FIRST_PLACES * PLACE_BYTES);
    let header;
    try {
      header = this.#memory.allocate(HEADER_BYTES);
    } catch (error) {
      this.#memory.arena.free(directory);
      throw error;
    }
    const w = this.#memory.wordOf(header);
    const words = this.#memory.words(header);
    words.fill(0, w, w + HEADER_BYTES / 4);
    words[w + DIRECTORY] = directory;
    words[w + FIRST] = FIRST_PLACES / 2;
    return header;
  }

  /** How many nodes a list has. */
  nodes(header: number): number {
    return this.#field(header, NODES);
  }

  /** How many elements a list has. */
  elements(header: number): number {
    return this.#field(header, ELEMENTS);
  }

  /** The node at `index`. */
  node(header: number, index: number): number {
    const directory = this.#field(header, DIRECTORY);
    return this.#memory.words(directory)[this.#placeOf(header, directory, index)]!;
  }

  /** How many elements the node at `index` has. */
  elementsOf(header: number, index: number): number {
    const directory = this.#field(header, DIRECTORY);
    return this.#memory.words(directory)[this.#placeOf(header, directory, index) + 1]!;
  }

  /** The node with the element number `element`, from 0, which there is. */
  locate(header: number, element: number): number {
    const directory = this.#field(header, DIRECTORY);
    const words = this.#memory.words(directory);
    const nodes = this.nodes(header);
    const count = this.elements(header);
    const first = this.#placeOf(header, directory, 0) + 1;
    if (element < count >>> 1) {
      let index = 0;
      while (element >= words[first + index * 2]!) element -= words[first + index++ * 2]!;
      this.local = element;
      return index;
    }
    let before = count;
    let index = nodes;
    while (before > element) before -= words[first + --index * 2]!;
    this.local = element - before;
    return index;
  }

  /** Puts `node` in the place of the one at `index`, whose cell had `oldBytes`. */
  set(header: number, index: number, node: number, elements: number, oldBytes: number): void {
    const directory = this.#field(header, DIRECTORY);
    const words = this.#memory.words(directory);
    const at = this.#placeOf(header, directory, index);
    const bytes = this.#memory.arena.capacityOf(node) - oldBytes;
    this.#add(header, 0, elements - words[at + 1]!, bytes);
    words[at] = node;
    words[at + 1] = elements;
  }

  /** The node at `index` has one element more, in the same cell. */
  countOne(header: number, index: number): void {
    const directory = this.#field(header, DIRECTORY);
    const words = this.#memory.words(directory);
    const at = this.#placeOf(header, directory, index) + 1;
    words[at] = words[at]! + 1;
    this.#setField(header, ELEMENTS, this.#field(header, ELEMENTS) + 1);
  }

  /** Adds a node before the one at `index`, which may be the end. @throws {OutOfMemory} */
  insert(header: number, index: number, node: number, elements: number): void {
    const nodes = this.nodes(header);
    const towardsFront = index < nodes - index;
    this.#makeRoom(header, towardsFront);
    const directory = this.#field(header, DIRECTORY);
    const words = this.#memory.words(directory);
    if (towardsFront) {
      const first = this.#placeOf(header, directory, 0);
      words.copyWithin(first - 2, first, first + index * 2);
      this.#setField(header, FIRST, this.#field(header, FIRST) - 1);
    } else {
      const at = this.#placeOf(header, directory, index);
      words.copyWithin(at + 2, at, at + (nodes - index) * 2);
    }
    const at = this.#placeOf(header, directory, index);
    words[at] = node;
    words[at + 1] = elements;
    this.#add(header, 1, elements, this.#memory.arena.capacityOf(node));
  }

  /** Frees the node at `index` and forgets it. */
  remove(header: number, index: number): void {
    const directory = this.#field(header, DIRECTORY);
    const words = this.#memory.words(directory);
    const at = this.#placeOf(header, directory, index);
    const node = words[at]!;
    this.#add(header, -1, -words[at + 1]!, -this.#memory.arena.capacityOf(node));
    this.#memory.arena.free(node);
    const after = this.nodes(header) - index;
    if (index < after) {
      const first = this.#placeOf(header, directory, 0);
      words.copyWithin(first + 2, first, first + index * 2);
      this.#setField(header, FIRST, this.#field(header, FIRST) + 1);
    } else words.copyWithin(at, at + 2, at + 2 + after * 2);
  }

  /** Frees a list with all its nodes, a big one little by little. */
  release(header: number): void {
    const isSmall = this.nodes(header) <= FREED_AT_ONCE;
    const cells = this.#cells(header);
    if (isSmall) { for (const ref of cells) this.#memory.arena.free(ref); }
    else this.#memory.freeLater(cells);
  }

  /** Another list with copies of the nodes. @throws {OutOfMemory} */
  copy(header: number): number {
    const memory = this.#memory;
    const copy = this.create();
    try {
      for (let i = 0; i < this.nodes(header); i++) {
        const node = this.node(header, i);
        const start = memory.wordOf(node) * 4;
        const length = listpackBytes(memory.bytes(node), start);
        const fresh = memory.allocate(length);
        const to = memory.wordOf(fresh) * 4;
        copyBytes(memory.bytes(fresh), to, memory.bytes(node), start, start + length);
        this.insert(copy, i, fresh, this.elementsOf(header, i));
      }
    } catch (error) {
      this.release(copy);
      throw error;
    }
    return copy;
  }

  /** Bytes of a list with all its nodes. */
  memoryUsage(header: number): number {
    const directory = this.#field(header, DIRECTORY);
    const own = HEADER_BYTES + this.#memory.arena.capacityOf(directory);
    return own + this.#field(header, CELL_UNITS) * 8;
  }

  *#cells(header: number): Generator<number> {
    for (let i = 0; i < this.nodes(header); i++) yield this.node(header, i);
    yield this.#field(header, DIRECTORY);
    yield header;
  }

  /** Makes sure that there is a free place before the first node or behind the last. */
  #makeRoom(header: number, towardsFront: boolean): void {
    const directory = this.#field(header, DIRECTORY);
    const places = this.#memory.arena.capacityOf(directory) / PLACE_BYTES;
    const first = this.#field(header, FIRST);
    const nodes = this.nodes(header);
    if (towardsFront ? first > 0 : first + nodes < places) return;
    // At least a third of the room is free afterwards at the end that needs it, so moving is rare.
    const wanted = nodes * 2 < places ? places : places * 2;
    const target = wanted === places ? directory : this.#memory.allocate(wanted * PLACE_BYTES);
    const room = this.#memory.arena.capacityOf(target) / PLACE_BYTES - nodes;
    const moved = towardsFront ? room - (room >> 2) : room >> 2;
    const words = this.#memory.words(target);
    const from = this.#placeOf(header, directory, 0);
    const to = this.#memory.wordOf(target) + moved * 2;
    if (target === directory) words.copyWithin(to, from, from + nodes * 2);
    else {
      words.set(this.#memory.words(directory).subarray(from, from + nodes * 2), to);
      this.#memory.arena.free(directory);
    }
    this.#setField(header, DIRECTORY, target);
    this.#setField(header, FIRST, moved);
  }

  #placeOf(header: number, directory: number, index: number): number {
    return this.#memory.wordOf(directory) + (this.#field(header, FIRST) + index) * 2;
  }

  #field(header: number, field: number): number {
    return this.#memory.words(header)[this.#memory.wordOf(header) + field]!;
  }

  #setField(header: number, field: number, value: number): void {
    this.#memory.words(header)[this.#memory.wordOf(header) + field] = value;
  }

  #add(header: number, nodes: number, elements: number, bytes: number): void {
    const words = this.#memory.words(header);
    const w = this.#memory.wordOf(header);
    words[w + NODES] = words[w + NODES]! + nodes;
    words[w + ELEMENTS] = words[w + ELEMENTS]! + elements;
    words[w + CELL_UNITS] = words[w + CELL_UNITS]! + bytes / 8;
  }
}

/** How many nodes the list behind `header` has, and the node at an index: for readers without a {@linkcode ListDirectory}. */
export function nodeCountOf(records: Records, header: number): number {
  return records.words(header)[records.wordOf(header) + NODES]!;
}

/** The node at `index`. */
export function nodeOf(records: Records, header: number, index: number): number {
  const words = records.words(header);
  const w = records.wordOf(header);
  const directory = words[w + DIRECTORY]!;
  return records.words(directory)[records.wordOf(directory) + (words[w + FIRST]! + index) * 2]!;
}
