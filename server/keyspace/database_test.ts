import { assert, assertEquals } from "@std/assert";
import { crc32 } from "../../core/crc32.ts";
import { slotOf } from "../../core/slots.ts";
import { withSeed } from "../../tests/support/seeded_random.ts";
import { type Database, KEEP_EXPIRY, NO_EXPIRY } from "./database.ts";
import { Keyspace, type KeyspaceOptions } from "./keyspace.ts";
import { copyKey, moveKey } from "./move_key.ts";
import { kindOf, type Records } from "./record.ts";
import { randomKey, scanKeys, scanSlot } from "./scan.ts";
import { SCAN_END } from "./slot_index.ts";
import { verifyDatabase } from "./verify_keyspace.ts";

const SMALL: KeyspaceOptions = { segmentBytes: 1 << 23, maxSegments: 8 };

function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

function find(database: Database, key: string): number {
  const bytes = bytesOf(key);
  return database.find(bytes, 0, bytes.length);
}

function set(database: Database, key: string, value: string, expireAtMs = NO_EXPIRY): number {
  const k = bytesOf(key);
  const v = bytesOf(value);
  return database.setString(k, 0, k.length, v, 0, v.length, expireAtMs);
}

function keyOf(records: Records, ref: number): string {
  const start = records.keyStart(ref);
  return new TextDecoder().decode(
    records.bytes(ref).subarray(start, start + records.keyLength(ref)),
  );
}

function valueOf(records: Records, ref: number): string {
  const start = records.valueStart(ref);
  return new TextDecoder().decode(
    records.bytes(ref).subarray(start, start + records.valueLength(ref)),
  );
}

function get({ records }: Keyspace, database: Database, key: string): string | undefined {
  const ref = find(database, key);
  return ref === 0 ? undefined : valueOf(records, ref);
}

function allKeys(keyspace: Keyspace, database: Database, count = 10): string[] {
  const refs: number[] = [];
  let cursor = 0;
  do cursor = scanKeys(database, cursor, count, refs); while (cursor !== 0);
  return refs.map((ref) => keyOf(keyspace.records, ref));
}

function family(keyspace: Keyspace, database: Database, tag: string): string[] {
  const bytes = bytesOf(tag);
  const slot = crc32(bytes, 0, bytes.length) & 1023;
  const keys: string[] = [];
  let ref = database.families.first(slot, bytes, 0, bytes.length);
  for (; ref !== 0; ref = database.families.next(ref)) keys.push(keyOf(keyspace.records, ref));
  return keys.sort();
}

interface Expected {
  value: string;
  expireAtMs: number;
}

Deno.test("random commands agree with a map, through two segments and many slots", () => {
  withSeed((random) => {
    const keyspace = new Keyspace({ ...SMALL, segmentBytes: 1 << 21, maxSegments: 32 });
    keyspace.nowMs = 1_000_000_000_000;
    const database = keyspace.database(0);
    const model = new Map<string, Expected>();
    const anyKey = () => {
      const n = random.below(400);
      return n % 3 === 0 ? `{tag${n % 20}}:${n}` : n % 7 === 0 ? `{}${n}` : `key:${n}`;
    };
    const anyValue = () =>
      String.fromCharCode(97 + random.below(26)).repeat(1 + random.below(sizes[random.below(5)]!));
    const sizes = [10, 70, 400, 9000, 100_000];
    const moment = () => random.below(2) ? NO_EXPIRY : keyspace.nowMs + 1 + random.below(2000);
    const forgetExpired = () => {
      for (const [key, { expireAtMs }] of model) {
        if (expireAtMs !== 0 && expireAtMs <= keyspace.nowMs) model.delete(key);
      }
    };
    const actions: ((key: string) => void)[] = [
      (key) => {
        const value = anyValue();
        const expireAtMs = random.below(4) ? moment() : KEEP_EXPIRY;
        const kept = expireAtMs === KEEP_EXPIRY ? model.get(key)?.expireAtMs ?? 0 : expireAtMs;
        assert(set(database, key, value, expireAtMs) !== 0);
        model.set(key, { value, expireAtMs: kept });
      },
      (key) => {
        const ref = find(database, key);
        assertEquals(ref !== 0, model.delete(key));
        if (ref !== 0) database.remove(ref);
      },
      (key) => {
        const ref = find(database, key);
        if (ref === 0) return;
        const at = moment();
        assert(database.setExpiry(ref, at) !== 0);
        model.get(key)!.expireAtMs = at;
      },
      (key) => {
        const other = anyKey();
        const ref = find(database, key);
        if (ref === 0) return;
        const bytes = bytesOf(other);
        const moves = random.below(2) === 0;
        const fresh = moves
          ? moveKey(database, ref, database, bytes, 0, bytes.length)
          : copyKey(database, ref, database, bytes, 0, bytes.length);
        assert(fresh !== 0);
        const moved = { ...model.get(key)! };
        if (moves) model.delete(key);
        model.set(other, moved);
      },
      (key) => {
        const ref = find(database, key);
        if (ref === 0) return;
        const old = model.get(key)!;
        const tail = anyValue();
        const grown = database.resizeValue(ref, old.value.length + tail.length);
        const at = keyspace.records.valueStart(grown) + old.value.length;
        keyspace.records.bytes(grown).set(bytesOf(tail), at);
        old.value += tail;
        if (old.value.length < 300_000) return;
        const cut = database.resizeValue(find(database, key), 3);
        old.value = valueOf(keyspace.records, cut);
        assertEquals(old.value.length, 3);
      },
      () => {
        keyspace.nowMs += random.below(300);
        forgetExpired();
        if (random.below(2)) keyspace.expireStep(50);
      },
      () => {
        if (random.below(40)) return;
        const slot = random.below(1024);
        database.dropSlot(slot);
        for (const key of model.keys()) {
          const bytes = bytesOf(key);
          if (slotOf(bytes, 0, bytes.length, "hash-empty") === slot) model.delete(key);
        }
        keyspace.reclaimStep(random.below(100));
      },
    ];
    for (let step = 0; step < 12_000; step++) {
      const key = anyKey();
      const before = model.get(key)?.value;
      assertEquals(get(keyspace, database, key), before);
      actions[[0, 0, 0, 1, 2, 3, 4, 5, 6][random.below(9)]!]!(key);
      assertEquals(get(keyspace, database, key), model.get(key)?.value);
      if (step % 1000 === 0) compareAll(keyspace, database, model);
    }
    compareAll(keyspace, database, model);
    keyspace.flush();
    assertEquals([database.keyCount, allKeys(keyspace, database)], [0, []]);
    while (keyspace.reclaimStep(1000));
    assertEquals(keyspace.arena.usedBytes, 0);
  });
});

