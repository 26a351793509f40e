/**
 * Goes along a sorted set in the order of its ranks, in either direction.
 *
 * Invariant: the sorted set does not change between two steps.
 *
 * @module
 */

import type { Records } from "../keyspace/record.ts";
import { ByteRange } from "./byte_range.ts";
import { nextEntry, previousEntry, readEntry } from "./listpack.ts";
import { packedOffset } from "./packed_value.ts";
import { packedScore } from "./packed_score.ts";
import { memberEnd, memberStart, scoreOf } from "./scored_element.ts";
import type { SortedSets } from "./sorted_set_value.ts";
import { PACKED } from "./value_tags.ts";

/** A place in a sorted set. */
export class SortedSetCursor {
  /** The member that {@linkcode SortedSetCursor.next} came to. */
  readonly member: ByteRange = new ByteRange();
  /** Its score. */
  score = 0;
  #sets!: SortedSets;
  #records!: Records;
  #ref = 0;
  #isPacked = true;
  #isBackward = false;
  #left = 0;
  #rank = 0;
  #at = 0;
  #leaf = 0;
  #place = 0;

  /** Begins at a rank; `count` members follow. */
  open(
    sets: SortedSets,
    records: Records,
    ref: number,
    range: { rank: number; count: number; isBackward: boolean },
  ): void {
    this.#sets = sets;
    this.#records = records;
    this.#ref = ref;
    this.#rank = range.rank;
    this.#left = range.count;
    this.#isBackward = range.isBackward;
    this.#isPacked = records.encoding(ref) === PACKED;
    this.#leaf = 0;
    if (this.#isPacked && range.count > 0) {
      this.#at = records.valueStart(ref) + packedOffset(records, ref, range.rank * 2);
    }
  }

  /** Goes to the next member; false after the last. */
  next(): boolean {
    if (this.#left === 0) return false;
    this.#left--;
    if (this.#isPacked) this.#nextEntry();
    else this.#nextElement();
    return true;
  }

  #nextEntry(): void {
    const bytes = this.#records.bytes(this.#ref);
    const score = nextEntry(bytes, this.#at);
    readEntry(bytes, this.#at, this.member);
    this.score = packedScore(bytes, score);
    if (this.#left === 0) return;
    this.#at = this.#isBackward
      ? previousEntry(bytes, previousEntry(bytes, this.#at))
      : nextEntry(bytes, score);
  }

  #nextElement(): void {
    const { tree } = this.#sets;
    if (this.#leaf === 0 || this.#place < 0 || this.#place >= tree.leafCount(this.#leaf)) {
      this.#leaf = tree.leafAt(this.#sets.rootOf(this.#records, this.#ref), this.#rank);
      this.#place = tree.place;
    }
    const element = tree.leafElement(this.#leaf, this.#place);
    const words = this.#records.words(element);
    const w = this.#records.wordOf(element);
    this.score = scoreOf(words, w);
    this.member.set(this.#records.bytes(element), memberStart(w), memberEnd(words, w));
    const step = this.#isBackward ? -1 : 1;
    this.#place += step;
    this.#rank += step;
  }
}
