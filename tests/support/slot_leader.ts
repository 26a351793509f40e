/**
 * A leader for one slot of two real servers: the decisions of `core/topology`, one step at a time.
 *
 * @module
 */

import { advanceSlots, claimLeader } from "../../core/topology/advance_slots.ts";
import { addGroup, addServer, setServerBoot } from "../../core/topology/edit_groups.ts";
import { assignSlots, startMigration } from "../../core/topology/edit_slots.ts";
import type { FenceEffect } from "../../core/topology/slot_fences.ts";
import {
  adoptTopology,
  dueEffects,
  next,
  type SlotEffect,
  type SlotEvent,
  type SlotWork,
  slotWorkOf,
  type Testimony,
} from "../../core/topology/slot_machine.ts";
import { entryOf } from "../../core/topology/slot_table.ts";
import {
  type Change,
  emptyTopology,
  type SlotEntry,
  type Topology,
} from "../../core/topology/topology.ts";
import type { FencedServer } from "./fenced_server.ts";
import { type Reply, ReplyError } from "./resp_client.ts";

type AskReceipt = SlotEffect & { readonly kind: "ask-receipt" };

/** Moves one slot between group 1 and group 2. */
export class SlotLeader {
  readonly #servers: readonly FencedServer[];
  readonly #slot: number;
  #topology: Topology;
  #work: SlotWork;
  #changes = 0;

  /** Claims a document in which the first server owns the slot. */
  constructor(slot: number, servers: readonly FencedServer[]) {
    this.#slot = slot;
    this.#servers = servers;
    const change = this.#change();
    let topology = emptyTopology(change);
    for (const [i, { addr, boot }] of servers.entries()) {
      topology = addGroup(topology, { id: i + 1 }, change);
      const server = { id: addr, addr, boot };
      topology = addServer(topology, { group: i + 1, server }, change);
    }
    const assignments = [{ group: 1, range: [slot, slot] as const }];
    topology = assignSlots(topology, { assignments }, change);
    this.#topology = claimLeader(topology, "leader", change);
    this.#work = slotWorkOf(this.#topology, slot);
  }

  /** What the document says of the slot. */
  get entry(): SlotEntry {
    return entryOf(this.#topology, this.#slot);
  }

  /** The group that owns it, or will once all is done. */
  get owner(): number {
    const { entry } = this;
    if (entry.phase === "offline") throw new Error("The slot is offline");
    return entry.phase === "stable" ? entry.owner : entry.migration.to;
  }

  /** Orders the slot to the other group. */
  migrate(): void {
    const range = [this.#slot, this.#slot] as const;
    const change = this.#change();
    const order = { id: change.id, range, to: 3 - this.owner, method: "keys" } as const;
    this.#adopt(startMigration(this.#topology, order, change));
  }

  /** Orders it back, if it is on its way. */
  cancel(): void {
    this.#hear({ kind: "cancel" });
  }

  /** Does one of the things that are due; false if the slot is at rest. */
  async step(): Promise<boolean> {
    const [effect] = dueEffects(this.#work);
    if (effect !== undefined) await this.#perform(effect);
    return effect !== undefined;
  }

  async #perform(effect: SlotEffect): Promise<void> {
    switch (effect.kind) {
      case "fence":
        return await this.#fence(effect);
      case "ask-receipt":
        return await this.#askReceipt(effect);
      case "advance":
        return this.#adopt(advanceSlots(this.#topology, [effect.advance], this.#change()));
      case "admit-boot":
        return this.#adopt(setServerBoot(this.#topology, effect, this.#change()));
      default:
        throw new Error(`Not expected of these servers: ${JSON.stringify(effect)}`);
    }
  }

  async #fence(effect: FenceEffect): Promise<void> {
    const { leaderEpoch, slotEpoch, state, fresh, slots, at } = effect;
    const peer = effect.peer && { addr: effect.peer.addr, boot: effect.peer.boot ?? "-" };
    const server = this.#servers[at.group - 1]!;
    const order = { leaderEpoch, slotEpoch, state, fresh, slots, boot: at.boot };
    const reply = await server.fence(peer === null ? order : { ...order, peer });
    const by: Testimony = { ...at, leaderEpoch, slotEpoch };
    if (reply === "OK") return this.#hear({ kind: "fenced", by, state });
    const [code, first] = reply instanceof ReplyError ? reply.message.split(" ") : [];
    if (code === "SLOTBOOT") {
      this.#hear({ kind: "restarted", group: at.group, server: at.server, boot: first! });
    } else if (code === "SLOTINDOUBT") {
      this.#hear({ kind: "in-doubt", by, count: Number(first) });
    } else if (code !== "SLOTNOTYET") throw new Error(`${state}: ${JSON.stringify(reply)}`);
  }

  async #askReceipt({ at, slotEpoch }: AskReceipt): Promise<void> {
    // No fence is due any more: a restart of either side shows in its boot alone.
    for (const [i, { addr, boot }] of this.#servers.entries()) {
      this.#hear({ kind: "restarted", group: i + 1, server: addr, boot });
    }
    const { leader } = this.#servers[at.group - 1]!;
    const reply = await leader.send("SLOTSRECEIPT", slotEpoch, this.#slot) as readonly Reply[];
    const [boot, leaderEpoch, text] = reply as [string, number, string];
    const row = text.split(" ");
    const by: Testimony = { ...at, boot, leaderEpoch, slotEpoch: Number(row[1]) };
    this.#hear({
      kind: "receipt",
      by,
      empty: row[3] === "0",
      inDoubt: Number(row[4]),
      receipt: { moved: Number(row[5]), sum: row[6]! },
    });
  }

  #hear(event: SlotEvent): void {
    const turn = next(this.#work, event);
    if (turn.verdict.kind === "refused") throw new Error(turn.verdict.why);
    this.#work = turn.work;
    for (const effect of turn.effects) {
      if (effect.kind === "admit-boot" || event.kind === "cancel") void this.#perform(effect);
    }
  }

  #adopt(topology: Topology): void {
    this.#topology = topology;
    this.#work = adoptTopology(this.#work, topology);
  }

  #change(): Change {
    return { id: `change-${++this.#changes}`, actor: "test", reason: "test" };
  }
}
