/**
 * Goes along a list, in either direction.
 *
 * Invariant: the list does not change between two steps.
 *
 * @module
 */

import type { ByteRange } from "./byte_range.ts";
import type { Lists } from "./list_value.ts";
import {
  LISTPACK_END,
  LISTPACK_HEADER_BYTES,
  listpackBytes,
  nextEntry,
  previousEntry,
  readEntry,
} from "./listpack.ts";

/** A place in the list that {@linkcode Lists.open} was given last. */
export class ListCursor {
  /** The node of the element that {@linkcode ListCursor.next} came to. */
  node = 0;
  /** Where the element's listpack lies. */
  bytes: Uint8Array = new Uint8Array(0);
  /** Where in it the element lies. */
  at = 0;
  #lists!: Lists;
  #isBackward = false;
  #next = 0;

  /** Begins before the element number `element`, which there is; or behind it, to go backwards. */
  open(lists: Lists, element: number, isBackward: boolean): void {
    this.#lists = lists;
    this.#isBackward = isBackward;
    this.node = lists.locate(element);
    const { local } = lists;
    this.bytes = lists.bytesOf(this.node);
    this.#next = lists.startOf(this.node) + lists.offsetOf(this.node, local);
    if (isBackward) this.#next = nextEntry(this.bytes, this.#next);
  }

  /** Goes to the next element; false when there is none. */
  next(): boolean {
    if (this.#isBackward) return this.#previous();
    if (this.bytes[this.#next] === LISTPACK_END) {
      if (this.node + 1 >= this.#lists.nodes) return false;
      this.#enter(this.node + 1);
      this.#next = this.#lists.startOf(this.node) + LISTPACK_HEADER_BYTES;
    }
    this.at = this.#next;
    this.#next = nextEntry(this.bytes, this.at);
    return true;
  }

  /** Makes `range` the element. */
  read(range: ByteRange): void {
    readEntry(this.bytes, this.at, range);
  }

  #previous(): boolean {
    if (this.#next === this.#lists.startOf(this.node) + LISTPACK_HEADER_BYTES) {
      if (this.node === 0) return false;
      this.#enter(this.node - 1);
      const start = this.#lists.startOf(this.node);
      this.#next = start + listpackBytes(this.bytes, start) - 1;
    }
    this.at = this.#next = previousEntry(this.bytes, this.#next);
    return true;
  }

  #enter(node: number): void {
    this.node = node;
    this.bytes = this.#lists.bytesOf(node);
  }
}