function compareAll(keyspace: Keyspace, database: Database, model: Map<string, Expected>): void {
  verifyDatabase(keyspace, database);
  assertEquals(allKeys(keyspace, database).sort(), [...model.keys()].sort());
  const families = new Map<string, string[]>();
  for (const [key, { expireAtMs }] of model) {
    const ref = find(database, key);
    assertEquals(keyspace.records.expireAtMs(ref), expireAtMs);
    const tag = key.match(/^\{(.*)\}/)?.[1];
    if (tag !== undefined) families.set(tag, [...families.get(tag) ?? [], key]);
  }
  while (keyspace.expireStep(10_000) > 0);
  assertEquals(database.keyCount, model.size);
  for (const [tag, keys] of families) assertEquals(family(keyspace, database, tag), keys.sort());
}

Deno.test("a family has the keys with the same tag text, whichever of them exist", () => {
  const keyspace = new Keyspace(SMALL);
  const database = keyspace.database(0);
  for (const key of ["{a}1", "x{a}", "a", "{b}1", "{a", "{}1", "2{}"]) set(database, key, "v");
  assertEquals(family(keyspace, database, "a"), ["x{a}", "{a}1"]);
  assertEquals(family(keyspace, database, ""), ["2{}", "{}1"]);
  database.remove(find(database, "{a}1"));
  database.remove(find(database, "x{a}"));
  assertEquals(family(keyspace, database, "a"), []);
  assertEquals(get(keyspace, database, "a"), "v", "the key spelled like the tag is another matter");
  assertEquals(database.keyCount, 5);
  verifyDatabase(keyspace, database);
});

Deno.test("when the product hashes the whole key, an empty tag makes no family", () => {
  const keyspace = new Keyspace({ ...SMALL, emptyTag: "hash-key" });
  const database = keyspace.database(0);
  set(database, "{}1", "v");
  assertEquals(family(keyspace, database, ""), []);
  assertEquals(database.slot, crc32(bytesOf("{}1"), 0, 3) & 1023);
});

Deno.test("at the memory limit a write is refused and every key keeps its value", () => {
  const keyspace = new Keyspace({ ...SMALL, maxBytes: 1 << 20 });
  const database = keyspace.database(0);
  let count = 0;
  while (set(database, `{t${count % 9}}${count}`, `value ${count}`.repeat(9)) !== 0) count++;
  assert(count > 1000);
  assertEquals(set(database, "{t1}1", "x".repeat(100_000)), 0);
  assertEquals(database.resizeValue(find(database, "{t1}1"), 100_000), 0);
  assertEquals(database.keyCount, count);
  for (let i = 0; i < count; i++) {
    assertEquals(get(keyspace, database, `{t${i % 9}}${i}`), `value ${i}`.repeat(9));
  }
  verifyDatabase(keyspace, database);
  database.flush();
  assert(set(database, "big", "x".repeat(500_000)) !== 0, "a flush makes room at once");
});

Deno.test("keys longer than 64 KiB are stored whole, with expiry and family too", () => {
  const keyspace = new Keyspace(SMALL);
  const database = keyspace.database(0);
  for (const length of [65_534, 65_535, 65_536, 200_000]) {
    const key = "{t}" + "k".repeat(length - 3);
    set(database, key, "v", 5);
    assertEquals(get(keyspace, database, key), "v");
    assertEquals(keyspace.records.keyLength(find(database, key)), length);
    set(database, key, "w".repeat(10), KEEP_EXPIRY);
    assertEquals(keyspace.records.expireAtMs(find(database, key)), 5);
  }
  assertEquals(family(keyspace, database, "t").length, 4);
  verifyDatabase(keyspace, database);
});

