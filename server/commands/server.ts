/**
 * Commands on the server as a whole.
 *
 * @module
 */

import { type Call, CommandError, ERROR, type Handlers } from "../call.ts";
import { replyHelp } from "./help_reply.ts";

const MEMORY_HELP = [
  "USAGE <key> [SAMPLES <count>]",
  "    Return memory in bytes used by <key> and its value. Nested values are",
  "    sampled up to <count> times (default: 5, 0 means sample all).",
];

const SHUTDOWN_OPTIONS = new Set(["save", "nosave", "now", "force"]);

/** The commands of this file. */
export const SERVER_HANDLERS: Handlers = {
  "memory|help": (call) => replyHelp(call, "MEMORY", MEMORY_HELP),
  "memory|usage": measureKey,
  role: replyRole,
  shutdown: shutDown,
  time: replyTime,
};

/** The clock that expiry is judged by, which has no microseconds. */
function replyTime({ reply, keyspace }: Call): void {
  const { nowMs } = keyspace;
  reply.array(2);
  reply.bulkLatin1(String(Math.floor(nowMs / 1000)));
  reply.bulkLatin1(String((nowMs % 1000) * 1000));
}

function replyRole({ reply }: Call): void {
  reply.array(3);
  reply.bulkLatin1("master");
  reply.integer(0);
  reply.array(0);
}

/** MEMORY USAGE: nothing is sampled, so SAMPLES is only checked. */
function measureKey(call: Call): void {
  for (let i = 3; i < call.argumentCount; i += 2) {
    if (call.word(i) !== "samples" || i + 1 === call.argumentCount || call.integer(i + 1) < 0) {
      throw new CommandError(ERROR.syntax);
    }
  }
  const ref = call.find(2);
  if (ref === 0) call.reply.nil();
  else call.reply.integer(call.session.database.memoryUsage(ref));
}

/**
 * SHUTDOWN has no reply: the connection ends with the process, and nothing behind it is run.
 *
 * There is nothing to save to, so a client that insists on saving is told that it failed.
 */
function shutDown(call: Call): void {
  const options = new Set<string>();
  for (let i = 1; i < call.argumentCount; i++) options.add(call.word(i));
  if (options.has("abort") && options.size === 1) {
    throw new CommandError("ERR No shutdown in progress.");
  }
  for (const option of options) {
    if (!SHUTDOWN_OPTIONS.has(option)) throw new CommandError(ERROR.syntax);
  }
  if (options.has("save")) {
    throw new CommandError(
      options.has("nosave") ? ERROR.syntax : "ERR Errors trying to SHUTDOWN. Check logs.",
    );
  }
  call.server.park(call.session);
  call.server.shutDown();
}
