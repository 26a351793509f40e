/**
 * `CLIENT LIST`: which clients are meant, and a line for each.
 *
 * @module
 */

import { nameOf } from "../core/commands/command_index.ts";
import { formatAddress } from "../core/address.ts";
import type { SocketAddress } from "../core/transport/reactor.ts";
import { NONE } from "./pending_requests.ts";
import type { Session } from "./session.ts";

/** Which clients CLIENT LIST and CLIENT KILL mean; an absent field is no condition. */
export interface ClientFilter {
  readonly ids?: readonly number[];
  readonly address?: string;
  readonly type?: string;
  readonly user?: string;
}

/** The client types Redis knows; the proxy only has `normal` ones. */
export const CLIENT_TYPES: readonly string[] = ["normal", "master", "replica", "slave", "pubsub"];

/** Whether a filter means the client `session`, which is connected from `address`. */
export function isMeant(session: Session, address: string, filter: ClientFilter): boolean {
  return (filter.ids === undefined || filter.ids.includes(session.id)) &&
    (filter.address === undefined || filter.address === address) &&
    (filter.type === undefined || filter.type === "normal") &&
    (filter.user === undefined || (filter.user === "default" && session.authenticated));
}

/** The line of one client, with its line end. Fields are Redis's, those that mean something here. */
export function clientLine(
  session: Session,
  peer: SocketAddress,
  facts: { nowMs: number; unsentBytes: number },
): string {
  const seconds = (sinceMs: number) => Math.max(0, Math.floor((facts.nowMs - sinceMs) / 1000));
  const fields: readonly (readonly [string, string | number])[] = [
    ["id", session.id],
    ["addr", formatAddress(peer)],
    ["fd", session.connection],
    ["name", session.name],
    ["age", seconds(session.connectedAtMs)],
    ["idle", seconds(session.lastRequestAtMs)],
    ["flags", session.noEvict ? "e" : "N"],
    ["db", 0],
    ["sub", 0],
    ["psub", 0],
    ["ssub", 0],
    ["multi", -1],
    ["obl", facts.unsentBytes],
    ["events", "r"],
    ["cmd", session.lastCommand === NONE ? "NULL" : nameOf[session.lastCommand]!],
    ["user", "default"],
    ["redir", -1],
    ["resp", session.protocol],
    ["lib-name", session.libraryName],
    ["lib-ver", session.libraryVersion],
  ];
  return fields.map(([name, value]) => `${name}=${value}`).join(" ") + "\n";
}
