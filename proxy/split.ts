/**
 * How a command over keys of several servers is cut: which key goes into which part, and the bytes of
 * each part.
 *
 * Invariant: within a part the keys keep their order, and each stands in one part, with what belongs
 * to it (the value of MSET).
 *
 * @module
 */

import { firstKeyOf, keyStepOf } from "../core/commands/command_index.ts";
import type { RequestParser } from "../core/resp/request_parser.ts";
import { type EmptyTag, SLOT_COUNT, slotOf } from "../core/slots.ts";

/** The keys of one part. */
export interface KeyGroup<Target> {
  /** Where the part goes; undefined: it has one slot, and waits for its turn on it. */
  readonly target: Target | undefined;
  readonly slots: number[];
  keyCount: number;
}

/** A command's keys in groups. */
export interface SplitPlan<Target> {
  readonly groups: readonly KeyGroup<Target>[];
  /** The group of each key, in the order of the keys. */
  readonly groupOfKey: Uint16Array;
}

/** The group of each slot that the current plan has met, plus one. Zero between two plans. */
const groupOfSlot = new Uint16Array(SLOT_COUNT);

/**
 * Groups the keys of the request of command `id` that `parser` holds: those of slots with the same
 * target together, those of a slot without a target for themselves. Undefined if a key lacks what
 * belongs to it.
 */
export function planSplit<Target>(
  id: number,
  parser: RequestParser,
  emptyTag: EmptyTag,
  targetOf: (slot: number) => Target | undefined,
): SplitPlan<Target> | undefined {
  const { args, bytes, argumentCount } = parser;
  const first = firstKeyOf[id]!;
  const step = keyStepOf[id]!;
  const keyCount = (argumentCount - first) / step;
  if (!Number.isInteger(keyCount)) return undefined;
  const groups: KeyGroup<Target>[] = [];
  const groupOfKey = new Uint16Array(keyCount);
  for (let key = 0; key < keyCount; key++) {
    const at = 2 * (first + key * step);
    const slot = slotOf(bytes, args[at]!, args[at + 1]!, emptyTag);
    if (groupOfSlot[slot] === 0) groupOfSlot[slot] = joinGroup(groups, slot, targetOf(slot)) + 1;
    const group = groupOfSlot[slot]! - 1;
    groups[group]!.keyCount++;
    groupOfKey[key] = group;
  }
  for (const { slots } of groups) {
    for (const slot of slots) groupOfSlot[slot] = 0;
  }
  return { groups, groupOfKey };
}

/** Puts `slot` into the group of `target`, which may be new, and returns the group's index. */
function joinGroup<Target>(
  groups: KeyGroup<Target>[],
  slot: number,
  target: Target | undefined,
): number {
  const known = target === undefined ? -1 : groups.findIndex((group) => group.target === target);
  if (known >= 0) {
    groups[known]!.slots.push(slot);
    return known;
  }
  return groups.push({ target, slots: [slot], keyCount: 0 }) - 1;
}

const encoder = new TextEncoder();

/** Writes the requests of parts, one after the other, into a buffer of its own. */
export class PartEncoder {
  /** Holds the last request at `[0, length)`. */
  bytes: Uint8Array = new Uint8Array(4096);
  length = 0;

  /** Writes the request of `group`; `parser` holds the whole. Overwrites the one before. */
  encode<Target>(
    id: number,
    parser: RequestParser,
    plan: SplitPlan<Target>,
    group: number,
  ): void {
    const first = firstKeyOf[id]!;
    const step = keyStepOf[id]!;
    const { groupOfKey, groups } = plan;
    this.length = 0;
    const header = encoder.encode(`*${first + groups[group]!.keyCount * step}\r\n`);
    this.#append(header, 0, header.length);
    this.#appendArguments(parser, 0, first);
    for (let key = 0; key < groupOfKey.length; key++) {
      if (groupOfKey[key] !== group) continue;
      const from = first + key * step;
      let behind = key + 1;
      while (behind < groupOfKey.length && groupOfKey[behind] === group) behind++;
      this.#appendArguments(parser, from, first + behind * step);
      key = behind - 1;
    }
  }

  /** Copies arguments `[from, behind)` as they were sent, with their lengths in front. */
  #appendArguments(parser: RequestParser, from: number, behind: number): void {
    const { args, bytes, requestStart } = parser;
    const start = from === 0 ? headerEnd(bytes, requestStart) : args[2 * from - 1]! + 2;
    this.#append(bytes, start, args[2 * behind - 1]! + 2);
  }

  #append(bytes: Uint8Array, start: number, end: number): void {
    const needed = this.length + end - start;
    if (needed > this.bytes.length) {
      const grown = new Uint8Array(2 * needed);
      grown.set(this.bytes.subarray(0, this.length));
      this.bytes = grown;
    }
    this.bytes.set(bytes.subarray(start, end), this.length);
    this.length = needed;
  }
}

/** Where the line `*n` at `start` ends. */
function headerEnd(bytes: Uint8Array, start: number): number {
  return bytes.indexOf(0x0a, start) + 1;
}
