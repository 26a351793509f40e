/**
 * What every blocking pop does: serve the first of its keys that has something, or wait.
 *
 * @module
 */

import type { Wait } from "../blocked_clients.ts";
import type { Call } from "../call.ts";

/**
 * Serves the first key that there is, or lets the client wait; within a transaction it is told that there is nothing.
 *
 * @throws {CommandError} WRONGTYPE if that key holds another type.
 */
export function waitOrServe(call: Call, wait: Wait): void {
  for (let at = wait.first; at < wait.end; at++) {
    if (call.findOf(at, wait.type) !== 0) return wait.serve(call, at);
  }
  if (call.session.isExecuting) return call.reply.nilArray();
  call.server.blocked.block(call, wait);
}
