/**
 * What Redis says to commands that it does not know.
 *
 * @module
 */

import { nameOf } from "../core/commands/command_index.ts";
import type { Call } from "./call.ts";

/** Redis's reply to a command it does not know. */
function unknownCommandText(call: Call): string {
  const lengthMax = 128;
  let shown = "";
  for (let i = 1; i < call.argumentCount && shown.length < lengthMax; i++) {
    shown += `'${call.text(i).slice(0, lengthMax - shown.length)}' `;
  }
  const name = call.text(0).slice(0, lengthMax);
  return `ERR unknown command '${name}', with args beginning with: ${shown}`;
}

/** The same for the subcommand of a command that is known. */
export function unknownSubcommandText(call: Call, container: number): string {
  const name = nameOf[container]!.toUpperCase();
  return `ERR unknown subcommand '${call.text(1).slice(0, 128)}'. Try ${name} HELP.`;
}

/**
 * The same for what the table has and this server does not serve: of a container that it serves, a subcommand is unknown
 * as one that nobody has.
 */
export function unservedText(call: Call, id: number): string {
  return id >= 0 && call.server.isServed(id)
    ? unknownSubcommandText(call, id)
    : unknownCommandText(call);
}
