/**
 * The store alone, per 1000 operations on random keys: a million keys of 8 bytes with 64-byte values, then a hundredth of that.
 *
 * Run with `deno bench --allow-read server/keyspace/keyspace_bench.ts`.
 *
 * @module
 */
import { type Database, NO_EXPIRY } from "./database.ts";
import { Keyspace } from "./keyspace.ts";

const BATCH = 1000;
const BATCHES = 64;
const KEY_BYTES = 8;
const VALUE_BYTES = 64;
const KEYS_AT = 1 << 20;
const OUTPUT_AT = 1 << 19;

const memory = new Uint8Array(2 ** 31);
const keyspace = new Keyspace({ memory, start: 1 << 22 });
let batch = 0;

function writeKey(at: number, number: number): void {
  for (let i = at + KEY_BYTES - 1; i >= at; i--) {
    memory[i] = 48 + number % 10;
    number = Math.floor(number / 10);
  }
}

function filled(number: number, keys: number): Database {
  const database = keyspace.database(number);
  for (let i = 0; i < keys; i++) {
    writeKey(0, i);
    database.setString(memory, 0, KEY_BYTES, memory, 64, 64 + VALUE_BYTES, NO_EXPIRY);
  }
  return database;
}

/** Start of the next batch of keys. They are made beforehand: making one costs as much as finding it. */
function nextKeys(): number {
  batch = (batch + 1) % BATCHES;
  return KEYS_AT + batch * BATCH * KEY_BYTES;
}

function benchOn(database: Database, keys: number): void {
  const { records } = keyspace;
  const group = `${keys} keys`;
  const prepare = () => {
    for (let i = 0; i < BATCH * BATCHES; i++) {
      writeKey(KEYS_AT + i * KEY_BYTES, Math.floor(Math.random() * keys));
    }
  };
  const bench = (name: string, operation: (key: number, i: number) => void) => {
    let prepared = false;
    Deno.bench({ name: `${name}, ${group}`, group }, (b) => {
      if (!prepared) prepare();
      prepared = true;
      const at = nextKeys();
      b.start();
      for (let i = 0; i < BATCH; i++) operation(at + i * KEY_BYTES, i);
      b.end();
    });
  };
  bench("find", (key) => {
    database.find(memory, key, key + KEY_BYTES);
  });
  bench("find and copy out", (key, i) => {
    const start = records.valueStart(database.find(memory, key, key + KEY_BYTES));
    memory.copyWithin(OUTPUT_AT + i * VALUE_BYTES, start, start + VALUE_BYTES);
  });
  bench("overwrite", (key) => {
    database.setString(memory, key, key + KEY_BYTES, memory, 64, 64 + VALUE_BYTES, NO_EXPIRY);
  });
  bench("remove and insert", (key) => {
    database.remove(database.find(memory, key, key + KEY_BYTES));
    database.setString(memory, key, key + KEY_BYTES, memory, 64, 64 + VALUE_BYTES, NO_EXPIRY);
  });
}

benchOn(filled(0, 1_000_000), 1_000_000);
benchOn(filled(1, 10_000), 10_000);
