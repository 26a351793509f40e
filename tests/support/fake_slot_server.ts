/**
 * Servers that do nothing but hold slots as the leader tells them: the wire contract of the protocol
 * without data. Keys are names with a number; a giving slot hands some over whenever it is asked for its
 * receipt, so that nothing happens by itself.
 *
 * Invariant: whatever breaks a rule of the protocol is kept in `violations`, and a test ends by looking.
 *
 * @module
 */

import { ReplyScanner } from "../../core/resp/reply_scanner.ts";
import { decodeReply } from "../../core/resp/decode_reply.ts";
import { slotsOfWords } from "./slots_of_words.ts";

type State = "own" | "giving" | "importing" | "hold" | "closed";

interface Slot {
  state: State;
  epoch: number | null;
  peer: string;
  keys: Map<string, bigint>;
  moved: Map<number, { count: number; sum: bigint }>;
}

const SLOT_COUNT = 1024;

/** All servers of a test, by address. */
export class FakeSlotServers implements AsyncDisposable {
  readonly violations: string[] = [];
  readonly #servers = new Map<string, FakeSlotServer>();

  /** Starts a server on a free port. */
  start(options: { keysPerAsk?: number } = {}): FakeSlotServer {
    const server = new FakeSlotServer(this, options.keysPerAsk ?? Infinity);
    this.#servers.set(server.addr, server);
    return server;
  }

  /** Returns the server at `addr`. */
  at(addr: string): FakeSlotServer {
    return this.#servers.get(addr)!;
  }

