import { assertEquals } from "@std/assert";
import { INDEX_BITS, placeOf } from "./registers.ts";

const encoder = new TextEncoder();

/** MurmurHash64A by its definition, with bigints. */
function hashOf(bytes: Uint8Array, seed: bigint): bigint {
  const factor = 0xc6a4a7935bd1e995n;
  const u64 = (value: bigint) => BigInt.asUintN(64, value);
  const littleEndian = (part: Uint8Array) =>
    part.reduceRight((value, byte) => (value << 8n) | BigInt(byte), 0n);
  let hash = seed ^ u64(BigInt(bytes.length) * factor);
  let at = 0;
  for (; at + 8 <= bytes.length; at += 8) {
    let block = u64(littleEndian(bytes.subarray(at, at + 8)) * factor);
    block = u64((block ^ (block >> 47n)) * factor);
    hash = u64((hash ^ block) * factor);
  }
  if (at < bytes.length) hash = u64((hash ^ littleEndian(bytes.subarray(at))) * factor);
  hash = u64((hash ^ (hash >> 47n)) * factor);
  return hash ^ (hash >> 47n);
}

/** The place of an element by its definition: the low bits are the index, the zeros above them the run. */
function expectedPlace(bytes: Uint8Array): number {
  const hash = hashOf(bytes, 0xadc83b19n);
  const zeros = /0*$/.exec((hash >> 14n).toString(2).padStart(50, "0"))![0].length;
  return Number(hash & 0x3fffn) | ((zeros + 1) << INDEX_BITS);
}

Deno.test("an element falls to the register and the run that its hash says", () => {
  for (let count = 0; count < 3000; count++) {
    const bytes = encoder.encode(`${"é".repeat(count % 23)}${count}`);
    const behind = new Uint8Array(bytes.length + 2).fill(0xff);
    behind.set(bytes, 1);
    assertEquals(placeOf(behind, 1, 1 + bytes.length), expectedPlace(bytes));
  }
});

Deno.test("the empty element has a register too", () => {
  const nothing = new Uint8Array(0);
  assertEquals(placeOf(nothing, 0, 0), expectedPlace(nothing));
});