Deno.test("an overwrite that fits stays where it is, and keeps its access byte when it moves", () => {
  const keyspace = new Keyspace(SMALL);
  const database = keyspace.database(0);
  const ref = set(database, "key", "x".repeat(100));
  keyspace.records.setAccess(ref, 200);
  assertEquals(set(database, "key", "y".repeat(97)), ref);
  assertEquals(set(database, "key", "y".repeat(85), 99), ref, "also when it gains an expiry");
  assertEquals(get(keyspace, database, "key"), "y".repeat(85));
  const moved = set(database, "key", "y".repeat(500));
  assertEquals([moved === ref, keyspace.records.access(moved)], [false, 200]);
  assertEquals(database.volatileCount, 0);
});

Deno.test("the last change of a value's length decides how little memory it takes", () => {
  const keyspace = new Keyspace(SMALL);
  const database = keyspace.database(0);
  let ref = set(database, "key", "");
  let moves = 0;
  for (let length = 1; length <= 50_000; length++) {
    const grown = database.resizeValue(ref, length);
    if (grown !== ref) moves++;
    ref = grown;
  }
  assert(moves < 50, `${moves} moves for 50 000 appended bytes`);
  ref = database.resizeValue(ref, 10);
  assert(keyspace.arena.capacityOf(ref) <= 32);
});

Deno.test("a type is asked to let go of its values exactly once, whatever ends them", () => {
  const keyspace = new Keyspace(SMALL);
  const released: number[] = [];
  const word = (ref: number) => keyspace.records.valueStart(ref) >>> 2;
  let copies = 100;
  keyspace.registerType(7, {
    name: "thing",
    release: (records, ref) => released.push(records.words(ref)[word(ref)]!),
    memoryUsage: () => 1000,
    separate: (records, _, target) => (records.words(target)[word(target)] = ++copies) < 103,
  });
  const database = keyspace.database(0);
  const make = (key: string, id: number) => {
    find(database, key);
    const ref = database.create(kindOf(7, 1), 4, NO_EXPIRY);
    keyspace.records.words(ref)[word(ref)] = id;
    return ref;
  };
  const target = bytesOf("{t}copy");
  for (let id = 1; id <= 8; id++) make(`{t}${id}`, id);
  const ref = find(database, "{t}1");
  assertEquals([database.typeOf(ref).name, keyspace.records.encoding(ref)], ["thing", 1]);
  assert(database.memoryUsage(ref) > 1000);
  database.remove(find(database, "{t}1"));
  set(database, "{t}2", "text");
  set(database, "{t}3", "text".repeat(100));
  make("{t}4", 40);
  moveKey(database, find(database, "{t}5"), database, bytesOf("{t}6"), 0, 4);
  copyKey(database, find(database, "{t}7"), database, target, 0, target.length);
  copyKey(database, find(database, "{t}7"), database, target, 0, target.length);
  assertEquals(copyKey(database, find(database, "{t}7"), database, target, 0, 7), 0);
  assertEquals(released, [1, 2, 3, 4, 6, 101, 102]);
  assertEquals(find(database, "{t}copy"), 0);
  released.length = 0;
  verifyDatabase(keyspace, database);
  keyspace.flush();
  keyspace.reclaimStep(100_000);
  assertEquals(released.sort((a, b) => a - b), [5, 7, 8, 40]);
});

Deno.test("one slot is scanned and dropped without touching the others", () => {
  const keyspace = new Keyspace(SMALL);
  const database = keyspace.database(0);
  for (let i = 0; i < 5000; i++) set(database, i % 2 ? `{x}${i}` : `key${i}`, "v");
  const slot = crc32(bytesOf("x"), 0, 1) & 1023;
  const refs: number[] = [];
  for (let at = 0; at < SCAN_END;) at = scanSlot(database, slot, at, 7, refs);
  const inSlot = database.slotKeys[slot]!;
  assertEquals([refs.length, inSlot >= 2500], [inSlot, true]);
  assertEquals(database.dropSlot(slot), inSlot);
  assertEquals([database.keyCount, database.slotKeys[slot]], [5000 - inSlot, 0]);
  assertEquals(family(keyspace, database, "x"), []);
  verifyDatabase(keyspace, database);
  while (keyspace.reclaimStep(100));
  assertEquals(allKeys(keyspace, database).length, 5000 - inSlot);
});

Deno.test("any key can be the random one, and none is when all have expired", () => {
  const keyspace = new Keyspace(SMALL);
  const database = keyspace.database(0);
  assertEquals(randomKey(database), 0);
  for (let i = 0; i < 50; i++) set(database, i % 2 ? `{x}${i}` : `key${i}`, "v", 1000);
  const seen = new Set<number>();
  for (let i = 0; i < 5000; i++) seen.add(randomKey(database));
  assertEquals(seen.size, 50);
  keyspace.nowMs = 1000;
  assertEquals(randomKey(database), 0);
});
