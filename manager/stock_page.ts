/**
 * What is to be done with the keys that one `SCAN` of a stock server returned, and what the server
 * answers to a `MIGRATE` means. Pure.
 *
 * @module
 */

import { parseAddress } from "../core/address.ts";
import { type ControlCommand, isErrorReply } from "../core/control_client.ts";
import type { Reply } from "../core/resp/decode_reply.ts";
import { type EmptyTag, slotOf } from "../core/slots.ts";
import type { StockLogin } from "../core/stock_users.ts";
import { ServerAnswerError } from "./server_wire.ts";

/** Keys that one `MIGRATE` takes: the source executes nothing else meanwhile. */
const KEYS_PER_MIGRATE = 32;

/** How long a `MIGRATE` waits for the target at most, milliseconds; the source waits with it. */
const MIGRATE_TIMEOUT_MS = 1000;

/** A key and its slot. */
export interface SlotKey {
  readonly key: Uint8Array;
  readonly slot: number;
}

/** What a slot's keys need: to go to a server (`host:port`), or to be removed. */
export type SlotOrder = { readonly to: string } | "purge";

/** What a page of keys needs. */
export interface PagePlan {
  /** To be removed. */
  readonly purged: readonly Uint8Array[];
  /** To be moved, one batch after the other. */
  readonly moves: readonly { readonly to: string; readonly keys: readonly SlotKey[] }[];
}

/** Sorts the keys of a page by what their slots need; keys of one slot, and so of one tag, together. */
export function planPage(
  keys: readonly Uint8Array[],
  orders: ReadonlyMap<number, SlotOrder>,
  emptyTag: EmptyTag,
): PagePlan {
  const purged: Uint8Array[] = [];
  const byTarget = new Map<string, SlotKey[]>();
  for (const key of keys) {
    const slot = slotOf(key, 0, key.length, emptyTag);
    const order = orders.get(slot);
    if (order === undefined) continue;
    if (order === "purge") {
      purged.push(key);
      continue;
    }
    const batch = byTarget.get(order.to);
    if (batch === undefined) byTarget.set(order.to, [{ key, slot }]);
    else batch.push({ key, slot });
  }
  const moves = [...byTarget].flatMap(([to, all]) => {
    all.sort((left, right) => left.slot - right.slot);
    return batchesOf(all).map((keys) => ({ to, keys }));
  });
  return { purged, moves };
}

/** Returns the command that moves keys, without ever replacing one. */
export function migrateCommand(
  to: string,
  keys: readonly Uint8Array[],
  login: StockLogin,
): ControlCommand {
  const { host, port } = parseAddress(to);
  const as = ["AUTH2", login.user, login.password];
  return ["MIGRATE", host, port, "", 0, MIGRATE_TIMEOUT_MS, ...as, "KEYS", ...keys];
}

/**
 * What became of the keys: gone from the source; all or some were at the target already (`busy`); it
 * is not known whether the target got them, or still will (`doubt`); still at the source (`refused`).
 */
export type MigrateOutcome =
  | { readonly kind: "moved" | "absent" | "busy" }
  | { readonly kind: "doubt" | "refused"; readonly why: string };

/** Returns what an answer to `MIGRATE` means. */
export function migrateOutcome(reply: Reply): MigrateOutcome {
  if (reply === "OK") return { kind: "moved" };
  if (reply === "NOKEY") return { kind: "absent" };
  if (!isErrorReply(reply)) return { kind: "doubt", why: "it answered MIGRATE with no status" };
  const why = reply.error;
  if (why.includes("BUSYKEY")) return { kind: "busy" };
  return { kind: why.startsWith("IOERR") ? "doubt" : "refused", why };
}

/** Returns the next cursor and the keys of a `SCAN`. @throws {ServerAnswerError} if there are none. */
export function readPage(reply: Reply): { cursor: string; keys: Uint8Array[] } {
  const [cursor, keys] = Array.isArray(reply) ? reply : [];
  if (cursor instanceof Uint8Array && Array.isArray(keys)) {
    return {
      cursor: new TextDecoder().decode(cursor),
      keys: keys.filter((key) => key instanceof Uint8Array),
    };
  }
  const found = isErrorReply(reply) ? `"${reply.error}"` : "something else";
  throw new ServerAnswerError(
    `Cannot use the answer to SCAN: want a cursor and keys, found ${found}`,
  );
}

function batchesOf(keys: readonly SlotKey[]): SlotKey[][] {
  const batches: SlotKey[][] = [];
  for (let from = 0; from < keys.length; from += KEYS_PER_MIGRATE) {
    batches.push(keys.slice(from, from + KEYS_PER_MIGRATE));
  }
  return batches;
}
