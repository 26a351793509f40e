/**
 * A small server with slots, for tests of the proxy: it owns, gives, imports and refuses slots as
 * PROTOCOL rules 8 and 20 say, and can be told to refuse at random.
 *
 * Invariant: a command that was refused was not executed, and neither is anything behind it on the
 * connection that touches one of its slots, until `SLOTSROUTE` names that slot.
 *
 * @module
 */

import { REQUEST_READY, RequestParser } from "../../core/resp/request_parser.ts";
import { slotOf } from "../../core/slots.ts";
import type { SeededRandom } from "./seeded_random.ts";

/** What a server may do with a slot; slots without a state are closed. */
export type SlotState =
  | { readonly kind: "own" }
  | { readonly kind: "giving"; readonly epoch: number; readonly peer: SlotServer }
  | { readonly kind: "importing"; readonly epoch: number };

/** What is known of one connection. */
interface Client {
  /** Slots whose commands are refused. */
  readonly refused: Set<number>;
  /** Epochs of slots that the client said it knows. */
  readonly known: Map<number, number>;
  asking: { slot: number; epoch: number } | undefined;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();
/** For each command, the distance of two keys. */
const KEY_STEPS: Readonly<Record<string, number>> = { GET: 9, SET: 9, APPEND: 9, MSET: 2 };

/** The server. */
export class SlotServer implements AsyncDisposable {
  readonly data: Map<string, string> = new Map();
  readonly states: Map<number, SlotState> = new Map();
  /** Commands refused since the start. */
  refusals = 0;
  readonly #random: SeededRandom;
  readonly #refusedOf100: number;
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly #connections = new Set<Deno.Conn>();
  readonly #running: Promise<void>;

  /** Refuses so many in 100 commands on its own slots for no reason. */
  constructor(random: SeededRandom, refusedOf100: number) {
    this.#random = random;
    this.#refusedOf100 = refusedOf100;
    this.#running = this.#accept();
  }

  /** Where it listens, as in routes. */
  get address(): string {
    return `127.0.0.1:${this.#listener.addr.port}`;
  }

  /** Keys of `slot` that are here. */
  keysOf(slot: number): string[] {
    return [...this.data.keys()].filter((key) => slotOfText(key) === slot);
  }

  /** Moves a key to another server at once. */
  moveKey(key: string, to: SlotServer): void {
    to.data.set(key, this.data.get(key)!);
    this.data.delete(key);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    for (const connection of this.#connections) this.#end(connection);
    await this.#running;
  }

  async #accept(): Promise<void> {
    const serving: Promise<void>[] = [];
    try {
      for await (const connection of this.#listener) serving.push(this.#serve(connection));
    } finally {
      await Promise.all(serving);
    }
  }

  async #serve(connection: Deno.Conn): Promise<void> {
    this.#connections.add(connection);
    const client: Client = { refused: new Set(), known: new Map(), asking: undefined };
    const parser = new RequestParser();
    const chunk = new Uint8Array(65536);
    let input = new Uint8Array(0);
    try {
      for (let size = await connection.read(chunk); size !== null;) {
        const joined = new Uint8Array(input.length + size);
        joined.set(input);
        joined.set(chunk.subarray(0, size), input.length);
        let position = 0;
        let output = "";
        while (parser.parse(joined, position, joined.length) === REQUEST_READY) {
          output += this.#execute(wordsOf(parser), client);
          position = parser.consumed;
        }
        input = joined.slice(position);
        await writeAll(connection, encoder.encode(output));
        size = await connection.read(chunk);
      }
    } catch {
      // The connection was closed, here or there.
    }
    this.#end(connection);
  }

  #end(connection: Deno.Conn): void {
    if (this.#connections.delete(connection)) connection.close();
  }

  #execute(words: readonly string[], client: Client): string {
    const name = words[0]!.toUpperCase();
    if (name === "SLOTSROUTE") {
      client.refused.delete(Number(words[1]));
      client.known.set(Number(words[1]), Number(words[2]));
      return "+OK\r\n";
    }
    if (name === "SLOTSASKING") {
      client.asking = { slot: Number(words[1]), epoch: Number(words[2]) };
      return "+OK\r\n";
    }
    const step = KEY_STEPS[name] ?? 1;
    const keys = words.slice(1).filter((_, index) => index % step === 0);
    const slots = [...new Set(keys.map(slotOfText))];
    const refusal = this.#refusalOf(slots, keys, client);
    client.asking = undefined;
    if (refusal === undefined) return this.#apply(name, words.slice(1));
    this.refusals++;
    for (const slot of slots) {
      if (client.known.get(slot) !== refusal.epoch) client.refused.add(slot);
    }
    return `-${refusal.word} ${refusal.slot} ${refusal.epoch}\r\n`;
  }

  #refusalOf(
    slots: readonly number[],
    keys: readonly string[],
    client: Client,
  ): { word: string; slot: number; epoch: number } | undefined {
    for (const slot of slots) {
      const stale = { word: "SLOTSTALE", slot, epoch: -1 };
      if (client.refused.has(slot)) return stale;
      const state = this.states.get(slot);
      if (state === undefined) return stale;
      if (state.kind === "own" && this.#random.below(100) < this.#refusedOf100) return stale;
      if (state.kind === "importing") {
        const { asking } = client;
        if (asking?.slot !== slot || asking.epoch !== state.epoch) return stale;
      } else if (state.kind === "giving") {
        const { epoch, peer } = state;
        const of = keys.filter((key) => slotOfText(key) === slot);
        const here = of.filter((key) => this.data.has(key));
        if (here.length === 0) return { word: "SLOTASK", slot, epoch };
        if (here.length === of.length) continue;
        for (const key of new Set(here)) this.moveKey(key, peer);
        return { word: "SLOTBUSY", slot, epoch };
      }
    }
    return undefined;
  }

  #apply(name: string, args: readonly string[]): string {
    const { data } = this;
    const first = args[0]!;
    switch (name) {
      case "GET":
        return bulk(data.get(first));
      case "SET":
        data.set(first, args[1]!);
        return "+OK\r\n";
      case "APPEND":
        data.set(first, (data.get(first) ?? "") + args[1]!);
        return `:${data.get(first)!.length}\r\n`;
      case "MSET":
        for (let at = 0; at < args.length; at += 2) data.set(args[at]!, args[at + 1]!);
        return "+OK\r\n";
      case "MGET":
        return `*${args.length}\r\n` + args.map((key) => bulk(data.get(key))).join("");
      case "DEL":
        return `:${args.filter((key) => data.delete(key)).length}\r\n`;
      default:
        return `-ERR unknown command '${name}'\r\n`;
    }
  }
}

/** The slot of a key. */
export function slotOfText(key: string): number {
  const bytes = encoder.encode(key);
  return slotOf(bytes, 0, bytes.length, "hash-empty");
}

function bulk(value: string | undefined): string {
  return value === undefined ? "$-1\r\n" : `$${value.length}\r\n${value}\r\n`;
}

function wordsOf({ args, argumentCount, bytes }: RequestParser): string[] {
  return Array.from(
    { length: argumentCount },
    (_, index) => decoder.decode(bytes.subarray(args[2 * index]!, args[2 * index + 1]!)),
  );
}

async function writeAll(connection: Deno.Conn, bytes: Uint8Array): Promise<void> {
  for (let sent = 0; sent < bytes.length;) sent += await connection.write(bytes.subarray(sent));
}
