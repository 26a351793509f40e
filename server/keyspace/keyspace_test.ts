import { assertEquals } from "@std/assert";
import { Clock } from "./clock.ts";
import type { Database } from "./database.ts";
import { Keyspace, type KeyspaceOptions } from "./keyspace.ts";
import { moveKey } from "./move_key.ts";
import { scanKeys } from "./scan.ts";

const SMALL: KeyspaceOptions = { segmentBytes: 1 << 23, maxSegments: 2 };

function set(database: Database, key: string, expireAtMs = 0): number {
  const bytes = new TextEncoder().encode(key);
  return database.setString(bytes, 0, bytes.length, bytes, 0, bytes.length, expireAtMs);
}

function find(database: Database, key: string): number {
  const bytes = new TextEncoder().encode(key);
  return database.find(bytes, 0, bytes.length);
}

Deno.test("a moment has passed when the clock shows it, on both sides of every word border", () => {
  const clock = new Clock();
  const keyspace = new Keyspace(SMALL);
  const database = keyspace.database(0);
  for (const moment of [1, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 1.7e12, 2 ** 47]) {
    const ref = set(database, "key", moment);
    assertEquals(keyspace.records.expireAtMs(ref), moment);
    const passed = [moment - 1, moment, moment + 1].map((now) => {
      clock.set(now);
      const words = keyspace.records.words(ref);
      return clock.hasPassed(words, keyspace.records.wordOf(ref) + 2);
    });
    assertEquals([clock.nowMs, passed], [moment + 1, [false, true, true]]);
  }
});

Deno.test("an expired key is told of, removed and not found on access", () => {
  const gone: [number, number][] = [];
  const onExpired = ({ number }: Database, ref: number) => gone.push([number, ref]);
  const keyspace = new Keyspace({ ...SMALL, onExpired });
  const database = keyspace.database(3);
  const ref = set(database, "{a}", 100);
  keyspace.nowMs = 99;
  assertEquals(find(database, "{a}"), ref);
  keyspace.nowMs = 100;
  assertEquals([find(database, "{a}"), database.keyCount, gone], [0, 0, [[3, ref]]]);
  set(database, "{a}", 200);
  assertEquals([database.keyCount, database.volatileCount], [1, 1]);
});

Deno.test("where expiry on access is off, an expired key is found and scans leave it out", () => {
  const keyspace = new Keyspace(SMALL);
  keyspace.expiresOnAccess = false;
  const database = keyspace.database(0);
  const ref = set(database, "key", 100);
  keyspace.nowMs = 100;
  assertEquals([find(database, "key"), database.isExpired(ref)], [ref, true]);
  const refs: number[] = [];
  scanKeys(database, 0, 10, refs);
  assertEquals(refs, []);
});

Deno.test("the cycle removes all expired keys of all databases and only those", () => {
  const keyspace = new Keyspace(SMALL);
  for (const number of [0, 5, 15]) {
    for (let i = 0; i < 3000; i++) {
      set(keyspace.database(number), i % 4 ? `key${i}` : `{x}${i}`, i % 3 === 0 ? 100 + i % 2 : 0);
    }
  }
  keyspace.nowMs = 100;
  let removed = 0;
  let largest = 0;
  for (let step = 0; step < 2000; step++) {
    const count = keyspace.expireStep(20);
    removed += count;
    largest = Math.max(largest, count);
  }
  assertEquals([removed, largest <= 40], [1500, true]);
  keyspace.nowMs = 101;
  assertEquals(keyspace.expireStep(100_000), 1500);
  assertEquals(keyspace.databases.filter((d) => d).map((d) => [d!.keyCount, d!.volatileCount]), [
    [2000, 0],
    [2000, 0],
    [2000, 0],
  ]);
  assertEquals(keyspace.expireStep(100), 0);
});

Deno.test("swapped databases have each other's keys and their own numbers", () => {
  const keyspace = new Keyspace(SMALL);
  set(keyspace.database(0), "a");
  keyspace.swap(0, 1);
  assertEquals([keyspace.database(0).keyCount, keyspace.database(1).keyCount], [0, 1]);
  assertEquals([keyspace.database(0).number, keyspace.database(1).number], [0, 1]);
});

Deno.test("a key moves to another database with its expiry", () => {
  const keyspace = new Keyspace(SMALL);
  const ref = set(keyspace.database(0), "{a}k", 77);
  const bytes = new TextEncoder().encode("{a}k");
  const moved = moveKey(keyspace.database(0), ref, keyspace.database(1), bytes, 0, 4);
  assertEquals(keyspace.records.expireAtMs(moved), 77);
  assertEquals([keyspace.database(0).volatileCount, keyspace.database(1).volatileCount], [0, 1]);
});

Deno.test("flush empties at once and gives the memory back in bounded steps", () => {
  const keyspace = new Keyspace(SMALL);
  for (let i = 0; i < 20_000; i++) set(keyspace.database(0), i % 2 ? `{x}${i}` : `${i}`, i % 3);
  const used = keyspace.arena.usedBytes;
  keyspace.flush();
  assertEquals(keyspace.database(0).keyCount, 0);
  keyspace.reclaimStep(100);
  assertEquals(keyspace.arena.usedBytes > used - 100 * 200, true);
  set(keyspace.database(0), "new");
  while (keyspace.reclaimStep(1000));
  assertEquals([keyspace.isReclaiming, keyspace.database(0).keyCount], [false, 1]);
});
