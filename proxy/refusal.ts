/**
 * The replies by which a codis-server says that it did not execute a command, and the frames with
 * which a proxy goes on (PROTOCOL rules 8 and 20).
 *
 * @module
 */

import { encodeRequest } from "../core/resp/encode_request.ts";

/** Why a server did not execute a command. */
export interface Refusal {
  /** `ask`: the slot's new owner may execute it. `busy`: soon. `stale`: not this server, or not now. */
  readonly kind: "ask" | "busy" | "stale";
  readonly slot: number;
  /** The slot's epoch at the server. */
  readonly epoch: number;
}

const KINDS = { "-SLOTASK": "ask", "-SLOTBUSY": "busy", "-SLOTSTALE": "stale" } as const;

/** Reads `-SLOTASK slot epoch` and its like from `[start, end)`; undefined if it is another error. */
export function parseRefusal(bytes: Uint8Array, start: number, end: number): Refusal | undefined {
  if (end - start > 64) return undefined;
  const text = String.fromCharCode(...bytes.subarray(start, end)).trimEnd();
  const [word, slot, epoch] = text.split(" ");
  const kind = KINDS[word as keyof typeof KINDS];
  if (kind === undefined || slot === undefined || epoch === undefined) return undefined;
  return { kind, slot: Number(slot), epoch: Number(epoch) };
}

/** Lets the next command on `slot` run at its new owner. */
export function askingFrame(slot: number, epoch: number): Uint8Array {
  return encodeRequest(["SLOTSASKING", slot, epoch]);
}

/** Tells a server that what follows knows the slot's route at `epoch`; it forgets its refusals. */
export function routeFrame(slot: number, epoch: number): Uint8Array {
  return encodeRequest(["SLOTSROUTE", slot, epoch]);
}
