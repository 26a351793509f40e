/**
 * The command table as a whole: every row with its name, group and number.
 *
 * Numbers are positions in {@linkcode COMMANDS}: first the commands, then the subcommands, those of
 * one container next to each other. They hold for one process only and are never stored or sent.
 *
 * @module
 */

import { BITMAP_COMMANDS } from "./bitmaps.ts";
import { CLUSTER_COMMANDS } from "./cluster.ts";
import type { CommandGroup, CommandRow } from "./command_row.ts";
import { CONNECTION_COMMANDS } from "./connection.ts";
import { GEO_COMMANDS } from "./geo.ts";
import { HASH_COMMANDS } from "./hashes.ts";
import { HYPERLOGLOG_COMMANDS } from "./hyperloglogs.ts";
import { KEY_COMMANDS } from "./keys.ts";
import { LIST_COMMANDS } from "./lists.ts";
import { PUBSUB_COMMANDS } from "./pubsub.ts";
import { SCRIPTING_COMMANDS } from "./scripting.ts";
import { SERVER_COMMANDS } from "./server.ts";
import { SET_COMMANDS } from "./sets.ts";
import { CODIS_SLOT_COMMANDS, SLOT_PROTOCOL_COMMANDS } from "./slots.ts";
import { SORTED_SET_COMMANDS } from "./sorted_sets.ts";
import { STREAM_COMMANDS } from "./streams.ts";
import { STRING_COMMANDS } from "./strings.ts";
import { TRANSACTION_COMMANDS } from "./transactions.ts";

/** A row in its place. */
export interface Command extends CommandRow {
  /** Position in {@linkcode COMMANDS}. */
  readonly id: number;
  /** Lower case; a subcommand's as `client|list`. */
  readonly name: string;
  /** The chapter of its row. */
  readonly group: CommandGroup;
  /** The container's id; -1 for a command. */
  readonly parentId: number;
  /** Ids of the subcommands, consecutive. Empty for all but containers. */
  readonly subcommandIds: readonly number[];
}

type Rows = Readonly<Record<string, CommandRow>>;

const GROUPS: readonly (readonly [CommandGroup, Rows])[] = [
  ["generic", KEY_COMMANDS],
  ["string", STRING_COMMANDS],
  ["bitmap", BITMAP_COMMANDS],
  ["hash", HASH_COMMANDS],
  ["list", LIST_COMMANDS],
  ["set", SET_COMMANDS],
  ["sorted-set", SORTED_SET_COMMANDS],
  ["stream", STREAM_COMMANDS],
  ["hyperloglog", HYPERLOGLOG_COMMANDS],
  ["geo", GEO_COMMANDS],
  ["pubsub", PUBSUB_COMMANDS],
  ["transactions", TRANSACTION_COMMANDS],
  ["scripting", SCRIPTING_COMMANDS],
  ["connection", CONNECTION_COMMANDS],
  ["server", SERVER_COMMANDS],
  ["cluster", CLUSTER_COMMANDS],
  ["slots", CODIS_SLOT_COMMANDS],
  ["slots", SLOT_PROTOCOL_COMMANDS],
];

/** Every command, then every subcommand. */
export const COMMANDS: readonly Command[] = numbered();

/** How many of {@linkcode COMMANDS} are commands; the subcommands follow. */
export const COMMAND_COUNT: number = COMMANDS.filter((command) => command.parentId < 0).length;

const idsByName = new Map(COMMANDS.map((command) => [command.name, command.id]));

/**
 * The command or subcommand (`client|list`) of that name, in any case. For what is asked seldom;
 * requests are looked up with `findCommand`.
 */
export function commandNamed(name: string): Command | undefined {
  const id = idsByName.get(name.toLowerCase());
  return id === undefined ? undefined : COMMANDS[id];
}

/**
 * The id of a command or subcommand that must be there. For tables of handlers, which are wired once.
 *
 * @throws {RangeError} when the table has no such row.
 */
export function commandId(name: string): number {
  const command = commandNamed(name);
  if (!command) throw new RangeError(`no command "${name}" in the command table`);
  return command.id;
}

function numbered(): Command[] {
  const rows = GROUPS.flatMap(([group, rows]) =>
    Object.entries(rows).map(([name, row]) => ({ group, name, row }))
  );
  const commands: Command[] = [];
  const subcommands: Command[] = [];
  rows.forEach(({ group, name, row }, id) => {
    const subcommandIds: number[] = [];
    for (const [subname, subrow] of Object.entries(row.subcommands ?? {})) {
      const subId = rows.length + subcommands.length;
      subcommandIds.push(subId);
      subcommands.push({
        ...subrow,
        id: subId,
        name: `${name}|${subname}`,
        group,
        parentId: id,
        subcommandIds: [],
      });
    }
    commands.push({ ...row, id, name, group, parentId: -1, subcommandIds });
  });
  return [...commands, ...subcommands];
}
