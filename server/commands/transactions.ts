/**
 * MULTI, EXEC, DISCARD, WATCH and UNWATCH.
 *
 * @module
 */

import { commandId } from "../../core/commands/table.ts";
import { type Call, CommandError, type Handlers } from "../call.ts";
import {
  admitTransaction,
  leaveTransaction,
  runTransaction,
  Transaction,
} from "../transactions.ts";
import { WATCHED_KEYS_MAX } from "../watches.ts";

/** The commands of this file. */
export const TRANSACTION_HANDLERS: Handlers = { discard, exec, multi, unwatch, watch };

const FLUSHES: readonly number[] = [commandId("flushall"), commandId("flushdb")];
const CANNOT_FLUSH =
  "TRYAGAIN a flush inside of a transaction cannot wait for slots that move to another server";

function multi({ session, reply }: Call): void {
  if (session.transaction !== undefined) {
    throw new CommandError("ERR MULTI calls can not be nested");
  }
  session.transaction = new Transaction();
  reply.ok();
}

function discard(call: Call): void {
  if (call.session.transaction === undefined) throw new CommandError("ERR DISCARD without MULTI");
  leaveTransaction(call);
  call.reply.ok();
}

function exec(call: Call): void {
  const { session, server } = call;
  const { transaction } = session;
  if (transaction === undefined) throw new CommandError("ERR EXEC without MULTI");
  if (transaction.isAborted) {
    leaveTransaction(call);
    throw new CommandError("EXECABORT Transaction discarded because of previous errors.");
  }
  if (server.watches.isBroken(session, call.keyspace)) {
    leaveTransaction(call);
    return call.reply.nilArray();
  }
  if (!admitTransaction(call, transaction)) {
    // What waits is executed again, and is still a transaction then.
    if (!session.deferred) leaveTransaction(call);
    return;
  }
  leaveTransaction(call);
  const flushes = transaction.commands.some(({ command }) => FLUSHES.includes(command));
  if (flushes && server.slots.source.isGiving) throw new CommandError(CANNOT_FLUSH);
  runTransaction(call, transaction);
}

function watch(call: Call): void {
  const { session, server, bytes } = call;
  if (session.transaction !== undefined) {
    throw new CommandError("ERR WATCH inside MULTI is not allowed");
  }
  const { database } = session;
  for (let at = 1; at < call.argumentCount; at++) {
    const start = call.start(at);
    const end = call.end(at);
    // A key past its expiry goes now: that it goes later would be no change.
    database.find(bytes, start, end);
    const place = { database: database.number, bytes, start, end };
    if (!server.watches.watch(session, place, database.slot)) {
      throw new CommandError(`ERR a client can watch ${WATCHED_KEYS_MAX} keys at a time`);
    }
  }
  call.reply.ok();
}

function unwatch({ session, server, reply }: Call): void {
  server.watches.unwatch(session);
  reply.ok();
}
