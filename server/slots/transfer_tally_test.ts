import { assertEquals, assertNotEquals } from "@std/assert";
import { hash } from "./hash_set.ts";
import { digestOf, TransferTally } from "./transfer_tally.ts";

Deno.test("sums are modulo 2^64 and in any order the same", () => {
  const parts = [[-1, 0x7fffffff], [2, -5], [0x12345678, -1], [-1, -1]] as const;
  const forth = new TransferTally();
  const back = new TransferTally();
  let sum = 0n;
  for (const [low, high] of parts) {
    forth.add(7, 1, low, high);
    sum += (BigInt(high >>> 0) << 32n) + BigInt(low >>> 0);
  }
  for (const [low, high] of parts.toReversed()) back.add(7, 1, low, high);
  assertEquals(forth.sumText(7), (sum & 0xffffffffffffffffn).toString(16).padStart(16, "0"));
  assertEquals(back.sumText(7), forth.sumText(7));
  assertEquals([forth.moved[7], forth.moved[8]], [4, 0]);
});

Deno.test("a new epoch begins at nothing", () => {
  const tally = new TransferTally();
  tally.add(7, 3, 1, 2);
  tally.reset(7);
  assertEquals([tally.moved[7], tally.sumText(7)], [0, "0000000000000000"]);
});

Deno.test("a digest differs with key, payload and expiry", () => {
  const bytes = new TextEncoder().encode("key0key1........payload0payload1");
  const digests = [
    digest(bytes, 0, 24, 0),
    digest(bytes, 4, 24, 0),
    digest(bytes, 0, 32, 0),
    digest(bytes, 0, 24, 1),
    digest(bytes, 0, 24, 2 ** 32),
  ];
  assertEquals(new Set(digests).size, digests.length);
  assertEquals(digests[0], digest(bytes, 0, 24, 0));
  assertNotEquals(digests[0], "0 0");
});

function digest(bytes: Uint8Array, key: number, payloadEnd: number, expireAtMs: number): string {
  digestOf(bytes, key, key + 4, bytes, payloadEnd, expireAtMs);
  return `${hash.low} ${hash.high}`;
}
