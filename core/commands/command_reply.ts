/**
 * What `COMMAND` and its subcommands reply, as plain values that a RESP writer prints.
 *
 * Invariant: for Redis's own commands the values equal redis-server 7.0's in RESP3 (a writer of RESP2
 * prints sets and maps as arrays); only the order of commands, which Redis leaves open, is the table's.
 *
 * @module
 */

import { categoriesOf } from "./acl_categories.ts";
import { type Argument, parseArguments } from "./argument_syntax.ts";
import { COMMAND_DOCS } from "./command_docs.ts";
import { firstKeyOf, keyStepOf, lastKeyOf } from "./command_index.ts";
import type { KeySpecification } from "./key_specification.ts";
import { type Command, COMMAND_COUNT, commandNamed, COMMANDS } from "./table.ts";

/** A reply: a string or bytes stand for a bulk string, `status` for a simple string. */
export type CommandReply =
  | null
  | number
  | string
  | Uint8Array
  | readonly CommandReply[]
  | { readonly kind: "status"; readonly text: string }
  | { readonly kind: "error"; readonly text: string }
  | { readonly kind: "set"; readonly items: readonly CommandReply[] }
  | { readonly kind: "map"; readonly entries: readonly ReplyEntry[] };

/** A key and a value of a map. */
export type ReplyEntry = readonly [CommandReply, CommandReply];

/** Which commands exist for the client that asks; a container stands for its subcommands. */
export type ServedCommands = (id: number) => boolean;

/** The filters of `COMMAND LIST FILTERBY`. */
export type CommandListFilter =
  | { readonly by: "module"; readonly name: string }
  | { readonly by: "aclcat"; readonly category: string }
  | { readonly by: "pattern"; readonly matches: (name: string) => boolean };

/** `COMMAND COUNT`. */
export function commandCountReply(isServed: ServedCommands = always): CommandReply {
  return servedCommands(isServed).length;
}

/** `COMMAND INFO name…`, with `null` for a name that is none; without names, `COMMAND`. */
export function commandInfoReply(
  names: readonly string[] = [],
  isServed: ServedCommands = always,
): CommandReply {
  if (names.length === 0) return servedCommands(isServed).map(infoOf);
  return names.map((name) => {
    const command = servedNamed(name, isServed);
    return command ? infoOf(command) : null;
  });
}

/** `COMMAND DOCS name…`, without an entry for a name that is none; without names, all. */
export function commandDocsReply(
  names: readonly string[] = [],
  isServed: ServedCommands = always,
): CommandReply {
  const commands = names.length === 0
    ? servedCommands(isServed)
    : names.flatMap((name) => servedNamed(name, isServed) ?? []);
  return { kind: "map", entries: commands.map((command) => [command.name, docsOf(command)]) };
}

/** `COMMAND LIST`, subcommands included; a category is named without its `@`. */
export function commandListReply(
  filter?: CommandListFilter,
  isServed: ServedCommands = always,
): CommandReply {
  return servedCommands(isServed)
    .flatMap((command) => [command, ...subcommandsOf(command)])
    .filter((command) => !filter || passes(command, filter))
    .map((command) => command.name);
}

function passes(command: Command, filter: CommandListFilter): boolean {
  if (filter.by === "module") return false;
  if (filter.by === "pattern") return filter.matches(command.name);
  const category = `@${filter.category.toLowerCase()}`;
  return categoriesOf(command).some((its) => its === category);
}

function always(): boolean {
  return true;
}

function servedCommands(isServed: ServedCommands): Command[] {
  return COMMANDS.slice(0, COMMAND_COUNT).filter((command) => isServed(command.id));
}

function servedNamed(name: string, isServed: ServedCommands): Command | undefined {
  const command = commandNamed(name);
  if (!command) return undefined;
  return isServed(command.parentId < 0 ? command.id : command.parentId) ? command : undefined;
}

function subcommandsOf(command: Command): Command[] {
  return command.subcommandIds.map((id) => COMMANDS[id]!);
}

function infoOf(command: Command): CommandReply {
  return [
    command.name,
    command.arity,
    statusSet(command.flags),
    firstKeyOf[command.id]!,
    lastKeyOf[command.id]!,
    keyStepOf[command.id]!,
    statusSet(categoriesOf(command)),
    setOf(command.tips ?? []),
    setOf((command.keys ?? []).map(keySpecificationOf)),
    setOf(subcommandsOf(command).map(infoOf)),
  ];
}

function keySpecificationOf({ begin, find, use, notes }: KeySpecification): CommandReply {
  const beginning = begin.kind === "index"
    ? typed("index", [["index", begin.index]])
    : begin.kind === "keyword"
    ? typed("keyword", [["keyword", begin.word], ["startfrom", begin.from]])
    : typed("unknown", []);
  const finding = find.kind === "range"
    ? typed("range", [["lastkey", find.last], ["keystep", find.step], ["limit", find.limit]])
    : find.kind === "counted"
    ? typed("keynum", [["keynumidx", 0], ["firstkey", 1], ["keystep", 1]])
    : typed("unknown", []);
  return {
    kind: "map",
    entries: [
      ...optional("notes", notes),
      ["flags", statusSet(use.split(" "))],
      ["begin_search", beginning],
      ["find_keys", finding],
    ],
  };
}

function typed(type: string, fields: readonly ReplyEntry[]): CommandReply {
  return { kind: "map", entries: [["type", type], ["spec", { kind: "map", entries: fields }]] };
}

function docsOf(command: Command): CommandReply {
  const docs = COMMAND_DOCS[command.name] ?? {};
  const flags = [
    ...(docs.deprecated ? ["deprecated"] : []),
    ...(docs.internal ? ["syscmd"] : []),
  ];
  const parameters = parseArguments(docs.syntax ?? "");
  const subcommands = subcommandsOf(command);
  return {
    kind: "map",
    entries: [
      ["summary", command.summary],
      ["since", command.since],
      ["group", command.group],
      ...optional("complexity", docs.complexity),
      ...optional("doc_flags", flags.length > 0 ? statusSet(flags) : undefined),
      ...optional("deprecated_since", docs.deprecated?.[0]),
      ...optional("replaced_by", docs.deprecated?.[1]),
      ...optional("history", docs.history && setOf(docs.history)),
      ...optional("arguments", parameters.length > 0 ? parameters.map(argumentOf) : undefined),
      ...optional(
        "subcommands",
        subcommands.length > 0
          ? { kind: "map", entries: subcommands.map((its) => [its.name, docsOf(its)]) }
          : undefined,
      ),
    ],
  };
}

function argumentOf(argument: Argument): CommandReply {
  const { name, type, keySpecIndex, token, since, deprecatedSince, flags, parts } = argument;
  return {
    kind: "map",
    entries: [
      ["name", name],
      ["type", type],
      ...optional("key_spec_index", keySpecIndex),
      ...optional("token", token),
      ...optional("since", since),
      ...optional("deprecated_since", deprecatedSince),
      ...optional("flags", flags.length > 0 ? statusSet(flags) : undefined),
      ...optional("arguments", parts.length > 0 ? parts.map(argumentOf) : undefined),
    ],
  };
}

function statusSet(names: readonly string[]): CommandReply {
  return setOf(names.map((text) => ({ kind: "status", text })));
}

function setOf(items: readonly CommandReply[]): CommandReply {
  return { kind: "set", items };
}

/** A map's entry, or nothing. */
function optional(
  name: string,
  value: CommandReply | undefined,
): ReplyEntry[] {
  return value === undefined ? [] : [[name, value]];
}
