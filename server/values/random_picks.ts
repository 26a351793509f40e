/**
 * Choosing several of many at random.
 *
 * @module
 */

import { type ElementTable, TableWalk } from "./element_table.ts";
import type { Arena } from "../keyspace/arena.ts";

/** When more than one of so many is wanted, all are gathered first. */
const GATHER_SHARE = 3;

/** `count` different ones of the integers below `size`, each choice as likely, in any order. */
export function pickPositions(size: number, count: number): number[] {
  if (count * GATHER_SHARE > size) {
    return shuffledStart(Array.from({ length: size }, (_, i) => i), count);
  }
  const picked = new Set<number>();
  while (picked.size < count) picked.add(Math.floor(Math.random() * size));
  return [...picked];
}

/** `count` different elements of a table, which has at least so many. */
export function pickElements(
  arena: Arena,
  table: ElementTable,
  header: number,
  count: number,
): number[] {
  if (count * GATHER_SHARE <= table.count(header)) {
    const picked = new Set<number>();
    while (picked.size < count) picked.add(table.random(header));
    return [...picked];
  }
  const all: number[] = [];
  const walk = new TableWalk();
  walk.open(arena, header);
  for (let ref = walk.next(); ref !== 0; ref = walk.next()) all.push(ref);
  return shuffledStart(all, count);
}

function shuffledStart(all: number[], count: number): number[] {
  for (let i = 0; i < count; i++) {
    const other = i + Math.floor(Math.random() * (all.length - i));
    [all[i], all[other]] = [all[other]!, all[i]!];
  }
  all.length = count;
  return all;
}
