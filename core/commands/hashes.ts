/**
 * The command table: the commands on hashes.
 *
 * @module
 */

import type { CommandRow } from "./command_row.ts";
import { key } from "./key_specification.ts";

/** Group `hash`, by name. */
// deno-fmt-ignore: a table reads best with a command's fields side by side.
export const HASH_COMMANDS = {
  hdel: { arity: -3, flags: ["write", "fast"], request: "one-slot", reply: "pass",
    keys: [key(1, "RW delete")], since: "2.0.0", summary: "Delete one or more hash fields" },
  hexists: { arity: 3, flags: ["readonly", "fast"], request: "one-slot", reply: "pass",
    keys: [key(1, "RO")], since: "2.0.0", summary: "Determine if a hash field exists" },
  hget: { arity: 3, flags: ["readonly", "fast"], request: "one-slot", reply: "pass",
    keys: [key(1, "RO access")], since: "2.0.0", summary: "Get the value of a hash field" },
  hgetall: { arity: 2, flags: ["readonly"], request: "one-slot", reply: "pass",
    tips: ["nondeterministic_output_order"],
    keys: [key(1, "RO access")], since: "2.0.0", summary: "Get all the fields and values in a hash" },
  hincrby: { arity: 4, flags: ["write", "denyoom", "fast"], request: "one-slot", reply: "pass",
    keys: [key(1, "RW access update")],
    since: "2.0.0", summary: "Increment the integer value of a hash field by the given number" },
  hincrbyfloat: { arity: 4, flags: ["write", "denyoom", "fast"], request: "one-slot", reply: "pass",
    keys: [key(1, "RW access update")],
    since: "2.6.0", summary: "Increment the float value of a hash field by the given amount" },
  hkeys: { arity: 2, flags: ["readonly"], request: "one-slot", reply: "pass", tips: ["nondeterministic_output_order"],
    keys: [key(1, "RO access")], since: "2.0.0", summary: "Get all the fields in a hash" },
  hlen: { arity: 2, flags: ["readonly", "fast"], request: "one-slot", reply: "pass",
    keys: [key(1, "RO")], since: "2.0.0", summary: "Get the number of fields in a hash" },
  hmget: { arity: -3, flags: ["readonly", "fast"], request: "one-slot", reply: "pass",
    keys: [key(1, "RO access")], since: "2.0.0", summary: "Get the values of all the given hash fields" },
  hmset: { arity: -4, flags: ["write", "denyoom", "fast"], request: "one-slot", reply: "pass",
    keys: [key(1, "RW update")], since: "2.0.0", summary: "Set multiple hash fields to multiple values" },
  hrandfield: { arity: -2, flags: ["readonly"], request: "one-slot", reply: "pass", tips: ["nondeterministic_output"],
    keys: [key(1, "RO access")], since: "6.2.0", summary: "Get one or multiple random fields from a hash" },
  hscan: { arity: -3, flags: ["readonly"], request: "one-slot", reply: "pass", tips: ["nondeterministic_output"],
    keys: [key(1, "RO access")], since: "2.8.0", summary: "Incrementally iterate hash fields and associated values" },
  hset: { arity: -4, flags: ["write", "denyoom", "fast"], request: "one-slot", reply: "pass",
    keys: [key(1, "RW update")], since: "2.0.0", summary: "Set the string value of a hash field" },
  hsetnx: { arity: 4, flags: ["write", "denyoom", "fast"], request: "one-slot", reply: "pass",
    keys: [key(1, "RW insert")], since: "2.0.0", summary: "Set the value of a hash field, only if the field does not exist" },
  hstrlen: { arity: 3, flags: ["readonly", "fast"], request: "one-slot", reply: "pass",
    keys: [key(1, "RO")], since: "3.2.0", summary: "Get the length of the value of a hash field" },
  hvals: { arity: 2, flags: ["readonly"], request: "one-slot", reply: "pass", tips: ["nondeterministic_output_order"],
    keys: [key(1, "RO access")], since: "2.0.0", summary: "Get all the values in a hash" },
} satisfies Record<string, CommandRow>;
