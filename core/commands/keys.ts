/**
 * The command table: the commands on keys of any type.
 *
 * @module
 */

import type { CommandRow } from "./command_row.ts";
import { key, keys, keysAfter, scanned, unknownKeys } from "./key_specification.ts";

/** Group `generic`, by name. */
// deno-fmt-ignore: a table reads best with a command's fields side by side.
export const KEY_COMMANDS = {
  copy: { arity: -3, flags: ["write", "denyoom"], request: "one-slot", reply: "pass",
    keys: [key(1, "RO access"), key(2, "OW update")], since: "6.2.0", summary: "Copy a key" },
  del: { arity: -2, flags: ["write"], request: "split", reply: "sum",
    tips: ["request_policy:multi_shard", "response_policy:agg_sum"],
    keys: [keys(1, -1, 1, "RM delete")], since: "1.0.0", summary: "Delete a key" },
  dump: { arity: 2, flags: ["readonly"], request: "one-slot", reply: "pass", tips: ["nondeterministic_output"],
    keys: [key(1, "RO access")],
    since: "2.6.0", summary: "Return a serialized version of the value stored at the specified key." },
  exists: { arity: -2, flags: ["readonly", "fast"], request: "split", reply: "sum",
    tips: ["request_policy:multi_shard", "response_policy:agg_sum"],
    keys: [keys(1, -1, 1, "RO")], since: "1.0.0", summary: "Determine if a key exists" },
  expire: { arity: -3, flags: ["write", "fast"], request: "one-slot", reply: "pass",
    keys: [key(1, "RW update")], since: "1.0.0", summary: "Set a key's time to live in seconds" },
  expireat: { arity: -3, flags: ["write", "fast"], request: "one-slot", reply: "pass",
    keys: [key(1, "RW update")], since: "1.2.0", summary: "Set the expiration for a key as a UNIX timestamp" },
  expiretime: { arity: 2, flags: ["readonly", "fast"], request: "one-slot", reply: "pass",
    keys: [key(1, "RO access")], since: "7.0.0", summary: "Get the expiration Unix timestamp for a key" },
  keys: { arity: 2, flags: ["readonly"], request: "all-groups", reply: "concat",
    tips: ["request_policy:all_shards", "nondeterministic_output_order"], categories: ["@keyspace", "@dangerous"],
    since: "1.0.0", summary: "Find all keys matching the given pattern" },
  // Moving keys is the manager's: a client that moves one breaks the route of its slot.
  migrate: { arity: -6, flags: ["write", "movablekeys"], request: "unsupported", reply: "pass",
    tips: ["nondeterministic_output"], categories: ["@keyspace", "@dangerous"],
    keys: [
      key(3, "RW access delete"),
      scanned(
        keysAfter("KEYS", -2, 0, "RW access delete incomplete"),
        { word: "KEYS", from: 6, values: { AUTH: 1, AUTH2: 2 }, take: "instead" },
      ),
    ],
    since: "2.6.0", summary: "Atomically transfer a key from a Redis instance to another one." },
  // A product routes by key alone; a second database would be a second key space.
  move: { arity: 3, flags: ["write", "fast"], request: "unsupported", reply: "pass",
    keys: [key(1, "RW access update")], since: "1.0.0", summary: "Move a key to another database" },
  object: { arity: -2, flags: [], request: "local", reply: "pass",
    since: "2.2.3", summary: "A container for object introspection commands", subcommands: {
      encoding: { arity: 3, flags: ["readonly"], request: "one-slot", reply: "pass",
        tips: ["nondeterministic_output"],
        keys: [key(2, "RO")], since: "2.2.3", summary: "Inspect the internal encoding of a Redis object" },
      freq: { arity: 3, flags: ["readonly"], request: "one-slot", reply: "pass", tips: ["nondeterministic_output"],
        keys: [key(2, "RO")], since: "4.0.0", summary: "Get the logarithmic access frequency counter of a Redis object" },
      help: { arity: 2, flags: ["loading", "stale"], request: "local", reply: "pass",
        since: "6.2.0", summary: "Show helpful text about the different subcommands" },
      idletime: { arity: 3, flags: ["readonly"], request: "one-slot", reply: "pass",
        tips: ["nondeterministic_output"],
        keys: [key(2, "RO")], since: "2.2.3", summary: "Get the time since a Redis object was last accessed" },
      refcount: { arity: 3, flags: ["readonly"], request: "one-slot", reply: "pass",
        tips: ["nondeterministic_output"],
        keys: [key(2, "RO")], since: "2.2.3", summary: "Get the number of references to the value of the key" },
    } },
  persist: { arity: 2, flags: ["write", "fast"], request: "one-slot", reply: "pass",
    keys: [key(1, "RW update")], since: "2.2.0", summary: "Remove the expiration from a key" },
  pexpire: { arity: -3, flags: ["write", "fast"], request: "one-slot", reply: "pass",
    keys: [key(1, "RW update")], since: "2.6.0", summary: "Set a key's time to live in milliseconds" },
  pexpireat: { arity: -3, flags: ["write", "fast"], request: "one-slot", reply: "pass",
    keys: [key(1, "RW update")],
    since: "2.6.0", summary: "Set the expiration for a key as a UNIX timestamp specified in milliseconds" },
  pexpiretime: { arity: 2, flags: ["readonly", "fast"], request: "one-slot", reply: "pass",
    keys: [key(1, "RO access")], since: "7.0.0", summary: "Get the expiration Unix timestamp for a key in milliseconds" },
  pttl: { arity: 2, flags: ["readonly", "fast"], request: "one-slot", reply: "pass",
    tips: ["nondeterministic_output"],
    keys: [key(1, "RO access")], since: "2.6.0", summary: "Get the time to live for a key in milliseconds" },
  randomkey: { arity: 1, flags: ["readonly"], request: "any-group", reply: "pass",
    tips: ["request_policy:all_shards", "nondeterministic_output"],
    since: "1.0.0", summary: "Return a random key from the keyspace" },
  rename: { arity: 3, flags: ["write"], request: "one-slot", reply: "pass",
    keys: [key(1, "RW access delete"), key(2, "OW update")], since: "1.0.0", summary: "Rename a key" },
  renamenx: { arity: 3, flags: ["write", "fast"], request: "one-slot", reply: "pass",
    keys: [key(1, "RW access delete"), key(2, "OW insert")],
    since: "1.0.0", summary: "Rename a key, only if the new key does not exist" },
  restore: { arity: -4, flags: ["write", "denyoom"], request: "one-slot", reply: "pass",
    categories: ["@keyspace", "@dangerous"],
    keys: [key(1, "OW update")],
    since: "2.6.0", summary: "Create a key using the provided serialized value, previously obtained using DUMP." },
  // The cursor names a group as well as a place in it.
  scan: { arity: -2, flags: ["readonly"], request: "special", reply: "special",
    tips: ["nondeterministic_output", "request_policy:special"],
    since: "2.8.0", summary: "Incrementally iterate the keys space" },
  // BY and GET patterns make key names from values: nothing can check that they share the slot.
  sort: { arity: -2, flags: ["write", "denyoom", "movablekeys"], request: "one-slot", reply: "pass",
    categories: ["@set", "@sortedset", "@list", "@dangerous"],
    keys: [
      key(1, "RO access"),
      unknownKeys("RO access", "For the optional BY/GET keyword. It is marked 'unknown' because the key names derive from the content of the key we sort"),
      scanned(
        unknownKeys("OW update", "For the optional STORE keyword. It is marked 'unknown' because the keyword can appear anywhere in the argument array"),
        { word: "STORE", from: 2, values: { LIMIT: 2, GET: 1, BY: 1 }, take: "one" },
      ),
    ], since: "1.0.0", summary: "Sort the elements in a list, set or sorted set" },
  // As SORT.
  sort_ro: { arity: -2, flags: ["readonly", "movablekeys"], request: "one-slot", reply: "pass",
    categories: ["@set", "@sortedset", "@list", "@dangerous"],
    keys: [
      key(1, "RO access"),
      unknownKeys("RO access", "For the optional BY/GET keyword. It is marked 'unknown' because the key names derive from the content of the key we sort"),
    ], since: "7.0.0", summary: "Sort the elements in a list, set or sorted set. Read-only variant of SORT." },
  touch: { arity: -2, flags: ["readonly", "fast"], request: "split", reply: "sum",
    tips: ["request_policy:multi_shard", "response_policy:agg_sum"],
    keys: [keys(1, -1, 1, "RO")],
    since: "3.2.1", summary: "Alters the last access time of a key(s). Returns the number of existing keys specified." },
  ttl: { arity: 2, flags: ["readonly", "fast"], request: "one-slot", reply: "pass", tips: ["nondeterministic_output"],
    keys: [key(1, "RO access")], since: "1.0.0", summary: "Get the time to live for a key in seconds" },
  type: { arity: 2, flags: ["readonly", "fast"], request: "one-slot", reply: "pass",
    keys: [key(1, "RO")], since: "1.0.0", summary: "Determine the type stored at key" },
  unlink: { arity: -2, flags: ["write", "fast"], request: "split", reply: "sum",
    tips: ["request_policy:multi_shard", "response_policy:agg_sum"],
    keys: [keys(1, -1, 1, "RM delete")],
    since: "4.0.0", summary: "Delete a key asynchronously in another thread. Otherwise it is just as DEL, but non blocking." },
  // It counts the replicas behind one connection; the proxy shares its connections.
  wait: { arity: 3, flags: ["noscript"], request: "unsupported", reply: "pass",
    tips: ["request_policy:all_shards", "response_policy:agg_min"], categories: ["@connection"],
    since: "3.0.0", summary: "Wait for the synchronous replication of all the write commands sent in the context of the current connection" },
} satisfies Record<string, CommandRow>;
