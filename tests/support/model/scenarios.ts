/**
 * The scenarios that are explored: wide ones for the promises, and for each rule a narrow one in which
 * its absence shows soon.
 *
 * @module
 */

import type { RuleName } from "./mutants.ts";
import type { Scenario } from "./scenario.ts";
import type { ClientCommand, KeySpec, World } from "./world.ts";

const A: KeySpec = { name: "a", slot: 0, unit: 0 };
const B: KeySpec = { name: "b", slot: 0, unit: 1 };
const X: KeySpec = { name: "{x}1", slot: 0, unit: 0 };
const Y: KeySpec = { name: "{x}2", slot: 0, unit: 0 };
const Z: KeySpec = { name: "z", slot: 1, unit: 2 };

const get = (...keys: number[]): ClientCommand => ({ operation: "get", keys });
const set = (...keys: number[]): ClientCommand => ({ operation: "set", keys });
const del = (...keys: number[]): ClientCommand => ({ operation: "del", keys });

const WORLDS_MAX = 3_000_000;

/** One key that moves, and a client each that deletes and reads it. */
const ONE_KEY = {
  keys: [A],
  values: [1],
  clients: [[del(0)], [get(0)]],
  from: isMoving,
  worldsMax: WORLDS_MAX,
} as const;

/** Every slot is being given, and taken. */
function isMoving({ doc, servers }: World): boolean {
  return doc.entries.every((entry, slot) =>
    entry.phase === "migrating" && entry.opened &&
    servers.some(({ slots }) => slots[slot]!.state === "giving") &&
    servers.some(({ slots }) => slots[slot]!.state === "importing")
  );
}

const PLAIN_MOVE: Scenario = {
  name: "two keys move while two clients use them",
  keys: [A, B],
  values: [1, 2],
  ghosts: [5, 6],
  clients: [[set(0), get(1)], [del(0), set(1)]],
  worldsMax: WORLDS_MAX,
};

const LATE_TRANSFERS: Scenario = {
  ...ONE_KEY,
  name: "transfers and their answers come late or never",
  faults: { delayed: 2, lost: 2 },
  late: ["transfer", "transferred"],
};

const SOURCE_RESTART: Scenario = {
  ...ONE_KEY,
  name: "the source restarts from old data while a request is late",
  clients: [[del(0), get(0)], [set(0)]],
  faults: { restarts: [1, 0], delayed: 1 },
  late: ["connection"],
};

const SOURCE_RESTART_TRANSFER: Scenario = {
  ...ONE_KEY,
  name: "the source restarts from old data while a transfer is late",
  faults: { restarts: [1, 0], delayed: 1 },
  late: ["transfer"],
};

const CANCEL: Scenario = {
  ...ONE_KEY,
  name: "a cancel while answers are lost",
  faults: { cancels: 1, lost: 1 },
};

const CANCEL_RESTART: Scenario = {
  ...ONE_KEY,
  name: "the source restarts while the slot turns back",
  clients: [[get(0)], []],
  faults: { cancels: 1, restarts: [1, 0] },
};

const NEW_LEADER: Scenario = {
  ...ONE_KEY,
  name: "another leader takes over while a transfer is late",
  faults: { claims: 1, delayed: 1 },
  late: ["transfer"],
};

const NEW_LEADER_REST: Scenario = {
  ...NEW_LEADER,
  name: "another leader takes over while a transfer is late, and no client asks",
  clients: [[], []],
};

const LATE_FENCE: Scenario = {
  ...ONE_KEY,
  name: "a fence comes late",
  clients: [[], []],
  from: () => true,
  faults: { delayed: 2 },
  late: ["fence"],
};

const TWO_KEYS_LATE: Scenario = {
  ...ONE_KEY,
  name: "two transfers at a time come late",
  keys: [A, B],
  values: [1, 2],
  clients: [[get(0)], [get(1)]],
  faults: { delayed: 2 },
  late: ["transfer"],
};

const PIPELINE: Scenario = {
  name: "requests of one client on one key, message by message",
  keys: [A],
  values: [1],
  clients: [[set(0), get(0)], []],
  window: 2,
  worldsMax: WORLDS_MAX,
};

