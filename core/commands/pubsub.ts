/**
 * The command table: publish and subscribe.
 *
 * The proxy does not serve them yet: a subscription needs a connection of its own.
 *
 * @module
 */

import type { CommandRow } from "./command_row.ts";
import { key, keys } from "./key_specification.ts";

/** Group `pubsub`, by name. */
// deno-fmt-ignore: a table reads best with a command's fields side by side.
export const PUBSUB_COMMANDS = {
  psubscribe: { arity: -2, flags: ["pubsub", "noscript", "loading", "stale"], request: "dedicated", reply: "pass",
    since: "2.0.0", summary: "Listen for messages published to channels matching the given patterns" },
  // A channel belongs to no slot: who publishes must meet who subscribed.
  publish: { arity: 3, flags: ["pubsub", "loading", "stale", "fast"], request: "dedicated", reply: "pass",
    since: "2.0.0", summary: "Post a message to a channel" },
  pubsub: { arity: -2, flags: [], request: "dedicated", reply: "pass",
    since: "2.8.0", summary: "A container for Pub/Sub commands", subcommands: {
      channels: { arity: -2, flags: ["pubsub", "loading", "stale"], request: "dedicated", reply: "pass",
        since: "2.8.0", summary: "List active channels" },
      help: { arity: 2, flags: ["loading", "stale"], request: "local", reply: "pass", categories: [],
        since: "6.2.0", summary: "Show helpful text about the different subcommands" },
      numpat: { arity: 2, flags: ["pubsub", "loading", "stale"], request: "dedicated", reply: "pass",
        since: "2.8.0", summary: "Get the count of unique patterns pattern subscriptions" },
      numsub: { arity: -2, flags: ["pubsub", "loading", "stale"], request: "dedicated", reply: "pass",
        since: "2.8.0", summary: "Get the count of subscribers for channels" },
      shardchannels: { arity: -2, flags: ["pubsub", "loading", "stale"], request: "dedicated", reply: "pass",
        since: "7.0.0", summary: "List active shard channels" },
      shardnumsub: { arity: -2, flags: ["pubsub", "loading", "stale"], request: "dedicated", reply: "pass",
        since: "7.0.0", summary: "Get the count of subscribers for shard channels" },
    } },
  punsubscribe: { arity: -1, flags: ["pubsub", "noscript", "loading", "stale"], request: "dedicated", reply: "pass",
    since: "2.0.0", summary: "Stop listening for messages posted to channels matching the given patterns" },
  // The slot of a shard channel is its name's, but only subscribers make it useful.
  spublish: { arity: 3, flags: ["pubsub", "loading", "stale", "fast"], request: "dedicated", reply: "pass",
    keys: [key(1, "not_key")], since: "7.0.0", summary: "Post a message to a shard channel" },
  ssubscribe: { arity: -2, flags: ["pubsub", "noscript", "loading", "stale"], request: "dedicated", reply: "pass",
    keys: [keys(1, -1, 1, "not_key")], since: "7.0.0", summary: "Listen for messages published to the given shard channels" },
  subscribe: { arity: -2, flags: ["pubsub", "noscript", "loading", "stale"], request: "dedicated", reply: "pass",
    since: "2.0.0", summary: "Listen for messages published to the given channels" },
  sunsubscribe: { arity: -1, flags: ["pubsub", "noscript", "loading", "stale"], request: "dedicated", reply: "pass",
    keys: [keys(1, -1, 1, "not_key")],
    since: "7.0.0", summary: "Stop listening for messages posted to the given shard channels" },
  unsubscribe: { arity: -1, flags: ["pubsub", "noscript", "loading", "stale"], request: "dedicated", reply: "pass",
    since: "2.0.0", summary: "Stop listening for messages posted to the given channels" },
} satisfies Record<string, CommandRow>;
