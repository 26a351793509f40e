/**
 * Splits a history into the objects that can be checked each for itself. Invariant: an order exists
 * for the whole history exactly if one exists for each object, so what the product promises as one
 * atomic step (two keys on one tag) is one object, and a command over several slots, which it does
 * not promise as one step, becomes one operation per key.
 *
 * @module
 */

import type { Operation } from "./history.ts";
import { kindOf } from "./models.ts";
import { type Reply, ReplyError } from "./resp_client_reader.ts";

/** The operations of each object, in the order of invocation. */
export function objectsOf(operations: Iterable<Operation>): Map<string, Operation[]> {
  const objects = new Map<string, Operation[]>();
  for (const operation of operations) {
    for (const [object, part] of partsOf(operation)) {
      const known = objects.get(object);
      if (known) known.push(part);
      else objects.set(object, [part]);
    }
  }
  return objects;
}

/** The keys that a command of the workload names. */
export function keysOf(command: readonly string[]): readonly string[] {
  switch (command[0]) {
    case "ECHO":
      return [];
    case "MGET":
    case "DEL":
      return command.slice(1);
    case "MSET":
      return command.filter((_, i) => i % 2 === 1);
    default:
      return command.slice(1, 2);
  }
}

/** The object to which a key belongs: itself, or the pair on its tag. */
function objectOf(key: string): string {
  return kindOf(key) === "pair" ? key.slice(0, key.lastIndexOf("}") + 1) : key;
}

function partsOf(operation: Operation): (readonly [object: string, part: Operation])[] {
  const { command, client } = operation;
  if (command[0] === "ECHO") return [[`echo:${client}`, operation]];
  const keys = keysOf(command);
  const object = objectOf(keys[0]!);
  if (keys.every((key) => objectOf(key) === object)) return [[object, operation]];
  switch (command[0]) {
    case "MGET":
      return keys.map((key, i) => [objectOf(key), readPart(operation, key, i)]);
    case "MSET":
      return keys.map((key, i) => [objectOf(key), writePart(operation, key, i)]);
    default:
      throw new RangeError(
        `Cannot check ${command[0]} over several objects: its reply does not say what each did`,
      );
  }
}

function readPart(operation: Operation, key: string, i: number): Operation {
  const { reply } = operation;
  const part = Array.isArray(reply) ? partReply(reply, operation, i) : reply;
  return { ...operation, command: ["GET", key], reply: part };
}

function partReply(reply: readonly Reply[], operation: Operation, i: number): Reply {
  return reply.length === operation.command.length - 1
    ? reply[i]!
    : new ReplyError(`${reply.length} elements`);
}

function writePart(operation: Operation, key: string, i: number): Operation {
  return { ...operation, command: ["SET", key, operation.command[2 + i * 2]!] };
}
