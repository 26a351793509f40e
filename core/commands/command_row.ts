/**
 * What one row of the command table says.
 *
 * A row holds facts and policies, no code: the server dispatches by it, the proxy routes and merges by
 * it, `COMMAND` and the documentation print it. Invariant: arity, flags, categories, key
 * specifications and tips of a Redis command equal those of redis-server 7.0.
 *
 * @module
 */

import type { KeySpecification } from "./key_specification.ts";

/** The chapter a command belongs to: Redis's own, and `slots` for the commands of Codis. */
export type CommandGroup =
  | "generic"
  | "string"
  | "bitmap"
  | "hash"
  | "list"
  | "set"
  | "sorted-set"
  | "stream"
  | "hyperloglog"
  | "geo"
  | "pubsub"
  | "transactions"
  | "scripting"
  | "connection"
  | "server"
  | "cluster"
  | "slots";

/**
 * Every command flag, in the order in which Redis lists them. The position is the bit of the flag in
 * `flagsOf`.
 */
export const COMMAND_FLAGS = [
  "write",
  "readonly",
  "denyoom",
  "admin",
  "pubsub",
  "noscript",
  "blocking",
  "loading",
  "stale",
  "skip_monitor",
  "skip_slowlog",
  "asking",
  "fast",
  "no_auth",
  "no_mandatory_keys",
  "no_async_loading",
  "no_multi",
  "movablekeys",
  "allow_busy",
] as const;

/** A flag as `COMMAND INFO` names it. */
export type CommandFlag = typeof COMMAND_FLAGS[number];

/** Every ACL category, in the order in which Redis lists them. */
export const ACL_CATEGORIES = [
  "@keyspace",
  "@read",
  "@write",
  "@set",
  "@sortedset",
  "@list",
  "@hash",
  "@string",
  "@bitmap",
  "@hyperloglog",
  "@geo",
  "@stream",
  "@pubsub",
  "@admin",
  "@fast",
  "@slow",
  "@blocking",
  "@dangerous",
  "@connection",
  "@transaction",
  "@scripting",
] as const;

/** An ACL category as `COMMAND INFO` names it. */
export type AclCategory = typeof ACL_CATEGORIES[number];

/**
 * Where the proxy sends a command. The position is the number in `requestPolicyOf`.
 *
 * - `one-slot`: to the group of its keys' slot, which they must share; without a key, to any group.
 * - `split`: one command a group, each with the keys of that group.
 * - `all-groups`: to every group as it is.
 * - `any-group`: to one group, no matter which.
 * - `local`: nowhere; the proxy answers.
 * - `dedicated`: to a server over a connection that no other client uses.
 * - `special`: by code of its own.
 * - `unsupported`: nowhere; the proxy answers an error.
 */
export const REQUEST_POLICIES = [
  "one-slot",
  "split",
  "all-groups",
  "any-group",
  "local",
  "dedicated",
  "special",
  "unsupported",
] as const;

/** See {@linkcode REQUEST_POLICIES}. */
export type RequestPolicy = typeof REQUEST_POLICIES[number];

/**
 * How the proxy makes one reply out of several. The position is the number in `replyPolicyOf`.
 *
 * - `pass`: there is one reply; it is passed on.
 * - `concat`: the elements of all; after a `split` in the order of the keys.
 * - `sum`: the sum of integers.
 * - `all-ok`: the first error, or else the first reply (all are equal).
 * - `min`: the least integer.
 * - `logical-and`: element by element, 1 where all groups say 1.
 * - `special`: by code of its own.
 */
export const REPLY_POLICIES = [
  "pass",
  "concat",
  "sum",
  "all-ok",
  "min",
  "logical-and",
  "special",
] as const;

/** See {@linkcode REPLY_POLICIES}. */
export type ReplyPolicy = typeof REPLY_POLICIES[number];

/** One command or subcommand of the table. Its name is the key of its entry. */
export interface CommandRow {
  /** Number of arguments with the name (for a subcommand, with both names); negative: at least. */
  readonly arity: number;
  /** In Redis's order. */
  readonly flags: readonly CommandFlag[];
  /** Absent: the command names no key. */
  readonly keys?: readonly KeySpecification[];
  /** Where the proxy sends it. */
  readonly request: RequestPolicy;
  /** How the proxy makes one reply. */
  readonly reply: ReplyPolicy;
  /** Redis's hints to clients, printed by `COMMAND INFO`. */
  readonly tips?: readonly string[];
  /** ACL categories beside those that follow from the flags. Absent: the one of the group. */
  readonly categories?: readonly AclCategory[];
  /** The first version that had it. */
  readonly since: string;
  /** What it does, in one line. */
  readonly summary: string;
  /** Present for a container such as CLIENT; by second word. */
  readonly subcommands?: Readonly<Record<string, CommandRow>>;
}
