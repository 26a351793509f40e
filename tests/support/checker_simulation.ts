/**
 * Histories of a store that is right by construction: what the checker itself is tested with.
 * Invariant: each command runs at one instant between its invocation and its return, those of one
 * client in order; a lost one runs at any later instant or never.
 *
 * @module
 */

import { History } from "./history.ts";
import { SeededRandom } from "./seeded_random.ts";
import { commandOn } from "./workload_commands.ts";
import { WorkloadKeys } from "./workload_keys.ts";
import type { Reply } from "./resp_client_reader.ts";

/** What to simulate. */
export interface SimulationOptions {
  seed: number;
  operations: number;
  clients: number;
  /** Commands that one client may have open at a time. */
  depth: number;
  keysPerKind: number;
  /** Probability of a step that loses all open commands of one client. */
  lossRate: number;
}

interface Call {
  readonly id: number;
  readonly command: readonly string[];
  reply?: Reply;
}

/** A single server that runs commands one at a time. */
class SimulatedStore {
  readonly #texts = new Map<string, { text: string; deadlineMs: number }>();
  readonly #nowMs: () => number;

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  run([name, ...words]: readonly string[]): Reply {
    const key = words[0]!;
    const old = this.#get(key);
    switch (name) {
      case "GET":
        return old;
      case "SET":
        this.#set(key, words[1]!, Number(words[3] ?? Infinity) * (words[2] === "EX" ? 1000 : 1));
        return "OK";
      case "SETNX":
        if (old === null) this.#set(key, words[1]!);
        return old === null ? 1 : 0;
      case "GETSET":
        this.#set(key, words[1]!);
        return old;
      case "GETDEL":
        this.#texts.delete(key);
        return old;
      case "DEL":
        return words.filter((each) => this.#get(each) !== null && this.#texts.delete(each)).length;
      case "INCR":
      case "INCRBY":
        this.#set(key, String(Number(old) + Number(words[1] ?? 1)));
        return Number(this.#get(key));
      case "APPEND":
        this.#set(key, (old ?? "") + words[1]!);
        return this.#get(key)!.length;
      case "MSET":
        for (let i = 0; i < words.length; i += 2) this.#set(words[i]!, words[i + 1]!);
        return "OK";
      case "MGET":
        return words.map((each) => this.#get(each));
      default:
        return this.#runExpiry(name!, key);
    }
  }

  #runExpiry(name: string, key: string): Reply {
    const entry = this.#get(key) === null ? undefined : this.#texts.get(key);
    const isExpiring = entry !== undefined && entry.deadlineMs !== Infinity;
    if (name === "PTTL") {
      if (!entry) return -2;
      return isExpiring ? Math.ceil(entry.deadlineMs - this.#nowMs()) : -1;
    }
    if (name !== "PERSIST") throw new RangeError(`Cannot simulate ${name}`);
    if (isExpiring) entry.deadlineMs = Infinity;
    return isExpiring ? 1 : 0;
  }

  #get(key: string): string | null {
    const entry = this.#texts.get(key);
    return entry && entry.deadlineMs > this.#nowMs() ? entry.text : null;
  }

  #set(key: string, text: string, ttlMs = Infinity): void {
    this.#texts.set(key, { text, deadlineMs: this.#nowMs() + ttlMs });
  }
}

/** Simulates clients and a store; `corrupt` may change the reply of one operation, by its id. */
export function simulateHistory(
  options: SimulationOptions,
  corrupt: (id: number, reply: Reply) => Reply = (_, reply) => reply,
): History {
  const random = new SeededRandom(options.seed);
  let nowMs = 0;
  const history = new History(() => nowMs);
  const store = new SimulatedStore(() => nowMs);
  const keys = new WorkloadKeys({ prefix: "sim", perKind: options.keysPerKind });
  const open: Call[][] = Array.from({ length: options.clients }, () => []);
  const clientIds = open.map((_, i) => i);
  const lost: Call[] = [];
  let begun = 0;
  while (begun < options.operations || open.some((calls) => calls.length > 0)) {
    nowMs += random.next() * 3;
    const i = random.below(open.length);
    const calls = open[i]!;
    if (random.chance(options.lossRate)) {
      lost.push(...calls.splice(0).filter(({ reply }) => reply === undefined));
      clientIds[i] = clientIds[i]! + options.clients;
    } else if (lost.length > 0 && random.chance(0.05)) {
      const [ghost] = lost.splice(random.below(lost.length), 1);
      if (random.chance(0.7)) store.run(ghost!.command);
    } else if (calls.length < options.depth && begun < options.operations && random.chance(0.4)) {
      const command = commandOn(keys.pick(random), random, `t${begun++}`);
      calls.push({ id: history.begin(clientIds[i]!, command), command });
    } else advance(calls, { store, history, random, corrupt });
  }
  return history;
}

/** Runs the client's next command, or returns its first if that one ran. */
function advance(
  calls: Call[],
  { store, history, random, corrupt }: {
    store: SimulatedStore;
    history: History;
    random: SeededRandom;
    corrupt: (id: number, reply: Reply) => Reply;
  },
): void {
  const first = calls[0];
  const toRun = calls.find(({ reply }) => reply === undefined);
  if (toRun && (toRun === first || random.chance(0.5))) {
    toRun.reply = store.run(toRun.command);
  } else if (first?.reply !== undefined) {
    calls.shift();
    history.end(first.id, corrupt(first.id, first.reply));
  }
}
