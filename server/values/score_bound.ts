/**
 * Where a range of a sorted set begins or ends.
 *
 * @module
 */

import { ByteRange, compareBytes } from "./byte_range.ts";

/** Divides the members of a sorted set, in order, into those before it and those behind it. */
export interface Bound {
  /** Below 0: members with that score lie before it; above 0: behind it; 0: that depends on the member. */
  sideOf(score: number): number;
  /** Whether a member lies before it. */
  isBefore(score: number, bytes: Uint8Array, start: number, end: number): boolean;
}

/** A bound by score. */
export class ScoreBound implements Bound {
  /** The score at the bound. */
  score = 0;
  /** Whether members with that very score lie before it. */
  isAfterEqual = false;

  sideOf(score: number): number {
    return this.isBefore(score) ? -1 : 1;
  }

  isBefore(score: number): boolean {
    return this.isAfterEqual ? score <= this.score : score < this.score;
  }
}

/** A bound among members of equal scores, by their bytes. */
export class LexBound implements Bound {
  /** `least` lies before all, `greatest` behind all. */
  kind: "least" | "greatest" | "text" = "least";
  /** The text at the bound. */
  readonly text: ByteRange = new ByteRange();
  /** Whether the member with that very text lies before it. */
  isAfterEqual = false;

  sideOf(): number {
    return this.kind === "text" ? 0 : this.kind === "greatest" ? -1 : 1;
  }

  isBefore(_score: number, bytes: Uint8Array, start: number, end: number): boolean {
    if (this.kind !== "text") return this.kind === "greatest";
    const { text } = this;
    const order = compareBytes(bytes, start, end, text.bytes, text.start, text.end);
    return order < 0 || (order === 0 && this.isAfterEqual);
  }
}

/** The place of one member with a score. */
export class MemberBound implements Bound {
  /** The member's score. */
  score = 0;
  /** The member. */
  readonly member: ByteRange = new ByteRange();

  sideOf(score: number): number {
    return score < this.score ? -1 : score > this.score ? 1 : 0;
  }

  isBefore(score: number, bytes: Uint8Array, start: number, end: number): boolean {
    if (score !== this.score) return score < this.score;
    const { member } = this;
    return compareBytes(bytes, start, end, member.bytes, member.start, member.end) < 0;
  }
}
