/**
 * What `COMMAND GETKEYS` replies. Invariant: redis-server's own errors, word for word.
 *
 * @module
 */

import { findCommand, findSubcommand, firstSubcommandOf } from "./command_index.ts";
import type { CommandReply } from "./command_reply.ts";
import { keysOf } from "./keys_of.ts";
import { COMMANDS } from "./table.ts";

/** The keys of the request `words` (a command's name and its arguments), or Redis's error. */
export function commandGetKeysReply(words: readonly Uint8Array[]): CommandReply {
  const { bytes, ranges } = joined(words);
  const id = commandOf(bytes, ranges, words.length);
  if (id < 0) return errorOf("ERR Invalid command specified");
  const { arity, flags, keys } = COMMANDS[id]!;
  if (!keys?.some(({ use }) => use !== "not_key")) {
    return errorOf("ERR The command has no key arguments");
  }
  if (!fits(arity, words.length)) {
    return errorOf("ERR Invalid number of arguments specified for command");
  }
  const found = new Int32Array(words.length);
  const count = keysOf(id, ranges, words.length, bytes, found);
  if (count < 0 && !flags.includes("no_mandatory_keys")) {
    return errorOf("ERR Invalid arguments specified for command");
  }
  return Array.from(found.subarray(0, Math.max(count, 0)), (index) => words[index]!);
}

function errorOf(text: string): CommandReply {
  return { kind: "error", text };
}

/** Whether that many arguments, the name included, are what `arity` asks for. */
function fits(arity: number, argumentCount: number): boolean {
  return arity < 0 ? argumentCount >= -arity : argumentCount === arity;
}

function commandOf(bytes: Uint8Array, ranges: Int32Array, argumentCount: number): number {
  const id = argumentCount === 0 ? -1 : findCommand(bytes, ranges[0]!, ranges[1]!);
  if (id < 0 || firstSubcommandOf[id]! < 0 || argumentCount === 1) return id;
  return findSubcommand(id, bytes, ranges[2]!, ranges[3]!);
}

function joined(words: readonly Uint8Array[]): { bytes: Uint8Array; ranges: Int32Array } {
  const bytes = new Uint8Array(words.reduce((length, word) => length + word.length, 0));
  const ranges = new Int32Array(2 * words.length);
  let offset = 0;
  words.forEach((word, index) => {
    bytes.set(word, offset);
    ranges[2 * index] = offset;
    offset += word.length;
    ranges[2 * index + 1] = offset;
  });
  return { bytes, ranges };
}
