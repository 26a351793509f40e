/**
 * What a proxy says of itself at its admin port.
 *
 * @module
 */

import { z } from "zod";

/** How long a proxy may take to answer, milliseconds. */
const TIMEOUT_MS = 1000;

/** A proxy's own numbers. */
export interface ProxyCounts {
  /** Connected now. */
  readonly clients: number;
  /** Requests of clients since its start. */
  readonly requests: number;
}

/** A count of requests, and when it was. */
export interface CountedRequests {
  readonly requests: number;
  /** Milliseconds, any clock that only goes forward. */
  readonly atMs: number;
}

const statusSchema = z.object({
  boot: z.string(),
  clients: z.int().min(0),
  requests: z.int().min(0),
});

/** Returns a proxy's numbers; null if it does not answer, or another start of it does. */
export async function askProxy(
  proxy: { readonly admin: string | null; readonly boot: string },
  signal: AbortSignal,
): Promise<ProxyCounts | null> {
  if (!proxy.admin) return null;
  try {
    const response = await fetch(`http://${proxy.admin}/status`, {
      redirect: "error",
      signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]),
    });
    const { boot, clients, requests } = statusSchema.parse(await response.json());
    return boot === proxy.boot ? { clients, requests } : null;
  } catch {
    signal.throwIfAborted();
    // Not being reachable, or being something else, is a finding, and shown as such.
    return null;
  }
}

/** Returns requests per second between two counts; null if that cannot be said. */
export function requestRate(
  before: CountedRequests | undefined,
  now: CountedRequests,
): number | null {
  if (before === undefined || now.atMs <= before.atMs) return null;
  // A worker that was replaced counts from 0 again.
  if (now.requests < before.requests) return null;
  return (now.requests - before.requests) * 1000 / (now.atMs - before.atMs);
}
