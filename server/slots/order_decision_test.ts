import { assertEquals } from "@std/assert";
import type { FenceOrder, SlotStanding } from "./fence_decision.ts";
import { decideOrder, type OrderDecision, type OrderSubject } from "./order_decision.ts";

const OPEN: SlotStanding = {
  state: "giving",
  slotEpoch: 5,
  floorEpoch: 5,
  role: "giver",
  keys: 3,
  inDoubt: 0,
};
const RESTARTED: SlotStanding = { ...OPEN, state: "closed", slotEpoch: 0 };
const ORDER: FenceOrder = {
  leaderEpoch: 2,
  boot: "a1",
  slotEpoch: 7,
  state: "hold",
  fresh: false,
  peer: { addr: "127.0.0.1:7002", boot: "b1" },
  slots: [1, 2],
};

function decided(
  order: Partial<FenceOrder>,
  standings: readonly SlotStanding[],
  claims: ReadonlySet<number> | null = null,
): OrderDecision {
  const subject: OrderSubject = {
    boot: "a1",
    leaderEpoch: 2,
    standingOf: (slot) => standings[slot - 1]!,
  };
  return decideOrder({ ...ORDER, ...order }, subject, claims);
}

Deno.test("an order for another start of the process is refused", () => {
  assertEquals(decided({ boot: "a0" }, [OPEN, OPEN]), { kind: "refuse", text: "SLOTBOOT a1" });
});

Deno.test("an order of an older leader is refused", () => {
  const refusal = { kind: "refuse", text: "SLOTFENCED 2 5" } as const;
  assertEquals(decided({ leaderEpoch: 1 }, [OPEN, OPEN]), refusal);
});

Deno.test("a slot in doubt holds up the whole order, and the doubts are added up", () => {
  const doubts = [{ ...OPEN, inDoubt: 1 }, { ...OPEN, inDoubt: 2 }];
  assertEquals(decided({}, doubts), { kind: "settle", text: "SLOTINDOUBT 3" });
  assertEquals(decided({}, [OPEN, doubts[0]!]), { kind: "settle", text: "SLOTINDOUBT 1" });
});

Deno.test("a slot with keys keeps all slots from being closed", () => {
  const empty = { ...OPEN, keys: 0 };
  const refusal = { kind: "refuse", text: "SLOTNOTEMPTY 2 3" } as const;
  assertEquals(decided({ state: "closed" }, [empty, OPEN]), refusal);
});

Deno.test("slots that stand so already are obeyed without a change", () => {
  const held = { ...OPEN, state: "hold", slotEpoch: 7 } as const;
  const decision = decided({}, [held, OPEN]);
  assertEquals(decision.kind === "obey" && [...decision.entries.keys()], [2]);
});

Deno.test("claims are read first, and an order without them is not obeyed", () => {
  const needed = new Map([[1, "at-epoch"], [2, "at-epoch"]] as const);
  const both = [RESTARTED, RESTARTED];
  assertEquals(decided({}, both), { kind: "read-claims", slots: needed });
  const refusal = { kind: "refuse", text: "SLOTNOTYET 2 7" } as const;
  assertEquals(decided({}, both, new Set([1])), refusal);
  assertEquals(decided({}, both, new Set([1, 2])).kind, "obey");
});
