/**
 * Records what clients asked and were answered, for the checker. Invariant: every invocation and
 * every return has its own place in one sequence, in the order in which this process saw them; an
 * operation without a known result never returns, so it may take effect at any later time or never.
 *
 * @module
 */

import type { Reply } from "./resp_client_reader.ts";

/** One command of one connection, or the part of it that concerns one object. */
export interface Operation {
  /** Place in the history; the parts of one command share it. */
  readonly id: number;
  /** The connection. Its commands on one object take effect in the order of invocation. */
  readonly client: number;
  /** The words of the command. */
  readonly command: readonly string[];
  /** The reply; `undefined` while unknown. */
  readonly reply: Reply | undefined;
  /** Place of the invocation in the sequence. */
  readonly invoked: number;
  /** Place of the return in the sequence; `Infinity` while unknown. */
  readonly returned: number;
  /** Monotonic time of the invocation in milliseconds. */
  readonly invokedAtMs: number;
  /** Monotonic time of the return in milliseconds; `Infinity` while unknown. */
  readonly returnedAtMs: number;
}

const OPEN = 0;
const RETURNED = 1;
const REFUSED = 2;

/** An append-only record; one million operations take about 150 MB. */
export class History {
  readonly #nowMs: () => number;
  readonly #commands: (readonly string[])[] = [];
  readonly #replies: (Reply | undefined)[] = [];
  #client = new Uint32Array(1024);
  #invoked = new Uint32Array(1024);
  #returned = new Uint32Array(1024);
  #invokedAtMs = new Float64Array(1024);
  #returnedAtMs = new Float64Array(1024);
  #state = new Uint8Array(1024);
  #sequence = 0;
  #returnedCount = 0;
  #refusedCount = 0;
  #migratingCount = 0;

  /** Starts an empty record; `nowMs` is a monotonic clock. */
  constructor(nowMs: () => number = () => performance.now()) {
    this.#nowMs = nowMs;
  }

  /** Operations that returned or may still have taken effect; refused ones do not count. */
  get size(): number {
    return this.#commands.length - this.#refusedCount;
  }

  /** Operations whose result is not known. */
  get unknownCount(): number {
    return this.size - this.#returnedCount;
  }

  /** Operations that provably did not run. */
  get refusedCount(): number {
    return this.#refusedCount;
  }

  /** Returned operations whose slot was migrating when they were invoked. */
  get migratingCount(): number {
    return this.#migratingCount;
  }

  /** Returned operations. */
  get returnedCount(): number {
    return this.#returnedCount;
  }

  /** Records an invocation; call it before the first byte is sent. Returns the operation's id. */
  begin(client: number, command: readonly string[]): number {
    const id = this.#commands.length;
    if (id === this.#client.length) this.#grow();
    this.#commands.push(command);
    this.#replies.push(undefined);
    this.#client[id] = client;
    this.#invoked[id] = this.#sequence++;
    this.#invokedAtMs[id] = this.#nowMs();
    return id;
  }

  /** Records the reply of an operation; `onMigratingSlot` says where it fell when invoked. */
  end(id: number, reply: Reply, onMigratingSlot = false): void {
    this.#close(id, RETURNED);
    this.#replies[id] = reply;
    this.#returnedCount++;
    if (onMigratingSlot) this.#migratingCount++;
  }

  /** Records that an operation was refused before it could run: it is no part of the history. */
  refuse(id: number): void {
    this.#close(id, REFUSED);
    this.#refusedCount++;
  }

  /** The operations in the order of invocation, without refused ones. */
  *operations(): Generator<Operation> {
    for (let id = 0; id < this.#commands.length; id++) {
      const state = this.#state[id]!;
      if (state === REFUSED) continue;
      const open = state === OPEN;
      yield {
        id,
        client: this.#client[id]!,
        command: this.#commands[id]!,
        reply: this.#replies[id],
        invoked: this.#invoked[id]!,
        returned: open ? Infinity : this.#returned[id]!,
        invokedAtMs: this.#invokedAtMs[id]!,
        returnedAtMs: open ? Infinity : this.#returnedAtMs[id]!,
      };
    }
  }

  #close(id: number, state: number): void {
    if (this.#state[id] !== OPEN || id >= this.#commands.length) {
      throw new RangeError(`Cannot end operation ${id}: it is not open`);
    }
    this.#state[id] = state;
    this.#returned[id] = this.#sequence++;
    this.#returnedAtMs[id] = this.#nowMs();
  }

  #grow(): void {
    const size = this.#client.length * 2;
    this.#client = grown(this.#client, new Uint32Array(size));
    this.#invoked = grown(this.#invoked, new Uint32Array(size));
    this.#returned = grown(this.#returned, new Uint32Array(size));
    this.#invokedAtMs = grown(this.#invokedAtMs, new Float64Array(size));
    this.#returnedAtMs = grown(this.#returnedAtMs, new Float64Array(size));
    this.#state = grown(this.#state, new Uint8Array(size));
  }
}

function grown<T extends Uint8Array | Uint32Array | Float64Array>(from: T, to: T): T {
  to.set(from);
  return to;
}
