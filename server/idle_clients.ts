/**
 * Closes clients that have been silent for longer than the setting `timeout` allows.
 *
 * @module
 */

import type { ServerState } from "./server_state.ts";

/** Looks at all clients once. */
export function closeIdleClients({ reactor, sessions, settings }: ServerState): void {
  const { timeoutSeconds } = settings;
  if (timeoutSeconds === 0) return;
  const since = reactor.nowMs - timeoutSeconds * 1000;
  for (const session of sessions) {
    // One that waits for its reply is silent through no fault of its own.
    if (session === undefined || session.parked || session.lastRequestAtMs > since) continue;
    reactor.close(session.connection, "timeout");
  }
}
