/**
 * Keys that nobody changes while slots move: what they hold, how many they are and when they expire
 * must be the same afterwards. Invariant: the ballast is a function of its options alone, so that it
 * is verified without any memory of what was loaded.
 *
 * @module
 */

import type { Argument, Reply, RespClient } from "./resp_client.ts";
import { slotOfKey } from "./workload_slots.ts";

/** Which keys to load. */
export interface BallastOptions {
  /** Part of every name. @default {"ballast"} */
  prefix?: string;
  /** Number of keys. */
  count: number;
  /** Slots on which they lie; all if left out. */
  slots?: readonly number[];
}

/** When ballast was loaded: the moments between which each server read its clock. */
export interface BallastLoad {
  readonly startedAtMs: number;
  readonly endedAtMs: number;
}

const BATCH = 500;
const TTL_MS = 3_600_000;

/** Loads the keys, every third with a time to live. */
export async function loadBallast(
  client: RespClient,
  options: BallastOptions,
): Promise<BallastLoad> {
  const startedAtMs = performance.now();
  const commands = namesOf(options).map((name, i): Argument[] => {
    const plain = ["SET", name, textOf(name)];
    return expires(i) ? [...plain, "PX", TTL_MS] : plain;
  });
  for (const reply of await inBatches(client, commands)) {
    if (reply !== "OK") throw new Error(`Cannot load ballast: ${JSON.stringify(reply)}`);
  }
  return { startedAtMs, endedAtMs: performance.now() };
}

/** What is wrong with the ballast, one sentence per key; empty when all is as it was loaded. */
export async function faultsOfBallast(
  client: RespClient,
  options: BallastOptions,
  { load, ttlToleranceMs }: { load: BallastLoad; ttlToleranceMs: number },
): Promise<string[]> {
  const names = namesOf(options);
  const texts = await inBatches(client, names.map((name) => ["GET", name]));
  const askedAtMs = performance.now();
  const ttls = await inBatches(client, names.map((name) => ["PTTL", name]));
  const answeredAtMs = performance.now();
  const mostMs = TTL_MS - (askedAtMs - load.endedAtMs) + ttlToleranceMs;
  const leastMs = TTL_MS - (answeredAtMs - load.startedAtMs) - ttlToleranceMs;
  return names.flatMap((name, i) => {
    if (texts[i] !== textOf(name)) return [`${name} holds ${JSON.stringify(texts[i])}`];
    const ttl = Number(ttls[i]);
    const isKept = expires(i) ? ttl >= leastMs && ttl <= mostMs : ttl === -1;
    return isKept ? [] : [`${name} has PTTL ${ttl}`];
  });
}

function namesOf({ prefix = "ballast", count, slots }: BallastOptions): string[] {
  const wanted = slots && new Set(slots);
  const names: string[] = [];
  for (let i = 0; names.length < count; i++) {
    const name = `${prefix}:${i}`;
    if (!wanted || wanted.has(slotOfKey(name))) names.push(name);
  }
  return names;
}

function textOf(name: string): string {
  return `text of ${name}`;
}

function expires(i: number): boolean {
  return i % 3 === 0;
}

async function inBatches(client: RespClient, commands: readonly Argument[][]): Promise<Reply[]> {
  const replies: Reply[] = [];
  for (let from = 0; from < commands.length; from += BATCH) {
    replies.push(...await client.pipeline(commands.slice(from, from + BATCH)));
  }
  return replies;
}
