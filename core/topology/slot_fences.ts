/**
 * What every server must hold of a slot, derived from the document alone.
 *
 * | entry | first | then |
 * |---|---|---|
 * | stable | owner `own` | |
 * | stable, closing after a hand-over | owner `own` | the other `closed` |
 * | stable, closing otherwise | the other `closed` | owner `own` |
 * | preparing | source `own`, target `closed` | |
 * | migrating, not opened | target `importing`, fresh | |
 * | migrating, opened | target `importing` | source `giving` |
 * | returning | target `hold`, source `hold` | |
 *
 * Invariant: who gains a conditional right comes first, who loses one comes next; a fence of the second
 * order is only sent after the first was acknowledged at the same epochs.
 *
 * @module
 */

import { groupOf, masterOf, type Server, type SlotEntry, type Topology } from "./topology.ts";

/** What a server does with a slot. */
export type FenceState = "own" | "giving" | "importing" | "hold" | "closed";

/** The process that answers for a group. */
export interface Endpoint {
  /** The group it answers for. */
  readonly group: number;
  /** The server's id. */
  readonly server: string;
  /** `host:port`. */
  readonly addr: string;
  /** The admitted start; null while the leader has not seen one. */
  readonly boot: string | null;
}

/** What one group must hold of a slot. */
export interface SlotFence {
  /** The group that is told. */
  readonly group: number;
  /** What it is told to hold. */
  readonly state: FenceState;
  /** The target is emptied first: it never held live keys in this migration. */
  readonly fresh: boolean;
  /** The other side of the migration; null where there is none. */
  readonly peer: number | null;
  /** When: first, or after all of the first have confirmed. */
  readonly order: 0 | 1;
}

/** A `SLOTSFENCE` to send: the same for all its slots. */
export interface FenceEffect {
  /** What is to be done. */
  readonly kind: "fence";
  /** Whom to tell, and which start of it is meant. */
  readonly at: Endpoint & { readonly boot: string };
  /** Ascending. */
  readonly slots: readonly number[];
  /** What to hold. */
  readonly state: FenceState;
  /** The slots' epoch; the answer must name it. */
  readonly slotEpoch: number;
  /** The leader's epoch; the answer must name it. */
  readonly leaderEpoch: number;
  /** Empty the slots first. */
  readonly fresh: boolean;
  /** The other side of the migration. */
  readonly peer: Endpoint | null;
  /** Send the first order first; see {@linkcode SlotFence}. */
  readonly order: 0 | 1;
}

/** A server whose start has to be learnt before it can be fenced. */
export interface LearnBootEffect {
  /** What is to be done. */
  readonly kind: "learn-boot";
  /** Whom to ask. */
  readonly at: Endpoint;
}

/** Returns what the servers of a slot must hold, in the order in which they must be told. */
export function fencesOf(entry: SlotEntry): SlotFence[] {
  switch (entry.phase) {
    case "offline":
      return [];
    case "stable": {
      const { owner, closing } = entry;
      if (closing === undefined) return [fence(owner, "own", null, 0)];
      // After a hand-over the other is empty and makes no key again: it can only send commands on, to
      // an owner that already takes them. Otherwise it may still serve the slot, and must stop first.
      const ownsFirst = closing.receipt !== undefined;
      const own = fence(owner, "own", closing.group, ownsFirst ? 0 : 1);
      const closed = fence(closing.group, "closed", owner, ownsFirst ? 1 : 0);
      return ownsFirst ? [own, closed] : [closed, own];
    }
    case "preparing": {
      const { from, to } = entry.migration;
      return [fence(from, "own", to, 0), fence(to, "closed", from, 0)];
    }
    case "migrating": {
      const { from, to } = entry.migration;
      // Not opened: the source keeps what it holds until the document says that the target stands.
      if (!entry.opened) return [{ ...fence(to, "importing", from, 0), fresh: true }];
      return [fence(to, "importing", from, 0), fence(from, "giving", to, 1)];
    }
    case "returning": {
      const { from, to } = entry.migration;
      // Neither waits for the other: a source in doubt waits for the target's answers, and a restarted
      // target may have been the source of a direction before, which waits for its peer's epoch.
      return [fence(to, "hold", from, 0), fence(from, "hold", to, 0)];
    }
  }
}

/** Returns the master of a group as an endpoint; null while the group has no server. */
export function endpointOf(topology: Pick<Topology, "groups">, group: number): Endpoint | null {
  const master: Server | null = masterOf(groupOf(topology, group));
  return master && { group, server: master.id, addr: master.addr, boot: master.boot };
}

/** Returns the effect of one fence: none for servers that cannot fence. */
export function fenceEffects(
  wanted: {
    topology: Pick<Topology, "groups" | "leader">;
    slot: number;
    entry: SlotEntry;
    fence: SlotFence;
  },
): (FenceEffect | LearnBootEffect)[] {
  const { topology, slot, entry, fence } = wanted;
  const at = endpointOf(topology, fence.group);
  if (at === null || entry.phase === "offline") return [];
  if (!groupOf(topology, fence.group).caps.fence) return [];
  if (at.boot === null) return [{ kind: "learn-boot", at }];
  return [{
    kind: "fence",
    at: { ...at, boot: at.boot },
    slots: [slot],
    state: fence.state,
    slotEpoch: entry.epoch,
    leaderEpoch: topology.leader.epoch,
    fresh: fence.fresh,
    peer: fence.peer === null ? null : endpointOf(topology, fence.peer),
    order: fence.order,
  }];
}

/** Returns the effects with those joined that differ in their slots only. */
export function joinSlots<
  Effect extends { readonly kind: string; readonly slots?: readonly number[] },
>(effects: readonly Effect[]): Effect[] {
  const joined = new Map<string, { effect: Effect; slots: number[] }>();
  for (const effect of effects) {
    const key = JSON.stringify({ ...effect, slots: null });
    const known = joined.get(key);
    if (known === undefined) joined.set(key, { effect, slots: [...effect.slots ?? []] });
    else known.slots.push(...effect.slots ?? []);
  }
  return [...joined.values()].map(({ effect, slots }) =>
    effect.slots === undefined
      ? effect
      : { ...effect, slots: [...new Set(slots)].sort((left, right) => left - right) }
  );
}

function fence(
  group: number,
  state: FenceState,
  peer: number | null,
  order: 0 | 1,
): SlotFence {
  return { group, state, fresh: false, peer, order };
}