/** For each rule the scenario in which its absence is noticed. */
export const SCENARIO_OF: Readonly<Record<RuleName, Scenario>> = {
  BOOT_CLOSED: SOURCE_RESTART,
  BOOT_EPOCH: SOURCE_RESTART,
  GIVE_CHECK: PLAIN_MOVE,
  READ_FENCE: PLAIN_MOVE,
  ASKED: SOURCE_RESTART,
  EPOCH_ORDER: LATE_FENCE,
  PURGE: PLAIN_MOVE,
  NOPURGE_CANCEL: CANCEL,
  PURGE_BY_DOC: CANCEL_RESTART,
  CANCEL_HOLD: CANCEL,
  CLAIMED: SOURCE_RESTART_TRANSFER,
  T_FIRST: SOURCE_RESTART_TRANSFER,
  FENCE_BEFORE_VERIFY: PLAIN_MOVE,
  DEDUP: LATE_TRANSFERS,
  IMP_EPOCH: NEW_LEADER,
  SEQ_ORDER: TWO_KEYS_LATE,
  RESOLVE: LATE_TRANSFERS,
  NAK: NEW_LEADER_REST,
  DRAIN: PIPELINE,
  STICKY: PIPELINE,
};

const STORM_CLIENT = [
  [set(0, 1), get(0, 1), del(1), set(2), get(0), del(2), set(1), get(1, 0), get(2), set(0)],
  [get(0), set(2), del(0), get(2), set(0, 1), get(1), del(0, 1), set(2), get(0, 1), get(2)],
] as const;

/**
 * What the walks go through. Servers forget their claims with the process, so the source is not made to
 * restart from old data after a cancel, nor both servers: `docs/protocol.md` says what that would need.
 */
export const STORMS: readonly Scenario[] = [
  { who: "the source restarts", restarts: [1, 0], cancels: 0 },
  { who: "the target restarts, a cancel", restarts: [0, 1], cancels: 1 },
].map(({ who, ...faults }) => ({
  name: `two slots, a family, two leaders, late and lost messages, ${who}`,
  keys: [X, Y, Z],
  values: [1, 2, 3],
  ghosts: [5, 6, 7],
  clients: STORM_CLIENT,
  faults: { ...faults, claims: 1, delayed: 2, lost: 2 },
  worldsMax: WORLDS_MAX,
}));

/** The scenarios of the promises, by name. */
export const WIDE_SCENARIOS: Readonly<Record<string, Scenario>> = {
  messages: {
    ...PLAIN_MOVE,
    name: "one key, two late and two lost messages",
    keys: [A],
    values: [1],
    ghosts: [5],
    clients: [[del(0)], [set(0), get(0)]],
    faults: { delayed: 2, lost: 2 },
  },
  family: {
    ...PLAIN_MOVE,
    name: "keys that are read and written together, a cancel, late and lost messages",
    keys: [X, Y],
    clients: [[set(0, 1)], [get(0, 1), del(1)]],
    faults: { cancels: 1, delayed: 1, lost: 1 },
  },
  batch: {
    ...PLAIN_MOVE,
    name: "two slots, a cancel, a late message",
    keys: [A, Z],
    clients: [[set(0)], [set(1)]],
    faults: { cancels: 1, delayed: 1 },
  },
  source: {
    ...PLAIN_MOVE,
    name: "the source restarts, a late and a lost message",
    clients: [[del(0)], [get(0), set(1)]],
    faults: { restarts: [1, 0], delayed: 1, lost: 1 },
    from: isMoving,
  },
  target: {
    ...PLAIN_MOVE,
    name: "the target restarts, a cancel, a late and a lost message",
    clients: [[del(0)], [get(0), set(1)]],
    faults: { restarts: [0, 1], cancels: 1, delayed: 1, lost: 1 },
    from: isMoving,
  },
  leaders: {
    ...ONE_KEY,
    name: "two leaders, a cancel, two late messages",
    faults: { claims: 1, cancels: 1, delayed: 2 },
  },
};
