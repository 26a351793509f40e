/**
 * Moves slots between model servers in the order that PROTOCOL rules 13 and 14 ask for, one small step
 * at a time, with new leaders and returns on the way.
 *
 * Invariant: the document is written before a server is told of it, and no two servers own a slot.
 *
 * @module
 */

import type { Route, RouteDocument } from "../../proxy/routes.ts";
import type { ModelSlot, ModelSlotServer } from "./model_slot_server.ts";
import type { SeededRandom } from "./seeded_random.ts";

/** A server and where the proxy finds it. */
export interface PlacedServer {
  readonly address: string;
  readonly server: ModelSlotServer;
}

type Stage =
  | "stable"
  | "open-target"
  | "turn-source"
  | "transfer"
  | "close-source"
  | "own-target"
  | "hold-target"
  | "hold-source"
  | "turn-back";

/** The life of one slot. */
class MovingSlot {
  readonly slot: number;
  from: PlacedServer;
  to: PlacedServer;
  route: Route;
  epoch = 1;
  stage: Stage = "stable";

  constructor(slot: number, owner: PlacedServer) {
    this.slot = slot;
    this.from = this.to = owner;
    this.route = { kind: "direct", address: owner.address };
    this.tell(owner, { kind: "own", epoch: 1 });
  }

  tell({ server }: PlacedServer, state: ModelSlot): void {
    server.slots.set(this.slot, state);
  }

  swap(): void {
    [this.from, this.to] = [this.to, this.from];
  }
}

/** All slots of a test, and the document that says where they are. */
export class ModelSlotMover {
  readonly #random: SeededRandom;
  readonly #servers: readonly PlacedServer[];
  readonly #slots: readonly MovingSlot[];
  #epoch = 1;

  constructor(
    random: SeededRandom,
    servers: readonly PlacedServer[],
    slots: readonly number[],
  ) {
    this.#random = random;
    this.#servers = servers;
    this.#slots = slots.map((slot, index) =>
      new MovingSlot(slot, servers[index % servers.length]!)
    );
  }

  /** What proxies read now. */
  get document(): RouteDocument {
    return {
      epoch: this.#epoch,
      ranges: this.#slots.map(({ slot, route }) => ({ first: slot, last: slot, route })),
    };
  }

  /** Nothing is on its way. */
  get isStable(): boolean {
    return this.#slots.every(({ stage }) => stage === "stable");
  }

  /** Does the next thing for some slot; begins and complicates nothing if `finishing`. */
  step(finishing: boolean): void {
    const moving = this.#random.pick(this.#slots);
    const { from, to, epoch } = moving;
    switch (moving.stage) {
      case "stable":
        return finishing ? undefined : this.#begin(moving);
      case "open-target":
        moving.tell(to, { kind: "importing", epoch });
        moving.stage = "turn-source";
        return;
      case "turn-source":
        moving.tell(from, { kind: "giving", epoch, peer: to.server });
        moving.stage = "transfer";
        return;
      case "transfer":
        return this.#transfer(moving, finishing);
      case "close-source":
        moving.tell(from, { kind: "closed", epoch });
        moving.stage = "own-target";
        return;
      case "own-target":
        moving.tell(to, { kind: "own", epoch });
        moving.from = to;
        moving.stage = "stable";
        return;
      case "hold-target":
        moving.tell(to, { kind: "closed", epoch });
        moving.stage = "hold-source";
        return;
      case "hold-source":
        moving.tell(from, { kind: "closed", epoch });
        moving.stage = "turn-back";
        return;
      case "turn-back":
        moving.swap();
        return this.#migrate(moving);
    }
  }

  #begin(moving: MovingSlot): void {
    const others = this.#servers.filter((server) => server !== moving.from);
    moving.to = this.#random.pick(others);
    this.#migrate(moving);
  }

  #write(moving: MovingSlot, route: Route, stage: Stage): void {
    moving.epoch = this.#epoch;
    moving.route = route;
    moving.stage = stage;
  }

  #migrate(moving: MovingSlot): void {
    const slotEpoch = ++this.#epoch;
    const { from, to } = moving;
    const route: Route = { kind: "migrating", from: from.address, to: to.address, slotEpoch };
    this.#write(moving, route, "open-target");
  }

  #transfer(moving: MovingSlot, finishing: boolean): void {
    const { slot, from, to } = moving;
    const left = from.server.keysOf(slot);
    const { inTransit } = from.server;
    const chance = finishing ? 99 : this.#random.below(100);
    const key = left[this.#random.below(Math.max(left.length, 1))];
    if (chance < 5) return this.#migrate(moving);
    if (chance < 10 && !left.some((its) => inTransit.has(its))) {
      this.#epoch++;
      return this.#write(moving, { kind: "hold" }, "hold-target");
    }
    if (key === undefined) {
      this.#epoch++;
      return this.#write(moving, { kind: "direct", address: to.address }, "close-source");
    }
    if (!inTransit.has(key)) {
      inTransit.add(key);
      return;
    }
    inTransit.delete(key);
    from.server.keys.delete(key);
    to.server.keys.add(key);
  }
}
