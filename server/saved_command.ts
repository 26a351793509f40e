/**
 * A command with its arguments, kept beyond the call that brought it.
 *
 * @module
 */

import type { Call } from "./call.ts";

/** A command that is executed later. */
export interface SavedCommand {
  /** Its id in the table. */
  readonly command: number;
  /** As {@linkcode Call.args}, into its own {@linkcode SavedCommand.bytes}. */
  readonly args: Int32Array;
  readonly argumentCount: number;
  readonly bytes: Uint8Array;
}

/** A copy of the command being executed. */
export function saveCommand({ command, args, argumentCount, bytes }: Call): SavedCommand {
  const places = new Int32Array(2 * argumentCount);
  let byteCount = 0;
  for (let i = 0; i < argumentCount; i++) byteCount += args[2 * i + 1]! - args[2 * i]!;
  const copy = new Uint8Array(byteCount);
  let at = 0;
  for (let i = 0; i < argumentCount; i++) {
    const start = args[2 * i]!;
    const end = args[2 * i + 1]!;
    copy.set(bytes.subarray(start, end), at);
    places[2 * i] = at;
    at += end - start;
    places[2 * i + 1] = at;
  }
  return { command, args: places, argumentCount, bytes: copy };
}

/** Makes `call` the execution of a command; the session stays. */
export function loadCommand(call: Call, saved: SavedCommand): void {
  call.command = saved.command;
  call.args = saved.args;
  call.argumentCount = saved.argumentCount;
  call.bytes = saved.bytes;
}

/** What `call` executes now, not copied: to be loaded again before its call ends. */
export function currentCommand({ command, args, argumentCount, bytes }: Call): SavedCommand {
  return { command, args, argumentCount, bytes };
}
