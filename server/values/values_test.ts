import { assert, assertEquals } from "@std/assert";
import { SeededRandom } from "../../tests/support/seeded_random.ts";
import type { Database } from "../keyspace/database.ts";
import { Keyspace } from "../keyspace/keyspace.ts";
import { verifyDatabase } from "../keyspace/verify_keyspace.ts";
import { dumpValue, isDumpPayload, restoreValue } from "../rdb/dump_payload.ts";
import { RdbOutput } from "../rdb/rdb_output.ts";
import { HashCursor } from "./hash_value.ts";
import { ListCursor } from "./list_cursor.ts";
import { ByteRange } from "./byte_range.ts";
import { NOT_FOUND } from "./packed_value.ts";
import { SetCursor } from "./set_cursor.ts";
import { SortedSetCursor } from "./sorted_set_cursor.ts";
import { OutOfMemory } from "./value_memory.ts";

const encoder = new TextEncoder();
const KEY = encoder.encode("key");

/** One collection of a kind, changed and read alike whatever the kind. */
interface Kind {
  readonly name: string;
  /** Adds or changes a member. */
  put(database: Database, ref: number, member: Uint8Array, value: number): number;
  /** Removes a member or as much as fits the kind; the record, or 0 when nothing is left. */
  drop(database: Database, ref: number, member: Uint8Array, value: number): number;
  /** Everything in it, in order. */
  list(database: Database, ref: number): string[];
}

const HASHES: Kind = {
  name: "hash",
  put(database, ref, member, value) {
    const text = encoder.encode(String(value));
    const { hashes } = database.values;
    return hashes.set(database, ref, member, 0, member.length, text, 0, text.length);
  },
  drop(database, ref, member) {
    const { records, values: { hashes } } = database;
    const left = hashes.delete(database, ref, member, 0, member.length);
    if (left === NOT_FOUND) return ref;
    return hashes.count(records, left) > 0 ? left : 0;
  },
  list(database, ref) {
    const cursor = new HashCursor();
    const found: string[] = [];
    cursor.open(database.records, ref);
    while (cursor.next()) found.push(`${cursor.field.text()}=${cursor.value.text()}`);
    return found.sort();
  },
};

const SETS: Kind = {
  name: "set",
  put: (database, ref, member) => database.values.sets.add(database, ref, member, 0, member.length),
  drop(database, ref, member) {
    const { records, values: { sets } } = database;
    const left = sets.delete(database, ref, member, 0, member.length);
    if (left === NOT_FOUND) return ref;
    return sets.count(records, left) > 0 ? left : 0;
  },
  list(database, ref) {
    const cursor = new SetCursor();
    const found: string[] = [];
    cursor.open(database.records, ref);
    while (cursor.next()) found.push(cursor.member.text());
    return found.sort();
  },
};

const LISTS: Kind = {
  name: "list",
  put(database, ref, member, value) {
    const { lists } = database.values;
    lists.open(database, ref);
    lists.push(member, 0, member.length, value % 2 === 0);
    return lists.ref;
  },
  drop(database, ref, _member, value) {
    const { lists } = database.values;
    lists.open(database, ref);
    lists.deleteRange(value % lists.count, 1);
    return lists.count > 0 ? lists.ref : 0;
  },
  list(database, ref) {
    const { lists } = database.values;
    const cursor = new ListCursor();
    const range = new ByteRange();
    const found: string[] = [];
    lists.open(database, ref);
    cursor.open(lists, 0, false);
    while (cursor.next()) {
      cursor.read(range);
      found.push(range.text());
    }
    return found;
  },
};

const SORTED_SETS: Kind = {
  name: "sorted set",
  put(database, ref, member, value) {
    const { records, values: { sortedSets } } = database;
    const old = ref === 0 ? NaN : sortedSets.score(records, ref, member, 0, member.length);
    if (old === value) return ref;
    return sortedSets.set(database, ref, value, member, 0, member.length, old);
  },
  drop(database, ref, member) {
    const { records, values: { sortedSets } } = database;
    const left = sortedSets.delete(database, ref, member, 0, member.length);
    if (left === NOT_FOUND) return ref;
    return sortedSets.count(records, left) > 0 ? left : 0;
  },
  list(database, ref) {
    const { records, values: { sortedSets } } = database;
    const cursor = new SortedSetCursor();
    const found: string[] = [];
    const count = sortedSets.count(records, ref);
    cursor.open(sortedSets, records, ref, { rank: 0, count, isBackward: false });
    while (cursor.next()) found.push(`${cursor.member.text()}=${cursor.score}`);
    return found;
  },
};

