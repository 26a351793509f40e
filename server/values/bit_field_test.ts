import { assertEquals } from "@std/assert";
import { assigned, type FieldType, incremented, readField, writeField } from "./bit_field.ts";

const i8: FieldType = { isSigned: true, width: 8 };
const u8: FieldType = { isSigned: false, width: 8 };
const OVERFLOWS = ["wrap", "sat", "fail"] as const;

Deno.test("a field of any width at any bit is read back, and its neighbours stay", () => {
  for (let width = 1; width <= 64; width++) {
    for (let offset = 0; offset < 16; offset++) {
      const bytes = new Uint8Array(12).fill(0xff);
      const value = BigInt.asUintN(width, 0x5a3c_96f0_1234_8765n);
      writeField(bytes, 1, offset, width, value);
      const bits = [...bytes].map((byte) => byte.toString(2).padStart(8, "0")).join("");
      const expected = "1".repeat(8 + offset) + value.toString(2).padStart(width, "0");
      assertEquals(bits, expected.padEnd(96, "1"), `${width} bits at ${offset}`);
      assertEquals(readField(bytes, 1, 12, offset, { isSigned: false, width }), value);
      assertEquals(
        readField(bytes, 1, 12, offset, { isSigned: true, width }),
        BigInt.asIntN(width, value),
      );
    }
  }
});

Deno.test("what lies behind the end of the string reads as zero", () => {
  const bytes = new Uint8Array(4).fill(0xff);
  assertEquals(readField(bytes, 0, 1, 4, u8), 0xf0n);
  assertEquals(readField(bytes, 0, 1, 80, u8), 0n);
});

Deno.test("an increment that does not fit wraps, stays at the bound, or is refused", () => {
  const outcomes = (value: bigint, by: bigint, type: FieldType) =>
    OVERFLOWS.map((overflow) => incremented(value, by, type, overflow));
  assertEquals(outcomes(100n, 27n, i8), [127n, 127n, 127n]);
  assertEquals(outcomes(100n, 28n, i8), [-128n, 127n, undefined]);
  assertEquals(outcomes(-100n, -29n, i8), [127n, -128n, undefined]);
  assertEquals(outcomes(250n, 10n, u8), [4n, 255n, undefined]);
  assertEquals(outcomes(5n, -6n, u8), [255n, 0n, undefined]);
});

Deno.test("a value far below the bounds counts as above them when it is set, as in Redis", () => {
  const outcomes = (value: bigint, type: FieldType) =>
    OVERFLOWS.map((overflow) => assigned(value, type, overflow));
  assertEquals(outcomes(-129n, i8), [127n, -128n, undefined]);
  assertEquals(outcomes(-(2n ** 63n), i8), [0n, 127n, undefined]);
  assertEquals(outcomes(-1n, u8), [255n, 255n, undefined]);
  assertEquals(outcomes(-1n, { isSigned: true, width: 64 }), [-1n, -1n, -1n]);
});
