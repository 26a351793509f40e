/**
 * The command table: the commands on sets.
 *
 * @module
 */

import type { CommandRow } from "./command_row.ts";
import { counted, key, keys } from "./key_specification.ts";

/** Group `set`, by name. */
// deno-fmt-ignore: a table reads best with a command's fields side by side.
export const SET_COMMANDS = {
  sadd: { arity: -3, flags: ["write", "denyoom", "fast"], request: "one-slot", reply: "pass",
    keys: [key(1, "RW insert")], since: "1.0.0", summary: "Add one or more members to a set" },
  scard: { arity: 2, flags: ["readonly", "fast"], request: "one-slot", reply: "pass",
    keys: [key(1, "RO")], since: "1.0.0", summary: "Get the number of members in a set" },
  sdiff: { arity: -2, flags: ["readonly"], request: "one-slot", reply: "pass",
    tips: ["nondeterministic_output_order"],
    keys: [keys(1, -1, 1, "RO access")], since: "1.0.0", summary: "Subtract multiple sets" },
  sdiffstore: { arity: -3, flags: ["write", "denyoom"], request: "one-slot", reply: "pass",
    keys: [key(1, "OW update"), keys(2, -1, 1, "RO access")],
    since: "1.0.0", summary: "Subtract multiple sets and store the resulting set in a key" },
  sinter: { arity: -2, flags: ["readonly"], request: "one-slot", reply: "pass",
    tips: ["nondeterministic_output_order"],
    keys: [keys(1, -1, 1, "RO access")], since: "1.0.0", summary: "Intersect multiple sets" },
  sintercard: { arity: -3, flags: ["readonly", "movablekeys"], request: "one-slot", reply: "pass",
    keys: [counted(1, "RO access")],
    since: "7.0.0", summary: "Intersect multiple sets and return the cardinality of the result" },
  sinterstore: { arity: -3, flags: ["write", "denyoom"], request: "one-slot", reply: "pass",
    keys: [key(1, "RW update"), keys(2, -1, 1, "RO access")],
    since: "1.0.0", summary: "Intersect multiple sets and store the resulting set in a key" },
  sismember: { arity: 3, flags: ["readonly", "fast"], request: "one-slot", reply: "pass",
    keys: [key(1, "RO")], since: "1.0.0", summary: "Determine if a given value is a member of a set" },
  smembers: { arity: 2, flags: ["readonly"], request: "one-slot", reply: "pass",
    tips: ["nondeterministic_output_order"],
    keys: [key(1, "RO access")], since: "1.0.0", summary: "Get all the members in a set" },
  smismember: { arity: -3, flags: ["readonly", "fast"], request: "one-slot", reply: "pass",
    keys: [key(1, "RO access")], since: "6.2.0", summary: "Returns the membership associated with the given elements for a set" },
  smove: { arity: 4, flags: ["write", "fast"], request: "one-slot", reply: "pass",
    keys: [key(1, "RW access delete"), key(2, "RW insert")], since: "1.0.0", summary: "Move a member from one set to another" },
  spop: { arity: -2, flags: ["write", "fast"], request: "one-slot", reply: "pass", tips: ["nondeterministic_output"],
    keys: [key(1, "RW access delete")], since: "1.0.0", summary: "Remove and return one or multiple random members from a set" },
  srandmember: { arity: -2, flags: ["readonly"], request: "one-slot", reply: "pass",
    tips: ["nondeterministic_output"],
    keys: [key(1, "RO access")], since: "1.0.0", summary: "Get one or multiple random members from a set" },
  srem: { arity: -3, flags: ["write", "fast"], request: "one-slot", reply: "pass",
    keys: [key(1, "RW delete")], since: "1.0.0", summary: "Remove one or more members from a set" },
  sscan: { arity: -3, flags: ["readonly"], request: "one-slot", reply: "pass", tips: ["nondeterministic_output"],
    keys: [key(1, "RO access")], since: "2.8.0", summary: "Incrementally iterate Set elements" },
  sunion: { arity: -2, flags: ["readonly"], request: "one-slot", reply: "pass",
    tips: ["nondeterministic_output_order"],
    keys: [keys(1, -1, 1, "RO access")], since: "1.0.0", summary: "Add multiple sets" },
  sunionstore: { arity: -3, flags: ["write", "denyoom"], request: "one-slot", reply: "pass",
    keys: [key(1, "OW update"), keys(2, -1, 1, "RO access")],
    since: "1.0.0", summary: "Add multiple sets and store the resulting set in a key" },
} satisfies Record<string, CommandRow>;
