/**
 * The command table: the commands on lists.
 *
 * @module
 */

import type { CommandRow } from "./command_row.ts";
import { counted, key, keys } from "./key_specification.ts";

/** Group `list`, by name. */
// deno-fmt-ignore: a table reads best with a command's fields side by side.
export const LIST_COMMANDS = {
  // Every blocking command parks its connection.
  blmove: { arity: 6, flags: ["write", "denyoom", "noscript", "blocking"], request: "dedicated", reply: "pass",
    keys: [key(1, "RW access delete"), key(2, "RW insert")],
    since: "6.2.0", summary: "Pop an element from a list, push it to another list and return it; or block until one is available" },
  blmpop: { arity: -5, flags: ["write", "blocking", "movablekeys"], request: "dedicated", reply: "pass",
    keys: [counted(2, "RW access delete")],
    since: "7.0.0", summary: "Pop elements from a list, or block until one is available" },
  blpop: { arity: -3, flags: ["write", "noscript", "blocking"], request: "dedicated", reply: "pass",
    keys: [keys(1, -2, 1, "RW access delete")],
    since: "2.0.0", summary: "Remove and get the first element in a list, or block until one is available" },
  brpop: { arity: -3, flags: ["write", "noscript", "blocking"], request: "dedicated", reply: "pass",
    keys: [keys(1, -2, 1, "RW access delete")],
    since: "2.0.0", summary: "Remove and get the last element in a list, or block until one is available" },
  brpoplpush: { arity: 4, flags: ["write", "denyoom", "noscript", "blocking"], request: "dedicated", reply: "pass",
    keys: [key(1, "RW access delete"), key(2, "RW insert")],
    since: "2.2.0", summary: "Pop an element from a list, push it to another list and return it; or block until one is available" },
  lindex: { arity: 3, flags: ["readonly"], request: "one-slot", reply: "pass",
    keys: [key(1, "RO access")], since: "1.0.0", summary: "Get an element from a list by its index" },
  linsert: { arity: 5, flags: ["write", "denyoom"], request: "one-slot", reply: "pass",
    keys: [key(1, "RW insert")], since: "2.2.0", summary: "Insert an element before or after another element in a list" },
  llen: { arity: 2, flags: ["readonly", "fast"], request: "one-slot", reply: "pass",
    keys: [key(1, "RO")], since: "1.0.0", summary: "Get the length of a list" },
  lmove: { arity: 5, flags: ["write", "denyoom"], request: "one-slot", reply: "pass",
    keys: [key(1, "RW access delete"), key(2, "RW insert")],
    since: "6.2.0", summary: "Pop an element from a list, push it to another list and return it" },
  lmpop: { arity: -4, flags: ["write", "movablekeys"], request: "one-slot", reply: "pass",
    keys: [counted(1, "RW access delete")], since: "7.0.0", summary: "Pop elements from a list" },
  lpop: { arity: -2, flags: ["write", "fast"], request: "one-slot", reply: "pass",
    keys: [key(1, "RW access delete")], since: "1.0.0", summary: "Remove and get the first elements in a list" },
  lpos: { arity: -3, flags: ["readonly"], request: "one-slot", reply: "pass",
    keys: [key(1, "RO access")], since: "6.0.6", summary: "Return the index of matching elements on a list" },
  lpush: { arity: -3, flags: ["write", "denyoom", "fast"], request: "one-slot", reply: "pass",
    keys: [key(1, "RW insert")], since: "1.0.0", summary: "Prepend one or multiple elements to a list" },
  lpushx: { arity: -3, flags: ["write", "denyoom", "fast"], request: "one-slot", reply: "pass",
    keys: [key(1, "RW insert")], since: "2.2.0", summary: "Prepend an element to a list, only if the list exists" },
  lrange: { arity: 4, flags: ["readonly"], request: "one-slot", reply: "pass",
    keys: [key(1, "RO access")], since: "1.0.0", summary: "Get a range of elements from a list" },
  lrem: { arity: 4, flags: ["write"], request: "one-slot", reply: "pass",
    keys: [key(1, "RW delete")], since: "1.0.0", summary: "Remove elements from a list" },
  lset: { arity: 4, flags: ["write", "denyoom"], request: "one-slot", reply: "pass",
    keys: [key(1, "RW update")], since: "1.0.0", summary: "Set the value of an element in a list by its index" },
  ltrim: { arity: 4, flags: ["write"], request: "one-slot", reply: "pass",
    keys: [key(1, "RW delete")], since: "1.0.0", summary: "Trim a list to the specified range" },
  rpop: { arity: -2, flags: ["write", "fast"], request: "one-slot", reply: "pass",
    keys: [key(1, "RW access delete")], since: "1.0.0", summary: "Remove and get the last elements in a list" },
  rpoplpush: { arity: 3, flags: ["write", "denyoom"], request: "one-slot", reply: "pass",
    keys: [key(1, "RW access delete"), key(2, "RW insert")],
    since: "1.2.0", summary: "Remove the last element in a list, prepend it to another list and return it" },
  rpush: { arity: -3, flags: ["write", "denyoom", "fast"], request: "one-slot", reply: "pass",
    keys: [key(1, "RW insert")], since: "1.0.0", summary: "Append one or multiple elements to a list" },
  rpushx: { arity: -3, flags: ["write", "denyoom", "fast"], request: "one-slot", reply: "pass",
    keys: [key(1, "RW insert")], since: "2.2.0", summary: "Append an element to a list, only if the list exists" },
} satisfies Record<string, CommandRow>;
