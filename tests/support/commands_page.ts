/**
 * Writes docs/commands.md from the command table: `deno run --allow-read --allow-write
 * tests/support/commands_page.ts`.
 *
 * Invariant: the page holds nothing that the table does not say.
 *
 * @module
 */

import {
  type CommandGroup,
  REPLY_POLICIES,
  type ReplyPolicy,
  REQUEST_POLICIES,
  type RequestPolicy,
} from "../../core/commands/command_row.ts";
import { type Command, COMMANDS } from "../../core/commands/table.ts";

const REQUEST_MEANINGS: Readonly<Record<RequestPolicy, string>> = {
  "one-slot": "sent to the group of its keys' slot, which all keys must share (`-CROSSSLOT` " +
    "otherwise); without a key, to any group",
  split: "split into one command a group, each with the keys of that group",
  "all-groups": "sent to every group",
  "any-group": "sent to one group, no matter which",
  local: "answered by the proxy itself",
  dedicated: "needs a server connection that no other client uses; not served yet: an error",
  special: "routed by rules of its own",
  unsupported: "answered with an error; the connection stays open",
};

const REPLY_MEANINGS: Readonly<Record<ReplyPolicy, string>> = {
  pass: "the one reply is passed on",
  concat: "all elements in one array, after a split in the order of the keys",
  sum: "the sum of the integers",
  "all-ok": "the first error, or else the first reply",
  min: "the least integer",
  "logical-and": "element by element, 1 where all groups say 1",
  special: "merged by rules of its own",
};

/** The whole page. */
export function commandsPage(): string {
  const groups = [...new Set(COMMANDS.map((command) => command.group))];
  return [
    "# Commands",
    "",
    "<!-- Generated from core/commands by tests/support/commands_page.ts. -->",
    "",
    "What the proxy does with each command: where it sends it, and how it makes one reply of several. No",
    "command closes the connection, except QUIT and a protocol error.",
    "",
    ...legend("Proxy", REQUEST_POLICIES, REQUEST_MEANINGS),
    ...legend("Reply", REPLY_POLICIES, REPLY_MEANINGS),
    ...groups.flatMap(section),
  ].join("\n").trimEnd() + "\n";
}

function legend<Policy extends string>(
  title: string,
  policies: readonly Policy[],
  meanings: Readonly<Record<Policy, string>>,
): string[] {
  const rows = policies.map((policy) => [policy, meanings[policy]]);
  return [...table([title, "Meaning"], rows), ""];
}

function section(group: CommandGroup): string[] {
  const commands = COMMANDS.filter((command) => command.group === group)
    .sort((one, other) => one.name < other.name ? -1 : 1);
  return [
    `## ${group}`,
    "",
    ...table(["Command", "Proxy", "Reply"], commands.filter(isLeaf).map(rowOf)),
    "",
  ];
}

/** A container does nothing itself: its subcommands are listed, unless it is also a command. */
function isLeaf(command: Command): boolean {
  return command.subcommandIds.length === 0 || command.arity === -1;
}

function rowOf({ name, request, reply }: Command): string[] {
  return [`\`${name.toUpperCase().replace("|", " ")}\``, request, reply];
}

/** A Markdown table as the formatter wants it. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const widths = head.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => row[column]!.length))
  );
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column]!)).join(" | ")} |`;
  return [line(head), line(widths.map((width) => "-".repeat(width))), ...rows.map(line)];
}

if (import.meta.main) {
  await Deno.writeTextFile(new URL("../../docs/commands.md", import.meta.url), commandsPage());
}
