/**
 * Breadth-first search over every world that a scenario can come to.
 *
 * Worlds are told apart by the fingerprint of their name. What a search keeps of a world is how it was
 * reached and where it leads; the world itself is dropped when it has been looked at.
 *
 * Invariant: the first violation found is one of the nearest.
 *
 * @module
 */

import { Model } from "./model.ts";
import { checkRest } from "./observer.ts";
import { NumberList } from "./number_list.ts";
import type { ModelRules } from "./rules.ts";
import type { Scenario } from "./scenario.ts";
import { forgetVoid, type Step, stepsOf } from "./steps.ts";
import { cloneWorld, isIdle, ProtocolViolation, type World } from "./world.ts";
import { fingerprintOf, keyOf } from "./world_key.ts";

/** What a search found. */
export interface SearchResult {
  /** Distinct worlds. */
  readonly worlds: number;
  /** Steps from one to another. */
  readonly steps: number;
  /** The longest of the shortest ways to a world, in steps. */
  readonly depth: number;
  /** Every world was looked at. */
  readonly isComplete: boolean;
  /** Writes of the document, each made at a coordinator. */
  readonly writes: number;
  /** Worlds in which nothing is left to do. */
  readonly rests: number;
  readonly violation: Violation | null;
}

/** A broken promise and the way there. */
export interface Violation {
  readonly why: string;
  /** One line per step. */
  readonly trace: readonly string[];
}

const ORIGIN = -1;

/** Explores a scenario until it is exhausted, cut off, or a promise is broken. */
export function search(scenario: Scenario, rules: ModelRules): Promise<SearchResult> {
  return new Search(new Model(scenario, rules)).run();
}

/** Does one step. Returns the world after it. */
export async function worldAfter(world: World, step: Step): Promise<World> {
  const next = cloneWorld(world);
  await step.apply(next);
  forgetVoid(next);
  return next;
}

/** Whether nothing is left to do: every slot at rest at one server, every client answered. */
export function isRest(world: World): boolean {
  if (world.late.length > 0) return false;
  const isServed = world.doc.entries.every((entry, slot) => {
    if (entry.phase !== "stable" || entry.closing !== undefined) return false;
    const owner = world.servers[entry.owner - 1]!.slots[slot]!;
    const other = world.servers[2 - entry.owner]!.slots[slot]!;
    return owner.state === "own" && owner.slotEpoch === entry.epoch && other.state === "closed";
  });
  return isServed && areAnswered(world);
}

/** Whether every client has every answer. */
export function areAnswered(world: World): boolean {
  return world.proxies.every(isIdle);
}

class Search {
  readonly #model: Model;
  readonly #alike: boolean;
  readonly #numbers = new Map<number, number>();
  /** By world: the one before it, and which of its steps led here. */
  readonly #parents = new NumberList();
  readonly #choices = new NumberList();
  readonly #depths = new NumberList();
  /** Steps without faults, for the way back from rest. */
  readonly #from = new NumberList();
  readonly #to = new NumberList();
  /** Worlds from which clients must be served without managers, and steps without managers. */
  readonly #mustServe = new NumberList();
  readonly #dataFrom = new NumberList();
  readonly #dataTo = new NumberList();
  readonly #answered = new NumberList();
  readonly #rests = new NumberList();
  #queue: World[] = [];
  #stepCount = 0;
  #origin: World;

  constructor(model: Model) {
    this.#model = model;
    this.#origin = model.start;
    const [first, second] = model.scenario.clients.map((client) => JSON.stringify(client));
    this.#alike = first === second;
  }

