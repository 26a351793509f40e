/**
 * The reply to `HELP` of a command that has subcommands.
 *
 * @module
 */

import type { Call } from "../call.ts";

/** Writes Redis's frame around the lines on the subcommands. */
export function replyHelp({ reply }: Call, command: string, lines: readonly string[]): void {
  reply.array(lines.length + 3);
  reply.simple(`${command} <subcommand> [<arg> [value] [opt] ...]. Subcommands are:`);
  for (const line of lines) reply.simple(line);
  reply.simple("HELP");
  reply.simple("    Prints this help.");
}
