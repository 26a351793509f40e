/**
 * The text of the fence journal: one line for each thing that must not be forgotten.
 *
 * ```text
 * 5c1f0e2a codis fences 1
 * 90ab77d3 12 40 giving giver 0 3-5,9      leader epoch, slot epoch, state, role, purges, slots
 * ```
 *
 * Each line begins with the CRC-32 of the rest. Invariant: a line that was written whole is read back,
 * one that was not is never taken for another.
 *
 * @module
 */

import { crc32 } from "../../core/crc32.ts";
import { SLOT_COUNT } from "../../core/slots.ts";
import type { FenceState } from "../../core/topology/slot_fences.ts";
import type { FenceRole } from "./fence_decision.ts";
import type { FenceMemory } from "./fence_table.ts";

/** Something to remember. */
export interface FenceRecord {
  readonly leaderEpoch: number;
  readonly slotEpoch: number;
  readonly state: FenceState;
  readonly role: FenceRole;
  /** How often the slots were purged on the way. */
  readonly purges: number;
  /** Ascending; none: only the leader's epoch is news. */
  readonly slots: readonly number[];
}

/** What a journal's bytes say, and how many of them count: what follows was never acknowledged. */
export interface JournalContent {
  readonly memory: FenceMemory;
  readonly byteCount: number;
}

/** The journal is damaged in its middle: what it says of later fences cannot be trusted. */
export class FenceJournalError extends Error {
  override name = "FenceJournalError";
}

/** The first line of every journal. */
export const JOURNAL_HEAD = "codis fences 1";

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const LINE_FEED = 0x0a;

/** What a server knows that was never fenced. */
export function emptyMemory(managed: boolean): FenceMemory {
  return {
    managed,
    leaderEpoch: 0,
    slotEpochs: new Float64Array(SLOT_COUNT),
    roles: new Array<FenceRole>(SLOT_COUNT).fill("none"),
    purges: new Float64Array(SLOT_COUNT),
  };
}

/** A line with its checksum. */
export function journalLine(text: string): Uint8Array {
  const body = encoder.encode(text);
  const sum = (crc32(body, 0, body.length) >>> 0).toString(16).padStart(8, "0");
  return encoder.encode(`${sum} ${text}\n`);
}

/** The text of a record. */
export function recordText(record: FenceRecord): string {
  const { leaderEpoch, slotEpoch, state, role, purges, slots } = record;
  return `${leaderEpoch} ${slotEpoch} ${state} ${role} ${purges} ${rangesOf(slots)}`;
}

/** The fewest records that say what `memory` does. */
export function recordsOf(memory: FenceMemory): FenceRecord[] {
  const records = new Map<string, { record: FenceRecord; slots: number[] }>();
  for (let slot = 0; slot < SLOT_COUNT; slot++) {
    const slotEpoch = memory.slotEpochs[slot]!;
    const role = memory.roles[slot]!;
    const purges = memory.purges[slot]!;
    if (slotEpoch === 0) continue;
    const key = `${slotEpoch} ${role} ${purges}`;
    const known = records.get(key);
    if (known !== undefined) known.slots.push(slot);
    else {
      const { leaderEpoch } = memory;
      // Every state of the process before is "closed" to the next.
      const record = { leaderEpoch, slotEpoch, state: "closed", role, purges, slots: [] } as const;
      records.set(key, { record, slots: [slot] });
    }
  }
  const { managed, leaderEpoch } = memory;
  const leader = { leaderEpoch, slotEpoch: 0, state: "closed", role: "none", purges: 0 } as const;
  return [
    ...(managed ? [{ ...leader, slots: [] }] : []),
    ...[...records.values()].map(({ record, slots }) => ({ ...record, slots })),
  ];
}

/**
 * Reads a journal back. A last line that is torn is left out.
 *
 * @throws {FenceJournalError} if any other line is damaged, naming its offset.
 */
export function readJournal(bytes: Uint8Array, managed: boolean): JournalContent {
  let memory = emptyMemory(managed);
  let position = 0;
  while (position < bytes.length) {
    const lineEnd = bytes.indexOf(LINE_FEED, position);
    const next = lineEnd < 0 ? bytes.length : lineEnd + 1;
    const text = lineEnd < 0 ? undefined : textOf(bytes.subarray(position, lineEnd));
    const record = text === undefined ? undefined : recordOf(text);
    if (record === undefined && !(position === 0 && text === JOURNAL_HEAD)) {
      if (next === bytes.length) break;
      throw new FenceJournalError(`damaged at byte ${position}`);
    }
    if (record !== undefined) memory = remembering(memory, record);
    position = next;
  }
  return { memory, byteCount: position };
}

/** Returns `memory` with one record more; its arrays are changed. */
export function remembering(memory: FenceMemory, record: FenceRecord): FenceMemory {
  const roles = memory.roles as FenceRole[];
  for (const slot of record.slots) {
    memory.slotEpochs[slot] = record.slotEpoch;
    memory.purges[slot] = memory.purges[slot]! + record.purges;
    roles[slot] = record.role;
  }
  const leaderEpoch = Math.max(memory.leaderEpoch, record.leaderEpoch);
  return { ...memory, managed: true, leaderEpoch };
}

/** The text of a line whose checksum is right. */
function textOf(line: Uint8Array): string | undefined {
  const text = decoder.decode(line);
  const body = line.subarray(9);
  const sum = (crc32(body, 0, body.length) >>> 0).toString(16).padStart(8, "0");
  return text.startsWith(`${sum} `) ? text.slice(9) : undefined;
}

function recordOf(text: string): FenceRecord | undefined {
  const [leaderEpoch, slotEpoch, state, role, purges, ranges] = text.split(" ");
  if (ranges === undefined) return undefined;
  return {
    leaderEpoch: Number(leaderEpoch),
    slotEpoch: Number(slotEpoch),
    state: state as FenceState,
    role: role as FenceRole,
    purges: Number(purges),
    slots: slotsOf(ranges),
  };
}

function rangesOf(slots: readonly number[]): string {
  const ranges: string[] = [];
  for (let i = 0; i < slots.length;) {
    let last = i;
    while (slots[last + 1] === slots[last]! + 1) last++;
    ranges.push(last === i ? `${slots[i]}` : `${slots[i]}-${slots[last]}`);
    i = last + 1;
  }
  return ranges.join(",") || "-";
}

function slotsOf(ranges: string): number[] {
  if (ranges === "-") return [];
  return ranges.split(",").flatMap((range) => {
    const [first, last = first] = range.split("-").map(Number);
    return Array.from({ length: last! - first! + 1 }, (_, index) => first! + index);
  });
}
