/**
 * What `COMMAND GETKEYS` and `COMMAND GETKEYSANDFLAGS` reply. Invariant: redis-server's own errors, word for word.
 *
 * @module
 */

import { findCommand, findSubcommand, firstSubcommandOf } from "./command_index.ts";
import type { CommandReply } from "./command_reply.ts";
import type { KeyUse } from "./key_specification.ts";
import { keysOf, keyUsesOf } from "./keys_of.ts";
import { commandId, COMMANDS } from "./table.ts";

const SET = commandId("set");
const BITFIELD = commandId("bitfield");
const latin1 = new TextDecoder("latin1");

/** The keys of the request `words` (a command's name and its arguments), or Redis's error. */
export function commandGetKeysReply(words: readonly Uint8Array[]): CommandReply {
  const found = keysFoundIn(words);
  return "kind" in found ? found : found.indexes.map((index) => words[index]!);
}

/** The same, and what the command does with each key. */
export function commandGetKeysAndFlagsReply(words: readonly Uint8Array[]): CommandReply {
  const found = keysFoundIn(words);
  if ("kind" in found) return found;
  const { bytes, ranges } = joined(words);
  const uses = keyUsesOf(found.id, ranges, words.length, bytes);
  return found.indexes.map((index, at) => [
    words[index]!,
    { kind: "set", items: flagsOfUse(uses[at]!, found.id, words).map(statusOf) },
  ]);
}

/** The flags of a key. Two commands say by their arguments whether they read or replace. */
function flagsOfUse(use: KeyUse, id: number, words: readonly Uint8Array[]): string[] {
  const options = words.slice(2).map((word) => latin1.decode(word).toLowerCase());
  if (id === SET) return (options.includes("get", 1) ? "RW access update" : "OW update").split(" ");
  if (id === BITFIELD) return (onlyReads(options) ? "RO access" : "RW access update").split(" ");
  return use.split(" ").filter((flag) => flag !== "incomplete");
}

/** Whether a BITFIELD has nothing but `GET type offset`. */
function onlyReads(options: readonly string[]): boolean {
  return options.length % 3 === 0 &&
    options.every((word, index) => index % 3 !== 0 || word === "get");
}

function statusOf(text: string): CommandReply {
  return { kind: "status", text };
}

/** Where the keys of a request are, or why nothing can be said. */
function keysFoundIn(
  words: readonly Uint8Array[],
): { readonly id: number; readonly indexes: number[] } | CommandReply & { kind: "error" } {
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
  return { id, indexes: [...found.subarray(0, Math.max(count, 0))] };
}

function errorOf(text: string): CommandReply & { kind: "error" } {
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
