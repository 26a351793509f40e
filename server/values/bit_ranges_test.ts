import { assertEquals } from "@std/assert";
import { countBits, findBit } from "./bit_ranges.ts";

/** Eleven bytes behind one that does not count; the bits in the middle are alike over whole words. */
const words = new Int32Array(3);
const bytes = new Uint8Array(words.buffer);
bytes.set([0xff, 0b00100000, 0, 0, 0, 0, 0, 0, 0, 0b00001000, 0xff, 0xff]);
const bits = [...bytes.subarray(1)].map((byte) => byte.toString(2).padStart(8, "0")).join("");

function forEachRange(check: (first: number, last: number, text: string) => void): void {
  for (let first = 0; first < bits.length; first++) {
    for (let last = first; last < bits.length; last++) {
      check(first, last, bits.slice(first, last + 1));
    }
  }
}

Deno.test("bits are counted in every range", () => {
  forEachRange((first, last, text) =>
    assertEquals(countBits(bytes, words, 1, first, last), text.replaceAll("0", "").length)
  );
});

Deno.test("the first set and the first clear bit are found in every range", () => {
  forEachRange((first, last, text) => {
    for (const bit of [0, 1]) {
      const found = text.indexOf(String(bit));
      const expected = found < 0 ? -1 : first + found;
      assertEquals(findBit(bytes, words, 1, first, last, bit), expected, `${first} ${last}`);
    }
  });
});
