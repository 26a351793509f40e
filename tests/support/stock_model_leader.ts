/**
 * A leader of the stock model world: lanes and barriers around the real decisions of `core/topology`.
 *
 * @module
 */

import { managerUserName, stockUserOf } from "../../core/stock_users.ts";
import { advanceSlots, claimLeader } from "../../core/topology/advance_slots.ts";
import type { BarrierEffect, DumpEffect } from "../../core/topology/dump_machine.ts";
import { startMigration } from "../../core/topology/edit_slots.ts";
import {
  adoptTopology,
  dueEffects,
  next,
  type SlotEffect,
  type SlotEvent,
  type SlotWork,
  slotWorkOf,
} from "../../core/topology/slot_machine.ts";
import type { Change, Topology } from "../../core/topology/topology.ts";
import { ProtocolViolation } from "./protocol_truth.ts";
import type { ModelConnection, StockReply } from "./stock_model_server.ts";
import type { StockModelWorld } from "./stock_model_world.ts";

const SLOT = 0;

/** What a leader does at one server: one pass after the other. */
interface Lane {
  connection: ModelConnection | null;
  /** The keys that are left of the pass under way. */
  pass: { readonly effect: DumpEffect; readonly keys: string[]; failed: boolean } | null;
  waits: boolean;
  /** A target that may still get a key. */
  doubtful: string | null;
}

/** One manager that believes it leads. */
export class StockModelLeader {
  alive = true;
  readonly #world: StockModelWorld;
  readonly #id: string;
  #topology: Topology;
  #work: SlotWork;
  readonly #user: string;
  readonly #lanes = new Map<string, Lane>();

  /** Claims the document: the first write. */
  constructor(world: StockModelWorld, id: string) {
    this.#world = world;
    this.#id = id;
    this.#topology = world.topology;
    this.#work = slotWorkOf(this.#topology, SLOT);
    this.#commit((topology, change) => claimLeader(topology, id, change));
    this.#user = managerUserName(this.#topology.leader.epoch);
  }

  /** Does one of the things that are due. */
  act(): void {
    const effects = dueEffects(this.#work);
    if (effects.length > 0) this.#perform(this.#world.random.pick(effects));
  }

  /** Begins to move the slot to the other group, if it is at rest. */
  migrate(): void {
    const { entry } = this.#work;
    if (entry.phase !== "stable" || entry.closing !== undefined) return;
    const order = { range: [SLOT, SLOT], to: 3 - entry.owner, method: "dump" } as const;
    this.#commit((topology, change) =>
      startMigration(topology, { id: change.id, ...order }, change)
    );
  }

  /** The operator changes his mind. */
  cancel(): void {
    for (const effect of next(this.#work, { kind: "cancel" }).effects) this.#perform(effect);
  }

  #perform(effect: SlotEffect): void {
    switch (effect.kind) {
      case "dump":
        return this.#workAt(effect);
      case "barrier":
        return this.#hold(effect);
      case "advance":
        this.#world.count(effect.advance.step);
        return this.#commit((topology, change) => advanceSlots(topology, [effect.advance], change));
      default:
        throw new ProtocolViolation(`a slot of stock servers asks for ${JSON.stringify(effect)}`);
    }
  }

  /** One step of a lane: a session, the end of a doubt, a pass, or one key of it. */
  #workAt(effect: DumpEffect): void {
    const server = this.#world.server(effect.at.server);
    const lane = this.#laneOf(server.id);
    for (const id of [server.id, effect.to?.server ?? server.id]) {
      if (this.#laneOf(id).connection?.isOpen !== true) {
        return this.#takeOver(id, this.#laneOf(id));
      }
    }
    if (lane.waits) return;
    if (lane.doubtful !== null) {
      if (!this.#world.forgets("doubt")) this.#world.server(lane.doubtful).kill(this.#user);
      lane.doubtful = null;
      return;
    }
    if (effect.task === "settle") return this.#report(effect);
    if (lane.pass === null || lane.pass.effect.slotEpoch !== effect.slotEpoch) {
      const isIdle = effect.task === "purge" && this.#world.forgets("purge");
      lane.pass = { effect, keys: isIdle ? [] : [...server.data.keys()], failed: false };
    }
    const { pass } = lane;
    const connection = lane.connection!;
    const key = pass.keys.shift();
    if (key === undefined) {
      lane.pass = null;
      if (!pass.failed) this.#report(effect);
      return;
    }
    lane.waits = true;
    const to = effect.to?.server;
    if (to === undefined) {
      connection.send({ kind: "unlink", key }, () => lane.waits = false);
      return;
    }
    lane.doubtful = to;
    connection.send({ kind: "migrate", key, to, as: this.#user }, (reply) => {
      lane.waits = false;
      this.#onMoved(lane, { reply, key, connection });
    });
  }

  #onMoved(
    lane: Lane,
    { reply, key, connection }: { reply: StockReply; key: string; connection: ModelConnection },
  ): void {
    if (reply !== "IOERR") lane.doubtful = null;
    if (reply === "BUSYKEY" && !this.#world.forgets("busy")) {
      lane.waits = true;
      connection.send({ kind: "unlink", key }, () => lane.waits = false);
    }
    if ((reply === "IOERR" || reply === "DENIED") && lane.pass !== null) lane.pass.failed = true;
  }

