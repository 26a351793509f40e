/**
 * A seeded load by many clients at once, recorded for the checker. Some clients send one command at
 * a time, some send many at once over few keys, with tokens between them that show a wrong order of
 * replies. Invariant: every command is recorded before it is sent, none is sent twice, and a
 * connection that was lost is replaced by a new client.
 *
 * @module
 */

import type { History } from "./history.ts";
import { OutcomeUnknownError, type Reply, RespClient } from "./resp_client.ts";
import { SeededRandom } from "./seeded_random.ts";
import { commandOn, outcomeOf, readBackOf } from "./workload_commands.ts";
import { type WorkloadKey, WorkloadKeys } from "./workload_keys.ts";

/** What load to make. */
export interface WorkloadOptions {
  /** Ports of proxies or servers; the clients spread over them. */
  ports: readonly number[];
  /** Repeats the choice of keys and commands (not the timing). */
  seed: number;
  /** Where everything is recorded. */
  history: History;
  /** Stop after so many operations have returned. @default {100_000} */
  operations?: number;
  /** Clients that send one command at a time. @default {16} */
  clients?: number;
  /** Clients that send many commands at a time. @default {4} */
  pipelinedClients?: number;
  /** Commands that such a client sends at a time. @default {16} */
  pipelineDepth?: number;
  /** Keys of each of the five kinds. @default {40} */
  keysPerKind?: number;
  /** Slots on which the keys lie; all if left out. */
  slots?: readonly number[];
  /** Whether a slot is migrating now; asked at each invocation. @default {() => false} */
  isMigrating?: (slot: number) => boolean;
  /** Part of the commands that look for a key on a migrating slot. @default {0.5} */
  migratingBias?: number;
  /** Whether ECHO may be sent. @default {true} */
  echo?: boolean;
  /** A connection without a reply for so many milliseconds is given up. @default {5000} */
  replyTimeoutMs?: number;
  /** A client rests for so many milliseconds between what it sends at a time. @default {0} */
  restMs?: number;
  /** Told of every command that was refused, or whose result is not known. */
  onFailure?: (failure: RequestFailure) => void;
  /** Give up when nothing could be reached for so many milliseconds. @default {30_000} */
  connectTimeoutMs?: number;
  /** Stops the load early; every key is still read back. */
  signal?: AbortSignal;
}

/** A command that did not return. */
export interface RequestFailure {
  /** The port it was sent to. */
  readonly port: number;
  readonly command: readonly string[];
  /** What was answered; undefined if the connection was lost. */
  readonly reply: Reply | undefined;
}

type Settings = Required<Omit<WorkloadOptions, "slots" | "signal">>;

/** One command about to be sent. */
interface Planned {
  readonly command: readonly string[];
  readonly keys: readonly WorkloadKey[];
}

const REFUSED_PAUSE_MS = 5;
const RECONNECT_PAUSE_MS = 20;

/**
 * Runs the load to its end, then reads every key back once.
 *
 * @throws {Error} If no port can be reached for `connectTimeoutMs`, or a reply answers nothing.
 */
export async function runWorkload(options: WorkloadOptions): Promise<void> {
  const run = new WorkloadRun(options);
  const { clients, pipelinedClients, pipelineDepth } = run.settings;
  await Promise.all([
    ...Array.from({ length: clients }, (_, i) => run.client(i, 1)),
    ...Array.from({ length: pipelinedClients }, (_, i) => run.client(clients + i, pipelineDepth)),
  ]);
  await run.readBack();
}

/** What the clients of one load share. */
class WorkloadRun {
  readonly settings: Settings;
  readonly #keys: WorkloadKeys;
  readonly #signal: AbortSignal | undefined;
  #clientCount = 0;
  #tokenCount = 0;
  #left: number;

