/**
 * What Jodis clients read of a proxy: the JSON that codis-proxy 3.2 writes, in the same order.
 *
 * A Jodis client lists the nodes, takes those that are `online`, and connects to each `addr` in turn; the
 * node of a proxy that takes no clients is not there.
 *
 * @module
 */

import type { ProxyRecord } from "./registration.ts";

/** Returns the text of the node; null while the proxy takes no clients. */
export function jodisTextOf(record: ProxyRecord, startedAt: Date): string | null {
  if (record.state !== "online") return null;
  const { addr, admin, id } = record;
  return JSON.stringify({ addr, admin, start: goTime(startedAt), state: "online", token: id });
}

/** As Go prints a time, which is what codis-proxy writes. */
function goTime(time: Date): string {
  return `${time.toISOString().replace("T", " ").replace("Z", "")} +0000 UTC`;
}
