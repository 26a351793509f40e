import { assertEquals } from "@std/assert";
import { SeededRandom } from "../../tests/support/seeded_random.ts";
import { compressLzf, decompressLzf, lengthOfLzf } from "./lzf.ts";

const encoder = new TextEncoder();

function compress(source: Uint8Array): Uint8Array {
  const target = new Uint8Array(source.length);
  return target.slice(0, compressLzf(source, 0, source.length, target, 0, source.length - 4));
}

function decompress(source: Uint8Array): Uint8Array {
  const target = new Uint8Array(lengthOfLzf(source, 0, source.length));
  decompressLzf(source, 0, source.length, target);
  return target;
}

Deno.test("compressLzf() makes the bytes that liblzf makes", () => {
  assertEquals(
    compress(encoder.encode("a".repeat(60))),
    Uint8Array.of(1, 97, 97, 224, 47, 0, 1, 97, 97),
  );
  assertEquals(
    compress(encoder.encode("hello hello hello hello!")),
    Uint8Array.of(6, ...encoder.encode("hello h"), 224, 6, 5, 1, 111, 33),
  );
});

Deno.test("what compressLzf() made decompresses to the same bytes", () => {
  const random = new SeededRandom();
  for (let round = 0; round < 2000; round++) {
    const alphabet = random.bytes(1 + random.below(6));
    const source = random.bytes(21 + random.below(round % 50 === 0 ? 20_000 : 300), alphabet);
    const compressed = compress(source);
    if (compressed.length === 0) continue;

    assertEquals(decompress(compressed), source, `seed ${random.seed}, round ${round}`);
  }
});

Deno.test("compressLzf() leaves alone what does not get smaller by four bytes", () => {
  const source = Uint8Array.from({ length: 256 }, (_, at) => at);

  assertEquals(compress(source).length, 0);
});

Deno.test("lengthOfLzf() refuses what refers outside or ends early", () => {
  const refused = [[1, 97], [0x20], [0x20, 0], [0, 97, 0x20, 1], [0xe0], [0, 97, 0xe0, 0]];
  for (const bytes of refused) {
    assertEquals([bytes, lengthOfLzf(Uint8Array.from(bytes), 0, bytes.length)], [bytes, -1]);
  }
  assertEquals(lengthOfLzf(Uint8Array.of(0, 97, 0x20, 0), 0, 4), 4);
});

Deno.test("lengthOfLzf() of any bytes is a refusal or a length that decompressLzf() fills", () => {
  const random = new SeededRandom();
  for (let round = 0; round < 5000; round++) {
    const source = random.bytes(random.below(40));
    const length = lengthOfLzf(source, 0, source.length);
    if (length < 0) continue;
    const target = new Uint8Array(length + 8).fill(255);
    decompressLzf(source, 0, source.length, target);

    assertEquals([...target.subarray(length)], new Array(8).fill(255), `seed ${random.seed}`);
  }
});
