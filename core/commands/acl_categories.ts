/**
 * The ACL categories of a command.
 *
 * Most follow from its flags and its group; the table names only those that do not. Invariant: equal
 * to what redis-server lists.
 *
 * @module
 */

import { ACL_CATEGORIES, type AclCategory, type CommandGroup } from "./command_row.ts";
import type { Command } from "./table.ts";

/** What a group's commands belong to unless their row says otherwise; containers do not. */
const GROUP_CATEGORIES: Readonly<Record<CommandGroup, readonly AclCategory[]>> = {
  generic: ["@keyspace"],
  string: ["@string"],
  bitmap: ["@bitmap"],
  hash: ["@hash"],
  list: ["@list"],
  set: ["@set"],
  "sorted-set": ["@sortedset"],
  stream: ["@stream"],
  hyperloglog: ["@hyperloglog"],
  geo: ["@geo"],
  pubsub: ["@pubsub"],
  transactions: ["@transaction"],
  scripting: ["@scripting"],
  connection: ["@connection"],
  server: [],
  cluster: [],
  slots: ["@dangerous"],
};

/** The command's categories in Redis's order. */
export function categoriesOf(command: Command): AclCategory[] {
  const { flags, group, subcommands } = command;
  const categories = new Set<AclCategory>(
    command.categories ?? (subcommands ? [] : GROUP_CATEGORIES[group]),
  );
  if (flags.includes("write")) categories.add("@write");
  // Scripts that promise not to write are no reads: they may do anything else.
  if (flags.includes("readonly") && group !== "scripting") categories.add("@read");
  if (flags.includes("admin")) categories.add("@admin").add("@dangerous");
  if (flags.includes("pubsub")) categories.add("@pubsub");
  if (flags.includes("blocking")) categories.add("@blocking");
  categories.add(flags.includes("fast") ? "@fast" : "@slow");
  return ACL_CATEGORIES.filter((category) => categories.has(category));
}
