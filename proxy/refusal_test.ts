import { assertEquals } from "@std/assert";
import { announcedEpochOf, planAfterRefusal, type RefusalPlan } from "./refusal.ts";
import type { Route } from "./routes.ts";

const MOVING: Route = { kind: "migrating", from: "a:1", to: "b:1", slotEpoch: 7 };

const ROWS: readonly [
  name: string,
  kind: "ask" | "busy" | "stale",
  epoch: number,
  route: Route,
  plan: RefusalPlan,
][] = [
  ["goes on at the target behind its own token", "ask", 7, MOVING, {
    askAt: "b:1",
    mustAnnounce: false,
  }],
  ["of an older epoch goes on too, and is announced anew", "ask", 6, MOVING, {
    askAt: "b:1",
    mustAnnounce: true,
  }],
  ["of an epoch that is not known waits for the topology", "ask", 8, MOVING, {
    askAt: undefined,
    mustAnnounce: true,
  }],
  ["that only says busy waits", "busy", 7, MOVING, { askAt: undefined, mustAnnounce: false }],
  ["that says stale waits, and is announced anew", "stale", 7, MOVING, {
    askAt: undefined,
    mustAnnounce: true,
  }],
  ["on a slot that does not move waits", "ask", 7, { kind: "direct", address: "a:1" }, {
    askAt: undefined,
    mustAnnounce: true,
  }],
];

for (const [name, kind, epoch, route, plan] of ROWS) {
  Deno.test(`a refusal ${name}`, () => {
    assertEquals(planAfterRefusal({ kind, slot: 1, epoch }, route), plan);
  });
}

Deno.test("a proxy announces the epoch of a slot that moves, and zero for others", () => {
  assertEquals(announcedEpochOf(MOVING), 7);
  assertEquals(announcedEpochOf({ kind: "hold" }), 0);
});
