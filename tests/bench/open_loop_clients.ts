/**
 * A program that is many clients with a will of their own: requests leave by the clock, whether or not
 * earlier ones were answered. In a process of its own, so that it does not wait for what it measures.
 *
 * Arguments: port, keys (`spread` or `slot`, see `open_loop.ts`). It sends until its input ends, and then
 * writes {@linkcode OpenLoopSamples} to its output: all times of departure, then all latencies.
 *
 * Invariant: a latency counts from the scheduled time; a late departure is part of it. Departures come in
 * steps of about a millisecond, the timer's own, which adds half of that to every median.
 *
 * @module
 */

import { ReplyError, RespClient } from "../support/resp_client.ts";
import { SeededRandom } from "../support/seeded_random.ts";
import { type KeyKind, keysOf, OPEN_LOOP, STORED_VALUE } from "./open_loop.ts";

const STEP_MS = 1;
/** Replies that are awaited after the last departure, at most so long. */
const TAIL_MS = 5000;

class Clients {
  readonly scheduledAtMs: number[] = [];
  readonly latencyMs: number[] = [];
  readonly #clients: RespClient[];
  readonly #keys: string[];
  readonly #random = new SeededRandom(1);

  constructor(clients: RespClient[], keys: string[]) {
    this.#clients = clients;
    this.#keys = keys;
  }

  /** Sends what should have left by now, from `dueAtMs` on; returns when the next one is due. */
  sendDue(dueAtMs: number): number {
    const nowMs = performance.now();
    for (; dueAtMs <= nowMs; dueAtMs += 1000 / OPEN_LOOP.requestsPerSecond) this.#send(dueAtMs);
    return dueAtMs;
  }

  #send(dueAtMs: number): void {
    const index = this.scheduledAtMs.push(performance.timeOrigin + dueAtMs) - 1;
    // Without a reply at the end it counts as an error that took all the time there was.
    this.latencyMs.push(-Infinity);
    const client = this.#clients[index % this.#clients.length]!;
    const key = this.#keys[this.#random.below(this.#keys.length)]!;
    const isRead = this.#random.below(100) < OPEN_LOOP.readPercent;
    const words = isRead ? ["GET", key] : ["SET", key, STORED_VALUE];
    client.send(...words).then((reply) => {
      const latencyMs = performance.now() - dueAtMs;
      const isGood = !(reply instanceof ReplyError) && reply !== null;
      this.latencyMs[index] = isGood ? latencyMs : -latencyMs;
    });
  }
}

async function main(port: number, kind: KeyKind): Promise<void> {
  const connections = await Promise.all(
    Array.from({ length: OPEN_LOOP.connections }, () => RespClient.connect({ port })),
  );
  const clients = new Clients(connections, keysOf(kind));
  let isOver = false;
  const input = Deno.stdin.read(new Uint8Array(1)).then(() => isOver = true);
  for (let dueAtMs = performance.now(); !isOver;) {
    dueAtMs = clients.sendDue(dueAtMs);
    await sleep(STEP_MS);
  }
  await input;
  const endMs = performance.now() + TAIL_MS;
  while (clients.latencyMs.includes(-Infinity) && performance.now() < endMs) await sleep(10);
  for (const samples of [clients.scheduledAtMs, clients.latencyMs]) {
    await writeAll(new Uint8Array(Float64Array.from(samples).buffer));
  }
  Deno.exit(0);
}

async function writeAll(bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) at += await Deno.stdout.write(bytes.subarray(at));
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

if (import.meta.main) await main(Number(Deno.args[0]), Deno.args[1] as KeyKind);
