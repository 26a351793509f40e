/**
 * How the commands of codis-server read their arguments. The errors are the original's.
 *
 * @module
 */

import { SLOT_COUNT } from "../../core/slots.ts";
import type { SocketAddress } from "../../core/transport/reactor.ts";
import { type Call, CommandError } from "../call.ts";

const TIMEOUT_DEFAULT_MS = 100;
const TIMEOUT_MAX_MS = 0x7fffffff;

/**
 * Argument `index` as a slot.
 *
 * @throws {CommandError} if it is none.
 */
export function slotArgument(call: Call, index: number): number {
  const slot = call.integer(index);
  if (slot < 0 || slot >= SLOT_COUNT) throw new CommandError(`ERR invalid slot number = ${slot}`);
  return slot;
}

/**
 * Argument `index` as a time limit in milliseconds; 0 asks for the original's default.
 *
 * @throws {CommandError} if it is none.
 */
export function timeoutArgument(call: Call, index: number): number {
  const timeoutMs = call.integer(index);
  if (timeoutMs < 0 || timeoutMs > TIMEOUT_MAX_MS) {
    throw new CommandError(`ERR invalid timeout = ${timeoutMs}`);
  }
  return timeoutMs || TIMEOUT_DEFAULT_MS;
}

/**
 * Makes sure that nobody else decides where the keys of this server are.
 *
 * @throws {CommandError} if a leader manages its slots.
 */
export function requireUnmanaged({ server }: Call): void {
  if (server.slotStanding?.mode === "managed") {
    throw new CommandError(
      "ERR the slots of this server are managed: move and empty them with the manager",
    );
  }
}

/** Arguments `index` and the next as the address of a server. */
export function addressArguments(call: Call, index: number): SocketAddress {
  const host = call.text(index);
  return { host: host === "localhost" ? "127.0.0.1" : host, port: call.integer(index + 1) };
}
