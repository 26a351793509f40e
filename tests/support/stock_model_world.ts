/**
 * A small world in which the real decisions about stock servers meet everything that can go wrong:
 * proxies and leaders that sleep at any point, lost connections, late commands, lost sessions.
 *
 * A walk is a random sequence of steps with faults, then a calm in which everything must come to rest.
 * It throws a {@linkcode ProtocolViolation} as soon as a command meets another value than the newest.
 *
 * @module
 */

import { addGroup, addServer } from "../../core/topology/edit_groups.ts";
import { assignSlots } from "../../core/topology/edit_slots.ts";
import { entryOf } from "../../core/topology/slot_table.ts";
import { emptyTopology, STOCK_CAPABILITIES, type Topology } from "../../core/topology/topology.ts";
import { Random } from "./protocol_net.ts";
import { ModelTruth, ProtocolViolation } from "./protocol_truth.ts";
import { StockModelLeader } from "./stock_model_leader.ts";
import { StockModelProxy } from "./stock_model_proxy.ts";
import { StockModelServer } from "./stock_model_server.ts";

const SLOT = 0;
const CALM_STEPS_MAX = 50_000;
const NEW_LEADERS_MAX = 3;
const CANCELS_MAX = 4;

/** A rule that everyone can be told to forget, to see whether the walk notices. */
export type ForgottenStockRule =
  | "barrier"
  | "busy"
  | "doubt"
  | "fresh-routes"
  | "lost-in-doubt"
  | "older-leaders"
  | "purge"
  | "shut-out";

/** What happens in a walk. */
export interface StockWalkOptions {
  readonly seed: number;
  /** Steps with faults. */
  readonly steps: number;
  readonly forget?: ForgottenStockRule;
}

/** Two stock servers, one slot, three keys, two proxies. */
export class StockModelWorld {
  readonly keys: readonly string[] = ["a", "b", "c"];
  readonly random: Random;
  readonly truth: ModelTruth;
  readonly proxies: readonly StockModelProxy[];
  /** How often each step of the document was taken. */
  readonly counts: Record<string, number> = {};
  topology: Topology;
  readonly #options: StockWalkOptions;
  readonly #servers: readonly StockModelServer[];
  #leaders: StockModelLeader[];
  #leadersMade = 0;
  #cancels = 0;
  #changes = 0;

  /** Group 1 owns the slot; group 2 has ghosts of it. */
  constructor(options: StockWalkOptions) {
    this.#options = options;
    this.random = new Random(options.seed);
    this.truth = new ModelTruth(this.keys, "server-1");
    const ghosts = new Map(this.keys.map((key, index) => [key, -1 - index]));
    this.#servers = [
      new StockModelServer(this, "server-1", new Map()),
      new StockModelServer(this, "server-2", ghosts),
    ];
    this.topology = this.#firstTopology();
    this.proxies = [1, 2].map((index) => new StockModelProxy(this, index));
    this.#leaders = [this.#newLeader()];
  }

  /** Walks; then waits for the quiet end and looks at what is left. */
  walk(): void {
    for (let step = 0; step < this.#options.steps; step++) this.#stormStep();
    this.#leaders = [this.#newLeader()];
    for (const proxy of this.proxies) proxy.isListed = true;
    for (let step = 0; !this.#quiet(); step++) {
      if (step === CALM_STEPS_MAX) {
        throw new ProtocolViolation(
          `no quiet end: ${JSON.stringify(entryOf(this.topology, SLOT))}`,
        );
      }
      this.#calmStep();
    }
    const entry = entryOf(this.topology, SLOT);
    const owner = this.server(`server-${entry.phase === "stable" ? entry.owner : 0}`);
    this.truth.finished(owner.id, owner.data);
  }

  /** Whether a rule is to be forgotten. */
  forgets(rule: ForgottenStockRule): boolean {
    return this.#options.forget === rule;
  }

  /** Returns a server. */
  server(id: string): StockModelServer {
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
    this.topology = next;
    return true;
  }

  #stormStep(): void {
    const dice = this.random.below(100);
    const leader = this.random.pick(this.#leaders);
    const proxy = this.random.pick(this.proxies);
    if (dice < 28) this.random.pick(this.#servers).act();
    else if (dice < 58) leader.act();
    else if (dice < 86) proxy.act(true);
    else if (dice < 93) proxy.giveUp();
    else if (dice < 94) proxy.isListed = !proxy.isListed;
    else if (dice < 97) leader.migrate();
    else if (dice < 98 && this.#cancels < CANCELS_MAX) {
      this.#cancels++;
      leader.cancel();
    } else if (dice < 99 && this.#leadersMade <= NEW_LEADERS_MAX) {
      // The one before is not told: it goes on until it hears of it.
      this.#leaders.push(this.#newLeader());
    }
    this.#leaders = this.#leaders.filter(({ alive }) => alive);
    if (this.#leaders.length === 0) this.#leaders = [this.#newLeader()];
  }

  #calmStep(): void {
    const dice = this.random.below(10);
    if (dice < 4) this.random.pick(this.#servers).act();
    else if (dice < 7) this.#leaders[0]!.act();
    else this.random.pick(this.proxies).act(false);
  }

  #quiet(): boolean {
    const entry = entryOf(this.topology, SLOT);
    return entry.phase === "stable" && entry.closing === undefined &&
      this.#servers.every(({ quiet }) => quiet) && this.proxies.every(({ idle }) => idle);
  }

  #newLeader(): StockModelLeader {
    return new StockModelLeader(this, `leader-${++this.#leadersMade}`);
  }

  #firstTopology(): Topology {
    const change = { id: "start", actor: "walk", reason: "start" };
    const caps = { ...STOCK_CAPABILITIES, acl: true };
    let topology = emptyTopology(change);
    for (const [index, { id }] of this.#servers.entries()) {
      const group = index + 1;
      topology = addGroup(topology, { id: group, caps }, change);
      const server = { id, addr: `${id}:6379`, boot: null };
      topology = addServer(topology, { group, server }, change);
    }
    const assignments = [{ group: 1, range: [SLOT, SLOT] as const }];
    return assignSlots(topology, { assignments }, change);
  }
}
