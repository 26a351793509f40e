/**
 * A small world in which the real decisions of `core/topology` meet everything that can go wrong: two
 * servers, two proxies, leaders that crash or sleep, a network that loses, repeats and delays.
 *
 * A walk is a random sequence of steps with faults, then a calm in which everything must come to rest.
 * It throws a {@linkcode ProtocolViolation} as soon as an invariant of the protocol is broken.
 *
 * @module
 */

import { addGroup, addServer } from "../../core/topology/edit_groups.ts";
import { assignSlots } from "../../core/topology/edit_slots.ts";
import { entryOf } from "../../core/topology/slot_table.ts";
import { emptyTopology, type Topology } from "../../core/topology/topology.ts";
import { ModelLeader } from "./protocol_leader.ts";
import { ModelNet, Random } from "./protocol_net.ts";
import { ModelProxy } from "./protocol_proxy.ts";
import { type ForgottenRule, ModelServer } from "./protocol_server.ts";
import { ModelTruth, ProtocolViolation } from "./protocol_truth.ts";

const SLOT = 0;
const CALM_STEPS_MAX = 50_000;

/** What may happen in a walk. */
export interface WalkOptions {
  readonly seed: number;
  /** Steps with faults. */
  readonly steps: number;
  /** How often each fault may happen. */
  readonly faults: {
    readonly restarts: number;
    readonly leaders: number;
    readonly cancels: number;
  };
  /** A rule that the servers do not keep. */
  readonly forget?: ForgottenRule;
}

/** Two groups of one server, one slot, three keys. */
export class ModelWorld {
  readonly keys: readonly string[] = ["a", "b", "c"];
  readonly random: Random;
  readonly net: ModelNet;
  readonly truth: ModelTruth;
  /** How often each step of the document was taken. */
  readonly counts: Record<string, number> = {};
  topology: Topology;
  readonly #options: WalkOptions;
  readonly #servers: readonly ModelServer[];
  readonly #proxies: readonly ModelProxy[];
  #leaders: ModelLeader[];
  #leadersMade = 0;
  #changes = 0;
  readonly #left: { restarts: number; leaders: number; cancels: number };

