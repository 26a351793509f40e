/**
 * Commands to servers and what their replies mean.
 *
 * @module
 */

import { assertEquals, assertThrows } from "@std/assert";
import type { FenceEffect } from "../core/topology/slot_fences.ts";
import {
  fenceCommand,
  readBoot,
  readFence,
  readReceipts,
  readSlotSizes,
  receiptEvent,
  ServerAnswerError,
} from "./server_wire.ts";

const AT = { group: 1, server: "s1", addr: "h1:1", boot: "b1" };
const PEER = { group: 2, server: "s2", addr: "h2:2", boot: "b2" };
const FENCE: FenceEffect = {
  kind: "fence",
  at: AT,
  slots: [3, 4],
  state: "giving",
  slotEpoch: 9,
  leaderEpoch: 2,
  fresh: false,
  peer: PEER,
  order: 1,
};
const BY = { group: 1, server: "s1", boot: "b1", slotEpoch: 9, leaderEpoch: 2 };

Deno.test("a fence names its leader, start, epoch, state and peer, then the slots", () => {
  assertEquals(fenceCommand(FENCE, "10.0.0.2:2"), [
    ...["SLOTSFENCE", 2, "b1", 9, "giving", 0, "10.0.0.2:2", "b2", "3-4"],
  ]);
  assertEquals(fenceCommand({ ...FENCE, peer: null, fresh: true }, null).slice(4, 8), [
    ...["giving", 1, "-", "-"],
  ]);
});

Deno.test("each answer to a fence has its meaning", () => {
  const eventOf = (error: string) => readFence(FENCE, { error });
  const slots = [3, 4];
  assertEquals(readFence(FENCE, "OK"), {
    kind: "events",
    slots,
    event: { kind: "fenced", by: BY, state: "giving" },
  });
  assertEquals(eventOf("SLOTBOOT b7"), { kind: "restarted", boot: "b7" });
  assertEquals(eventOf("SLOTFENCED 4 11"), {
    kind: "events",
    slots,
    event: { kind: "outranked", leaderEpoch: 4, slotEpoch: 11 },
  });
  assertEquals(eventOf("SLOTINDOUBT 2"), {
    kind: "events",
    slots,
    event: { kind: "in-doubt", by: BY, count: 2 },
  });
  assertEquals(eventOf("SLOTNOTYET 3 9"), {
    kind: "not-yet",
    why: '"giving" was refused: SLOTNOTYET 3 9',
  });
});

Deno.test("receipts are read as news of their slots, said by who was asked", () => {
  const row = bytes("3 9 giving 0 0 5 00AB");
  const answer = readReceipts([bytes("b1"), 2, row]);
  assertEquals(receiptEvent(AT, answer, answer.rows[0]!), {
    kind: "receipt",
    by: BY,
    empty: true,
    inDoubt: 0,
    receipt: { moved: 5, sum: "00ab" },
  });
});

Deno.test("what no codis-server says is an error", () => {
  assertThrows(
    () => readBoot({ error: "ERR unknown command" }),
    ServerAnswerError,
    "unknown command",
  );
  assertThrows(() => readReceipts([bytes("b1"), 2, bytes("3 9")]), ServerAnswerError);
  assertEquals(readSlotSizes({ error: "ERR unknown command" }), null);
  assertEquals(readBoot([bytes("b1"), 2, bytes("managed")]), {
    boot: "b1",
    leaderEpoch: 2,
    mode: "managed",
  });
});

function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
