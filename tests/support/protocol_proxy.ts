/**
 * A proxy of the model world, with one client that asks one thing at a time.
 *
 * @module
 */

import { routeOf } from "../../core/topology/route.ts";
import { entryOf } from "../../core/topology/slot_table.ts";
import type { Topology } from "../../core/topology/topology.ts";
import type { Command, CommandReply, Message } from "./protocol_net.ts";
import type { ModelWorld } from "./protocol_world.ts";

const SLOT = 0;

/** Routes by a topology that may be old. */
export class ModelProxy {
  readonly id: string;
  readonly #world: ModelWorld;
  #topology: Topology;
  #command: Command | null = null;
  /** The request that is under way; an answer to another is not heard. */
  #attempt = 0;
  #waiting = false;

  /** Knows the topology of now. */
  constructor(world: ModelWorld, id: string) {
    this.#world = world;
    this.id = id;
    this.#topology = world.topology;
  }

  /** Whether its client waits for nothing. */
  get idle(): boolean {
    return this.#command === null;
  }

  /** Reads the newest topology. */
  refresh(): void {
    this.#topology = this.#world.topology;
  }

  /** Goes on with the client's command, or takes a new one. */
  act(takeNew: boolean): void {
    if (this.#command === null && takeNew) {
      const { random, keys } = this.#world;
      const operation = random.pick(["get", "set", "set", "del"] as const);
      this.#command = { operation, key: random.pick(keys), asking: null };
    }
    if (this.#command !== null && !this.#waiting) this.#sendRouted(this.#command);
  }

  /** Rule 22: gives a request up; its outcome is unknown, and it may still be executed. */
  giveUp(): void {
    this.#command = null;
    this.#waiting = false;
    this.#attempt++;
  }

  /** Takes in a message. */
  receive(message: Message): void {
    const { body } = message;
    if (body.kind !== "reply" || body.attempt !== this.#attempt || !this.#waiting) return;
    this.#waiting = false;
    this.#hear(body.reply);
  }

  #hear(reply: CommandReply): void {
    if (reply.kind === "value") {
      this.#command = null;
      return;
    }
    const known = this.#slotEpoch();
    if (reply.slotEpoch > known || this.#world.random.below(3) === 0) this.refresh();
    if (reply.kind !== "ask") return;
    const route = routeOf(entryOf(this.#topology, SLOT));
    if (route.kind !== "migrating") return;
    this.#send(`server-${route.to}`, { ...this.#command!, asking: reply.slotEpoch });
  }

  #sendRouted(command: Command): void {
    const route = routeOf(entryOf(this.#topology, SLOT));
    if (route.kind === "direct") this.#send(`server-${route.group}`, command);
    else if (route.kind === "migrating") this.#send(`server-${route.from}`, command);
    else this.refresh();
  }

  #send(to: string, command: Command): void {
    this.#waiting = true;
    const body = { kind: "command", command, attempt: ++this.#attempt } as const;
    const toBoot = this.#world.server(to).boot;
    this.#world.net.send({ from: this.id, to, toBoot, body });
  }

  #slotEpoch(): number {
    const entry = entryOf(this.#topology, SLOT);
    return entry.phase === "offline" ? 0 : entry.epoch;
  }
}
