/**
 * CLIENT: what a client chooses for its connection. Lists and kills are in files of their own.
 *
 * @module
 */

import { type Call, CommandError, ERROR, type Handlers } from "../call.ts";
import { replyHelp } from "./help_reply.ts";
import { CLIENT_KILL_HANDLERS } from "./client_kill.ts";
import { CLIENT_LIST_HANDLERS } from "./client_list.ts";
import { clientNameOf } from "./client_name.ts";

/** CLIENT and its subcommands. */
export const CLIENT_HANDLERS: Handlers = {
  ...CLIENT_LIST_HANDLERS,
  ...CLIENT_KILL_HANDLERS,
  "client|caching": refuseCaching,
  "client|getname": getName,
  "client|getredir": (call) => call.reply.integer(-1),
  "client|help": (call) => replyHelp(call, "CLIENT", HELP),
  "client|id": (call) => call.reply.integer(call.session.id),
  "client|no-evict": setNoEvict,
  "client|reply": setReplies,
  "client|setname": setName,
  "client|tracking": setTracking,
  "client|trackinginfo": replyTracking,
  "client|unblock": unblock,
};

const HELP = [
  "CACHING (YES|NO)",
  "    Enable/disable tracking of the keys for next command in OPTIN/OPTOUT modes.",
  "GETREDIR",
  "    Return the client ID we are redirecting to when tracking is enabled.",
  "GETNAME",
  "    Return the name of the current connection.",
  "ID",
  "    Return the ID of the current connection.",
  "INFO",
  "    Return information about the current client connection.",
  "KILL <ip:port>",
  "    Kill connection made from <ip:port>.",
  "KILL <option> <value> [<option> <value> [...]]",
  "    Kill connections. Options are:",
  "    * ADDR (<ip:port>|<unixsocket>:0)",
  "      Kill connections made from the specified address",
  "    * LADDR (<ip:port>|<unixsocket>:0)",
  "      Kill connections made to specified local address",
  "    * TYPE (NORMAL|MASTER|REPLICA|PUBSUB)",
  "      Kill connections by type.",
  "    * USER <username>",
  "      Kill connections authenticated by <username>.",
  "    * SKIPME (YES|NO)",
  "      Skip killing current connection (default: yes).",
  "LIST [options ...]",
  "    Return information about client connections. Options:",
  "    * TYPE (NORMAL|MASTER|REPLICA|PUBSUB)",
  "      Return clients of specified type.",
  "REPLY (ON|OFF|SKIP)",
  "    Control the replies sent to the current connection.",
  "SETNAME <name>",
  "    Assign the name <name> to the current connection.",
  "UNBLOCK <clientid> [TIMEOUT|ERROR]",
  "    Unblock the specified blocked client.",
  "NO-EVICT (ON|OFF)",
  "    Protect current client connection from eviction.",
];

function getName(call: Call): void {
  const { name } = call.session;
  if (name === "") call.reply.nil();
  else call.reply.bulkLatin1(name);
}

function setName(call: Call): void {
  call.session.name = clientNameOf(call, 2);
  call.reply.ok();
}

function setNoEvict(call: Call): void {
  const word = call.word(2);
  if (word !== "on" && word !== "off") throw new CommandError(ERROR.syntax);
  call.session.noEvict = word === "on";
  call.reply.ok();
}

/** OFF and SKIP have no reply of their own. */
function setReplies(call: Call): void {
  const { session } = call;
  switch (call.word(2)) {
    case "on":
      session.replies = "on";
      call.reply.ok();
      return;
    case "off":
      session.replies = "off";
      return;
    case "skip":
      if (session.replies === "on") session.replies = "skipping";
      else if (session.replies === "skipping") session.replies = "skip";
      return;
    default:
      throw new CommandError(ERROR.syntax);
  }
}

function unblock(call: Call): void {
  const { server, argumentCount } = call;
  const isError = argumentCount === 4 && call.is(3, "error");
  if (argumentCount > 4 || (argumentCount === 4 && !isError && !call.is(3, "timeout"))) {
    throw new CommandError("ERR CLIENT UNBLOCK reason should be TIMEOUT or ERROR");
  }
  const id = call.integer(2);
  const session = server.sessions.find((session) => session?.id === id);
  const reason = isError ? "error" : "timeout";
  const isUnblocked = session !== undefined && server.blocked.unblock(server, session, reason);
  call.reply.integer(Number(isUnblocked));
}

/** Keys are not tracked for clients, so there is nothing to turn off and no way to turn it on. */
function setTracking(call: Call): void {
  const word = call.word(2);
  if (word !== "on" && word !== "off") throw new CommandError(ERROR.syntax);
  if (word === "on") throw new CommandError("ERR CLIENT TRACKING is not supported by this server");
  call.reply.ok();
}

function replyTracking({ reply }: Call): void {
  reply.map(3);
  reply.bulkText("flags");
  reply.set(1);
  reply.bulkText("off");
  reply.bulkText("redirect");
  reply.integer(-1);
  reply.bulkText("prefixes");
  reply.array(0);
}

function refuseCaching(): void {
  throw new CommandError(
    "ERR CLIENT CACHING can be called only when the client is in tracking mode with OPTIN or " +
      "OPTOUT mode enabled",
  );
}
