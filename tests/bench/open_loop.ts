/**
 * Open-loop clients as a child process, and what they saw.
 *
 * Invariant: the process is gone when its owner was disposed.
 *
 * @module
 */

import { keysOfSlot, spreadKeys } from "./slot_keys.ts";
import type { OpenLoopSamples } from "./latency.ts";

/** The load, as in the budgets. */
export const OPEN_LOOP = { requestsPerSecond: 2000, connections: 16, readPercent: 80 } as const;
/** What every key holds. */
export const STORED_VALUE = "x".repeat(64);
/** Keys that are loaded, and asked for. */
export const KEY_COUNT = 200_000;
/** The slot of the keys that share one. */
export const SHARED_SLOT = 100;

/** Which keys: over all slots, or of one. */
export type KeyKind = "spread" | "slot";

const CLIENTS = new URL("./open_loop_clients.ts", import.meta.url).pathname;

/** The keys of a kind. */
export function keysOf(kind: KeyKind): string[] {
  return kind === "spread" ? spreadKeys(KEY_COUNT) : keysOfSlot(SHARED_SLOT, KEY_COUNT);
}

/** Clients that send until they are told to stop. */
export class OpenLoop implements AsyncDisposable {
  readonly #process: Deno.ChildProcess;
  readonly #output: Promise<ArrayBuffer>;
  #isStopped = false;

  /** Starts clients of the proxy on `port`. */
  constructor(port: number, kind: KeyKind) {
    this.#process = new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", CLIENTS, `${port}`, kind],
      stdin: "piped",
      stdout: "piped",
      stderr: "inherit",
    }).spawn();
    this.#output = new Response(this.#process.stdout).arrayBuffer();
  }

  /** Stops sending, awaits what is on its way, and returns everything there was. */
  async stop(): Promise<OpenLoopSamples> {
    this.#isStopped = true;
    await this.#process.stdin.close();
    const bytes = await this.#output;
    const { success, code } = await this.#process.status;
    if (!success) throw new Error(`the clients ended with code ${code}`);
    const count = bytes.byteLength / 16;
    return {
      scheduledAtMs: new Float64Array(bytes, 0, count),
      latencyMs: new Float64Array(bytes, count * 8, count),
    };
  }

  /** Ends the process, if it was not stopped. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#isStopped) return;
    this.#process.kill("SIGKILL");
    await this.#output;
    await this.#process.status;
    await this.#process.stdin.close().catch(() => {});
  }
}
