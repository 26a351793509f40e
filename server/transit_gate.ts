/**
 * Keeps commands away from keys that are on their way to another server.
 *
 * Such a command waits and is run again once the key has arrived there, or is known to have stayed:
 * what the original codis-server does by standing still for all clients, for those concerned alone.
 *
 * Invariant: a command that waits has done nothing.
 *
 * @module
 */

import { keysOf } from "../core/commands/keys_of.ts";
import type { Call } from "./call.ts";
import type { SlotGate } from "./data_server.ts";
import type { KeysInTransit } from "./keys_in_transit.ts";

/** The gate of a server whose slots no leader manages. */
export class TransitGate implements SlotGate {
  readonly #transit: KeysInTransit;
  #keys = new Int32Array(64);

  constructor(transit: KeysInTransit) {
    this.#transit = transit;
  }

  get active(): boolean {
    return this.#transit.size > 0;
  }

  /** False if the command has to wait; its session is then parked. */
  admit(call: Call): boolean {
    const { args, argumentCount, bytes } = call;
    if (this.#keys.length < argumentCount) this.#keys = new Int32Array(2 * argumentCount);
    const keys = this.#keys;
    const count = keysOf(call.command, args, argumentCount, bytes, keys);
    for (let i = 0; i < count; i++) {
      const index = keys[i]!;
      if (!this.#transit.has(bytes, call.start(index), call.end(index))) continue;
      this.#transit.wait(call.server.defer(call.session));
      return false;
    }
    return true;
  }
}
