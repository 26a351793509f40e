/**
 * Commands on whole databases.
 *
 * @module
 */

import type { ReplyWriter } from "../../core/resp/reply_writer.ts";
import { type Call, CommandError, ERROR, type Handlers } from "../call.ts";

/** The commands of this file. */
export const DATABASE_HANDLERS: Handlers = { flushall, flushdb, swapdb };

/** Whoever waits for a flush holds up all behind it on its connection. */
const FLUSH_WAIT_MS = 2000;

/** Ends at once either way: the keys are cut off, and their memory comes back in small steps. */
function flushdb(call: Call): void {
  checkFlushMode(call);
  const { database } = call.session;
  database.flush();
  if (database.number === 0) flushGiven(call);
  else call.reply.ok();
}

function flushall(call: Call): void {
  checkFlushMode(call);
  call.keyspace.flush();
  flushGiven(call);
}

/** Empties also the other sides of slots that are being given, and answers when they are empty. */
function flushGiven({ server, session, reply }: Call): void {
  const { source } = server.slots;
  if (!source.isGiving) return reply.ok();
  const finish = server.park(session);
  const timer = server.reactor.setTimer(FLUSH_WAIT_MS, () => finish(refuseFlush));
  source.empty((refused) => {
    server.reactor.clearTimer(timer);
    finish(refused.length === 0 ? (reply) => reply.ok() : refuseFlush);
  });
}

function refuseFlush(reply: ReplyWriter): void {
  reply.error(
    "TRYAGAIN what is here was flushed; keys that moved to another server with their slot may not be yet",
  );
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
