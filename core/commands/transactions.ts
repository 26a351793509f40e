/**
 * The command table: transactions.
 *
 * The proxy does not serve them yet: a transaction needs a connection of its own.
 *
 * @module
 */

import type { CommandRow } from "./command_row.ts";
import { keys } from "./key_specification.ts";

/** Group `transactions`, by name. */
// deno-fmt-ignore: a table reads best with a command's fields side by side.
export const TRANSACTION_COMMANDS = {
  discard: { arity: 1, flags: ["noscript", "loading", "stale", "fast", "allow_busy"],
    request: "dedicated", reply: "pass",
    since: "2.0.0", summary: "Discard all commands issued after MULTI" },
  exec: { arity: 1, flags: ["noscript", "loading", "stale", "skip_slowlog"], request: "dedicated", reply: "pass",
    since: "1.2.0", summary: "Execute all commands issued after MULTI" },
  multi: { arity: 1, flags: ["noscript", "loading", "stale", "fast", "allow_busy"],
    request: "dedicated", reply: "pass",
    since: "1.2.0", summary: "Mark the start of a transaction block" },
  unwatch: { arity: 1, flags: ["noscript", "loading", "stale", "fast", "allow_busy"],
    request: "dedicated", reply: "pass",
    since: "2.2.0", summary: "Forget about all watched keys" },
  watch: { arity: -2, flags: ["noscript", "loading", "stale", "fast", "allow_busy"],
    request: "dedicated", reply: "pass",
    keys: [keys(1, -1, 1, "RO")],
    since: "2.2.0", summary: "Watch the given keys to determine execution of the MULTI/EXEC block" },
} satisfies Record<string, CommandRow>;
