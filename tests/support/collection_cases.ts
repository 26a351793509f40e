/**
 * What the differential tests of collections share: every command in every state of its key, and what is left of it.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { type ServerPair, startServerPair } from "./differential.ts";
import type { Command, Word } from "./raw_client.ts";

const PROTOCOLS = [2, 3] as const;

/** States that `key` may be in before a command, and what a client can see of it afterwards. */
export interface CollectionCases {
  readonly states: readonly (readonly Command[])[];
  readonly inspection: readonly Command[];
}

/** Runs each command in each state over both protocols, and looks at the key afterwards. */
export async function compareInStates(
  { states, inspection }: CollectionCases,
  commands: readonly Command[],
): Promise<void> {
  const script = commands.flatMap((command) =>
    states.flatMap((state) => [["FLUSHALL"], ...state, command, ...inspection])
  );
  await compareScript(script);
}

/** Runs commands one after the other over both protocols. */
export async function compareScript(script: readonly Command[]): Promise<void> {
  for (const protocol of PROTOCOLS) {
    await using pair = await startServerPair(protocol);
    await pair.compare(script);
  }
}

/** A command with each number of arguments up to `words`. */
export function ofEachArity(name: string, words: readonly Word[]): Command[] {
  return words.map((_, count) => [name, ...words.slice(0, count)]).concat([[name, ...words]]);
}

/** Every element of a value, scanned in small steps, in order; `size` words make one. */
export async function scanned(
  pair: ServerPair,
  client: "redis" | "ours",
  command: readonly Word[],
  size: number,
): Promise<string[]> {
  const found: string[] = [];
  let cursor = "0";
  do {
    const [name, key, ...options] = command;
    const [reply] = await pair[client].exchange([[name!, key!, cursor, ...options]]);
    const [next, ...words] = bulksOf(reply!);
    cursor = next!;
    for (let at = 0; at < words.length; at += size) {
      found.push(words.slice(at, at + size).join(" "));
    }
  } while (cursor !== "0");
  return found.sort();
}

/** Compares the dump of a key: the same bytes, or else taken over by the other server with the same content. */
export async function compareDumps(
  pair: ServerPair,
  key: Word,
  inspection: Command,
): Promise<void> {
  const [theirs] = await pair.redis.exchange([["DUMP", key]]);
  const [own] = await pair.ours.exchange([["DUMP", key]]);
  for (const dump of [theirs!, own!]) {
    const payload = Uint8Array.from(bulksOf(dump)[0]!, (character) => character.charCodeAt(0));
    const restore: Command[] = [["RESTORE", "copy", 0, payload, "REPLACE"]];
    restore.push(["OBJECT", "ENCODING", "copy"], inspection);
    const [a, b] = await Promise.all([
      pair.redis.exchange(restore),
      pair.ours.exchange(restore),
    ]);
    assertEquals(a.map(sortedLines), b.map(sortedLines));
    assertEquals(a[0], "+OK\r\n");
  }
}

function sortedLines(reply: string): string {
  return reply.split("\r\n").sort().join("\n");
}

/** The bulk strings of a reply, in order. */
export function bulksOf(reply: string): string[] {
  const bulks: string[] = [];
  for (let at = 0; at < reply.length;) {
    const lineEnd = reply.indexOf("\r\n", at);
    const isBulk = reply[at] === "$";
    const length = isBulk ? Number(reply.slice(at + 1, lineEnd)) : 0;
    if (isBulk && length >= 0) bulks.push(reply.slice(lineEnd + 2, lineEnd + 2 + length));
    at = isBulk && length >= 0 ? lineEnd + 4 + length : lineEnd + 2;
  }
  return bulks;
}
