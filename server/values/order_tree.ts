/**
 * The order of the elements of a big sorted set: a B-tree outside the V8 heap that counts what is below each branch.
 *
 * ```
 * leaf:   elements · 0 · (element · its score 64) …
 * branch: children · 1 · (child · elements below it · its first element · that one's score 64) …
 * ```
 *
 * The scores are here and in the elements, because a search would otherwise touch a cache line of each element it compares
 * with: of a million members that is most of its time.
 *
 * Places are ranks: to insert and remove nothing is compared. Full nodes are split on the way down, so that memory runs
 * out before an element is in.
 *
 * Invariant: no node is empty but the root of an empty tree.
 *
 * @module
 */

import type { Bound } from "./score_bound.ts";
import { memberEnd, memberStart, scoreOf, setScore } from "./scored_element.ts";
import type { ValueMemory } from "./value_memory.ts";

/** Word of a node: its entries. */
export const COUNT = 0;
/** Word of a node: whether it is a branch. */
export const IS_BRANCH = 1;
/** Word of a node: its first entry. */
export const ENTRIES = 2;
/** Words of an entry of a leaf. */
export const LEAF_STRIDE = 3;
/** Words of an entry of a branch. */
export const BRANCH_STRIDE = 5;
/** Words of a branch's entry before its first element. */
const FIRST = 2;
/** Bytes of a node: a cell that the arena has. */
const NODE_BYTES = 528;
/** Entries of a full node. */
const LEAF_MAX = 43;
const BRANCH_MAX = 26;
const DEPTH_MAX = 16;

/** Trees in one memory. `root` is a word that the tree changes: where it is, is the owner's to say. */
export class OrderTree {
  /** The root after the last change. */
  root = 0;
  /** What that change has added to the bytes of nodes. */
  addedBytes = 0;
  readonly #memory: ValueMemory;
  readonly #path = new Int32Array(DEPTH_MAX);
  readonly #places = new Int32Array(DEPTH_MAX);
  #depth = 0;

  /** Trees in `memory`. */
  constructor(memory: ValueMemory) {
    this.#memory = memory;
  }

  /** An empty tree. @throws {OutOfMemory} */
  create(): void {
    this.addedBytes = 0;
    this.root = this.#createNode(0);
  }

  /** How many elements a tree has. */
  count(root: number): number {
    const words = this.#memory.words(root);
    const w = this.#memory.wordOf(root);
    if (words[w + IS_BRANCH] === 0) return words[w + COUNT]!;
    return this.#sizeBefore(words, w, words[w + COUNT]!);
  }