  async run(): Promise<SearchResult> {
    const { from, worldsMax } = this.#model.scenario;
    if (from !== undefined) this.#origin = await this.#worldWhere(from);
    this.#add(this.#origin, ORIGIN, 0);
    let looked = 0;
    try {
      // The worlds of a layer are looked at in order, and dropped; those they lead to are the next.
      while (this.#queue.length > 0 && this.#parents.length < worldsMax) {
        const layer = this.#queue;
        this.#queue = [];
        for (const world of layer) {
          await this.#expand(world, looked++);
          if (this.#parents.length >= worldsMax) break;
        }
      }
    } catch (error) {
      if (!(error instanceof StepError)) throw error;
      return this.#result(false, await this.#violation(error));
    }
    const isComplete = looked === this.#parents.length;
    const stuck = isComplete ? this.#stuckWorld() : null;
    return this.#result(isComplete, stuck && await this.#stuckViolation(stuck));
  }

  async #expand(world: World, number: number): Promise<void> {
    const steps = stepsOf(this.#model, world);
    this.#note(world, number);
    for (const [choice, step] of steps.entries()) {
      const next = cloneWorld(world);
      try {
        const pending = step.apply(next);
        if (pending !== undefined) await pending;
        forgetVoid(next);
      } catch (error) {
        if (!(error instanceof ProtocolViolation)) throw error;
        throw new StepError(number, step, error);
      }
      this.#stepCount++;
      const target = this.#add(next, number, choice);
      if (target === number || step.kind === "fault") continue;
      this.#from.push(number);
      this.#to.push(target);
      if (step.kind !== "data") continue;
      this.#dataFrom.push(number);
      this.#dataTo.push(target);
    }
  }

  /** Returns the number of a world; new ones are queued. */
  #add(world: World, parent: number, choice: number): number {
    const fingerprint = fingerprintOf(keyOf(world, this.#alike));
    const known = this.#numbers.get(fingerprint);
    if (known !== undefined) return known;
    const number = this.#parents.length;
    this.#numbers.set(fingerprint, number);
    this.#parents.push(parent);
    this.#choices.push(choice);
    this.#depths.push(parent === ORIGIN ? 0 : this.#depths.at(parent) + 1);
    this.#queue.push(world);
    return number;
  }

  #note(world: World, number: number): void {
    if (areAnswered(world)) this.#answered.push(number);
    else if (mustServe(this.#model, world)) this.#mustServe.push(number);
    if (!isRest(world)) return;
    this.#rests.push(number);
    try {
      checkRest(world, this.#model.scenario.keys);
    } catch (error) {
      throw new StepError(number, null, error as ProtocolViolation);
    }
  }

  /** A world from which what must come cannot come any more. */
  #stuckWorld(): { number: number; why: string } | null {
    const count = this.#parents.length;
    const { mustRest = true } = this.#model.scenario;
    if (mustRest) {
      const reaching = reachingOf(count, this.#rests, this.#from, this.#to);
      const stuck = reaching.indexOf(0);
      if (stuck >= 0) return { number: stuck, why: "no rest can be reached from here" };
    }
    const served = reachingOf(count, this.#answered, this.#dataFrom, this.#dataTo);
    for (let i = 0; i < this.#mustServe.length; i++) {
      const number = this.#mustServe.at(i);
      if (served[number] === 1) continue;
      return { number, why: "without managers, clients are not served from here" };
    }
    return null;
  }

  async #stuckViolation({ number, why }: { number: number; why: string }): Promise<Violation> {
    return { why, trace: await this.#traceTo(number, null) };
  }

  async #violation({ number, step, error }: StepError): Promise<Violation> {
    return { why: error.message, trace: await this.#traceTo(number, step) };
  }

  /** Walks from the first world to a later one again, and tells what happened. */
  async #traceTo(number: number, last: Step | null): Promise<string[]> {
    const choices: number[] = [];
    for (let at = number; this.#parents.at(at) !== ORIGIN; at = this.#parents.at(at)) {
      choices.unshift(this.#choices.at(at));
    }
    const trace: string[] = [];
    let world = this.#origin;
    for (const choice of choices) {
      const step = stepsOf(this.#model, world)[choice]!;
      trace.push(step.label);
      world = await worldAfter(world, step);
    }
    if (last !== null) trace.push(last.label);
    return trace;
  }

  /** The nearest world without faults and clients that the scenario wants to begin with. */
  async #worldWhere(isWanted: (world: World) => boolean): Promise<World> {
    const seen = new Set<string>();
    const queue = [this.#model.start];
    for (let world = queue.shift(); world !== undefined; world = queue.shift()) {
      if (isWanted(world)) return world;
      for (const step of stepsOf(this.#model, world)) {
        if (step.kind !== "control") continue;
        const next = await worldAfter(world, step);
        const key = keyOf(next, false);
        if (seen.has(key)) continue;
        seen.add(key);
        queue.push(next);
      }
    }
    throw new Error(`scenario "${this.#model.scenario.name}" never comes to where it begins`);
  }

  #result(isComplete: boolean, violation: Violation | null): SearchResult {
    return {
      worlds: this.#parents.length,
      steps: this.#stepCount,
      depth: this.#depths.at(this.#depths.length - 1),
      isComplete,
      writes: this.#model.documents.writeCount,
      rests: this.#rests.length,
      violation,
    };
  }
}

class StepError extends Error {
  constructor(
    readonly number: number,
    readonly step: Step | null,
    readonly error: ProtocolViolation,
  ) {
    super(error.message);
  }
}

/**
 * Whether servers and proxies must serve every client without the control plane (P11): all servers stand
 * as the document says, all proxies know it, and no slot is held.
 */
function mustServe({ slots }: Model, world: World): boolean {
  const { routeIds } = world.doc;
  const areInformed = world.proxies.every(({ doc }) => doc.routeIds.join() === routeIds.join());
  return areInformed && slots.every((slot) => {
    const entry = world.doc.entries[slot]!;
    if (entry.phase === "offline" || entry.phase === "returning") return false;
    const states = world.servers.map(({ slots }) => slots[slot]!);
    if (entry.phase === "migrating" && entry.opened) {
      const { from, to } = entry.migration;
      return states[from - 1]!.state === "giving" && states[from - 1]!.slotEpoch === entry.epoch &&
        states[to - 1]!.state === "importing" && states[to - 1]!.slotEpoch === entry.epoch &&
        states[from - 1]!.pumping;
    }
    const owner = entry.phase === "stable" ? entry.owner : entry.migration.from;
    return states[owner - 1]!.state === "own";
  });
}

/** Marks the worlds from which one of `goals` is reached by the steps `from` → `to`. */
function reachingOf(
  count: number,
  goals: NumberList,
  from: NumberList,
  to: NumberList,
): Uint8Array {
  const before = new NumberList();
  const heads = new Int32Array(count).fill(-1);
  for (let step = 0; step < from.length; step++) {
    before.push(heads[to.at(step)]!);
    heads[to.at(step)] = step;
  }
  const marks = new Uint8Array(count);
  const stack: number[] = [];
  for (let i = 0; i < goals.length; i++) {
    marks[goals.at(i)] = 1;
    stack.push(goals.at(i));
  }
  for (let world = stack.pop(); world !== undefined; world = stack.pop()) {
    for (let step = heads[world]!; step >= 0; step = before.at(step)) {
      const source = from.at(step);
      if (marks[source] === 1) continue;
      marks[source] = 1;
      stack.push(source);
    }
  }
  return marks;
}
