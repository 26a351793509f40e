/**
 * Which command a client sends next, and what an answer to it means. Invariant: every text that is
 * written is written once only, so that whoever reads it shows which write it saw.
 *
 * @module
 */

import { type Reply, ReplyError } from "./resp_client_reader.ts";
import type { SeededRandom } from "./seeded_random.ts";
import type { WorkloadKey } from "./workload_keys.ts";

/** The name of the next command on each kind of key; a retired key is only read. */
const WEIGHTS = {
  register: { GET: 8, SET: 5, SETNX: 2, GETSET: 2, DEL: 2, GETDEL: 1 },
  counter: { INCR: 8, INCRBY: 2, GET: 4 },
  append: { APPEND: 5, GET: 3 },
  pair: { MSET: 5, MGET: 8, DEL: 1 },
  expiring: { "SET PX": 4, "SET EX": 1, SET: 1, GET: 5, PTTL: 6, PERSIST: 1, DEL: 1 },
} as const;

const READS = {
  register: { GET: 1 },
  counter: { GET: 1 },
  append: { GET: 1 },
  pair: { MGET: 1 },
  expiring: { GET: 1, PTTL: 1 },
} as const;

/** The next command on a key; `token` is a text that was never written. */
export function commandOn(
  key: WorkloadKey,
  random: SeededRandom,
  token: string,
): readonly string[] {
  const weights: Readonly<Record<string, number>> = (key.retired ? READS : WEIGHTS)[key.kind];
  const name = random.weighted(weights);
  const first = key.names[0]!;
  switch (name) {
    case "SET PX":
      return ["SET", first, token, "PX", String(random.between(100, 3000))];
    case "SET EX":
      return ["SET", first, token, "EX", String(random.between(1, 3))];
    case "SET":
    case "SETNX":
    case "GETSET":
      return [name, first, token];
    case "INCRBY":
      return [name, first, "3"];
    case "APPEND":
      return [name, first, `${token};`];
    case "MSET":
      return [name, ...key.names.flatMap((each) => [each, token])];
    case "MGET":
      return [name, ...key.names];
    case "DEL":
      return [name, ...key.names];
    default:
      return [name, first];
  }
}

/** The command that reads a key back at the end. */
export function readBackOf({ kind, names }: WorkloadKey): readonly string[] {
  return kind === "pair" ? ["MGET", ...names] : ["GET", names[0]!];
}

/** What an answer says of the command. */
export type Outcome = "returned" | "refused" | "unknown";

/** Errors that a server or proxy gives before it runs anything. */
const REFUSED =
  /^(ASK|CLUSTERDOWN|CROSSSLOT|LOADING|MASTERDOWN|MOVED|NOAUTH|NOPERM|NOREPLICAS|OOM|READONLY|TRYAGAIN) /;

/** Errors that no correct product gives to this workload: the checker refuses them as a reply. */
const WRONG = /^(WRONGTYPE|SLOT[A-Z]+|ERR (value is not|unknown command|wrong number|syntax)) ?/;

/**
 * What a reply says of its command. A write over several slots may have run in part, so that its
 * error is never a refusal.
 */
export function outcomeOf(reply: Reply, isOverSlots: boolean): Outcome {
  if (!(reply instanceof ReplyError) || WRONG.test(reply.message)) return "returned";
  return REFUSED.test(reply.message) && !isOverSlots ? "refused" : "unknown";
}