  constructor({ slots, signal, ...options }: WorkloadOptions) {
    this.settings = {
      operations: 100_000,
      clients: 16,
      pipelinedClients: 4,
      pipelineDepth: 16,
      keysPerKind: 40,
      isMigrating: () => false,
      migratingBias: 0.5,
      echo: true,
      replyTimeoutMs: 5_000,
      restMs: 0,
      onFailure: () => {},
      connectTimeoutMs: 30_000,
      ...options,
    };
    this.#left = this.settings.operations;
    this.#signal = signal;
    this.#keys = new WorkloadKeys({
      prefix: this.settings.seed.toString(36),
      perKind: this.settings.keysPerKind,
      ...slots && { slots },
    });
  }

  /** One client: batches of `depth` commands, on a new connection whenever the old one is lost. */
  async client(index: number, depth: number): Promise<void> {
    const random = new SeededRandom(this.settings.seed * 1009 + index);
    while (this.#goesOn) {
      const id = this.#clientCount++;
      const own = this.#keys.createOwned();
      await using connection = await this.#connect(id);
      while (this.#goesOn && !connection.closed) {
        const size = Math.max(1, Math.min(depth, this.#left));
        const plans = Array.from({ length: size }, () => this.#plan(random, depth > 1, own));
        const refused = await this.#send(connection, id, plans);
        const restMs = Math.max(this.settings.restMs, refused > 0 ? REFUSED_PAUSE_MS : 0);
        if (restMs > 0) await pause(restMs);
      }
      if (connection.closed) await pause(RECONNECT_PAUSE_MS);
    }
  }

  /** Reads each key once, over a connection of its own, so that late losses are seen. */
  async readBack(): Promise<void> {
    const plans = this.#keys.all.map((key) => ({ command: readBackOf(key), keys: [key] }));
    for (let from = 0; from < plans.length;) {
      const id = this.#clientCount++;
      await using connection = await this.#connect(id);
      while (from < plans.length && !connection.closed) {
        const batch = plans.slice(from, from + this.settings.pipelineDepth);
        const refused = await this.#send(connection, id, batch);
        if (refused > 0) await pause(REFUSED_PAUSE_MS);
        from += batch.length;
      }
    }
  }

  get #goesOn(): boolean {
    return this.#left > 0 && !this.#signal?.aborted;
  }

  #plan(random: SeededRandom, isPipelined: boolean, own: WorkloadKey): Planned {
    const token = `t${(this.#tokenCount++).toString(36)}`;
    if (isPipelined && this.settings.echo && random.chance(0.15)) {
      return { command: ["ECHO", token], keys: [] };
    }
    if (isPipelined && random.chance(0.2)) {
      return { command: commandOn(own, random, token), keys: [own] };
    }
    if (random.chance(0.06)) {
      const keys = this.#keys.pickRegisters(random, 3);
      const names = keys.map(({ names }) => names[0]!);
      const command = random.chance(0.6)
        ? ["MGET", ...names]
        : ["MSET", ...names.flatMap((name, i) => [name, `${token}.${i}`])];
      return { command, keys };
    }
    const isBiased = random.chance(this.settings.migratingBias);
    const key = this.#keys.pick(random, isBiased ? this.settings.isMigrating : undefined);
    return { command: commandOn(key, random, token), keys: [key] };
  }

  /** Sends a batch and records it; returns how many commands were refused. */
  async #send(
    connection: RespClient,
    client: number,
    plans: readonly Planned[],
  ): Promise<number> {
    const timer = setTimeout(() => connection.close(), this.settings.replyTimeoutMs);
    try {
      const done = await Promise.all(plans.map((plan) => this.#sendOne(connection, client, plan)));
      if (connection.unsolicited.length > 0) throw new Error("A reply came without a request");
      return done.filter((outcome) => outcome === "refused").length;
    } finally {
      clearTimeout(timer);
    }
  }

  async #sendOne(connection: RespClient, client: number, { command, keys }: Planned) {
    const { history, isMigrating, onFailure } = this.settings;
    const onMigratingSlot = keys.some(({ slot }) => isMigrating(slot));
    const id = history.begin(client, command);
    const reply = await replyOf(connection, command);
    const isOverSlots = keys.length > 1;
    const outcome = reply === undefined ? "unknown" : outcomeOf(reply, isOverSlots);
    if (outcome === "returned") {
      history.end(id, reply!, onMigratingSlot);
      this.#left--;
    } else if (outcome === "refused") history.refuse(id);
    if (outcome !== "returned") onFailure({ port: connection.port, command, reply });
    for (const key of keys) this.#keys.used(key, outcome === "unknown");
    return outcome;
  }

  async #connect(index: number): Promise<RespClient> {
    const { ports, connectTimeoutMs } = this.settings;
    const deadlineMs = performance.now() + connectTimeoutMs;
    for (let attempt = 0;; attempt++) {
      try {
        return await RespClient.connect({ port: ports[(index + attempt) % ports.length]! });
      } catch (cause) {
        if (performance.now() >= deadlineMs) {
          throw new Error(`Cannot connect to any of the ports ${ports.join(", ")}`, { cause });
        }
      }
      await pause(RECONNECT_PAUSE_MS);
    }
  }
}

async function replyOf(
  connection: RespClient,
  command: readonly string[],
): Promise<Reply | undefined> {
  try {
    return await connection.send(...command);
  } catch (error) {
    if (error instanceof OutcomeUnknownError) return undefined;
    throw error;
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
