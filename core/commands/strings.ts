/**
 * The command table: the commands on strings.
 *
 * @module
 */

import type { CommandRow } from "./command_row.ts";
import { key, keys } from "./key_specification.ts";

/** Group `string`, by name. */
// deno-fmt-ignore: a table reads best with a command's fields side by side.
export const STRING_COMMANDS = {
  append: { arity: 3, flags: ["write", "denyoom", "fast"], request: "one-slot", reply: "pass",
    keys: [key(1, "RW insert")], since: "2.0.0", summary: "Append a value to a key" },
  decr: { arity: 2, flags: ["write", "denyoom", "fast"], request: "one-slot", reply: "pass",
    keys: [key(1, "RW access update")], since: "1.0.0", summary: "Decrement the integer value of a key by one" },
  decrby: { arity: 3, flags: ["write", "denyoom", "fast"], request: "one-slot", reply: "pass",
    keys: [key(1, "RW access update")], since: "1.0.0", summary: "Decrement the integer value of a key by the given number" },
  get: { arity: 2, flags: ["readonly", "fast"], request: "one-slot", reply: "pass",
    keys: [key(1, "RO access")], since: "1.0.0", summary: "Get the value of a key" },
  getdel: { arity: 2, flags: ["write", "fast"], request: "one-slot", reply: "pass",
    keys: [key(1, "RW access delete")], since: "6.2.0", summary: "Get the value of a key and delete the key" },
  getex: { arity: -2, flags: ["write", "fast"], request: "one-slot", reply: "pass",
    keys: [key(1, "RW access update", "RW and UPDATE because it changes the TTL")],
    since: "6.2.0", summary: "Get the value of a key and optionally set its expiration" },
  getrange: { arity: 4, flags: ["readonly"], request: "one-slot", reply: "pass",
    keys: [key(1, "RO access")], since: "2.4.0", summary: "Get a substring of the string stored at a key" },
  getset: { arity: 3, flags: ["write", "denyoom", "fast"], request: "one-slot", reply: "pass",
    keys: [key(1, "RW access update")], since: "1.0.0", summary: "Set the string value of a key and return its old value" },
  incr: { arity: 2, flags: ["write", "denyoom", "fast"], request: "one-slot", reply: "pass",
    keys: [key(1, "RW access update")], since: "1.0.0", summary: "Increment the integer value of a key by one" },
  incrby: { arity: 3, flags: ["write", "denyoom", "fast"], request: "one-slot", reply: "pass",
    keys: [key(1, "RW access update")], since: "1.0.0", summary: "Increment the integer value of a key by the given amount" },
  incrbyfloat: { arity: 3, flags: ["write", "denyoom", "fast"], request: "one-slot", reply: "pass",
    keys: [key(1, "RW access update")], since: "2.6.0", summary: "Increment the float value of a key by the given amount" },
  lcs: { arity: -3, flags: ["readonly"], request: "one-slot", reply: "pass",
    keys: [keys(1, 1, 1, "RO access")], since: "7.0.0", summary: "Find longest common substring" },
  mget: { arity: -2, flags: ["readonly", "fast"], request: "split", reply: "concat",
    tips: ["request_policy:multi_shard"],
    keys: [keys(1, -1, 1, "RO access")], since: "1.0.0", summary: "Get the values of all the given keys" },
  mset: { arity: -3, flags: ["write", "denyoom"], request: "split", reply: "all-ok",
    tips: ["request_policy:multi_shard", "response_policy:all_succeeded"],
    keys: [keys(1, -1, 2, "OW update")], since: "1.0.1", summary: "Set multiple keys to multiple values" },
  // All or nothing cannot be kept across groups.
  msetnx: { arity: -3, flags: ["write", "denyoom"], request: "one-slot", reply: "pass",
    tips: ["request_policy:multi_shard", "response_policy:agg_min"],
    keys: [keys(1, -1, 2, "OW insert")],
    since: "1.0.1", summary: "Set multiple keys to multiple values, only if none of the keys exist" },
  psetex: { arity: 4, flags: ["write", "denyoom"], request: "one-slot", reply: "pass",
    keys: [key(1, "OW update")], since: "2.6.0", summary: "Set the value and expiration in milliseconds of a key" },
  set: { arity: -3, flags: ["write", "denyoom"], request: "one-slot", reply: "pass",
    keys: [key(1, "RW access update variable_flags", "RW and ACCESS due to the optional `GET` argument")],
    since: "1.0.0", summary: "Set the string value of a key" },
  setex: { arity: 4, flags: ["write", "denyoom"], request: "one-slot", reply: "pass",
    keys: [key(1, "OW update")], since: "2.0.0", summary: "Set the value and expiration of a key" },
  setnx: { arity: 3, flags: ["write", "denyoom", "fast"], request: "one-slot", reply: "pass",
    keys: [key(1, "OW insert")], since: "1.0.0", summary: "Set the value of a key, only if the key does not exist" },
  setrange: { arity: 4, flags: ["write", "denyoom"], request: "one-slot", reply: "pass",
    keys: [key(1, "RW update")], since: "2.2.0", summary: "Overwrite part of a string at key starting at the specified offset" },
  strlen: { arity: 2, flags: ["readonly", "fast"], request: "one-slot", reply: "pass",
    keys: [key(1, "RO")], since: "2.2.0", summary: "Get the length of the value stored in a key" },
  substr: { arity: 4, flags: ["readonly"], request: "one-slot", reply: "pass",
    keys: [key(1, "RO access")], since: "1.0.0", summary: "Get a substring of the string stored at a key" },
} satisfies Record<string, CommandRow>;
