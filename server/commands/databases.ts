/**
 * Commands on whole databases.
 *
 * @module
 */

import { type Call, CommandError, ERROR, type Handlers } from "../call.ts";

/** The commands of this file. */
export const DATABASE_HANDLERS: Handlers = { flushall, flushdb, swapdb };

/** Ends at once either way: the keys are cut off, and their memory comes back in small steps. */
function flushdb(call: Call): void {
  checkFlushMode(call);
  call.session.database.flush();
  call.reply.ok();
}

function flushall(call: Call): void {
  checkFlushMode(call);
  call.keyspace.flush();
  call.reply.ok();
}

function checkFlushMode(call: Call): void {
  if (call.argumentCount === 1) return;
  if (call.argumentCount === 2 && (call.is(1, "sync") || call.is(1, "async"))) return;
  throw new CommandError(ERROR.syntax);
}

function swapdb(call: Call): void {
  const first = databaseNumberOf(call, 1, "ERR invalid first DB index");
  const second = databaseNumberOf(call, 2, "ERR invalid second DB index");
  const { keyspace } = call;
  if (Math.max(first, second) >= keyspace.databaseCount || Math.min(first, second) < 0) {
    throw new CommandError(ERROR.invalidDatabase);
  }
  const a = keyspace.database(first);
  const b = keyspace.database(second);
  keyspace.swap(first, second);
  // Clients keep the number they selected, not the keys.
  for (const session of call.server.sessions) {
    if (session === undefined) continue;
    if (session.database === a) session.database = b;
    else if (session.database === b) session.database = a;
  }
  call.reply.ok();
}

function databaseNumberOf(call: Call, index: number, error: string): number {
  const number = call.integer(index, error);
  if (number !== (number | 0)) throw new CommandError(error);
  return number;
}
