import { assertEquals } from "@std/assert";
import {
  decideFence,
  type FenceOrder,
  type SlotDecision,
  type SlotStanding,
} from "./fence_decision.ts";

const PEER = { addr: "127.0.0.1:7002", boot: "b1" };
const CLOSED: SlotStanding = {
  state: "closed",
  slotEpoch: 0,
  floorEpoch: 0,
  role: "none",
  keys: 0,
  inDoubt: 0,
};
const ORDER: FenceOrder = {
  leaderEpoch: 1,
  boot: "a1",
  slotEpoch: 7,
  state: "own",
  fresh: false,
  peer: null,
  slots: [1],
};
const PLAIN = { kind: "enter", purge: false, forgetClaims: false, claims: "none" } as const;

const ROWS: readonly [
  name: string,
  standing: Partial<SlotStanding>,
  order: Partial<FenceOrder>,
  decision: SlotDecision,
][] = [
  ["a server never fenced is told to own", { keys: 9 }, {}, {
    ...PLAIN,
    forgetClaims: true,
    role: "none",
  }],
  ["the same again", { state: "own", slotEpoch: 7 }, {}, { kind: "again" }],
  ["another state at the same epoch", { state: "giving", slotEpoch: 7 }, {}, {
    kind: "contradiction",
  }],
  ["an older epoch", { state: "own", slotEpoch: 8 }, {}, { kind: "fenced", slotEpoch: 8 }],
  ["an epoch older than one before the restart", { floorEpoch: 9 }, {}, {
    kind: "fenced",
    slotEpoch: 9,
  }],
  ["the epoch of before the restart", { floorEpoch: 7 }, { state: "closed" }, {
    ...PLAIN,
    forgetClaims: true,
    role: "none",
  }],
  [
    "a fresh import purges ghosts",
    { keys: 3, state: "closed", slotEpoch: 6 },
    { state: "importing", fresh: true, peer: PEER },
    { ...PLAIN, purge: true, forgetClaims: true, role: "taker" },
  ],
  [
    "an import that goes on keeps keys and claims",
    { keys: 3, state: "importing", slotEpoch: 6, role: "taker" },
    { state: "importing", peer: PEER },
    { ...PLAIN, role: "taker" },
  ],
  [
    "an import after a cancel keeps the keys that had not moved",
    { keys: 3, state: "hold", slotEpoch: 6, role: "giver" },
    { state: "importing", peer: PEER },
    { ...PLAIN, forgetClaims: true, role: "taker" },
  ],
  [
    "a restarted target drops what the source still has",
    { keys: 3, role: "taker" },
    { state: "importing", peer: PEER },
    { ...PLAIN, claims: "any", role: "taker" },
  ],
  ["a restarted target without keys asks nobody", { role: "taker" }, {
    state: "importing",
    peer: PEER,
  }, { ...PLAIN, role: "taker" }],
  [
    "a restarted source that gives on waits for the target's epoch",
    { keys: 3, role: "giver" },
    { state: "giving", peer: PEER },
    { ...PLAIN, claims: "at-epoch", role: "giver" },
  ],
  [
    "a restarted source that holds keeps its keys",
    { keys: 3, role: "giver" },
    { state: "hold", peer: PEER },
    { ...PLAIN, claims: "at-epoch", role: "giver" },
  ],
  [
    "a restarted target that holds waits for no epoch",
    { keys: 3, role: "taker" },
    { state: "hold", peer: PEER },
    { ...PLAIN, claims: "any", role: "taker" },
  ],
  [
    "a restarted target that gives back waits for the taker's epoch",
    { keys: 3, role: "taker" },
    { state: "giving", peer: PEER },
    { ...PLAIN, forgetClaims: true, claims: "at-epoch", role: "giver" },
  ],
  [
    "a target never opened purges before it holds",
    { keys: 3, slotEpoch: 6 },
    { state: "hold", peer: PEER },
    { ...PLAIN, purge: true, role: "none" },
  ],
  [
    "nobody holds while a transfer is in doubt",
    { state: "giving", slotEpoch: 6, role: "giver", keys: 3, inDoubt: 2 },
    { state: "hold", peer: PEER },
    { kind: "in-doubt", count: 2 },
  ],
  [
    "a source goes on giving while a transfer is in doubt",
    { state: "giving", slotEpoch: 6, role: "giver", keys: 3, inDoubt: 2 },
    { state: "giving", peer: PEER },
    { ...PLAIN, role: "giver" },
  ],
  [
    "the old target that gives back forgets what it claimed",
    { state: "hold", slotEpoch: 6, role: "taker", keys: 3 },
    { state: "giving", peer: PEER },
    { ...PLAIN, forgetClaims: true, role: "giver" },
  ],
  [
    "a source with keys is not closed",
    { state: "giving", slotEpoch: 6, role: "giver", keys: 3, inDoubt: 1 },
    { state: "closed" },
    { kind: "not-empty", keys: 4 },
  ],
  [
    "an empty source is closed",
    { state: "giving", slotEpoch: 6, role: "giver" },
    { state: "closed" },
    { ...PLAIN, purge: true, forgetClaims: true, role: "none" },
  ],
  [
    "a target opened for nothing drops what it has",
    { state: "importing", slotEpoch: 6, role: "taker", keys: 3 },
    { state: "closed" },
    { ...PLAIN, purge: true, forgetClaims: true, role: "none" },
  ],
  [
    "an owner that lost the slot by force drops its keys",
    {
      state: "own",
      slotEpoch: 6,
      keys: 3,
    },
    { state: "closed" },
    { ...PLAIN, purge: true, forgetClaims: true, role: "none" },
  ],
  ["ghosts stay when a closed slot is closed again", { keys: 3 }, { state: "closed" }, {
    ...PLAIN,
    forgetClaims: true,
    role: "none",
  }],
  [
    "a target that takes over frees its claims",
    { state: "importing", slotEpoch: 6, role: "taker", keys: 3 },
    { peer: PEER },
    { ...PLAIN, forgetClaims: true, role: "none" },
  ],
];

for (const [name, standing, order, decision] of ROWS) {
  Deno.test(`fence: ${name}`, () => {
    assertEquals(decideFence({ ...CLOSED, ...standing }, { ...ORDER, ...order }), decision);
  });
}
