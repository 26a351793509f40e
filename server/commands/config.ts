/**
 * CONFIG: reads and changes the settings of the running server.
 *
 * @module
 */

import { matchesGlob } from "../../core/glob.ts";
import { type Call, CommandError, ERROR, type Handlers } from "../call.ts";
import type { ServerState } from "../server_state.ts";
import { CONFIG_PARAMETERS, ConfigValueError } from "./config_parameters.ts";
import { replyHelp } from "./help_reply.ts";

const HELP = [
  "GET <pattern>",
  "    Return parameters matching the glob-like <pattern> and their values.",
  "SET <directive> <value>",
  "    Set the configuration <directive> to <value>.",
  "RESETSTAT",
  "    Reset statistics reported by the INFO command.",
  "REWRITE",
  "    Rewrite the configuration file.",
];

/** CONFIG's subcommands. */
export const CONFIG_HANDLERS: Handlers = {
  "config|get": get,
  "config|help": (call) => replyHelp(call, "CONFIG", HELP),
  "config|resetstat": resetStatistics,
  "config|rewrite": () => {
    throw new CommandError("ERR The server is running without a config file");
  },
  "config|set": set,
};

const utf8 = new TextDecoder("utf-8", { ignoreBOM: true });

/** A parameter named in full is shown as the client spelled it, as in Redis. */
function get(call: Call): void {
  const found = new Map<string, string>();
  for (let i = 2; i < call.argumentCount; i++) {
    const pattern = call.word(i);
    for (const [name, parameter] of Object.entries(CONFIG_PARAMETERS)) {
      if (name === pattern) found.set(call.text(i), parameter.get(call.server));
      else if (matchesGlob(pattern, name)) found.set(name, parameter.get(call.server));
    }
  }
  call.reply.map(found.size);
  for (const [name, value] of found) {
    call.reply.bulkText(name);
    call.reply.bulkText(value);
  }
}

/** Sets all the parameters named, or none. */
function set(call: Call): void {
  if (call.argumentCount % 2 !== 0) throw new CommandError(ERROR.syntax);
  const changes: (() => void)[] = [];
  const names = new Set<string>();
  for (let i = 2; i < call.argumentCount; i += 2) {
    const name = call.word(i);
    if (!Object.hasOwn(CONFIG_PARAMETERS, name)) {
      throw new CommandError(
        `ERR Unknown option or number of arguments for CONFIG SET - '${call.text(i)}'`,
      );
    }
    const value = utf8.decode(call.bytes.subarray(call.start(i + 1), call.end(i + 1)));
    changes.push(changeOf(call.server, name, { value, isRepeated: names.has(name) }));
    names.add(name);
  }
  for (const change of changes) change();
  call.reply.ok();
}

function changeOf(
  server: ServerState,
  name: string,
  { value, isRepeated }: { value: string; isRepeated: boolean },
): () => void {
  const { set } = CONFIG_PARAMETERS[name]!;
  const failure = `ERR CONFIG SET failed (possibly related to argument '${name}')`;
  if (set === undefined) throw new CommandError(`${failure} - can't set immutable config`);
  if (isRepeated) throw new CommandError(`${failure} - duplicate parameter`);
  try {
    return set(server, value);
  } catch (error) {
    if (!(error instanceof ConfigValueError)) throw error;
    throw new CommandError(`${failure} - ${error.message}`);
  }
}

function resetStatistics({ server, reply }: Call): void {
  server.connectionsReceived = 0;
  server.connectionsRejected = 0;
  server.commandsProcessed = 0;
  server.expiredKeys = 0;
  server.keyspaceHits = 0;
  server.keyspaceMisses = 0;
  server.errorReplies = 0;
  server.errorCounts.clear();
  server.calls.fill(0);
  server.failedCalls.fill(0);
  reply.ok();
}
