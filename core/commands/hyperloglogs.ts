/**
 * The command table: the commands on HyperLogLogs.
 *
 * @module
 */

import type { CommandRow } from "./command_row.ts";
import { key, keys } from "./key_specification.ts";

/** Group `hyperloglog`, by name. */
// deno-fmt-ignore: a table reads best with a command's fields side by side.
export const HYPERLOGLOG_COMMANDS = {
  pfadd: { arity: -2, flags: ["write", "denyoom", "fast"], request: "one-slot", reply: "pass",
    keys: [key(1, "RW insert")], since: "2.8.9", summary: "Adds the specified elements to the specified HyperLogLog." },
  pfcount: { arity: -2, flags: ["readonly"], request: "one-slot", reply: "pass",
    keys: [
      keys(1, -1, 1, "RW access", "RW because it may change the internal representation of the key, and propagate to replicas"),
    ], since: "2.8.9", summary: "Return the approximated cardinality of the set(s) observed by the HyperLogLog at key(s)." },
  // A debugging aid of one server.
  pfdebug: { arity: 3, flags: ["write", "denyoom", "admin"], request: "unsupported", reply: "pass",
    keys: [key(2, "RW access")], since: "2.8.9", summary: "Internal commands for debugging HyperLogLog values" },
  pfmerge: { arity: -2, flags: ["write", "denyoom"], request: "one-slot", reply: "pass",
    keys: [key(1, "RW access insert"), keys(2, -1, 1, "RO access")],
    since: "2.8.9", summary: "Merge N different HyperLogLogs into a single one." },
  pfselftest: { arity: 1, flags: ["admin"], request: "unsupported", reply: "pass",
    since: "2.8.9", summary: "An internal command for testing HyperLogLog values" },
} satisfies Record<string, CommandRow>;
