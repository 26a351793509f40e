/**
 * A leader of the model world: the executor around the real decisions of `core/topology`.
 *
 * @module
 */

import { advanceSlots, claimLeader } from "../../core/topology/advance_slots.ts";
import { setServerBoot } from "../../core/topology/edit_groups.ts";
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
import type { Body, Message } from "./protocol_net.ts";
import { ProtocolViolation } from "./protocol_truth.ts";
import type { ModelWorld } from "./protocol_world.ts";

const SLOT = 0;

/** One manager that believes it leads. */
export class ModelLeader {
  readonly id: string;
  readonly #world: ModelWorld;
  #topology: Topology;
  #work: SlotWork;
  alive = true;

  /** Claims the document: the first write. */
  constructor(world: ModelWorld, id: string) {
    this.#world = world;
    this.id = id;
    this.#topology = world.topology;
    this.#work = slotWorkOf(this.#topology, SLOT);
    this.#commit((topology, change) => claimLeader(topology, id, change));
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
    const order = { range: [SLOT, SLOT], to: 3 - entry.owner, method: "keys" } as const;
    this.#commit((topology, change) =>
      startMigration(topology, { id: change.id, ...order }, change)
    );
  }

  /** The operator changes his mind. */
  cancel(): void {
    this.#hear({ kind: "cancel" });
  }

  /** Takes in a message. */
  receive(message: Message): void {
    const event = eventOf(message.from, message.body);
    if (event !== null) this.#hear(event);
  }

  #hear(event: SlotEvent): void {
    const turn = next(this.#work, event);
    this.#work = turn.work;
    if (turn.verdict.kind === "refused" && event.kind !== "cancel") {
      throw new ProtocolViolation(`${this.id} refused ${event.kind}: ${turn.verdict.why}`);
    }
    // What was due anyway is done by act(): only what this piece of news alone calls for is done here.
    for (const effect of turn.effects) {
      if (effect.kind === "admit-boot" || effect.kind === "resign" || event.kind === "cancel") {
        this.#perform(effect);
      }
    }
  }

  #perform(effect: SlotEffect): void {
    switch (effect.kind) {
      case "fence":
        return this.#send(effect.at.server, { kind: "fence", fence: effect });
      case "ask-receipt":
        return this.#send(effect.at.server, { kind: "ask-receipt", slotEpoch: effect.slotEpoch });
      case "advance":
        this.#world.count(effect.advance.step);
        return this.#commit((topology, change) => advanceSlots(topology, [effect.advance], change));
      case "admit-boot":
        return this.#commit((topology, change) => setServerBoot(topology, effect, change));
      case "resign":
        this.alive = false;
        return;
      case "report-mismatch":
        throw new ProtocolViolation(`receipts differ: ${JSON.stringify(effect)}`);
      case "dump":
      case "barrier":
        throw new ProtocolViolation(`a slot that moves by keys asks for ${JSON.stringify(effect)}`);
      case "learn-boot":
        throw new ProtocolViolation(`${effect.at.server} has no boot in the document`);
    }
  }

  /** One compare-and-set; whoever loses it stops. */
  #commit(edit: (topology: Topology, change: Change) => Topology): void {
    if (!this.alive) return;
    const change = { id: this.#world.newChangeId(), actor: this.id, reason: "walk" };
    const written = this.#world.writeTopology(this.#topology, edit(this.#topology, change));
    if (!written) {
      this.alive = false;
      return;
    }
    this.#topology = this.#world.topology;
    this.#work = adoptTopology(this.#work, this.#topology);
  }

  #send(to: string, body: Body): void {
    this.#world.net.send({ from: this.id, to, toBoot: null, body });
  }
}

function eventOf(from: string, body: Body): SlotEvent | null {
  switch (body.kind) {
    case "fenced":
    case "in-doubt":
    case "receipt":
    case "outranked":
      return body;
    case "wrong-boot":
      return { kind: "restarted", group: body.group, server: from, boot: body.boot };
    default:
      return null;
  }
}
