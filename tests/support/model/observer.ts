/**
 * What an all-knowing observer of the model checks: the promises of the product.
 *
 * Every command is checked at the moment it is executed: it must find exactly what was executed last on
 * each of its keys. So a lost acknowledged write (P3), a stale read and a deleted key that comes back
 * (P4), a second copy that serves (P2) and half of what was written together are all noticed at once. A
 * server that restarts may lose what it alone held: then both values are acceptable until a command has
 * seen one of them.
 *
 * @module
 */

import { type ClientCommand, type Fact, type KeySpec, ProtocolViolation } from "./world.ts";
import type { World } from "./world.ts";

/** The value of an absent key. */
export const ABSENT = 0;

/** Checks what a command at `place` found in `data`. */
export function checkFound(
  world: World,
  at: { place: number; who: string; keys: readonly KeySpec[] },
  command: ClientCommand,
  data: readonly number[],
): void {
  for (const key of command.keys) {
    const { acceptable } = world.facts[key]!;
    if (acceptable.includes(data[key]!)) continue;
    throw new ProtocolViolation(
      `${at.who}: ${command.operation} "${at.keys[key]!.name}" at server ${at.place + 1} found ` +
        `${data[key]}, want ${acceptable.join(" or ")}`,
    );
  }
}

/** A command at `place` left `data` behind. */
export function noteLeft(
  world: World,
  place: number,
  command: ClientCommand,
  data: readonly number[],
): void {
  for (const key of command.keys) world.facts[key] = { acceptable: [data[key]!], place };
}

/** From now on `place` holds the newest value of these keys. */
export function noteMoved(world: World, place: number, keys: Iterable<number>): void {
  for (const key of keys) world.facts[key]!.place = place;
}

/** The server `place` lost its memory and has `data`, by key: it may bring back what it alone held. */
export function noteRestart(world: World, place: number, data: readonly number[]): void {
  const other = world.servers[1 - place]!.slots;
  world.facts.forEach((fact, key) => {
    const { acceptable } = fact;
    if (fact.place !== place) return;
    // What the other has not let go of yet is its again.
    const isThere = other.some(({ data }) =>
      data[key] !== ABSENT && acceptable.includes(data[key]!)
    );
    if (isThere) fact.place = 1 - place;
    if (acceptable.includes(data[key]!)) return;
    fact.acceptable = [...acceptable, data[key]!].sort((left, right) => left - right);
  });
}

/** No two servers own a slot (P2). */
export function checkOwners(world: World): void {
  const [first, second] = world.servers;
  first!.slots.forEach(({ state }, slot) => {
    if (state === "own" && second!.slots[slot]!.state === "own") {
      throw new ProtocolViolation(`both servers own slot ${slot}`);
    }
  });
}

/** When all is at rest, the owner has what was acknowledged. */
export function checkRest(world: World, keys: readonly KeySpec[]): void {
  world.facts.forEach(({ acceptable }: Fact, key) => {
    const { slot, name } = keys[key]!;
    const entry = world.doc.entries[slot]!;
    if (entry.phase !== "stable") return;
    const found = world.servers[entry.owner - 1]!.slots[slot]!.data[key]!;
    if (acceptable.includes(found)) return;
    throw new ProtocolViolation(
      `at rest: "${name}" at server ${entry.owner} is ${found}, want ${acceptable.join(" or ")}`,
    );
  });
}
