/**
 * The replies by which a codis-server says that it did not execute a command, and the frames with
 * which a proxy goes on (PROTOCOL rules 8 and 20).
 *
 * @module
 */

import { encodeRequest } from "../core/resp/encode_request.ts";
import type { Route } from "./routes.ts";

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

/** What a proxy does after a refusal on a slot that moves. */
export interface RefusalPlan {
  /** Where the command goes on behind the refusal's own token; undefined: it waits. */
  readonly askAt: string | undefined;
  /** The refusal holds on that connection until the route is announced there again. */
  readonly mustAnnounce: boolean;
}

/** Returns what follows from a refusal on a slot whose route in force is `route`. */
export function planAfterRefusal({ kind, epoch }: Refusal, route: Route): RefusalPlan {
  if (route.kind !== "migrating") return { askAt: undefined, mustAnnounce: true };
  return {
    // The token of an epoch that is not known yet may be another target's.
    askAt: kind === "ask" && epoch <= route.slotEpoch ? route.to : undefined,
    mustAnnounce: kind === "stale" || epoch !== route.slotEpoch,
  };
}

/** The slot epoch that a proxy announces with a route; 0: the slot does not move. */
export function announcedEpochOf(route: Route): number {
  return route.kind === "migrating" ? route.slotEpoch : 0;
}

/** Lets the next command on `slot` run at its new owner. */
export function askingFrame(slot: number, epoch: number): Uint8Array {
  return encodeRequest(["SLOTSASKING", slot, epoch]);
}

/** Tells a server that what follows knows the slot's route at `epoch`; it forgets its refusals. */
export function routeFrame(slot: number, epoch: number): Uint8Array {
  return encodeRequest(["SLOTSROUTE", slot, epoch]);
}
