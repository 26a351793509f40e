/**
 * The types of values other than strings of one keyspace.
 *
 * @module
 */

import type { Arena } from "../keyspace/arena.ts";
import type { Database } from "../keyspace/database.ts";
import type { Reclaimer } from "../keyspace/reclaimer.ts";
import type { ValueType } from "../keyspace/value_type.ts";
import { Hashes } from "./hash_value.ts";
import { Lists } from "./list_value.ts";
import { Sets } from "./set_value.ts";
import { SortedSets } from "./sorted_set_value.ts";
import { VALUE_LIMITS, type ValueLimits } from "./value_limits.ts";
import { ValueMemory } from "./value_memory.ts";

/** A type with its tag. */
interface TaggedType extends ValueType {
  readonly tag: number;
}

/** What can be done with values. */
export class Values {
  /** Up to where values stay packed. */
  readonly limits: ValueLimits = { ...VALUE_LIMITS };
  /** Hashes. */
  readonly hashes: Hashes;
  /** Lists. */
  readonly lists: Lists;
  /** Sets. */
  readonly sets: Sets;
  /** Sorted sets. */
  readonly sortedSets: SortedSets;
  /** All types, to be registered. */
  readonly all: readonly TaggedType[];
  /** A database that no client sees, where values are made before they get their key. Its one key is empty. */
  scratch!: Database;

  /** Values in `arena`; what is big is freed by `reclaimer`. */
  constructor(arena: Arena, reclaimer: Reclaimer) {
    const memory = new ValueMemory(arena, reclaimer);
    this.hashes = new Hashes(memory, this.limits);
    this.lists = new Lists(memory, this.limits);
    this.sets = new Sets(memory, this.limits);
    this.sortedSets = new SortedSets(memory, this.limits);
    this.all = [this.lists, this.sets, this.sortedSets, this.hashes];
  }
}