const KINDS = [HASHES, SETS, LISTS, SORTED_SETS];

/** The record of the key, which is also what the database looked for last then. */
function find(database: Database): number {
  return database.find(KEY, 0, KEY.length);
}

function memberOf(random: SeededRandom, members: number): Uint8Array {
  const number = random.below(members);
  return encoder.encode(number % 3 === 0 ? String(number) : `m${number}`.padEnd(number % 90, "."));
}

for (const kind of KINDS) {
  Deno.test(`a ${kind.name} gives back all its memory, however it grew and shrank`, () => {
    const random = new SeededRandom();
    const keyspace = new Keyspace({ segmentBytes: 2 ** 24 });
    const database = keyspace.database(0);
    const before = keyspace.arena.usedBytes;
    for (const members of [10, 200, 8000]) {
      let ref = 0;
      for (let i = 0; i < members * 4; i++) {
        find(database);
        const member = memberOf(random, members);
        const grows = random.below(members * 4) > i;
        if (grows || ref === 0) ref = kind.put(database, ref, member, random.below(1000));
        else ref = kind.drop(database, ref, member, random.below(1000));
        if (ref === 0) database.remove(find(database));
      }
      if (ref === 0) continue;
      const usage = keyspace.arena.usedBytes - before;
      const measured = database.memoryUsage(find(database));
      assert(
        Math.abs(usage - measured) < usage * 0.35 + 200,
        `${random.seed}: ${usage}, ${measured}`,
      );
      verifyDatabase(keyspace, database);
      database.remove(find(database));
      while (keyspace.reclaimStep(500));
      assertEquals(keyspace.arena.usedBytes, before, `seed ${random.seed}`);
    }
  });

  Deno.test(`a ${kind.name} that meets the end of memory stays what it was`, () => {
    const random = new SeededRandom();
    const keyspace = new Keyspace({ segmentBytes: 2 ** 20, maxSegments: 1 });
    const database = keyspace.database(0);
    let ref = 0;
    let refusals = 0;
    for (let i = 0; refusals < 50; i++) {
      assertEquals(find(database), ref);
      const listed = refusals === 0 ? [] : kind.list(database, ref);
      const member = encoder.encode(`member ${i} ${".".repeat(random.below(900))}`);
      try {
        ref = kind.put(database, ref, member, i);
      } catch (error) {
        assert(error instanceof OutOfMemory);
        // A packed value may have been spread before there was no room for one member more.
        ref = find(database);
        if (refusals++ > 0) assertEquals(kind.list(database, ref), listed, `seed ${random.seed}`);
      }
    }
    database.remove(find(database));
    while (keyspace.reclaimStep(500));
    find(database);
    ref = kind.put(database, 0, encoder.encode("again"), 1);
    assertEquals(kind.list(database, ref).length, 1);
  });

  Deno.test(`damaged payloads of a ${kind.name} are refused or are some value`, () => {
    const random = new SeededRandom();
    const keyspace = new Keyspace({ segmentBytes: 2 ** 24 });
    const database = keyspace.database(0);
    const output = new RdbOutput();
    for (const members of [5, 40, 700]) {
      let ref = 0;
      for (let i = 0; i < members; i++) {
        find(database);
        ref = kind.put(database, ref, memberOf(random, 9999), i);
      }
      output.clear();
      const length = dumpValue(keyspace.records, ref, output);
      const payload = output.bytes.slice(0, length);
      assert(isDumpPayload(payload, 0, length));
      for (let i = 0; i < 300; i++) {
        const damaged = payload.slice();
        for (let n = random.below(4); n >= 0; n--) {
          damaged[random.below(Math.min(length - 10, random.pick([12, 1e9])))] = random.below(256);
        }
        find(database);
        const restored = restoreValue(database, damaged, 0, length, 0);
        if (restored > 0) {
          database.typeOf(restored).memoryUsage(keyspace.records, restored);
          output.clear();
          dumpValue(keyspace.records, restored, output);
        }
      }
      if (find(database) !== 0) database.remove(find(database));
      while (keyspace.reclaimStep(5000));
      verifyDatabase(keyspace, database);
    }
    assertEquals(keyspace.arena.usedBytes, 0, `seed ${random.seed}`);
  });
}
