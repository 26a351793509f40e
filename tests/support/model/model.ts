/**
 * A scenario under rules, ready to run: its documents, its first world, and what all actors look up.
 *
 * @module
 */

import { addGroup, addServer } from "../../../core/topology/edit_groups.ts";
import { assignSlots } from "../../../core/topology/edit_slots.ts";
import type { SlotEffect, SlotWork } from "../../../core/topology/slot_machine.ts";
import { emptyTopology, type Topology } from "../../../core/topology/topology.ts";
import { Documents } from "./documents.ts";
import { ABSENT, checkOwners } from "./observer.ts";
import type { ModelRules } from "./rules.ts";
import { budgetOf, type Scenario, slotCountOf } from "./scenario.ts";
import {
  type ConnectionState,
  type ManagerState,
  ProtocolViolation,
  type ServerState,
  type World,
} from "./world.ts";
import { keyOfConnection } from "./world_key.ts";

const FIRST_LEADER = 1;

/** What the steps of a run work with. */
export class Model {
  readonly scenario: Scenario;
  readonly rules: ModelRules;
  readonly documents: Documents;
  readonly slotCount: number;
  readonly window: number;
  /** The first world: group 1 owns every slot, and manager 1 leads. */
  readonly start: World;
  readonly #due = new WeakMap<SlotWork, readonly SlotEffect[]>();
  readonly #keysOf: readonly (readonly number[])[];

  constructor(scenario: Scenario, rules: ModelRules) {
    this.scenario = scenario;
    this.rules = rules;
    this.slotCount = slotCountOf(scenario);
    this.window = scenario.window ?? 1;
    this.documents = new Documents(rules, this.slotCount);
    this.#keysOf = this.slots.map((slot) =>
      scenario.keys.flatMap((key, index) => key.slot === slot ? [index] : [])
    );
    this.start = this.#firstWorld();
  }

  /** The slots of the model. */
  get slots(): number[] {
    return Array.from({ length: this.slotCount }, (_, slot) => slot);
  }

  /** Messages of clients travel step by step, not at once. */
  get isSlow(): boolean {
    return this.window > 1;
  }

  /** The numbers of a slot's keys. */
  keysOf(slot: number): readonly number[] {
    return this.#keysOf[slot]!;
  }

  /** What is due by a leader's knowledge; that never changes, so it is worked out once. */
  dueOf(work: SlotWork): readonly SlotEffect[] {
    let due = this.#due.get(work);
    if (due === undefined) this.#due.set(work, due = this.rules.dueEffects(work));
    return due;
  }

  /** The slot of a client's request. */
  slotOfRequest(proxy: number, request: number): number {
    const { keys } = this.scenario.clients[proxy]![request]!;
    return this.scenario.keys[keys[0]!]!.slot;
  }

  /** The value that a client's request writes; no other writes it. */
  valueOf(proxy: number, request: number): number {
    return 10 * (proxy + 1) + request;
  }

  /** No two servers own a slot. */
  checkOwners(world: World): void {
    checkOwners(world);
  }

  /** Requests of one client on one key are executed in its order (P1), but those answered "unknown". */
  checkOrder(world: World, proxy: number, request: number): void {
    const state = world.proxies[proxy]!;
    if (state.stages[request] === "unknown") return;
    for (const key of this.scenario.clients[proxy]![request]!.keys) {
      if (state.ran[key]! > request) {
        throw new ProtocolViolation(
          `client ${proxy + 1}: request ${request + 1} on "${this.scenario.keys[key]!.name}" was ` +
            `executed after request ${state.ran[key]! + 1}`,
        );
      }
      state.ran[key] = request;
    }
  }

  /** A connection as text. */
  textOfConnection(connection: ConnectionState): string {
    return keyOfConnection(connection);
  }

  #firstWorld(): World {
    const { scenario } = this;
    const doc = this.documents.of(this.#firstTopology());
    const leader: ManagerState = {
      leads: true,
      leaderEpoch: FIRST_LEADER,
      doc,
      works: doc.works.slice(),
    };
    const idle: ManagerState = { ...leader, leads: false, leaderEpoch: 0 };
    const none = scenario.keys.map(() => ABSENT);
    return {
      doc,
      cancelling: false,
      managers: [leader, { ...idle, works: doc.works.slice() }],
      servers: [
        this.#firstServer(scenario.values),
        this.#firstServer(scenario.ghosts ?? none),
      ],
      proxies: scenario.clients.map((commands) => ({
        doc,
        routes: this.slots.map(() => doc),
        stages: commands.map(() => "new"),
        closed: 0,
        refused: this.slots.map(() => []),
        admitted: this.slots.map(() => []),
        connections: [null, null],
        ran: scenario.keys.map(() => -1),
      })),
      late: [],
      facts: scenario.values.map((value) => ({ acceptable: [value], place: 0 })),
      left: budgetOf(scenario),
    };
  }

  #firstServer(values: readonly number[]): ServerState {
    return {
      starts: 1,
      leaderEpoch: 0,
      slots: this.slots.map((slot) => ({
        state: "closed",
        slotEpoch: 0,
        floorEpoch: 0,
        role: "none",
        purges: 0,
        data: values.map((value, key) => this.scenario.keys[key]!.slot === slot ? value : ABSENT),
        claimed: 0,
        moved: 0,
        sum: 0,
        applied: [],
        peerBoot: null,
        pumping: false,
        seq: 0,
        outstanding: [],
      })),
    };
  }

  #firstTopology(): Topology {
    const change = { id: "start", actor: "model", reason: "start" };
    let topology = emptyTopology(change);
    for (const id of [1, 2]) {
      topology = addGroup(topology, { id }, change);
      const server = { id: `s${id}`, addr: `s${id}:${id}`, boot: `s${id}.1` };
      topology = addServer(topology, { group: id, server }, change);
    }
    const range = [0, this.slotCount - 1] as const;
    topology = assignSlots(topology, { assignments: [{ group: 1, range }] }, change);
    return this.rules.claimLeader(topology, "m1", change);
  }
}