  /** How many elements lie before a bound. */
  countBefore(root: number, bound: Bound): number {
    let before = 0;
    for (let node = root;;) {
      const words = this.#memory.words(node);
      const w = this.#memory.wordOf(node);
      const isBranch = words[w + IS_BRANCH] !== 0;
      const stride = isBranch ? BRANCH_STRIDE : LEAF_STRIDE;
      const first = w + ENTRIES + (isBranch ? FIRST : 0);
      let low = 0;
      let high = words[w + COUNT]!;
      while (low < high) {
        const middle = (low + high) >>> 1;
        const at = first + middle * stride;
        const score = scoreOf(words, at);
        const side = bound.sideOf(score);
        if (side < 0 || (side === 0 && this.#isBefore(words[at]!, score, bound))) low = middle + 1;
        else high = middle;
      }
      if (!isBranch) return before + low;
      if (low === 0) return before;
      before += this.#sizeBefore(words, w, low - 1);
      node = words[w + ENTRIES + (low - 1) * BRANCH_STRIDE]!;
    }
  }

  /** The element of a rank. */
  at(root: number, rank: number): number {
    return this.leafElement(this.leafAt(root, rank), this.place);
  }

  /** After {@linkcode OrderTree.leafAt}: the place of the element in its leaf. */
  place = 0;

  /** The leaf with the element of a rank; its elements lie side by side. */
  leafAt(root: number, rank: number): number {
    for (let node = root;;) {
      const words = this.#memory.words(node);
      const w = this.#memory.wordOf(node);
      if (words[w + IS_BRANCH] === 0) {
        this.place = rank;
        return node;
      }
      let at = w + ENTRIES;
      while (rank >= words[at + 1]!) {
        rank -= words[at + 1]!;
        at += BRANCH_STRIDE;
      }
      node = words[at]!;
    }
  }

  /** Elements in a leaf. */
  leafCount(leaf: number): number {
    return this.#memory.words(leaf)[this.#memory.wordOf(leaf) + COUNT]!;
  }

  /** The element at a place of a leaf. */
  leafElement(leaf: number, place: number): number {
    return this.#memory.words(leaf)[this.#memory.wordOf(leaf) + ENTRIES + place * LEAF_STRIDE]!;
  }

  /** Inserts an element so that it has this rank. @throws {OutOfMemory}; the root may have changed all the same */
  insert(root: number, rank: number, element: number, score: number): void {
    this.addedBytes = 0;
    this.root = root;
    if (this.#isFull(root)) this.root = this.#splitRoot(root, rank);
    this.#depth = 0;
    let node = this.root;
    while (this.#isBranch(node)) {
      let place = this.#childFor(node, rank);
      if (this.#isFull(this.#childOf(node, place))) {
        this.#splitChild(node, place, this.#local);
        place = this.#childFor(node, rank);
      }
      this.#enter(node, place);
      rank = this.#local;
      node = this.#childOf(node, place);
    }
    this.#openEntries(node, rank, LEAF_STRIDE);
    const words = this.#memory.words(node);
    const at = this.#memory.wordOf(node) + ENTRIES + rank * LEAF_STRIDE;
    words[at] = element;
    setScore(words, at, score);
    for (let d = this.#depth - 1; d >= 0; d--) this.#refresh(this.#path[d]!, this.#places[d]!, 1);
  }

  /** Changes the score of the element of a rank, which stays its rank. */
  setScore(root: number, rank: number, score: number): void {
    const leaf = this.#descend(root, rank);
    const at = this.#memory.wordOf(leaf) + ENTRIES + this.#local * LEAF_STRIDE;
    setScore(this.#memory.words(leaf), at, score);
    for (let d = this.#depth - 1; d >= 0; d--) this.#refresh(this.#path[d]!, this.#places[d]!, 0);
  }

  /** Removes the element of a rank. */
  remove(root: number, rank: number): void {
    this.addedBytes = 0;
    const leaf = this.#descend(root, rank);
    this.#closeEntries(leaf, this.#local, LEAF_STRIDE);
    for (let d = this.#depth - 1; d >= 0; d--) this.#shrink(this.#path[d]!, this.#places[d]!);
    while (this.#isBranch(root) && this.#countOf(root) === 1) {
      const child = this.#childOf(root, 0);
      this.#freeNode(root);
      root = child;
    }
    this.root = root;
  }

  /** The nodes of a tree, each after all that is to be read of it. */
  *nodes(root: number): Generator<number> {
    const waiting = [root];
    for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
      if (this.#isBranch(node)) {
        const children = this.#countOf(node);
        for (let i = 0; i < children; i++) waiting.push(this.#childOf(node, i));
      }
      yield node;
    }
  }

  /** After `#childFor`: the rank within the child. */
  #local = 0;

  /** The child in which an element comes to have a rank: rather the end of one than the beginning of the next. */
  #childFor(node: number, rank: number): number {
    const words = this.#memory.words(node);
    const w = this.#memory.wordOf(node);
    const last = words[w + COUNT]! - 1;
    let place = 0;
    let at = w + ENTRIES + 1;
    while (place < last && rank > words[at]!) {
      rank -= words[at]!;
      at += BRANCH_STRIDE;
      place++;
    }
    this.#local = rank;
    return place;
  }

  /** The leaf with the element of a rank, whose place in it is `#local` then; the way there is in the path. */
  #descend(root: number, rank: number): number {
    this.#depth = 0;
    let node = root;
    while (this.#isBranch(node)) {
      const place = this.#childFor(node, rank + 1);
      this.#enter(node, place);
      rank = this.#local - 1;
      node = this.#childOf(node, place);
    }
    this.#local = rank;
    return node;
  }

  #enter(node: number, place: number): void {
    this.#path[this.#depth] = node;
    this.#places[this.#depth++] = place;
  }

  #splitRoot(root: number, rank: number): number {
    const top = this.#createNode(1);
    const words = this.#memory.words(top);
    const w = this.#memory.wordOf(top);
    words[w + COUNT] = 1;
    words[w + ENTRIES] = root;
    words[w + ENTRIES + 1] = this.count(root);
    this.#copyFirst(words, w + ENTRIES);
    try {
      this.#splitChild(top, 0, rank);
    } catch (error) {
      this.#freeNode(top);
      throw error;
    }
    return top;
  }

  /** Splits a full child in half; one that grows at an end leaves a full node behind. `local` is the rank to come in it. */
  #splitChild(node: number, place: number, local: number): void {
    const child = this.#childOf(node, place);
    const count = this.#countOf(child);
    const isBranch = this.#isBranch(child);
    const total = this.count(child);
    const kept = local === total ? count - 1 : local === 0 ? 1 : count >>> 1;
    const fresh = this.#createNode(isBranch ? 1 : 0);
    const stride = isBranch ? BRANCH_STRIDE : LEAF_STRIDE;
    const from = this.#memory.wordOf(child) + ENTRIES;
    const moved = this.#memory.words(child).subarray(from + kept * stride, from + count * stride);
    this.#memory.words(fresh).set(moved, this.#memory.wordOf(fresh) + ENTRIES);
    this.#setCount(fresh, count - kept);
    this.#setCount(child, kept);
    this.#openEntries(node, place + 1, BRANCH_STRIDE);
    const words = this.#memory.words(node);
    const at = this.#memory.wordOf(node) + ENTRIES + (place + 1) * BRANCH_STRIDE;
    words[at] = fresh;
    words[at + 1] = this.count(fresh);
    this.#copyFirst(words, at);
    const before = at - BRANCH_STRIDE + 1;
    words[before] = words[before]! - words[at + 1]!;
  }

  /** Brings an entry of a branch up to date with its child, which has `added` elements more. */
  #refresh(node: number, place: number, added: number): void {
    const words = this.#memory.words(node);
    const at = this.#memory.wordOf(node) + ENTRIES + place * BRANCH_STRIDE;
    words[at + 1] = words[at + 1]! + added;
    this.#copyFirst(words, at);
  }

  /** After a removal below an entry: drops an empty child, joins a small one with a neighbour. */
  #shrink(node: number, place: number): void {
    const child = this.#childOf(node, place);
    const count = this.#countOf(child);
    if (count === 0) {
      this.#freeNode(child);
      return this.#closeEntries(node, place, BRANCH_STRIDE);
    }
    this.#refresh(node, place, -1);
    const max = this.#isBranch(child) ? BRANCH_MAX : LEAF_MAX;
    if (count * 4 > max || this.#countOf(node) === 1) return;
    const left = place + 1 < this.#countOf(node) ? place : place - 1;
    const together = this.#countOf(this.#childOf(node, left)) +
      this.#countOf(this.#childOf(node, left + 1));
    if (together * 4 <= max * 3) this.#join(node, left);
  }

  #join(node: number, place: number): void {
    const left = this.#childOf(node, place);
    const right = this.#childOf(node, place + 1);
    const stride = this.#isBranch(left) ? BRANCH_STRIDE : LEAF_STRIDE;
    const count = this.#countOf(left);
    const added = this.#countOf(right);
    const from = this.#memory.wordOf(right) + ENTRIES;
    const moved = this.#memory.words(right).subarray(from, from + added * stride);
    this.#memory.words(left).set(moved, this.#memory.wordOf(left) + ENTRIES + count * stride);
    this.#setCount(left, count + added);
    const words = this.#memory.words(node);
    const at = this.#memory.wordOf(node) + ENTRIES + place * BRANCH_STRIDE;
    words[at + 1] = words[at + 1]! + words[at + 1 + BRANCH_STRIDE]!;
    this.#freeNode(right);
    this.#closeEntries(node, place + 1, BRANCH_STRIDE);
  }

