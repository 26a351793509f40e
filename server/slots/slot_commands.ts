/**
 * The commands by which leaders, proxies and servers speak to a server about its slots.
 *
 * @module
 */

import { parseAddress } from "../../core/address.ts";
import { slotRangeOf } from "../../core/slot_words.ts";
import { encodeSocketAddress, isNumericHost } from "../../core/transport/sockaddr.ts";
import { type Call, CommandError, type Handlers } from "../call.ts";
import { SlotConversation } from "../session.ts";
import type { FenceOrder, FencePeer } from "./fence_decision.ts";
import { FENCE_STATES } from "./fence_table.ts";
import { slotArgument } from "./transfer_target.ts";

/** The commands of this file. */
export const SLOT_PROTOCOL_HANDLERS: Handlers = {
  slotsasking,
  slotsboot,
  slotsclaimed,
  slotsfence,
  slotsimport,
  slotsreceipt,
  "slotsrestore-seq": (call) => call.server.slots.target.restore(call),
  slotsroute,
  slotsthrottle,
};

const NO_PEER = "-";

/** `SLOTSBOOT`: which start of the process this is, and whom it obeys. */
function slotsboot({ reply, server }: Call): void {
  const { boot, leaderEpoch, managed } = server.slots.table;
  reply.array(3);
  reply.bulkText(boot);
  reply.integer(leaderEpoch);
  reply.bulkText(managed ? "managed" : "standalone");
}

/** `SLOTSFENCE leaderEpoch boot slotEpoch state fresh peerAddr peerBoot slot …`. */
function slotsfence(call: Call): void {
  call.server.slots.fence(orderOf(call), call.session, call.reply);
}

/**
 * `SLOTSRECEIPT slotEpoch slot …`. A slot is one text, because a leader that moves many reads many:
 * `slot slotEpoch state keys inDoubt moved sum`.
 */
function slotsreceipt(call: Call): void {
  const { reply } = call;
  const { table, tally, source } = call.server.slots;
  call.integer(1);
  const slots = slotArguments(call, 2);
  reply.array(2 + slots.length);
  reply.bulkText(table.boot);
  reply.integer(table.leaderEpoch);
  for (const slot of slots) {
    const standing = `${slot} ${table.slotEpoch[slot]} ${FENCE_STATES[table.state[slot]!]}`;
    const here = `${call.server.slots.keysOf(slot)} ${source.inDoubt(slot)}`;
    reply.bulkText(`${standing} ${here} ${tally.moved[slot]} ${tally.sumText(slot)}`);
  }
}

/** `SLOTSASKING slot slotEpoch`: the next command of this connection comes behind a token. */
function slotsasking(call: Call): void {
  const slot = slotArgument(call, 1);
  const slotEpoch = call.integer(2);
  const talk = call.session.slots ??= new SlotConversation();
  talk.askingSlot = slot;
  talk.askingEpoch = slotEpoch;
  call.reply.ok();
}

/** `SLOTSROUTE slot slotEpoch`: what follows on this connection was sent knowing that route. */
function slotsroute(call: Call): void {
  const slot = slotArgument(call, 1);
  const slotEpoch = call.integer(2);
  const talk = call.session.slots ??= new SlotConversation();
  talk.refused.delete(slot);
  talk.announced.set(slot, slotEpoch);
  call.reply.ok();
}

/** `SLOTSIMPORT slotEpoch boot slot …`: whether transfers sent here reach the process that is meant. */
function slotsimport(call: Call): void {
  const { table } = call.server.slots;
  const slotEpoch = call.integer(1);
  const slots = slotArguments(call, 3);
  if (call.text(2) !== table.boot) throw new CommandError(`SLOTBOOT ${table.boot}`);
  const early = slots.find((slot) => table.slotEpoch[slot]! < slotEpoch);
  if (early !== undefined) {
    throw new CommandError(`SLOTNOTYET ${early} ${table.slotEpoch[early]}`);
  }
  call.reply.ok();
}

/**
 * `SLOTSCLAIMED slot slotEpoch boot`: hashes of the keys that are this server's. `boot` is the start of
 * the other server that asks; `slotEpoch` 0 means at whatever epoch.
 */
function slotsclaimed(call: Call): void {
  const slot = slotArgument(call, 1);
  const slotEpoch = call.integer(2);
  const { table, target, source } = call.server.slots;
  const current = table.slotEpoch[slot]!;
  if (slotEpoch > current) throw new CommandError(`SLOTNOTYET ${slot} ${current}`);
  if (slotEpoch > 0 && slotEpoch < current) throw new CommandError(`SLOTSTALE ${slot} ${current}`);
  // It is about to drop what its predecessor may still be confirming.
  source.peerStarted(slot, call.text(3));
  const claims = target.claimsOf(slot);
  const bytes = new Uint8Array(claims.buffer);
  call.reply.array(claims.length / 2);
  for (let at = 0; at < bytes.length; at += 8) call.reply.bulk(bytes, at, at + 8);
}

/** `SLOTSTHROTTLE bytesPerSecond keysPerMessage`: what moves may take from now on; 0 bytes: all. */
function slotsthrottle(call: Call): void {
  const bytesPerSecond = call.integer(1);
  const keysPerMessage = call.integer(2);
  if (bytesPerSecond < 0 || keysPerMessage < 1 || keysPerMessage > 1024) {
    throw new CommandError("ERR wanted bytes per second of 0 or more and 1 to 1024 keys");
  }
  call.server.slots.source.limits = { bytesPerSecond, keysPerMessage };
  call.reply.ok();
}

function orderOf(call: Call): FenceOrder {
  const leaderEpoch = call.integer(1);
  const slotEpoch = call.integer(3);
  if (slotEpoch < 1) throw new CommandError("ERR a slot epoch is 1 or more");
  const state = FENCE_STATES.find((state) => state === call.word(4));
  if (state === undefined) {
    throw new CommandError(`ERR unknown slot state, wanted ${FENCE_STATES.join(", ")}`);
  }
  const peer = peerOf(call);
  if (peer === null && state === "giving") {
    throw new CommandError("ERR a slot is given to somebody: an address is missing");
  }
  return {
    leaderEpoch,
    boot: call.text(2),
    slotEpoch,
    state,
    fresh: call.integer(5) !== 0,
    peer,
    slots: slotArguments(call, 8),
  };
}

function peerOf(call: Call): FencePeer | null {
  const addr = call.text(6);
  if (addr === NO_PEER) return null;
  try {
    // What cannot be connected to must not be accepted: it would be found out long after the reply.
    const address = parseAddress(addr);
    if (isNumericHost(address.host)) encodeSocketAddress(address);
  } catch (error) {
    throw new CommandError(`ERR ${(error as Error).message}`);
  }
  return { addr, boot: call.text(7) };
}

function slotArguments(call: Call, first: number): number[] {
  const slots = new Set<number>();
  for (let i = first; i < call.argumentCount; i++) {
    const range = slotRangeOf(call.text(i));
    if (range === null) slots.add(slotArgument(call, i));
    else for (let slot = range[0]; slot <= range[1]; slot++) slots.add(slot);
  }
  return [...slots].sort((left, right) => left - right);
}
