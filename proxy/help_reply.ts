/**
 * What `CLIENT HELP` and its like answer: what the command table knows of the subcommands that the
 * proxy serves.
 *
 * @module
 */

import { COMMANDS } from "../core/commands/table.ts";

/** The lines of the help of a container, in Redis's form. */
export function helpLines(containerId: number): string[] {
  const { name, subcommandIds } = COMMANDS[containerId]!;
  const lines = [
    `${name.toUpperCase()} <subcommand> [<arg> [value] [opt] ...]. Subcommands are:`,
  ];
  for (const id of subcommandIds) {
    const subcommand = COMMANDS[id]!;
    if (subcommand.request === "unsupported" || subcommand.request === "dedicated") continue;
    lines.push(subcommand.name.slice(name.length + 1).toUpperCase(), `    ${subcommand.summary}`);
  }
  return lines;
}