  /** Group 1 owns the slot, and knows it once the first leader has fenced it. */
  constructor(options: WalkOptions) {
    this.#options = options;
    this.#left = { ...options.faults };
    this.random = new Random(options.seed);
    this.net = new ModelNet(this.random);
    this.truth = new ModelTruth(this.keys, "server-1");
    const ghosts = new Map(this.keys.map((key, index) => [key, -1 - index]));
    this.#servers = [
      new ModelServer(this, { group: 1, ghosts: new Map() }),
      new ModelServer(this, { group: 2, ghosts }),
    ];
    this.topology = this.#firstTopology();
    this.#proxies = [new ModelProxy(this, "proxy-1"), new ModelProxy(this, "proxy-2")];
    this.#leaders = [this.#newLeader()];
  }

  /** Walks; then waits for the quiet end and looks at what is left. */
  walk(): void {
    for (let step = 0; step < this.#options.steps; step++) {
      this.#stormStep();
      this.#checkOwners();
    }
    this.#leaders = [this.#newLeader()];
    for (let step = 0; !this.#quiet(); step++) {
      if (step === CALM_STEPS_MAX) throw new ProtocolViolation(`no quiet end: ${this.#summary()}`);
      this.#calmStep();
      this.#checkOwners();
    }
    const entry = entryOf(this.topology, SLOT);
    const owner = this.server(`server-${entry.phase === "stable" ? entry.owner : 0}`);
    this.truth.finished(owner.id, owner.data);
  }

  /** Whether the servers are to forget a rule. */
  forgets(rule: ForgottenRule): boolean {
    return this.#options.forget === rule;
  }

  /** Returns a server. */
  server(id: string): ModelServer {
    return this.#servers.find((server) => server.id === id)!;
  }

  /** Counts a step of the document. */
  count(what: string): void {
    this.counts[what] = (this.counts[what] ?? 0) + 1;
  }

  /** Returns an id that no change had. */
  newChangeId(): string {
    return `change-${++this.#changes}`;
  }

  /** The coordinator: writes `next` if `read` is still the document. */
  writeTopology(read: Topology, next: Topology): boolean {
    if (read !== this.topology) return false;
    const before = entryOf(read, SLOT);
    const after = entryOf(next, SLOT);
    this.topology = next;
    const handedOver = after.phase === "stable" && before.phase === "migrating" && before.opened;
    if (handedOver) this.truth.handedOver(`server-${after.owner}`);
    return true;
  }

  #stormStep(): void {
    const dice = this.random.below(100);
    const leader = this.random.pick(this.#leaders);
    const proxy = this.random.pick(this.#proxies);
    const server = this.random.pick(this.#servers);
    if (dice < 36) this.#deliver();
    else if (dice < 54) leader.act();
    else if (dice < 72) proxy.act(true);
    else if (dice < 84) server.pump();
    else if (dice < 86) this.net.take();
    else if (dice < 88) this.net.duplicate();
    else if (dice < 90) proxy.refresh();
    else if (dice < 91) proxy.giveUp();
    else if (dice < 94) leader.migrate();
    else if (dice < 96) server.snapshot();
    else this.#fault(dice, leader, server);
    if (this.forgets("keep-in-doubt") && this.random.below(8) === 0) server.forgetTransfer();
    this.#leaders = this.#leaders.filter((leader) => leader.alive);
    if (this.#leaders.length === 0) this.#leaders = [this.#newLeader()];
  }

  #fault(dice: number, leader: ModelLeader, server: ModelServer): void {
    if (dice === 96 && this.#left.restarts-- > 0) {
      server.restart(this.random.below(3) === 0 ? "lost" : "old");
    } else if (dice === 97 && this.#left.leaders-- > 0) {
      // The one before is not told: it goes on until it hears of it.
      this.#leaders.push(this.#newLeader());
    } else if (dice >= 98 && this.#left.cancels-- > 0) {
      leader.cancel();
    }
  }

  #calmStep(): void {
    const dice = this.random.below(10);
    if (dice < 5) this.#deliver();
    else if (dice < 7) this.#leaders[0]!.act();
    else if (dice < 9) this.random.pick(this.#servers).pump();
    else {
      const proxy = this.random.pick(this.#proxies);
      proxy.refresh();
      if (this.random.below(20) === 0) proxy.giveUp();
      proxy.act(false);
    }
  }

  #deliver(): void {
    const message = this.net.take();
    if (message === undefined) return;
    const server = this.#servers.find((server) => server.id === message.to);
    if (server !== undefined) {
      if (message.toBoot === null || message.toBoot === server.boot) server.receive(message);
      return;
    }
    this.#proxies.find((proxy) => proxy.id === message.to)?.receive(message);
    this.#leaders.find((leader) => leader.id === message.to)?.receive(message);
  }

  #checkOwners(): void {
    if (this.#servers.filter((server) => server.state === "own").length > 1) {
      throw new ProtocolViolation(`two servers own the slot: ${this.#summary()}`);
    }
  }

  #quiet(): boolean {
    const entry = entryOf(this.topology, SLOT);
    if (entry.phase !== "stable" || entry.closing !== undefined) return false;
    const owner = this.server(`server-${entry.owner}`);
    const other = this.server(`server-${3 - entry.owner}`);
    return this.net.count === 0 && this.#proxies.every((proxy) => proxy.idle) &&
      owner.state === "own" && owner.epoch === entry.epoch && other.state === "closed" &&
      !owner.inDoubt && !other.inDoubt;
  }

  #newLeader(): ModelLeader {
    return new ModelLeader(this, `leader-${++this.#leadersMade}`);
  }

  #firstTopology(): Topology {
    const change = { id: "start", actor: "walk", reason: "start" };
    let topology = emptyTopology(change);
    for (const { group, id, boot } of this.#servers) {
      topology = addGroup(topology, { id: group }, change);
      const server = { id, addr: `${id}:6379`, boot };
      topology = addServer(topology, { group, server }, change);
    }
    const assignments = [{ group: 1, range: [SLOT, SLOT] as const }];
    return assignSlots(topology, { assignments }, change);
  }

  #summary(): string {
    const servers = this.#servers.map(({ id, state, epoch, inDoubt, data }) =>
      `${id} ${state}(${epoch}) ${inDoubt ? "in doubt " : ""}${JSON.stringify([...data])}`
    );
    return `${JSON.stringify(entryOf(this.topology, SLOT))}; ${servers.join("; ")}`;
  }
}
