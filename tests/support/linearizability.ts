/**
 * Decides whether the operations on one object can be put into one order that its model allows and
 * that keeps real time and the order within each connection: the search of Wing and Gong with the
 * memory of Lowe, just in time. It walks from return to return: before it may pass the return of an
 * operation, that operation must have taken effect; others that are open then may take effect
 * first. A configuration is (return reached, open operations that took effect, state); where no
 * operation is open only the possible states are left, so a long history costs no more per
 * operation than a short one. Invariant: no configuration is visited twice, and no answer is given
 * beyond the limit on their number.
 *
 * @module
 */

import type { Operation } from "./history.ts";
import type { Model } from "./models_step.ts";

/** What the search found. */
export type Verdict =
  | { readonly kind: "linearizable"; readonly configurations: number }
  | { readonly kind: "undecided"; readonly configurations: number }
  | {
    readonly kind: "violation";
    /** The first operation whose return no order reaches. */
    readonly failed: Operation;
    /** Every state in which the object may have been when that return was due. */
    readonly states: readonly string[];
    /** The operations since no operation was open, and all that are unknown. */
    readonly window: readonly Operation[];
  };

/** Bounds of a search. */
export interface SearchOptions {
  /** Configurations after which the search gives up. @default {1_000_000} */
  configurationsMax?: number;
}

/** An operation with what the search needs to know of it. */
interface Candidate {
  readonly operation: Operation;
  readonly isRead: boolean;
  readonly isUnknown: boolean;
  /** Unknown operations with equal twins are interchangeable: the one invoked first goes first. */
  readonly twin: string;
  /** Its bit among the operations open at one time. */
  bit: bigint;
}

/** One return that the search must pass, and who may take effect before it. */
interface Return {
  readonly due: Candidate;
  /** In the order of invocation. */
  readonly open: readonly Candidate[];
}

interface Configuration {
  readonly at: number;
  readonly done: bigint;
  readonly state: string;
}

/** Searches for an order of all operations on one object; they come in the order of invocation. */
export function checkLinearizable(
  model: Model,
  operations: readonly Operation[],
  { configurationsMax = 1_000_000 }: SearchOptions = {},
): Verdict {
  const returns = returnsOf(model, operations);
  const visited = new Visited();
  const stack: Configuration[] = [{ at: 0, done: 0n, state: "" }];
  let furthest = 0;
  let states = new Set<string>();
  for (let from = stack.pop(); from; from = stack.pop()) {
    const here = passReturns(returns, from);
    if (here.at === returns.length) return { kind: "linearizable", configurations: visited.size };
    if (!visited.add(here)) continue;
    if (visited.size > configurationsMax) {
      return { kind: "undecided", configurations: visited.size };
    }
    if (here.at > furthest) {
      furthest = here.at;
      states = new Set();
    }
    if (here.at === furthest) states.add(here.state);
    pushSuccessors(stack, model, returns[here.at]!, here);
  }
  const failed = returns[furthest]!.due.operation;
  return { kind: "violation", failed, states: [...states], window: windowOf(operations, failed) };
}

/** Goes past every return whose operation took effect already. */
function passReturns(returns: readonly Return[], from: Configuration): Configuration {
  let { at, done } = from;
  while (at < returns.length) {
    const bit = returns[at]!.due.bit;
    if ((done & bit) === 0n) break;
    done &= ~bit;
    at++;
  }
  return { at, done, state: from.state };
}

/**
 * Pushes what may take effect next; the operation whose return is due comes off the stack first. A
 * read that fits is taken at once and alone: it changes nothing, and to take it later gains nothing.
 */
function pushSuccessors(
  stack: Configuration[],
  model: Model,
  { due, open }: Return,
  { at, done, state }: Configuration,
): void {
  const base = stack.length;
  const dueNext: Configuration[] = [];
  const passed = new Set<number | string>();
  for (const candidate of open) {
    if ((done & candidate.bit) !== 0n) continue;
    const order = candidate.isUnknown ? candidate.twin : candidate.operation.client;
    if (passed.has(order)) continue;
    passed.add(order);
    const next = model.step(state, candidate.operation);
    const doneThen = done | candidate.bit;
    if (candidate.isRead && next.length === 1 && next[0] === state) {
      stack.length = base;
      stack.push({ at, done: doneThen, state });
      return;
    }
    const target = candidate === due ? dueNext : stack;
    for (const to of next) {
      if (model.isPossible?.(to) ?? true) target.push({ at, done: doneThen, state: to });
    }
  }
  stack.push(...dueNext);
}

/** The configurations seen; states are numbered so that a long one is hashed once. */
class Visited {
  readonly #seen = new Set<string>();
  readonly #numberOf = new Map<string, number>();

  get size(): number {
    return this.#seen.size;
  }

  add({ at, done, state }: Configuration): boolean {
    let number = this.#numberOf.get(state);
    if (number === undefined) {
      number = this.#numberOf.size;
      this.#numberOf.set(state, number);
    }
    const before = this.#seen.size;
    this.#seen.add(`${at} ${number} ${done.toString(36)}`);
    return this.#seen.size > before;
  }
}

/** Lays out the returns in their order; unknown reads say nothing and are left out. */
function returnsOf(model: Model, operations: readonly Operation[]): Return[] {
  const texts = new Set(operations.flatMap(({ reply }) => reply));
  const candidates = operations
    .map((operation) => candidateOf(model, operation, texts))
    .filter(({ isRead, isUnknown }) => !(isRead && isUnknown));
  const dues = candidates.filter(({ isUnknown }) => !isUnknown)
    .sort((a, b) => a.operation.returned - b.operation.returned);
  const freeBits: bigint[] = [];
  let bitCount = 0n;
  let open: Candidate[] = [];
  let invokedNext = 0;
  return dues.map((due) => {
    while (invokedNext < candidates.length) {
      const candidate = candidates[invokedNext]!;
      if (candidate.operation.invoked > due.operation.returned) break;
      candidate.bit = freeBits.pop() ?? 1n << bitCount++;
      open = [...open, candidate];
      invokedNext++;
    }
    const openThen = open;
    open = open.filter((candidate) => candidate !== due);
    freeBits.push(due.bit);
    return { due, open: openThen };
  });
}

function candidateOf(
  model: Model,
  operation: Operation,
  textsRead: ReadonlySet<unknown>,
): Candidate {
  return {
    operation,
    isRead: model.isRead(operation),
    isUnknown: operation.reply === undefined,
    twin: twinOf(model, operation, textsRead),
    bit: 0n,
  };
}

function twinOf(model: Model, operation: Operation, textsRead: ReadonlySet<unknown>): string {
  const text = model.writtenText?.(operation);
  const isUnread = text !== undefined && !textsRead.has(text);
  return isUnread ? operation.command[0]! : operation.command.join(" ");
}

/** From the last moment before `failed` at which nothing was open, to its return. */
function windowOf(operations: readonly Operation[], failed: Operation): Operation[] {
  const involved = operations.filter((o) => o.invoked < failed.returned);
  let first = involved.indexOf(failed);
  let opened = failed.invoked;
  for (let i = first - 1; i >= 0; i--) {
    const { invoked, returned, reply } = involved[i]!;
    if (reply === undefined || returned < opened) continue;
    opened = invoked;
    first = i;
  }
  return involved.filter((o, i) => i >= first || o.reply === undefined);
}
