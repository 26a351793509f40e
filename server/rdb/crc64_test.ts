import { assertEquals } from "@std/assert";
import { appendCrc64, crc64, crc64Of, endsWithCrc64 } from "./crc64.ts";

const bytes = new TextEncoder().encode(
  "123456789This is a test of the emergency broadcast system.",
);

function hexOf(end: number): string {
  crc64Of(bytes, 0, end);
  return [crc64.high, crc64.low].map((half) => (half >>> 0).toString(16).padStart(8, "0")).join("");
}

Deno.test("crc64Of() gives the check value of Redis", () => {
  assertEquals(hexOf(9), "e9c6d914c4b8d9ca");
});

Deno.test("crc64Of() of no bytes is zero", () => {
  assertEquals(hexOf(0), "0000000000000000");
});

Deno.test("endsWithCrc64() accepts what appendCrc64() wrote and refuses any changed byte", () => {
  for (let length = 0; length <= bytes.length; length++) {
    const whole = new Uint8Array(length + 8);
    whole.set(bytes.subarray(0, length));
    appendCrc64(whole, 0, length);

    assertEquals(endsWithCrc64(whole, 0, whole.length), true);
    for (let at = 0; at < whole.length; at++) {
      const damaged = whole.slice();
      damaged[at]! ^= 1 << (at & 7);
      assertEquals(endsWithCrc64(damaged, 0, damaged.length), false);
    }
  }
});
