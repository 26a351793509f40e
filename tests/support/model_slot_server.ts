/**
 * The slots of a server without a network: executes and refuses commands as PROTOCOL rule 8 says, keeps
 * refusals sticky, and writes down what it executed.
 *
 * Commands carry tokens in place of values: `APPEND key token`, `MSET key token …`. `GETRANGE key token n`
 * answers with its token and `n` bytes more, so that a test can tell whose reply it got.
 *
 * Invariant: a command that was refused was not executed, and neither is anything behind it on the
 * connection that touches one of its slots, until `SLOTSROUTE` names that slot.
 *
 * @module
 */

import { REQUEST_READY, RequestParser } from "../../core/resp/request_parser.ts";
import type { SeededRandom } from "./seeded_random.ts";
import { slotOfText } from "./slot_server.ts";

/** What a server may do with a slot. */
export type ModelSlot =
  | { readonly kind: "own"; readonly epoch: number }
  | { readonly kind: "giving"; readonly epoch: number; readonly peer: ModelSlotServer }
  | { readonly kind: "importing"; readonly epoch: number }
  /** Also `hold`: it refuses likewise. */
  | { readonly kind: "closed"; readonly epoch: number };

/** Hears of everything executed, in the order of time. */
export type ExecutionLog = (key: string, token: string) => void;

const decoder = new TextDecoder();

/** A server. */
export class ModelSlotServer {
  readonly slots: Map<number, ModelSlot> = new Map();
  readonly keys: Set<string> = new Set();
  /** Keys on their way to the peer of their slot. */
  readonly inTransit: Set<string> = new Set();
  /** Refuses so many in 100 commands on its own slots for no reason. */
  refusedOf100 = 0;
  /** Refuses every log-in. */
  refusesLogins = false;
  /** Commands refused since the start. */
  refusals = 0;
  readonly random: SeededRandom;
  readonly log: ExecutionLog;

  constructor(random: SeededRandom, log: ExecutionLog) {
    this.random = random;
    this.log = log;
  }

  /** Keys of `slot` that are here. */
  keysOf(slot: number): string[] {
    return [...this.keys].filter((key) => slotOfText(key) === slot);
  }
}

/** One connection to a server. */
export class ModelConversation {
  readonly #server: ModelSlotServer;
  readonly #parser = new RequestParser();
  readonly #refused = new Set<number>();
  readonly #announced = new Map<number, number>();
  readonly #password: string;
  #loggedIn: boolean;
  #protocol = 2;
  #asking: { slot: number; epoch: number } | undefined;
  #input = new Uint8Array(0);

  /** `password` is needed to log in; empty: none. */
  constructor(server: ModelSlotServer, password: string) {
    this.#server = server;
    this.#password = password;
    this.#loggedIn = password === "";
  }

  /** Takes bytes, executes what is whole, and returns the replies. */
  feed(bytes: Uint8Array): string {
    const input = new Uint8Array(this.#input.length + bytes.length);
    input.set(this.#input);
    input.set(bytes, this.#input.length);
    const parser = this.#parser;
    let position = 0;
    let output = "";
    while (parser.parse(input, position, input.length) === REQUEST_READY) {
      const words = wordsOf(parser);
      if (this.#protocol === 3 && this.#server.random.below(20) === 0) {
        output += ">2\r\n+invalidate\r\n*1\r\n$1\r\nk\r\n";
      }
      output += this.#execute(words);
      position = parser.consumed;
    }
    this.#input = input.slice(position);
    return output;
  }

  #execute([word, ...args]: string[]): string {
    const name = word!.toUpperCase();
    if (name === "AUTH") {
      this.#loggedIn = !this.#server.refusesLogins && args.at(-1) === this.#password;
      return this.#loggedIn ? "+OK\r\n" : "-WRONGPASS invalid username-password pair\r\n";
    }
    if (!this.#loggedIn) return "-NOAUTH Authentication required.\r\n";
    switch (name) {
      case "HELLO":
        this.#protocol = 3;
        return "%1\r\n$5\r\nproto\r\n:3\r\n";
      case "SLOTSROUTE":
        this.#refused.delete(Number(args[0]));
        this.#announced.set(Number(args[0]), Number(args[1]));
        return "+OK\r\n";
      case "SLOTSASKING":
        this.#asking = { slot: Number(args[0]), epoch: Number(args[1]) };
        return "+OK\r\n";
      case "DBSIZE":
        return `:${this.#server.keys.size}\r\n`;
      case "RANDOMKEY":
        return bulk([...this.#server.keys][0]);
    }
    return this.#executeOnKeys(name, args);
  }

  #executeOnKeys(name: string, args: string[]): string {
    const asking = this.#asking;
    this.#asking = undefined;
    const keys = name === "MSET"
      ? args.filter((_, at) => at % 2 === 0)
      : name === "MGET"
      ? args
      : args.slice(0, 1);
    const slots = [...new Set(keys.map(slotOfText))];
    for (const slot of slots) {
      const asked = asking?.slot === slot && asking.epoch === this.#slot(slot).epoch;
      let verdict = this.#verdict(slot, keys.filter((key) => slotOfText(key) === slot), asked);
      if (verdict === "" && !asked && this.#refused.has(slot)) verdict = "SLOTSTALE";
      if (verdict !== "") return this.#refuse(slots, slot, verdict, asking !== undefined);
    }
    return this.#apply(name, args);
  }

  #verdict(slot: number, keys: string[], asked: boolean): string {
    const { keys: here, inTransit, random, refusedOf100 } = this.#server;
    const state = this.#slot(slot);
    switch (state.kind) {
      case "own":
        return random.below(100) < refusedOf100 ? "SLOTSTALE" : "";
      case "importing":
        return asked ? "" : "SLOTSTALE";
      case "closed":
        return "SLOTSTALE";
      case "giving": {
        if (keys.some((key) => inTransit.has(key))) return "SLOTBUSY";
        const found = keys.filter((key) => here.has(key));
        if (found.length === keys.length) return "";
        if (found.length === 0) return "SLOTASK";
        for (const key of found) inTransit.add(key);
        return "SLOTBUSY";
      }
    }
  }

  #refuse(slots: number[], refused: number, word: string, isAsking: boolean): string {
    this.#server.refusals++;
    for (const slot of isAsking ? [] : slots) {
      const { kind, epoch } = this.#slot(slot);
      const knows = kind === "giving" && this.#announced.get(slot) === epoch;
      if (!knows || (slot === refused && word === "SLOTSTALE")) this.#refused.add(slot);
    }
    return `-${word} ${refused} ${this.#slot(refused).epoch}\r\n`;
  }

  #apply(name: string, args: string[]): string {
    const { keys, log } = this.#server;
    switch (name) {
      case "APPEND":
        keys.add(args[0]!);
        log(args[0]!, args[1]!);
        return bulk(args[1]);
      case "GETRANGE":
        return bulk(args[1]! + "x".repeat(Number(args[2])));
      case "MSET":
        for (let at = 0; at < args.length; at += 2) {
          keys.add(args[at]!);
          log(args[at]!, args[at + 1]!);
        }
        return "+OK\r\n";
      case "MGET":
        return `*${args.length}\r\n${args.map(bulk).join("")}`;
      default:
        return `-ERR unknown command '${name}'\r\n`;
    }
  }

  #slot(slot: number): ModelSlot {
    return this.#server.slots.get(slot) ?? { kind: "closed", epoch: 0 };
  }
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