  #openEntries(node: number, place: number, stride: number): void {
    const words = this.#memory.words(node);
    const w = this.#memory.wordOf(node);
    const at = w + ENTRIES + place * stride;
    const end = w + ENTRIES + words[w + COUNT]! * stride;
    for (let i = end - 1; i >= at; i--) words[i + stride] = words[i]!;
    words[w + COUNT] = words[w + COUNT]! + 1;
  }

  #closeEntries(node: number, place: number, stride: number): void {
    const words = this.#memory.words(node);
    const w = this.#memory.wordOf(node);
    const end = w + ENTRIES + words[w + COUNT]! * stride;
    for (let i = w + ENTRIES + (place + 1) * stride; i < end; i++) words[i - stride] = words[i]!;
    words[w + COUNT] = words[w + COUNT]! - 1;
  }

  #createNode(isBranch: number): number {
    const node = this.#memory.allocate(NODE_BYTES);
    const words = this.#memory.words(node);
    const w = this.#memory.wordOf(node);
    words[w + COUNT] = 0;
    words[w + IS_BRANCH] = isBranch;
    this.addedBytes += this.#memory.arena.capacityOf(node);
    return node;
  }

  #freeNode(node: number): void {
    this.addedBytes -= this.#memory.arena.capacityOf(node);
    this.#memory.arena.free(node);
  }

  #isBefore(element: number, score: number, bound: Bound): boolean {
    const memory = this.#memory;
    const words = memory.words(element);
    const w = memory.wordOf(element);
    return bound.isBefore(score, memory.bytes(element), memberStart(w), memberEnd(words, w));
  }

  #sizeBefore(words: Int32Array, w: number, place: number): number {
    let size = 0;
    const end = w + ENTRIES + place * BRANCH_STRIDE;
    for (let at = w + ENTRIES; at < end; at += BRANCH_STRIDE) size += words[at + 1]!;
    return size;
  }

  /** Copies the first element below the child of the entry at word `at`, with its score, into that entry. */
  #copyFirst(words: Int32Array, at: number): void {
    const child = words[at]!;
    const from = this.#memory.words(child);
    const f = this.#memory.wordOf(child) + ENTRIES + (this.#isBranch(child) ? FIRST : 0);
    for (let i = 0; i < LEAF_STRIDE; i++) words[at + FIRST + i] = from[f + i]!;
  }

  #childOf(node: number, place: number): number {
    const at = this.#memory.wordOf(node) + ENTRIES + place * BRANCH_STRIDE;
    return this.#memory.words(node)[at]!;
  }

  #countOf(node: number): number {
    return this.#memory.words(node)[this.#memory.wordOf(node) + COUNT]!;
  }

  #setCount(node: number, count: number): void {
    this.#memory.words(node)[this.#memory.wordOf(node) + COUNT] = count;
  }

  #isBranch(node: number): boolean {
    return this.#memory.words(node)[this.#memory.wordOf(node) + IS_BRANCH] !== 0;
  }

  #isFull(node: number): boolean {
    return this.#countOf(node) === (this.#isBranch(node) ? BRANCH_MAX : LEAF_MAX);
  }
}
