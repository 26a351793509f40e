/**
 * The command table: scripts and functions.
 *
 * A script runs where its keys are; a script is loaded everywhere.
 *
 * @module
 */

import type { CommandRow } from "./command_row.ts";
import { counted } from "./key_specification.ts";

/** Group `scripting`, by name. */
// deno-fmt-ignore: a table reads best with a command's fields side by side.
export const SCRIPTING_COMMANDS = {
  eval: { arity: -3, flags: ["noscript", "stale", "skip_monitor", "no_mandatory_keys", "movablekeys"],
    request: "one-slot", reply: "pass",
    keys: [
      counted(2, "RW access update", "We cannot tell how the keys will be used so we assume the worst, RW and UPDATE"),
    ], since: "2.6.0", summary: "Execute a Lua script server side" },
  eval_ro: { arity: -3, flags: ["readonly", "noscript", "stale", "skip_monitor", "no_mandatory_keys", "movablekeys"],
    request: "one-slot", reply: "pass",
    keys: [counted(2, "RO access", "We cannot tell how the keys will be used so we assume the worst, RO and ACCESS")],
    since: "7.0.0", summary: "Execute a read-only Lua script server side" },
  evalsha: { arity: -3, flags: ["noscript", "stale", "skip_monitor", "no_mandatory_keys", "movablekeys"],
    request: "one-slot", reply: "pass",
    keys: [counted(2, "RW access update")], since: "2.6.0", summary: "Execute a Lua script server side" },
  evalsha_ro: { arity: -3, flags: ["readonly", "noscript", "stale", "skip_monitor", "no_mandatory_keys", "movablekeys"],
    request: "one-slot", reply: "pass",
    keys: [counted(2, "RO access")], since: "7.0.0", summary: "Execute a read-only Lua script server side" },
  fcall: { arity: -3, flags: ["noscript", "stale", "skip_monitor", "no_mandatory_keys", "movablekeys"],
    request: "one-slot", reply: "pass",
    keys: [
      counted(2, "RW access update", "We cannot tell how the keys will be used so we assume the worst, RW and UPDATE"),
    ], since: "7.0.0", summary: "Invoke a function" },
  fcall_ro: { arity: -3, flags: ["readonly", "noscript", "stale", "skip_monitor", "no_mandatory_keys", "movablekeys"],
    request: "one-slot", reply: "pass",
    keys: [counted(2, "RO access", "We cannot tell how the keys will be used so we assume the worst, RO and ACCESS")],
    since: "7.0.0", summary: "Invoke a read-only function" },
  function: { arity: -2, flags: [], request: "local", reply: "pass",
    since: "7.0.0", summary: "A container for function commands", subcommands: {
      delete: { arity: 3, flags: ["write", "noscript"], request: "all-groups", reply: "all-ok",
        tips: ["request_policy:all_shards", "response_policy:all_succeeded"],
        since: "7.0.0", summary: "Delete a function by name" },
      // Every group holds the same libraries.
      dump: { arity: 2, flags: ["noscript"], request: "any-group", reply: "pass",
        since: "7.0.0", summary: "Dump all functions into a serialized binary payload" },
      flush: { arity: -2, flags: ["write", "noscript"], request: "all-groups", reply: "all-ok",
        tips: ["request_policy:all_shards", "response_policy:all_succeeded"],
        since: "7.0.0", summary: "Deleting all functions" },
      help: { arity: 2, flags: ["loading", "stale"], request: "local", reply: "pass",
        since: "7.0.0", summary: "Show helpful text about the different subcommands" },
      // As SCRIPT KILL.
      kill: { arity: 2, flags: ["noscript", "allow_busy"], request: "all-groups", reply: "special",
        tips: ["request_policy:all_shards", "response_policy:one_succeeded"],
        since: "7.0.0", summary: "Kill the function currently in execution." },
      list: { arity: -2, flags: ["noscript"], request: "any-group", reply: "pass",
        tips: ["nondeterministic_output_order"],
        since: "7.0.0", summary: "List information about all the functions" },
      load: { arity: -3, flags: ["write", "denyoom", "noscript"], request: "all-groups", reply: "all-ok",
        tips: ["request_policy:all_shards", "response_policy:all_succeeded"],
        since: "7.0.0", summary: "Create a function with the given arguments (name, code, description)" },
      restore: { arity: -3, flags: ["write", "denyoom", "noscript"], request: "all-groups", reply: "all-ok",
        tips: ["request_policy:all_shards", "response_policy:all_succeeded"],
        since: "7.0.0", summary: "Restore all the functions on the given payload" },
      // The running script is at one group.
      stats: { arity: 2, flags: ["noscript", "allow_busy"], request: "all-groups", reply: "special",
        tips: ["nondeterministic_output", "request_policy:all_shards", "response_policy:special"],
        since: "7.0.0", summary: "Return information about the function currently running (name, description, duration)" },
    } },
  script: { arity: -2, flags: [], request: "local", reply: "pass",
    since: "2.6.0", summary: "A container for Lua scripts management commands", subcommands: {
      // The debugger is a dialogue with one server.
      debug: { arity: 3, flags: ["noscript"], request: "unsupported", reply: "pass",
        since: "3.2.0", summary: "Set the debug mode for executed scripts." },
      exists: { arity: -3, flags: ["noscript"], request: "all-groups", reply: "logical-and",
        tips: ["request_policy:all_shards", "response_policy:agg_logical_and"],
        since: "2.6.0", summary: "Check existence of scripts in the script cache." },
      flush: { arity: -2, flags: ["noscript"], request: "all-groups", reply: "all-ok",
        tips: ["request_policy:all_nodes", "response_policy:all_succeeded"],
        since: "2.6.0", summary: "Remove all the scripts from the script cache." },
      help: { arity: 2, flags: ["loading", "stale"], request: "local", reply: "pass",
        since: "5.0.0", summary: "Show helpful text about the different subcommands" },
      // One group runs the script, the others answer NOTBUSY.
      kill: { arity: 2, flags: ["noscript", "allow_busy"], request: "all-groups", reply: "special",
        tips: ["request_policy:all_shards", "response_policy:one_succeeded"],
        since: "2.6.0", summary: "Kill the script currently in execution." },
      load: { arity: 3, flags: ["noscript", "stale"], request: "all-groups", reply: "all-ok",
        tips: ["request_policy:all_nodes", "response_policy:all_succeeded"],
        since: "2.6.0", summary: "Load the specified Lua script into the script cache." },
    } },
} satisfies Record<string, CommandRow>;
