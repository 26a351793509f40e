/**
 * What the leader and a server say to each other about slots, as commands and replies.
 *
 * ```text
 * SLOTSBOOT                                → [boot, leaderEpoch, "standalone" | "managed"]
 * SLOTSFENCE leaderEpoch boot slotEpoch state fresh peerAddr peerBoot slot…
 *                                          → +OK | -SLOTBOOT boot | -SLOTFENCED leaderEpoch slotEpoch
 *                                            | -SLOTINDOUBT n | -SLOTNOTEMPTY slot keys
 *                                            | -SLOTNOTYET slot slotEpoch
 * SLOTSRECEIPT slotEpoch slot…             → [boot, leaderEpoch,
 *                                             "slot slotEpoch state keys inDoubt moved sum"…]
 * SLOTSINFO                                → [[slot, keys]…], slots with keys only
 * ```
 *
 * @module
 */

import type { ControlCommand } from "../core/control_client.ts";
import { slotWords } from "../core/slot_words.ts";
import { isErrorReply } from "../core/control_client.ts";
import type { Reply } from "../core/resp/decode_reply.ts";
import type { Endpoint, FenceEffect } from "../core/topology/slot_fences.ts";
import type { SlotEffect, SlotEvent, Testimony } from "../core/topology/slot_machine.ts";

/** A question for receipts. */
export type ReceiptEffect = SlotEffect & { readonly kind: "ask-receipt" };

/** A server said something that the protocol does not know: it is no codis-server, or another version. */
export class ServerAnswerError extends Error {
  override name = "ServerAnswerError";
}

/** Who answers at an address. */
export interface BootAnswer {
  readonly boot: string;
  /** The highest leader epoch it obeyed. */
  readonly leaderEpoch: number;
  /** Whether a leader ever fenced it. */
  readonly mode: "standalone" | "managed";
}

/** What a server counted of one slot. */
export interface ReceiptRow {
  readonly slot: number;
  readonly slotEpoch: number;
  readonly state: string;
  readonly keys: number;
  readonly inDoubt: number;
  readonly moved: number;
  readonly sum: string;
}

/** The answer to a question for receipts. */
export interface ReceiptAnswer {
  readonly boot: string;
  readonly leaderEpoch: number;
  readonly rows: readonly ReceiptRow[];
}

/** What followed from a fence: news of its slots, or a reason why there is none. */
export type FenceAnswer =
  | { readonly kind: "events"; readonly slots: readonly number[]; readonly event: SlotEvent }
  | { readonly kind: "restarted"; readonly boot: string }
  | { readonly kind: "not-yet"; readonly why: string };

/** Asks who answers. */
export const BOOT_COMMAND: ControlCommand = ["SLOTSBOOT"];

/** Returns the command of a fence; `peerAddr` is where the server finds its peer, if it has one. */
export function fenceCommand(fence: FenceEffect, peerAddr: string | null): ControlCommand {
  const { leaderEpoch, slotEpoch, state, fresh, peer, slots } = fence;
  return [
    "SLOTSFENCE",
    leaderEpoch,
    fence.at.boot,
    slotEpoch,
    state,
    fresh ? 1 : 0,
    peerAddr ?? "-",
    peer?.boot ?? "-",
    ...slotWords(slots),
  ];
}

/** Returns the command of a question for receipts. */
export function receiptCommand(effect: ReceiptEffect): ControlCommand {
  return ["SLOTSRECEIPT", effect.slotEpoch, ...slotWords(effect.slots)];
}

/** Returns who answered `SLOTSBOOT`. @throws {ServerAnswerError} if it is no answer to that. */
export function readBoot(reply: Reply): BootAnswer {
  const fields = Array.isArray(reply) ? reply : [];
  const [boot, leaderEpoch, mode] = [textOf(fields[0]), fields[1], textOf(fields[2])];
  if (boot !== null && boot !== "" && typeof leaderEpoch === "number") {
    if (mode === "standalone" || mode === "managed") return { boot, leaderEpoch, mode };
  }
  throw unknownAnswer("SLOTSBOOT", reply);
}

