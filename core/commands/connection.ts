/**
 * The command table: the client's connection.
 *
 * @module
 */

import type { CommandRow } from "./command_row.ts";

/** Group `connection`, by name. */
// deno-fmt-ignore: a table reads best with a command's fields side by side.
export const CONNECTION_COMMANDS = {
  auth: { arity: -2, flags: ["noscript", "loading", "stale", "fast", "no_auth", "allow_busy"],
    request: "local", reply: "pass",
    since: "1.0.0", summary: "Authenticate to the server" },
  client: { arity: -2, flags: [], request: "local", reply: "pass",
    since: "2.4.0", summary: "A container for client connection commands", subcommands: {
      // Invalidations arrive on the connection that read the key, and the proxy shares it.
      caching: { arity: 3, flags: ["noscript", "loading", "stale"], request: "unsupported", reply: "pass",
        since: "6.0.0", summary: "Instruct the server about tracking or not keys in the next request" },
      getname: { arity: 2, flags: ["noscript", "loading", "stale"], request: "local", reply: "pass",
        since: "2.6.9", summary: "Get the current connection name" },
      getredir: { arity: 2, flags: ["noscript", "loading", "stale"], request: "unsupported", reply: "pass",
        since: "6.0.0", summary: "Get tracking notifications redirection client ID if any" },
      help: { arity: 2, flags: ["loading", "stale"], request: "local", reply: "pass",
        since: "5.0.0", summary: "Show helpful text about the different subcommands" },
      id: { arity: 2, flags: ["noscript", "loading", "stale"], request: "local", reply: "pass",
        since: "5.0.0", summary: "Returns the client ID for the current connection" },
      info: { arity: 2, flags: ["noscript", "loading", "stale"], request: "local", reply: "pass",
        tips: ["nondeterministic_output"],
        since: "6.2.0", summary: "Returns information about the current client connection." },
      kill: { arity: -3, flags: ["admin", "noscript", "loading", "stale"], request: "local", reply: "pass",
        since: "2.4.0", summary: "Kill the connection of a client" },
      list: { arity: -2, flags: ["admin", "noscript", "loading", "stale"], request: "local", reply: "pass",
        tips: ["nondeterministic_output"],
        since: "2.4.0", summary: "Get the list of client connections" },
      "no-evict": { arity: 3, flags: ["admin", "noscript", "loading", "stale"], request: "local", reply: "pass",
        since: "7.0.0", summary: "Set client eviction mode for the current connection" },
      // Pausing is the manager's, per slot.
      pause: { arity: -3, flags: ["admin", "noscript", "loading", "stale"], request: "unsupported", reply: "pass",
        since: "2.9.50", summary: "Stop processing commands from clients for some time" },
      reply: { arity: 3, flags: ["noscript", "loading", "stale"], request: "local", reply: "pass",
        since: "3.2.0", summary: "Instruct the server whether to reply to commands" },
      setname: { arity: 3, flags: ["noscript", "loading", "stale"], request: "local", reply: "pass",
        since: "2.6.9", summary: "Set the current connection name" },
      // As CLIENT CACHING; so are TRACKINGINFO and GETREDIR.
      tracking: { arity: -3, flags: ["noscript", "loading", "stale"], request: "unsupported", reply: "pass",
        since: "6.0.0", summary: "Enable or disable server assisted client side caching support" },
      trackinginfo: { arity: 2, flags: ["noscript", "loading", "stale"], request: "unsupported", reply: "pass",
        since: "6.2.0", summary: "Return information about server assisted client side caching for the current connection" },
      // No client of the proxy blocks.
      unblock: { arity: -3, flags: ["admin", "noscript", "loading", "stale"], request: "unsupported", reply: "pass",
        since: "5.0.0", summary: "Unblock a client blocked in a blocking command from a different connection" },
      unpause: { arity: 2, flags: ["admin", "noscript", "loading", "stale"], request: "unsupported", reply: "pass",
        since: "6.2.0", summary: "Resume processing of clients that were paused" },
    } },
  echo: { arity: 2, flags: ["loading", "stale", "fast"], request: "local", reply: "pass",
    since: "1.0.0", summary: "Echo the given string" },
  hello: { arity: -1, flags: ["noscript", "loading", "stale", "fast", "no_auth", "allow_busy"],
    request: "local", reply: "pass",
    since: "6.0.0", summary: "Handshake with Redis" },
  ping: { arity: -1, flags: ["fast"], request: "local", reply: "pass",
    tips: ["request_policy:all_shards", "response_policy:all_succeeded"],
    since: "1.0.0", summary: "Ping the server" },
  quit: { arity: -1, flags: ["noscript", "loading", "stale", "fast", "no_auth", "allow_busy"],
    request: "local", reply: "pass",
    since: "1.0.0", summary: "Close the connection" },
  reset: { arity: 1, flags: ["noscript", "loading", "stale", "fast", "no_auth", "allow_busy"],
    request: "local", reply: "pass",
    since: "6.2.0", summary: "Reset the connection" },
  select: { arity: 2, flags: ["loading", "stale", "fast"], request: "local", reply: "pass",
    since: "1.0.0", summary: "Change the selected database for the current connection" },
} satisfies Record<string, CommandRow>;
