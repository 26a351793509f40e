/**
 * SLOWLOG: shows and clears the log of slow commands.
 *
 * @module
 */

import { type Call, CommandError, type Handlers } from "../call.ts";
import { replyHelp } from "./help_reply.ts";

const COUNT_DEFAULT = 10;

const HELP = [
  "GET [<count>]",
  "    Return top <count> entries from the slowlog (default: 10, -1 mean all).",
  "    Entries are made of:",
  "    id, timestamp, time in microseconds, arguments array, client IP and port,",
  "    client name",
  "LEN",
  "    Return the length of the slowlog.",
  "RESET",
  "    Reset the slowlog.",
];

/** SLOWLOG's subcommands. */
export const SLOW_LOG_HANDLERS: Handlers = {
  "slowlog|get": get,
  "slowlog|help": (call) => replyHelp(call, "SLOWLOG", HELP),
  "slowlog|len": ({ reply, server }) => reply.integer(server.slowLog.entries.length),
  "slowlog|reset": ({ reply, server }) => {
    server.slowLog.clear();
    reply.ok();
  },
};

function get(call: Call): void {
  const { reply, server: { slowLog } } = call;
  const count = countOf(call);
  const shown = count < 0 ? slowLog.entries : slowLog.entries.slice(0, count);
  reply.array(shown.length);
  for (const { id, atSeconds, micros, words, client, name } of shown) {
    reply.array(6);
    reply.integer(id);
    reply.integer(atSeconds);
    reply.integer(micros);
    reply.array(words.length);
    for (const word of words) reply.bulkLatin1(word);
    reply.bulkLatin1(client);
    reply.bulkLatin1(name);
  }
}

function countOf(call: Call): number {
  if (call.argumentCount === 2) return COUNT_DEFAULT;
  if (call.argumentCount > 3) {
    throw new CommandError(
      "ERR unknown subcommand or wrong number of arguments for 'GET'. Try SLOWLOG HELP.",
    );
  }
  const error = "ERR count should be greater than or equal to -1";
  const count = call.integer(2, error);
  if (count < -1) throw new CommandError(error);
  return count;
}