  /** Returns who owns each slot; a violation for one that two own. */
  owners(): (FakeSlotServer | null)[] {
    return Array.from({ length: SLOT_COUNT }, (_, slot) => {
      const owners = [...this.#servers.values()].filter((server) => server.stateOf(slot) === "own");
      if (owners.length > 1) this.violations.push(`slot ${slot} has ${owners.length} owners`);
      return owners[0] ?? null;
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const server of this.#servers.values()) await server.close();
  }
}

/** One process after another at one address. */
export class FakeSlotServer {
  readonly addr: string;
  /** How many keys all its giving slots hand over per question; a test may change it. */
  keysPerAsk: number;
  /** Answers nothing while true: connections stay open. */
  silent = false;
  readonly #world: FakeSlotServers;
  readonly #listener: Deno.TcpListener;
  readonly #connections = new Set<Deno.TcpConn>();
  readonly #accepting: Promise<void>;
  readonly #serving = new Set<Promise<void>>();
  #slots: Slot[] = freshSlots();
  #boots = 1;
  #leaderEpoch = 0;

  constructor(world: FakeSlotServers, keysPerAsk: number) {
    this.#world = world;
    this.keysPerAsk = keysPerAsk;
    this.#listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    this.addr = `127.0.0.1:${(this.#listener.addr as Deno.NetAddr).port}`;
    this.#accepting = this.#accept();
  }

  /** The start that answers now. */
  get boot(): string {
    return `${this.addr}-boot-${this.#boots}`;
  }

  stateOf(slot: number): State {
    return this.#slots[slot]!.state;
  }

  keysIn(slot: number): number {
    return this.#slots[slot]!.keys.size;
  }

  get keyCount(): number {
    return this.#slots.reduce((sum, slot) => sum + slot.keys.size, 0);
  }

  /** Puts keys into a slot. */
  fill(slot: number, count: number): void {
    for (let key = 0; key < count; key++) {
      this.#slots[slot]!.keys.set(`${slot}:${key}`, BigInt(slot * 1_000_003 + key));
    }
  }

  /** Another process: it has the data of the one before, and holds no slot. */
  restart(): void {
    this.#boots++;
    for (const slot of this.#slots) {
      slot.state = "closed";
      slot.epoch = null;
      slot.moved.clear();
    }
    this.dropConnections();
  }

  dropConnections(): void {
    for (const connection of this.#connections) tryClose(connection);
  }

  async close(): Promise<void> {
    this.#listener.close();
    this.dropConnections();
    await this.#accepting;
    await Promise.all(this.#serving);
  }

  /** Takes a key from a giving peer. */
  take(slotNumber: number, epoch: number, key: string, value: bigint): boolean {
    const slot = this.#slots[slotNumber]!;
    if (slot.state !== "importing" || slot.epoch !== epoch) return false;
    slot.keys.set(key, value);
    count(slot, epoch, value);
    return true;
  }

  async #accept(): Promise<void> {
    try {
      for (;;) {
        const connection = await this.#listener.accept();
        this.#connections.add(connection);
        const serving = this.#serve(connection).finally(() => {
          this.#connections.delete(connection);
          this.#serving.delete(serving);
        });
        this.#serving.add(serving);
      }
    } catch {
      // The listener was closed.
    }
  }

  async #serve(connection: Deno.TcpConn): Promise<void> {
    const scanner = new ReplyScanner();
    let input = new Uint8Array(0);
    const chunk = new Uint8Array(65536);
    try {
      for (;;) {
        const size = await connection.read(chunk);
        if (size === null) break;
        input = new Uint8Array([...input, ...chunk.subarray(0, size)]);
        let start = 0;
        let output = "";
        for (;;) {
          const end = scanner.scan(input, start, input.length);
          if (end < 0) break;
          const request = decodeReply(input, start, end) as Uint8Array[];
          const words = request.map((word) => new TextDecoder().decode(word));
          if (!this.silent) output += this.#answer(words);
          start = end;
        }
        input = input.slice(start);
        const bytes = new TextEncoder().encode(output);
        for (let sent = 0; sent < bytes.length;) {
          sent += await connection.write(bytes.subarray(sent));
        }
      }
    } catch {
      // The other side, or the test, ended the connection.
    }
    tryClose(connection);
  }

  #answer([name, ...words]: string[]): string {
    switch (name) {
      case "PING":
        return "+PONG\r\n";
      case "REPLICAOF":
        return "+OK\r\n";
      case "SLOTSBOOT":
        return array([bulk(this.boot), integer(this.#leaderEpoch), bulk("managed")]);
      case "SLOTSINFO": {
        const rows = this.#slots.map((slot, number) => [number, slot.keys.size] as const);
        const [first, countMax] = words.map(Number);
        return array(
          rows.slice(first, first! + countMax!).filter(([, keys]) => keys > 0).map((row) =>
            array(row.map(integer))
          ),
        );
      }
      case "SLOTSFENCE":
        return this.#fence(words);
      case "SLOTSRECEIPT":
        return this.#receipt(Number(words[0]), slotsOfWords(words.slice(1)));
      default:
        return `-ERR unknown command '${name}'\r\n`;
    }
  }

  #fence(words: string[]): string {
    const [leaderText, boot, epochText, state, fresh, peer, _peerBoot, ...slotTexts] = words;
    const [leaderEpoch, epoch] = [Number(leaderText), Number(epochText)];
    const numbers = slotsOfWords(slotTexts);
    const slots = numbers.map((number) => this.#slots[number]!);
    if (boot !== this.boot) return `-SLOTBOOT ${this.boot}\r\n`;
    for (const slot of slots) {
      if (leaderEpoch < this.#leaderEpoch || epoch < (slot.epoch ?? 0)) {
        return `-SLOTFENCED ${this.#leaderEpoch} ${slot.epoch ?? 0}\r\n`;
      }
      if (epoch === slot.epoch && state !== slot.state) {
        this.#world.violations.push(`${this.addr}: told ${state} and ${slot.state} at ${epoch}`);
      }
      if (state === "closed" && slot.state === "giving" && slot.keys.size > 0) {
        return `-SLOTNOTEMPTY ${numbers[0]} ${slot.keys.size}\r\n`;
      }
    }
    this.#leaderEpoch = leaderEpoch;
    for (const slot of slots) {
      if (slot.epoch === epoch) continue;
      if (state === "importing" && fresh === "1") slot.keys.clear();
      if (state === "closed" && slot.state !== "closed") slot.keys.clear();
      Object.assign(slot, { state, epoch, peer });
    }
    return "+OK\r\n";
  }

  #receipt(epoch: number, slots: readonly number[]): string {
    let left = this.keysPerAsk;
    for (const number of slots) left = this.#pump(number, left);
    const rows = slots.map((number) => {
      const { state, keys, moved, epoch: slotEpoch } = this.#slots[number]!;
      const { count, sum } = moved.get(epoch) ?? { count: 0, sum: 0n };
      const standing = `${number} ${slotEpoch ?? 0} ${state}`;
      return bulk(`${standing} ${keys.size} 0 ${count} ${sum.toString(16)}`);
    });
    return array([bulk(this.boot), integer(this.#leaderEpoch), ...rows]);
  }

  #pump(number: number, keysMax: number): number {
    const slot = this.#slots[number]!;
    if (slot.state !== "giving") return keysMax;
    for (const [key, value] of slot.keys) {
      if (keysMax === 0) return 0;
      if (!this.#world.at(slot.peer).take(number, slot.epoch!, key, value)) return keysMax;
      slot.keys.delete(key);
      count(slot, slot.epoch!, value);
      keysMax--;
    }
    return keysMax;
  }
}

function freshSlots(): Slot[] {
  return Array.from({ length: SLOT_COUNT }, () => ({
    state: "closed",
    epoch: null,
    peer: "-",
    keys: new Map(),
    moved: new Map(),
  }));
}

function count(slot: Slot, epoch: number, value: bigint): void {
  const { count, sum } = slot.moved.get(epoch) ?? { count: 0, sum: 0n };
  slot.moved.set(epoch, { count: count + 1, sum: BigInt.asUintN(64, sum + value) });
}

function tryClose(connection: Deno.TcpConn): void {
  try {
    connection.close();
  } catch {
    // Closed already.
  }
}

function bulk(text: string): string {
  return `$${text.length}\r\n${text}\r\n`;
}

function integer(value: number): string {
  return `:${value}\r\n`;
}

function array(items: readonly string[]): string {
  return `*${items.length}\r\n${items.join("")}`;
}
