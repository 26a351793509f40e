/**
 * The command table: the commands on streams.
 *
 * @module
 */

import type { CommandRow } from "./command_row.ts";
import { key, keysAfter } from "./key_specification.ts";

/** Group `stream`, by name. */
// deno-fmt-ignore: a table reads best with a command's fields side by side.
export const STREAM_COMMANDS = {
  xack: { arity: -4, flags: ["write", "fast"], request: "one-slot", reply: "pass",
    keys: [key(1, "RW update")],
    since: "5.0.0", summary: "Marks a pending message as correctly processed, effectively removing it from the pending entries list of the consumer group. Return value of the command is the number of messages successfully acknowledged, that is, the IDs we were actually able to resolve in the PEL." },
  xadd: { arity: -5, flags: ["write", "denyoom", "fast"], request: "one-slot", reply: "pass",
    tips: ["nondeterministic_output"],
    keys: [key(1, "RW update", "UPDATE instead of INSERT because of the optional trimming feature")],
    since: "5.0.0", summary: "Appends a new entry to a stream" },
  xautoclaim: { arity: -6, flags: ["write", "fast"], request: "one-slot", reply: "pass",
    tips: ["nondeterministic_output"],
    keys: [key(1, "RW delete")],
    since: "6.2.0", summary: "Changes (or acquires) ownership of messages in a consumer group, as if the messages were delivered to the specified consumer." },
  xclaim: { arity: -6, flags: ["write", "fast"], request: "one-slot", reply: "pass",
    tips: ["nondeterministic_output"],
    keys: [key(1, "RW update")],
    since: "5.0.0", summary: "Changes (or acquires) ownership of a message in a consumer group, as if the message was delivered to the specified consumer." },
  xdel: { arity: -3, flags: ["write", "fast"], request: "one-slot", reply: "pass",
    keys: [key(1, "RW delete")],
    since: "5.0.0", summary: "Removes the specified entries from the stream. Returns the number of items actually deleted, that may be different from the number of IDs passed in case certain IDs do not exist." },
  xgroup: { arity: -2, flags: [], request: "local", reply: "pass",
    since: "5.0.0", summary: "A container for consumer groups commands", subcommands: {
      create: { arity: -5, flags: ["write", "denyoom"], request: "one-slot", reply: "pass",
        keys: [key(2, "RW insert")], since: "5.0.0", summary: "Create a consumer group." },
      createconsumer: { arity: 5, flags: ["write", "denyoom"], request: "one-slot", reply: "pass",
        keys: [key(2, "RW insert")], since: "6.2.0", summary: "Create a consumer in a consumer group." },
      delconsumer: { arity: 5, flags: ["write"], request: "one-slot", reply: "pass",
        keys: [key(2, "RW delete")], since: "5.0.0", summary: "Delete a consumer from a consumer group." },
      destroy: { arity: 4, flags: ["write"], request: "one-slot", reply: "pass",
        keys: [key(2, "RW delete")], since: "5.0.0", summary: "Destroy a consumer group." },
      help: { arity: 2, flags: ["loading", "stale"], request: "local", reply: "pass",
        since: "5.0.0", summary: "Show helpful text about the different subcommands" },
      setid: { arity: -5, flags: ["write"], request: "one-slot", reply: "pass",
        keys: [key(2, "RW update")], since: "5.0.0", summary: "Set a consumer group to an arbitrary last delivered ID value." },
    } },
  xinfo: { arity: -2, flags: [], request: "local", reply: "pass",
    since: "5.0.0", summary: "A container for stream introspection commands", subcommands: {
      consumers: { arity: 4, flags: ["readonly"], request: "one-slot", reply: "pass",
        tips: ["nondeterministic_output"],
        keys: [key(2, "RO access")], since: "5.0.0", summary: "List the consumers in a consumer group" },
      groups: { arity: 3, flags: ["readonly"], request: "one-slot", reply: "pass",
        keys: [key(2, "RO access")], since: "5.0.0", summary: "List the consumer groups of a stream" },
      help: { arity: 2, flags: ["loading", "stale"], request: "local", reply: "pass",
        since: "5.0.0", summary: "Show helpful text about the different subcommands" },
      stream: { arity: -3, flags: ["readonly"], request: "one-slot", reply: "pass",
        keys: [key(2, "RO access")], since: "5.0.0", summary: "Get information about a stream" },
    } },
  xlen: { arity: 2, flags: ["readonly", "fast"], request: "one-slot", reply: "pass",
    keys: [key(1, "RO")], since: "5.0.0", summary: "Return the number of entries in a stream" },
  xpending: { arity: -3, flags: ["readonly"], request: "one-slot", reply: "pass", tips: ["nondeterministic_output"],
    keys: [key(1, "RO access")],
    since: "5.0.0", summary: "Return information and entries from a stream consumer group pending entries list, that are messages fetched but never acknowledged." },
  xrange: { arity: -4, flags: ["readonly"], request: "one-slot", reply: "pass",
    keys: [key(1, "RO access")],
    since: "5.0.0", summary: "Return a range of elements in a stream, with IDs matching the specified IDs interval" },
  // One slot; with BLOCK it needs a connection of its own.
  xread: { arity: -4, flags: ["readonly", "blocking", "movablekeys"], request: "special", reply: "pass",
    keys: [keysAfter("STREAMS", 1, 2, "RO access")],
    since: "5.0.0", summary: "Return never seen elements in multiple streams, with IDs greater than the ones reported by the caller for each stream. Can block." },
  // One slot; with BLOCK it needs a connection of its own.
  xreadgroup: { arity: -7, flags: ["write", "blocking", "movablekeys"], request: "special", reply: "pass",
    keys: [keysAfter("STREAMS", 4, 2, "RO access")],
    since: "5.0.0", summary: "Return new entries from a stream using a consumer group, or access the history of the pending entries for a given consumer. Can block." },
  xrevrange: { arity: -4, flags: ["readonly"], request: "one-slot", reply: "pass",
    keys: [key(1, "RO access")],
    since: "5.0.0", summary: "Return a range of elements in a stream, with IDs matching the specified IDs interval, in reverse order (from greater to smaller IDs) compared to XRANGE" },
  xsetid: { arity: -3, flags: ["write", "denyoom", "fast"], request: "one-slot", reply: "pass",
    keys: [key(1, "RW update")], since: "5.0.0", summary: "An internal command for replicating stream values" },
  xtrim: { arity: -4, flags: ["write"], request: "one-slot", reply: "pass", tips: ["nondeterministic_output"],
    keys: [key(1, "RW delete")], since: "5.0.0", summary: "Trims the stream to (approximately if '~' is passed) a certain size" },
} satisfies Record<string, CommandRow>;
