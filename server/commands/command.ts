/**
 * COMMAND: the commands of this server, as clients ask for them.
 *
 * @module
 */

import {
  commandCountReply,
  commandDocsReply,
  commandInfoReply,
  type CommandListFilter,
  commandListReply,
  type CommandReply,
} from "../../core/commands/command_reply.ts";
import {
  commandGetKeysAndFlagsReply,
  commandGetKeysReply,
} from "../../core/commands/get_keys_reply.ts";
import { writeCommandReply } from "../../core/commands/write_command_reply.ts";
import { matchesGlob } from "../../core/glob.ts";
import { type Call, CommandError, ERROR, type Handlers } from "../call.ts";
import { replyHelp } from "./help_reply.ts";

const HELP = [
  "(no subcommand)",
  "    Return details about all Redis commands.",
  "COUNT",
  "    Return the total number of commands in this Redis server.",
  "LIST",
  "    Return a list of all commands in this Redis server.",
  "INFO [<command-name> ...]",
  "    Return details about multiple Redis commands.",
  "    If no command names are given, documentation details for all",
  "    commands are returned.",
  "DOCS [<command-name> ...]",
  "    Return documentation details about multiple Redis commands.",
  "    If no command names are given, documentation details for all",
  "    commands are returned.",
  "GETKEYS <full-command>",
  "    Return the keys from a full Redis command.",
];

/** COMMAND and its subcommands. */
export const COMMAND_HANDLERS: Handlers = {
  command: (call) => write(call, commandInfoReply([], call.server.isServed)),
  "command|count": (call) => write(call, commandCountReply(call.server.isServed)),
  "command|docs": (call) => write(call, commandDocsReply(namesOf(call), call.server.isServed)),
  "command|getkeys": (call) => write(call, commandGetKeysReply(wordsOf(call))),
  "command|getkeysandflags": (call) => write(call, commandGetKeysAndFlagsReply(wordsOf(call))),
  "command|help": (call) => replyHelp(call, "COMMAND", HELP),
  "command|info": (call) => write(call, commandInfoReply(namesOf(call), call.server.isServed)),
  "command|list": (call) => write(call, commandListReply(filterOf(call), call.server.isServed)),
};

function write(call: Call, reply: CommandReply): void {
  writeCommandReply(reply, call.reply);
}

function namesOf(call: Call): string[] {
  return Array.from({ length: call.argumentCount - 2 }, (_, i) => call.text(i + 2));
}

function wordsOf(call: Call): Uint8Array[] {
  return Array.from({ length: call.argumentCount - 2 }, (_, i) => call.copy(i + 2));
}

function filterOf(call: Call): CommandListFilter | undefined {
  if (call.argumentCount === 2) return undefined;
  if (call.argumentCount !== 5 || call.word(2) !== "filterby") throw new CommandError(ERROR.syntax);
  switch (call.word(3)) {
    case "module":
      return { by: "module", name: call.text(4) };
    case "aclcat":
      return { by: "aclcat", category: call.text(4) };
    case "pattern": {
      const pattern = call.word(4);
      return { by: "pattern", matches: (name) => matchesGlob(pattern, name) };
    }
    default:
      throw new CommandError(ERROR.syntax);
  }
}