/** Returns what follows from the answer to a fence. */
export function readFence(fence: FenceEffect, reply: Reply): FenceAnswer {
  const { slots } = fence;
  if (reply === "OK") {
    const by = testimonyOf(fence.at, fence);
    return { kind: "events", slots, event: { kind: "fenced", by, state: fence.state } };
  }
  if (!isErrorReply(reply)) {
    return { kind: "not-yet", why: unknownAnswer("SLOTSFENCE", reply).message };
  }
  const [code, ...words] = reply.error.split(" ");
  if (code === "SLOTBOOT" && words[0] !== undefined) return { kind: "restarted", boot: words[0] };
  const [first, second] = words.map(Number);
  if (code === "SLOTFENCED" && Number.isInteger(first) && Number.isInteger(second)) {
    const event = { kind: "outranked", leaderEpoch: first!, slotEpoch: second! } as const;
    return { kind: "events", slots, event };
  }
  if (code === "SLOTINDOUBT" && Number.isInteger(first)) {
    const by = testimonyOf(fence.at, fence);
    return { kind: "events", slots, event: { kind: "in-doubt", by, count: first! } };
  }
  return { kind: "not-yet", why: `"${fence.state}" was refused: ${reply.error}` };
}

/** Returns the receipts that a server answered with. @throws {ServerAnswerError} if there are none. */
export function readReceipts(reply: Reply): ReceiptAnswer {
  const [bootReply, leaderEpoch, ...rowReplies] = Array.isArray(reply) ? reply : [];
  const boot = textOf(bootReply);
  const rows = rowReplies.map(rowOf);
  if (boot === null || typeof leaderEpoch !== "number" || rows.includes(null)) {
    throw unknownAnswer("SLOTSRECEIPT", reply);
  }
  return { boot, leaderEpoch, rows: rows.filter((row) => row !== null) };
}

/** Whether a slot stands at its server as the leader thought that it does when it asked. */
export function standsAsAsked(effect: ReceiptEffect, row: ReceiptRow): boolean {
  const expected = effect.side === "source" ? "giving" : "importing";
  return row.slotEpoch === effect.slotEpoch && row.state === expected;
}

/** Returns a row of receipts as news of its slot, said by the server that was asked. */
export function receiptEvent(at: Endpoint, answer: ReceiptAnswer, row: ReceiptRow): SlotEvent {
  const { boot, leaderEpoch } = answer;
  const by = { group: at.group, server: at.server, boot, leaderEpoch, slotEpoch: row.slotEpoch };
  const { keys, inDoubt, moved, sum } = row;
  return { kind: "receipt", by, empty: keys === 0, inDoubt, receipt: { moved, sum } };
}

/** Returns the keys by slot that `SLOTSINFO` answered; null if the server does not say. */
export function readSlotSizes(reply: Reply): Map<number, number> | null {
  if (!Array.isArray(reply)) return null;
  const sizes = new Map<number, number>();
  for (const row of reply) {
    const [slot, keys] = Array.isArray(row) ? row : [];
    if (typeof slot !== "number" || typeof keys !== "number") return null;
    sizes.set(slot, keys);
  }
  return sizes;
}

/** `slot slotEpoch state keys inDoubt moved sum`. */
const ROW = /^(\d+) (\d+) (\w+) (\d+) (\d+) (\d+) ([0-9a-f]+)$/i;

function rowOf(reply: Reply): ReceiptRow | null {
  const row = ROW.exec(textOf(reply) ?? "");
  if (row === null) return null;
  return {
    slot: Number(row[1]),
    slotEpoch: Number(row[2]),
    state: row[3]!,
    keys: Number(row[4]),
    inDoubt: Number(row[5]),
    moved: Number(row[6]),
    sum: row[7]!.toLowerCase(),
  };
}

function testimonyOf(at: Endpoint & { readonly boot: string }, fence: FenceEffect): Testimony {
  const { group, server, boot } = at;
  return { group, server, boot, slotEpoch: fence.slotEpoch, leaderEpoch: fence.leaderEpoch };
}

function textOf(reply: Reply | undefined): string | null {
  if (typeof reply === "string") return reply;
  return reply instanceof Uint8Array ? new TextDecoder().decode(reply) : null;
}

function unknownAnswer(command: string, reply: Reply): ServerAnswerError {
  const found = isErrorReply(reply) ? `"${reply.error}"` : "something else";
  return new ServerAnswerError(
    `Cannot use the answer to ${command}: want a codis-server's, found ${found}`,
  );
}