  /** Rule 30: older leaders are shut out; then it makes sure that it still leads. */
  #takeOver(id: string, lane: Lane): void {
    const server = this.#world.server(id);
    for (const name of this.#world.forgets("older-leaders") ? [] : server.users) {
      const user = stockUserOf(name);
      if (user?.kind !== "manager") continue;
      if (user.leaderEpoch < this.#topology.leader.epoch) server.shutOut(name);
    }
    server.kill(this.#user);
    server.users.add(this.#user);
    lane.connection = server.connect(this.#user);
    lane.pass = null;
    lane.waits = false;
    if (this.#world.topology.leader.epoch !== this.#topology.leader.epoch) this.alive = false;
  }

  /** Rules 28 and 29. */
  #hold(effect: BarrierEffect): void {
    const { random, proxies } = this.#world;
    const listed = proxies.filter(({ isListed }) => isListed);
    const follows = listed.filter(({ applied }) => applied >= effect.slotEpoch);
    const isLate = random.below(6) === 0;
    if (!this.#world.forgets("barrier") && follows.length < listed.length && !isLate) return;
    const boots = new Set(follows.map(({ boot }) => boot));
    for (const { server: id } of this.#world.forgets("shut-out") ? [] : effect.at) {
      const server = this.#world.server(id);
      for (const name of this.#world.forgets("barrier") ? [] : server.users) {
        const user = stockUserOf(name);
        if (user?.kind === "proxy" && !boots.has(user.boot)) server.shutOut(name);
      }
    }
    const { slotEpoch, leaderEpoch } = effect;
    this.#hear({ kind: "barrier", slotEpoch, leaderEpoch, passed: true });
  }

  #report(effect: DumpEffect): void {
    const { task, at: { group, server }, slotEpoch, leaderEpoch } = effect;
    const by = { group, server, slotEpoch, leaderEpoch };
    this.#hear({ kind: "dumped", task, by, moved: 0 });
  }

  #hear(event: SlotEvent): void {
    this.#work = next(this.#work, event).work;
  }

  /** One compare-and-set; whoever loses it stops. */
  #commit(edit: (topology: Topology, change: Change) => Topology): void {
    const change = { id: this.#world.newChangeId(), actor: this.#id, reason: "walk" };
    if (!this.#world.writeTopology(this.#topology, edit(this.#topology, change))) {
      this.alive = false;
      return;
    }
    this.#topology = this.#world.topology;
    this.#work = adoptTopology(this.#work, this.#topology);
  }

  #laneOf(server: string): Lane {
    let lane = this.#lanes.get(server);
    if (lane === undefined) {
      lane = { connection: null, pass: null, waits: false, doubtful: null };
      this.#lanes.set(server, lane);
    }
    return lane;
  }
}
