/**
 * The manager's client: reads a command, asks the manager, prints the answer.
 *
 * @module
 */

import { UsageError } from "../core/command_line.ts";
import { ApiClient, ApiError } from "./api_client.ts";
import type { CliContext, CliIo } from "./cli_io.ts";
import { readClientCommand, type RunCommand } from "./command_line.ts";

/** Exit code: all is done. */
const EXIT_OK = 0;
/** Exit code: it could not be done. */
const EXIT_FAILURE = 1;
/** Exit code: the command line makes no sense; nothing was tried. */
const EXIT_USAGE = 2;

/** Runs one command of the client and returns the exit code. */
export async function runManagerCli(args: readonly string[], io: CliIo): Promise<number> {
  try {
    const command = readClientCommand(args, (name) => io.env(name));
    if (command.kind === "run") return await runCommand(command, io);
    io.out(command.text);
    return EXIT_OK;
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    io.err(`codis-config: ${error.message}\nSee: codis-config --help\n`);
    return EXIT_USAGE;
  }
}

async function runCommand(command: RunCommand, io: CliIo): Promise<number> {
  const actor = `cli:${io.env("USER") ?? "unknown"}`;
  const api = new ApiClient({ manager: command.manager, token: command.token, actor });
  const context: CliContext = { api, io, json: command.json };
  try {
    return await command.call(context) ? EXIT_OK : EXIT_FAILURE;
  } catch (error) {
    printError(context, error as Error);
    return EXIT_FAILURE;
  }
}

function printError({ io, json }: CliContext, error: Error): void {
  const { code, hint } = error instanceof ApiError ? error : { code: null, hint: null };
  if (json) {
    io.err(`${JSON.stringify({ error: { code, message: error.message, hint } })}\n`);
    return;
  }
  io.err(`${error.message}\n`);
  if (hint !== null) io.err(`${hint}.\n`);
}
