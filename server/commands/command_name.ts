/**
 * The name that an error text calls a command by.
 *
 * @module
 */

import { nameOf } from "../../core/commands/command_index.ts";
import { type Call, CommandError } from "../call.ts";

/** The full name of the command being executed, as in the table. */
export function commandName(call: Call): string {
  return nameOf[call.command]!;
}

/** Redis's refusal of a number of arguments that the table's arity allows. */
export function wrongArity(call: Call): CommandError {
  return new CommandError(`ERR wrong number of arguments for '${commandName(call)}' command`);
}
